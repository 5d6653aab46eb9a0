"""Time parts of this program against what others do, on this machine.

Each file of ``ssl_core/bench/`` is one comparison.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssl_core.bench import BENCHES, Skipped
from ssl_core.cli.files import json_target, write_json
from ssl_core.cli.screen import columns
from ssl_core.report import versions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which comparisons, and where the numbers go."""
    listed = "\n".join(f"  {name}: {b.about}" for name, b in BENCHES.items())
    parser.add_argument("names", metavar="NAME", nargs="*", help="All if left out.")
    parser.add_argument("--json", metavar="FILE", help="Write the timings.")
    parser.epilog = f"comparisons:\n{listed}"


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Check the names; returns the measuring.

    Raises:
        ValueError: naming an unknown comparison and the known ones.
    """
    path = json_target(args.json)
    for name in args.names:
        if name not in BENCHES:
            raise ValueError(f"NAME is {name!r}; allowed are {', '.join(BENCHES)}")
    return lambda: _measure(args.names or list(BENCHES), path)


def _measure(names: list[str], path: Path | None) -> int:
    found: dict[str, Any] = {}
    rows = [["", "ours ms", "theirs ms", "times faster", "from", "to", "n"]]
    for name in names:
        try:
            timing = BENCHES[name].measure()
        except Skipped as reason:
            print(f"{name} skipped: {reason}", file=sys.stderr)
            found[name] = {"skipped": str(reason)}
            continue
        found[name] = timing.as_dict() | {"about": BENCHES[name].about}
        ratios = timing.ratios
        cells = (timing.ratio, min(ratios), max(ratios))
        rows.append(
            [
                name,
                f"{timing.ours_ms:.2f}",
                f"{timing.theirs_ms:.2f}",
                *(f"{c:.2f}" for c in cells),
                str(len(ratios)),
            ]
        )
    if len(rows) > 1:
        print(columns(rows))
    if path:
        write_json(path, {"benches": found, "versions": versions()})
    return 0
