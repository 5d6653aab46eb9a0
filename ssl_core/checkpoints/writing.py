"""Writing a checkpoint: a whole run, or its weights only."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

import ssl_core
from ssl_core.checkpoints.checks import (
    FORMAT,
    WEIGHTS,
    WEIGHTS_FORMAT,
    require_finite,
)
from ssl_core.checkpoints.files import require_folder, write_pair
from ssl_core.data import ImageSet
from ssl_core.train import Fit

# Of the history in a card: as many entries as a curve has pixels, and at most so many
# bytes of JSON if its caller's entries are long.
MAX_HISTORY, MAX_HISTORY_BYTES = 1_000, 256 << 10


def save(
    folder: str | Path,
    fit: Fit,
    history: Iterable[Mapping[str, Any]] = (),
    *,
    weights_only: bool = False,
    about: Mapping[str, Any] | None = None,
) -> Path:
    """Write ``model.safetensors`` and ``card.json`` into ``folder``.

    Each file appears whole or not at all. The card carries the model's SHA-256, so a
    pair that does not belong together is refused when it is loaded.

    Args:
        folder: made if it is missing.
        fit: the run; it may go on afterwards.
        history: one JSON object per tick. The card keeps at most MAX_HISTORY of them,
            evenly spaced, with the first and the last.
        weights_only: keep encoder and projection head and nothing that only training
            needs; it cannot be continued.
        about: more entries for the card.

    Returns:
        The folder.

    Raises:
        ValueError: if the folder holds other things, cannot be written, or the run has
            diverged.
    """
    folder = Path(folder)
    require_folder(folder)
    if fit.problem:  # also where its weights are finite: the next step is not
        raise ValueError(f"the run has diverged and is not saved: {fit.problem}")
    tensors = fit.state()
    if weights_only:
        tensors = {k: v for k, v in tensors.items() if k.startswith(WEIGHTS)}
    require_finite(tensors, "the run")
    model = safetensors.torch.save(tensors)
    sha256 = hashlib.sha256(model).hexdigest()
    kind = WEIGHTS_FORMAT if weights_only else FORMAT
    card = _card(fit, list(history), kind, sha256) | dict(about or {})
    write_pair(folder, model, card)
    return folder


def about_data(data: ImageSet) -> dict[str, Any]:
    """What a card says of the images."""
    return {
        "name": data.name,
        "images": len(data),
        "shape": list(data.images.shape[1:]),
        "label": data.label,
        "factors": {n: list(f.names) for n, f in data.factors.items()},
    }


def _card(
    fit: Fit, history: list[Mapping[str, Any]], kind: str, sha256: str
) -> dict[str, Any]:
    counters = fit.counters()
    return {
        "format": kind,
        "config": fit.config.flat(),
        "data": about_data(fit.data),
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
        "history": _thinned(history),
    }


def _thinned(history: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every n-th entry and the last, with the smallest n that fits into a card.

    Nothing if even the first and the last are too long.
    """
    last = len(history) - 1
    stride = max(1, -(-last // (MAX_HISTORY - 1)))
    while True:
        kept = [*history[: max(0, last) : stride], *history[last:]]
        if len(json.dumps(kept).encode()) <= MAX_HISTORY_BYTES:
            return kept
        if stride > last:
            return []
        stride *= 2
