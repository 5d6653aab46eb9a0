"""An operator's settings: what there is to set, and what is set here."""

import argparse
import os
import sys
from collections.abc import Callable

from ssl_core.knobs import Knob, knobs_of
from ssl_core.settings import SECRET, Settings, variable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none: it reads the environment."""


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Read the settings; returns the printing.

    Raises:
        ValueError: naming a variable, its value and what is allowed.
    """
    settings = Settings.read(os.environ)
    return lambda: _show(settings)


def table() -> str:
    """Every setting with its default and what is allowed, as a table in Markdown."""
    lines = ["| Variable | Default | Allowed | What it is |", "|---|---|---|---|"]
    for name, one in knobs_of(Settings).items():
        cells = f"`{variable(name)}`", _told(one.default), _allowed(one), one.help
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def in_force(settings: Settings) -> str:
    """What is set otherwise than by default, one line each; a secret is not shown."""
    changed = [f"{variable(n)}={v}" for n, v in settings.changed().items()]
    hidden = [f"{variable(n)} is set" for n in SECRET if getattr(settings, n)]
    return "\n".join([*changed, *hidden]) or "All settings are at their defaults."


def _show(settings: Settings) -> int:
    print(table())
    print(f"\nHere:\n{in_force(settings)}")
    for problem in Settings.problems(os.environ):
        print(problem, file=sys.stderr)
    return 0


def _told(default: object) -> str:
    if default == "":
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"{default:,.10g}" if isinstance(default, int | float) else f"`{default}`"


def _allowed(one: Knob) -> str:
    if one.choices is not None:
        return ", ".join(f"`{choice}`" for choice in one.choices)
    if one.low is None or one.high is None:
        return one.allowed
    return f"{one.low:,.10g} to {one.high:,.10g}"
