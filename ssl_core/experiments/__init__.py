"""Claims that can be checked here: one file each, found by discovery.

A file has ``EXPERIMENT``, an :class:`~ssl_core.experiments.base.Experiment`.
"""

import importlib
import pkgutil

from ssl_core.experiments.base import Experiment


def _discover() -> dict[str, Experiment]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        here = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(here, "EXPERIMENT"):
            found[here.EXPERIMENT.slug] = here.EXPERIMENT
    return found


EXPERIMENTS: dict[str, Experiment] = _discover()

__all__ = ["EXPERIMENTS", "Experiment"]
