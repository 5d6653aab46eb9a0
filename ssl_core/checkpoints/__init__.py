"""Checkpoints: safetensors for the numbers, a JSON card for everything else.

Nothing of a checkpoint is ever executed: no pickle, and every name, shape, type and
value is held against what the card's config would build before a tensor reaches a run.

Two kinds: a whole run, which can be continued, and weights only, as those that ship
with the app (``ssl_core.checkpoints.index`` lists them).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ssl_core.checkpoints.files import require_folder, to_zip, write_whole

if TYPE_CHECKING:
    from ssl_core.checkpoints.reading import Checkpoint, load
    from ssl_core.checkpoints.writing import save

__all__ = ["Checkpoint", "load", "require_folder", "save", "to_zip", "write_whole"]

_HOMES = {"Checkpoint": "reading", "load": "reading", "save": "writing"}


def __getattr__(name: str) -> Any:
    # Fetched when asked for: a page that only lists what ships needs no torch.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
