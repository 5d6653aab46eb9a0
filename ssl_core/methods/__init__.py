"""Methods: one file each, found by discovery.

Put a file with a :class:`~ssl_core.methods.base.Method` subclass in this folder and the
command line, the menus and the contract tests pick it up.
"""

import importlib
import pkgutil

from ssl_core.methods.base import Method, MethodConfig, Outcome, Reference


def _discover() -> dict[str, type[Method]]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {m.slug: m for m in sorted(Method.__subclasses__(), key=_rank)}


def _rank(method: type[Method]) -> tuple[bool, int, str]:
    # The four that a lesson introduces come first, in the order it does.
    taught = ("simclr", "moco", "byol", "simsiam")
    known = method.slug in taught
    return (not known, taught.index(method.slug) if known else 0, method.slug)


METHODS: dict[str, type[Method]] = _discover()

__all__ = ["METHODS", "Method", "MethodConfig", "Outcome", "Reference"]
