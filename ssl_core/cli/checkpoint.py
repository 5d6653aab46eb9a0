"""Show what a checkpoint is: ``checkpoint show DIR|ZIP``."""

import argparse
import json
from collections.abc import Callable
from typing import Any

from ssl_core import checkpoints


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``show`` and the checkpoint's place."""
    parser.add_argument("action", choices=("show",), help="What to do with it.")
    parser.add_argument("path", metavar="DIR|ZIP", help="A saved checkpoint.")


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Load the checkpoint; returns the printing of its card."""
    card = dict(checkpoints.load(args.path).card)
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
