"""What a checkpoint's card and tensors must be before anything uses them."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ssl_core.config import RunConfig
from ssl_core.encoders import make_encoder
from ssl_core.methods import METHODS

FORMAT = "ssl_core checkpoint 1"
WEIGHTS_FORMAT = "ssl_core weights 1"
# What stays of a run when it will not be continued: all that turns images into z.
WEIGHTS = ("method.encoder.", "method.projector.")
# What AdamW keeps of one parameter: a counter and two moments of its shape.
MOMENTS = ("exp_avg", "exp_avg_sq")

KINDS: dict[str, tuple[type, ...]] = {
    "config": (dict,),
    "data": (dict,),
    "step": (int,),
    "images": (int,),
    "seconds": (int, float),
    "device": (str,),
    "versions": (dict,),
    "sha256": (str,),
    "history": (list,),
}
# Counts that cards of older versions lack.
OPTIONAL_COUNTS = ("last_healthy_step",)
DATA_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "images": (int,),
    "shape": (list,),
    "factors": (dict,),
}
Form = tuple[tuple[int, ...], torch.dtype]


def as_card(text: bytes) -> dict[str, Any]:
    """The card of these bytes, with every entry that is needed and of its kind.

    Raises:
        ValueError: naming the first thing that is wrong.
    """
    try:
        card = json.loads(text.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"card.json is not JSON: {error}") from None
    there = card.get("format") if isinstance(card, dict) else type(card).__name__
    if there not in (FORMAT, WEIGHTS_FORMAT):
        raise ValueError(
            f"card.json has format {_short(there)}; allowed are {FORMAT!r} and "
            f"{WEIGHTS_FORMAT!r}"
        )
    later = {name: (int,) for name in OPTIONAL_COUNTS if name in card}
    _require_kinds(card, KINDS | later, "card.json")
    _require_kinds(card["data"], DATA_KINDS, "card.json's data")
    shape = card["data"]["shape"]
    sound = all(type(n) is int and 1 <= n <= 4096 for n in shape)
    if len(shape) != 3 or not sound:
        raise ValueError(
            f"card.json's data has shape {_short(shape)}; allowed is C, H, W"
        )
    for value in (
        card["step"],
        card["images"],
        card["seconds"],
        card["data"]["images"],
        *(card[name] for name in later),
    ):
        if not 0 <= value < 2**53:  # NaN is neither
            raise ValueError(
                f"card.json has a count of {_short(value)}; allowed is at least 0"
            )
    return card


def require_finite(tensors: Mapping[str, Tensor], whose: str) -> None:
    """Refuse NaN and infinity.

    Raises:
        ValueError: naming the first tensor that holds one.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ValueError(f"{whose} has NaN or infinite numbers in tensor {name}")


def require_tensors(
    tensors: Mapping[str, Tensor], config: RunConfig, card: Mapping[str, Any]
) -> None:
    """Refuse tensors that are not exactly those of a run with this config.

    Weights only are held against the part of such a run that they are.

    Raises:
        ValueError: naming the first tensor that is missing, unknown, of another shape
            or type, or holds what no run produces.
    """
    needed, optional = _forms(config, int(card["data"]["shape"][0]))
    weights_only = card["format"] == WEIGHTS_FORMAT
    if weights_only:
        needed = {k: v for k, v in needed.items() if k.startswith(WEIGHTS)}
        optional = {}
    known = needed | optional
    for name in [*needed, *tensors]:
        if name not in tensors:
            raise ValueError(f"tensor {name} is missing")
        if name not in known:
            raise ValueError(f"tensor {_short(name)} is unknown to {config.method}")
        shape, kind = known[name]
        tensor = tensors[name]
        # The shuffled rows that are left of an epoch are as many as they are.
        same = tuple(tensor.shape) == shape or (
            name == "rng.queue" and tensor.dim() == 1
        )
        if name != "rng.dice" and not (same and tensor.dtype == kind):
            raise ValueError(
                f"tensor {name} is {tensor.dtype} of shape {tuple(tensor.shape)}; "
                f"this config has {kind} of shape {shape}"
            )
    _require_slots(tensors, optional)
    require_finite(tensors, "model.safetensors")
    if not weights_only:
        _require_rng(tensors, card)


def _forms(config: RunConfig, channels: int) -> tuple[dict[str, Form], dict[str, Form]]:
    """Shape and type of the tensors a run must have, and of those it may have."""
    # On the meta device a hostile config costs no memory, however large its heads.
    with torch.device("meta"):
        encoder = make_encoder(config.encoder, channels)
        method = METHODS[config.method](encoder, config.options)
    forms = {
        f"method.{k}": (tuple(v.shape), v.dtype) for k, v in method.state_dict().items()
    }
    state = torch.Generator().get_state()
    forms["rng.order"] = forms["rng.dice"] = (tuple(state.shape), state.dtype)
    forms["rng.queue"] = ((0,), torch.int64)
    slots: dict[str, Form] = {}
    trained = [p for p in method.parameters() if p.requires_grad]
    for i, parameter in enumerate(trained):
        slots[f"optimizer.{i}.step"] = ((), torch.float32)
        for moment in MOMENTS:
            form = (tuple(parameter.shape), parameter.dtype)
            slots[f"optimizer.{i}.{moment}"] = form
    return forms, slots


def _require_slots(tensors: Mapping[str, Tensor], slots: Mapping[str, Form]) -> None:
    """A parameter has all of its optimiser's slots or, before its first step, none."""
    for name in slots:
        stem = name.rpartition(".")[0]
        present = [f"{stem}.{slot}" in tensors for slot in ("step", *MOMENTS)]
        if any(present) and name not in tensors:
            raise ValueError(f"tensor {name} is missing")
        if name.endswith("_sq") and name in tensors and bool((tensors[name] < 0).any()):
            raise ValueError(f"tensor {name} holds negative squares")


def _require_rng(tensors: Mapping[str, Tensor], card: Mapping[str, Any]) -> None:
    rows, images = tensors["rng.queue"], card["data"]["images"]
    if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= images):
        raise ValueError(f"tensor rng.queue names rows outside of 0 to {images - 1}")
    on_cpu = ("rng.order", "rng.dice") if card["device"] == "cpu" else ("rng.order",)
    for name in on_cpu:
        try:
            torch.Generator().set_state(tensors[name])
        except (RuntimeError, TypeError):
            raise ValueError(f"tensor {name} is not the state of a generator") from None


def _require_kinds(
    found: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], where: str
) -> None:
    for name, kind in kinds.items():
        if name not in found:
            raise ValueError(f"{where} has no {name!r}")
        if type(found[name]) not in kind:
            allowed = " or ".join(k.__name__ for k in kind)
            raise ValueError(
                f"{where} has {name!r} as {_short(found[name])}; allowed is {allowed}"
            )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
