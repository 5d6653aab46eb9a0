"""Time parts of this program against what others do, on this machine.

Each file of ``ssl_core/bench/`` is one comparison.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ssl_core.bench import BENCHES, Comparison, Setting, Skipped, kept
from ssl_core.cli.files import file_target, json_target, write_json
from ssl_core.cli.given import require_pictures
from ssl_core.cli.screen import columns
from ssl_core.experiments.conduct import commit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which comparisons, on what, and where the numbers go."""
    listed = "\n".join(f"  {name}: {b.about}" for name, b in BENCHES.items())
    parser.add_argument("names", metavar="NAME", nargs="*", help="All if left out.")
    parser.add_argument(
        "--photos",
        metavar="DIR|ZIP",
        help="Photographs to train on; shapes are drawn without.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="Smallest sizes, one round: whether it runs, not how fast.",
    )
    parser.add_argument("--json", metavar="FILE", help="Write all figures.")
    parser.add_argument(
        "--save",
        action="store_true",
        help="Keep the figures as assets/evidence/bench-NAME.json, and print the table "
        "of all that are kept, for tests/README.md.",
    )
    parser.epilog = f"comparisons:\n{listed}"


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Check names, photographs and files; returns the measuring.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    path = json_target(args.json)
    names = list(dict.fromkeys(args.names or BENCHES))
    for name in names:
        if name not in BENCHES:
            raise ValueError(f"NAME is {name!r}; allowed are {', '.join(BENCHES)}")
    if args.save and args.quick:
        raise ValueError("--save is not allowed with --quick, which measures nothing")
    if args.save:
        for name in names:
            file_target("--save", str(kept.path_of(name)))
    if args.photos is not None:
        require_pictures(args.photos, "--photos")
    setting = Setting(args.photos, args.quick)
    words = ["bench", *args.names, *(["--photos", "DIR"] if setting.photos else [])]
    words += [f"--{o}" for o in ("quick", "save") if getattr(args, o)]
    command = f"python -m ssl_core {' '.join(words)}"
    return lambda: _measure(names, setting, command, path, args.save)


def _measure(
    names: list[str], setting: Setting, command: str, path: Path | None, save: bool
) -> int:
    made_by, found = commit(), {}
    for name in names:
        parts = {part: _tried(name, part, setting) for part in BENCHES[name].parts}
        about = BENCHES[name].about
        found[name] = kept.record(name, about, parts, command, made_by)
        if save:
            write_json(kept.path_of(name), found[name])
    if path:
        write_json(path, {"benches": found})
    rows = [
        list(kept.row(name, part, got))
        for name, one in found.items()
        for part, got in one["parts"].items()
    ]
    print(kept.table() if save else columns([list(kept.HEAD), *rows]))
    return 0


def _tried(name: str, part: str, setting: Setting) -> Comparison | Skipped:
    """One part's figures, announced as soon as they are there."""
    try:
        got: Comparison | Skipped = BENCHES[name].parts[part](setting)
    except Skipped as reason:
        got = reason
    said = f"skipped: {got}" if isinstance(got, Skipped) else f"{got.ratio:.3g} times"
    print(f"{name}, {part}: {said}", file=sys.stderr, flush=True)
    return got
