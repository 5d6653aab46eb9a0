"""Checkpoints: show one, verify what cards say, make those that ship."""

import argparse
import json
from collections.abc import Callable
from typing import Any

from ssl_core import checkpoints
from ssl_core.checkpoints.index import SHELF
from ssl_core.checkpoints.shipped import RECIPES
from ssl_core.cli import shipped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``show``, ``verify`` and ``make``, each with its own arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    one = actions.add_parser("show", help="Print the card of a checkpoint.")
    one.add_argument(
        "path", metavar="DIR|ZIP|SLUG", help="A saved checkpoint, or one that ships."
    )
    one.set_defaults(act=_prepare_show)
    shipped.add_verify(actions)
    shipped.add_make(actions)


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Check what was asked for; returns the showing, verifying or making.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    work: Callable[[], int] = args.act(args)
    return work


def _prepare_show(args: argparse.Namespace) -> Callable[[], int]:
    ships = SHELF / args.path if args.path in RECIPES else None
    card = dict(checkpoints.load(ships or args.path).card)
    return lambda: _show(card)


def _show(card: dict[str, Any]) -> int:
    """The card, with its history as a count and the last entry."""
    history = card["history"]
    card["history"] = {
        "entries": len(history),
        "last": history[-1] if history else None,
    }
    # ASCII, so that a foreign card cannot send escape codes to the terminal.
    print(json.dumps(card, indent=2))
    return 0
