"""Comparisons of speed: one file each, found by discovery.

A file has ``ABOUT`` (one sentence: what is compared) and ``measure() -> Timing``, which
may raise :class:`Skipped` with a sentence.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from ssl_core.bench.timing import Skipped, Timing


@dataclass(frozen=True)
class Bench:
    """One comparison: what it is, and its measurement."""

    about: str
    measure: Callable[[], Timing]


def _discover() -> dict[str, Bench]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        here = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(here, "ABOUT"):
            found[module.name] = Bench(here.ABOUT, here.measure)
    return found


BENCHES: dict[str, Bench] = _discover()

__all__ = ["BENCHES", "Bench", "Skipped", "Timing"]
