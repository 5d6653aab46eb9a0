"""Verifying a checkpoint: its card's scores measured again, on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ssl_core.checkpoints.reading import Checkpoint, load
from ssl_core.checkpoints.shipped import PHOTOGRAPHS, fingerprint
from ssl_core.data import SOURCES, ImageSet
from ssl_core.device import choose_precision
from ssl_core.encoders import make_encoder
from ssl_core.watch import Observer, Score, Scores, Watch

# Machines add floats in another order: a few of 2,000 answers tip over, not 20.
TOLERANCE = 0.01
BRIGHTNESS_TOLERANCE = 0.01  # decoders of JPEG differ by far less
MEASURES = ("accuracy", "random_init", "chance", "raw_input")


@dataclass(frozen=True)
class Row:
    """One number of a card beside the same number measured now."""

    measure: str
    card: float
    recomputed: float

    @property
    def difference(self) -> float:
        """Recomputed minus card."""
        return self.recomputed - self.card

    @property
    def off(self) -> bool:
        """Whether it is further from the card than machines differ."""
        return not abs(self.difference) <= TOLERANCE


@dataclass(frozen=True)
class Verdict:
    """What verifying found.

    Args:
        name: the checkpoint's slug or folder.
        rows: every score, kNN first; empty if there is a problem.
        problem: why nothing could be compared, one sentence that names it.
        unchecked: whether the problem is only that something is not at hand.
    """

    name: str
    rows: tuple[Row, ...] = ()
    problem: str = ""
    unchecked: bool = False

    @property
    def failed(self) -> bool:
        """Whether it is damaged, or its card says what is not so."""
        wrong = bool(self.problem) or any(row.off for row in self.rows)
        return wrong and not self.unchecked


def verify(path: Path, images: Mapping[str, ImageSet]) -> Verdict:
    """Load a checkpoint and measure its scores again.

    Args:
        path: its folder or zip.
        images: the image sets at hand, by the name that a card's config has for them.
    """
    try:
        checkpoint = load(path)
    except ValueError as error:
        return Verdict(path.name, problem=str(error))
    try:
        claimed = claims(checkpoint.card)
    except ValueError as error:
        return Verdict(path.name, problem=f"{path}: {error}")
    name = checkpoint.config.data
    if name not in images:
        why = f"{path.name}: not checked: {_not_at_hand(name)}"
        return Verdict(path.name, problem=why, unchecked=True)
    if not same_pictures(checkpoint.card, images[name]):
        other = f"{path}: today's {name} are other pictures than those of the card"
        return Verdict(path.name, problem=other)
    found = _flat(measure(checkpoint, images[name]))
    if found.keys() != claimed.keys():
        odd = min(found.keys() ^ claimed.keys())
        there = "is missing" if odd in found else "cannot be measured"
        return Verdict(path.name, problem=f"{path}: the card's {odd} {there}")
    return Verdict(path.name, tuple(Row(m, claimed[m], found[m]) for m in found))


def measure(checkpoint: Checkpoint, data: ImageSet) -> Scores:
    """The scores as its run measured them: the same rows in the same order.

    Random init is the encoder from which this run's seed starts.
    """
    config, card = checkpoint.config, checkpoint.card
    rows = Watch(bank=card["scores"]["bank"], asked=card["scores"]["asked"], mapped=0)
    precision = choose_precision(config.precision, torch.device("cpu"))
    observer = Observer(data, rows, config.seed, precision)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        untrained = make_encoder(config.encoder, data.images.shape[1])
    observer.scores(untrained, 0)
    return observer.scores(checkpoint.encoder(), int(checkpoint.counters["step"]))


def same_pictures(card: Mapping[str, Any], data: ImageSet) -> bool:
    """Whether these are the images that the card's scores were measured on."""
    about = card["data"]
    if (about["images"], about["shape"]) != (len(data), list(data.images.shape[1:])):
        return False
    noted, today = card.get("fingerprint"), fingerprint(data)
    if noted is None:  # the card of a run of one's own
        return True
    if not isinstance(noted, list) or len(noted) != len(today):
        return False
    pairs = zip(noted, today, strict=True)
    return all(
        isinstance(a, float) and abs(a - b) <= BRIGHTNESS_TOLERANCE for a, b in pairs
    )


def claims(card: Mapping[str, Any]) -> dict[str, float]:
    """The scores that a card states, as "kNN accuracy", "probe x chance" and so on.

    Raises:
        ValueError: if they are missing, or no accuracies.
    """
    where = f"card.json's scores of {card['data']['name']}"
    try:
        stated = card["scores"]
        knn = Score(**stated["knn"]) if stated["knn"] else None
        probes = {str(n): Score(**s) for n, s in stated["probes"].items()}
        flat = _flat(Scores(0, knn, probes))
        counts = (stated["bank"], stated["asked"])
        sound = all(type(n) is int and n > 0 for n in counts) and bool(flat)
        sound = sound and all(0 <= value <= 1 for value in flat.values())
    except (KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise ValueError(f"{where} are not the scores of a run")
    return flat


def _flat(scores: Scores) -> dict[str, float]:
    named = {f"probe {name}": score for name, score in scores.probes.items()}
    if scores.knn is not None:
        named = {"kNN": scores.knn} | named
    return {
        f"{name} {what}".replace("_", " "): getattr(score, what)
        for name, score in named.items()
        for what in MEASURES
        if getattr(score, what) is not None
    }


def _not_at_hand(data: str) -> str:
    if data == PHOTOGRAPHS:
        return "give --photos DIR"
    if data in SOURCES:
        return f"{data} would have to be downloaded"
    return "it learned from somebody's own images"
