"""``python -m tests.benchmarks``: how long a learner waits, on the real app in a browser.

Prints a table; all of it takes about ten minutes on two cores that do nothing else.
"""

import argparse
import sys
from pathlib import Path

from tests.benchmarks import aha, first_page, idle, live_view, page_to_page, umap_map
from tests.benchmarks.figures import keep, machine, table

# In this order; each module's docstring says what it measures.
BENCHMARKS = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (first_page, page_to_page, idle, live_view, umap_map, aha)
}


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser("tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of " + ", ".join(BENCHMARKS)
    )
    parser.add_argument("--json", type=Path, help="file to keep the figures in")
    args = parser.parse_args()
    if unknown := set(args.names) - set(BENCHMARKS):
        parser.error(f"{unknown.pop()!r} is none of {', '.join(BENCHMARKS)}")
    reports = {}
    for name in args.names or BENCHMARKS:
        report = {"command": f"python -m tests.benchmarks {name}", "machine": machine()}
        found = BENCHMARKS[name]()
        reports[name] = report | {"figures": [figure.about() for figure in found]}
        print(name, "done", file=sys.stderr, flush=True)
        if args.json:  # each at once, so that an error in a later one costs only that
            keep(args.json, reports)
    print(table(reports.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
