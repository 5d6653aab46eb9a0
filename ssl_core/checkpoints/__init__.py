"""Checkpoints: safetensors for the numbers, a JSON card for everything else.

Nothing of a checkpoint is ever executed: no pickle, and every name, shape, type and
value is held against what the card's config would build before a tensor reaches a run.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

import ssl_core
from ssl_core.checkpoints.checks import as_card, require_finite, require_tensors
from ssl_core.checkpoints.files import (
    CARD,
    MODEL,
    one_line,
    read_files,
    require_folder,
    to_zip,
    write_whole,
)
from ssl_core.config import RunConfig
from ssl_core.encoders import make_encoder
from ssl_core.train import Fit

__all__ = ["Checkpoint", "load", "require_folder", "save", "to_zip", "write_whole"]

FORMAT = "ssl_core checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """A run as it was saved.

    Args:
        config: what was run.
        tensors: ``method.*``, ``optimizer.*`` and ``rng.*``, on the CPU.
        counters: step, images, seconds.
        card: the whole card, for showing.
        source: the folder or zip it came from, for messages.
    """

    config: RunConfig
    tensors: Mapping[str, Tensor]
    counters: Mapping[str, float]
    card: Mapping[str, Any]
    source: str

    def restore(self, fit: Fit) -> None:
        """Continue this run in ``fit``, bit for bit on a CPU; call before ticking.

        Raises:
            ValueError: naming the file and what does not fit: other images, or a run
                that was built from another config.
        """
        saved, here = self.card["data"], _about_data(fit)
        for name in ("images", "shape"):
            if saved[name] != here[name]:
                raise ValueError(
                    f"{self.source}: it learned from {saved['name']} with {name} "
                    f"{saved[name]}; this run's {here['name']} has {here[name]}"
                )
        tensors = dict(self.tensors)
        if self.card["device"] != fit.device.type:
            # A generator's state means nothing to another kind of device.
            seed = fit.config.seed + int(self.counters["step"])
            dice = torch.Generator(fit.device).manual_seed(seed)
            tensors["rng.dice"] = dice.get_state()
        try:
            fit.restore(tensors, self.counters)
        except (ValueError, RuntimeError, TypeError, KeyError) as error:
            raise ValueError(f"{self.source}: {one_line(error)}") from None

    def encoder(self) -> nn.Module:
        """The trained encoder in evaluation mode: images ``[N, C, H, W]`` in [0, 1] to
        features ``[N, dim]``."""
        encoder = make_encoder(self.config.encoder, int(self.card["data"]["shape"][0]))
        prefix = "method.encoder."
        encoder.load_state_dict(
            {
                k.removeprefix(prefix): v
                for k, v in self.tensors.items()
                if k.startswith(prefix)
            }
        )
        return encoder.eval()


def save(
    folder: str | Path, fit: Fit, history: Iterable[Mapping[str, Any]] = ()
) -> Path:
    """Write ``model.safetensors`` and ``card.json`` into ``folder``.

    Each file appears whole or not at all. The card carries the model's SHA-256, so a
    pair that does not belong together is refused when it is loaded.

    Args:
        folder: made if it is missing.
        fit: the run; it may go on afterwards.
        history: one JSON object per tick, for the card.

    Returns:
        The folder.

    Raises:
        ValueError: if the folder holds other things, cannot be written, or the run has
            diverged to NaN.
    """
    folder = Path(folder)
    require_folder(folder)
    tensors = fit.state()
    require_finite(tensors, "the run")
    model = safetensors.torch.save(tensors)
    card = _card(fit, list(history), hashlib.sha256(model).hexdigest())
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / MODEL, model)
        write_whole(folder / CARD, text.encode())
    except OSError as error:
        raise ValueError(f"{folder} cannot be written: {error.strerror}") from None
    return folder


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint from its folder, or from a zip of its two files.

    Raises:
        ValueError: one sentence that names the file and what is wrong with it.
    """
    path = Path(path)
    try:
        model, text = read_files(path)
        card = as_card(text, FORMAT)
        if hashlib.sha256(model).hexdigest() != card["sha256"]:
            raise ValueError(
                f"{MODEL} is not the file that {CARD} belongs to (SHA-256)"
            )
        tensors = safetensors.torch.load(model)
        config = RunConfig.of(card["config"])
        require_tensors(tensors, config, card)
    except SafetensorError as error:
        raise ValueError(
            f"{path}: {MODEL} is not a safetensors file: {one_line(error)}"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    counters = {k: card[k] for k in ("step", "images", "seconds")}
    return Checkpoint(config, tensors, counters, card, str(path))


def _card(fit: Fit, history: list[Mapping[str, Any]], sha256: str) -> dict[str, Any]:
    counters = fit.counters()
    return {
        "format": FORMAT,
        "config": fit.config.flat(),
        "data": _about_data(fit),
        **counters,
        "scores": asdict(fit.scores) if fit.scores else None,
        "loss": history[-1].get("loss") if history else None,
        "device": fit.device.type,
        "versions": {
            "ssl_core": ssl_core.__version__,
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": sha256,
        "history": history,
    }


def _about_data(fit: Fit) -> dict[str, Any]:
    data = fit.data
    return {
        "name": data.name,
        "images": len(data),
        "shape": list(data.images.shape[1:]),
        "label": data.label,
        "factors": {n: list(f.names) for n, f in data.factors.items()},
    }
