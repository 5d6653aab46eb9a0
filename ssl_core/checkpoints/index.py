"""What ships, read from the cards alone: a page can list it without torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ssl_core
from ssl_core.checkpoints.files import CARD

SHELF = Path(ssl_core.__file__).resolve().parents[1] / "checkpoints"


@dataclass(frozen=True)
class Shipped:
    """One trained encoder that came with the app.

    Args:
        slug: its folder's name.
        label: method, data and views, for a menu.
        about: what it is good for, one sentence.
        method: by slug.
        data: "shapes", "photographs" or "voices".
        views: what is special about its augmentations.
        augment: slug -> strength of its augmentations.
        steps, seed: how long it trained, and the seed that was shipped.
        scores: of this encoder: ``knn`` and ``probes``, each with ``accuracy``,
            ``random_init``, ``chance`` and (kNN) ``raw_input``.
        spread: over the recipe's seeds: ``knn`` and ``probes[name]``, each with ``mean``,
            ``std``, ``n`` and ``values``.
        path: for :func:`ssl_core.checkpoints.load`.
    """

    slug: str
    label: str
    about: str
    method: str
    data: str
    views: str
    augment: Mapping[str, float]
    steps: int
    seed: int
    scores: Mapping[str, Any]
    spread: Mapping[str, Any]
    path: Path

    @property
    def knn(self) -> float:
        """Its kNN accuracy, in [0, 1]."""
        return float(self.scores["knn"]["accuracy"])


def shipped(shelf: Path = SHELF) -> list[Shipped]:
    """What lies on the shelf, in the order of the recipes.

    A folder without a readable card is passed over: ``checkpoint verify`` names it.
    """
    found = []
    for path in sorted(shelf.glob(f"*/{CARD}")) if shelf.is_dir() else []:
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            found.append((card["shipped"]["order"], _entry(card, path.parent)))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [entry for _, entry in sorted(found, key=lambda f: (f[0], f[1].slug))]


def _entry(card: Mapping[str, Any], folder: Path) -> Shipped:
    about, config = card["shipped"], card["config"]
    return Shipped(
        slug=folder.name,
        label=str(about["label"]),
        about=str(about["about"]),
        method=str(config["method"]),
        data=str(config["data"]),
        views=str(about["views"]),
        augment=dict(config["augment"]),
        steps=int(card["step"]),
        seed=int(config["seed"]),
        scores=card["scores"],
        spread=card["spread"],
        path=folder,
    )
