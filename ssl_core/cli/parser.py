"""Flags made from knobs, and errors that fit on one line."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from ssl_core.augment import MEDIA, offered
from ssl_core.config import RunConfig
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are a ValueError of one sentence."""

    def __init__(self, **about: Any) -> None:
        # An abbreviation that works today is ambiguous once the next knob exists.
        about = {"formatter_class": argparse.RawDescriptionHelpFormatter} | about
        super().__init__(allow_abbrev=False, **about)

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{self.prog}: {message}")


def flag(name: str) -> str:
    """``batch_size`` -> ``--batch-size``."""
    return "--" + name.replace("_", "-")


def add_knobs(parser: argparse.ArgumentParser, knobs: Mapping[str, Knob]) -> None:
    """One flag a knob; values stay text until the config checks them."""
    for name, one in knobs.items():
        parser.add_argument(
            flag(name),
            metavar=name.upper() if one.choices is None else "CHOICE",
            help=f"{one.help} {_about(one)}".replace("%", "%%"),
        )


def method_knobs() -> dict[str, Knob]:
    """Every knob that some method has; the first method's where they share it."""
    return {
        n: k for m in reversed(METHODS.values()) for n, k in knobs_of(m.Config).items()
    }


def knob_list() -> str:
    """Every switch of a method and every augmentation, for the end of a help text."""
    lines = ["--set KNOB=VALUE takes the switches of the method:"]
    for name, one in method_knobs().items():
        owners = [m for m, kind in METHODS.items() if name in knobs_of(kind.Config)]
        whose = "" if len(owners) == len(METHODS) else f" [{', '.join(owners)}]"
        lines.append(f"  {name}{whose}: {one.help} {_about(one)}")
    lines.append(
        "\n--augment takes names, each with an optional strength (crop,flip:0.3):"
    )
    for medium in MEDIA:
        lines.append(f"  of {medium}:")
        for slug, kind in offered(medium).items():
            one = kind.strength_knob()
            lines.append(f"  {slug}: {one.help} {_about(one)}")
    return "\n".join(lines)


def in_flags(message: str, set_names: Iterable[str] = ()) -> str:
    """A config's complaint with the option in place of the knob's name.

    ``batch_size is 0; …`` becomes ``--batch-size is 0; …``, or ``--set batch_size is
    …`` for a knob that was given that way.
    """
    name, _, rest = message.partition(" ")
    if name in set_names:
        return f"--set {message}"
    if name == "method":
        return f"METHOD {rest}"
    if name in knobs_of(RunConfig) or name in method_knobs():
        return f"{flag(name)} {rest}"
    return message


def _about(one: Knob) -> str:
    # A menu's help stays short: its choices say what is allowed.
    return f"(default {one.default}; {one.allowed})"
