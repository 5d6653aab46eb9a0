"""Comparisons of speed and memory: one file each, found by discovery.

A file has ``ABOUT`` (one sentence: what is compared) and ``PARTS``: name of a part ->
``measure(setting) -> Comparison``, which may raise :class:`Skipped` with a sentence.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ssl_core.bench.timing import Comparison, Setting, Skipped


@dataclass(frozen=True)
class Bench:
    """One comparison: what it is, and the measurement of each of its parts."""

    about: str
    parts: Mapping[str, Callable[[Setting], Comparison]]


def _discover() -> dict[str, Bench]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        here = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(here, "PARTS"):
            found[module.name] = Bench(here.ABOUT, here.PARTS)
    return found


BENCHES: dict[str, Bench] = _discover()

__all__ = ["BENCHES", "Bench", "Comparison", "Setting", "Skipped"]
