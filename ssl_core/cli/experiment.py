"""Check a claim over several seeds.

Each file of ``ssl_core/experiments/`` is one claim.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ssl_core.cli.files import json_target, write_json
from ssl_core.cli.screen import columns
from ssl_core.config import RunConfig
from ssl_core.experiments import EXPERIMENTS, Experiment
from ssl_core.experiments.base import Findings
from ssl_core.knobs import Knob, knobs_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which claim, how often, and where the numbers go."""
    parser.add_argument("slug", metavar="SLUG", nargs="?", help="See --list.")
    parser.add_argument("--list", action="store_true", help="Name the claims.")
    parser.add_argument("--seeds", help="Comma-separated, as 0,1,2.")
    parser.add_argument(
        "--quick", action="store_true", help="One seed, within a minute in all."
    )
    parser.add_argument("--seconds", help="Training time of each run.")
    parser.add_argument("--json", metavar="FILE", help="Write the findings.")


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Check the claim's name and the seeds; returns the listing or the runs.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    if args.list:
        return _list
    known = ", ".join(EXPERIMENTS)
    if args.slug not in EXPERIMENTS:
        raise ValueError(f"SLUG is {args.slug!r}; allowed are {known}")
    chosen, path = EXPERIMENTS[args.slug], json_target(args.json)
    seeds = _seeds(args.seeds, chosen.seeds[:1] if args.quick else chosen.seeds)
    if args.quick and len(seeds) > 1:
        raise ValueError(f"--seeds is {args.seeds!r}; allowed with --quick is one seed")
    seconds = chosen.quick_seconds() if args.quick else chosen.seconds
    if args.seconds is not None:
        limit = Knob(0.0, low=0, above=True, high=seconds if args.quick else None)
        seconds = limit.check("--seconds", args.seconds)
    return lambda: _conduct(chosen, seeds, seconds, path)


def _list() -> int:
    for slug, one in EXPERIMENTS.items():
        size = f"{len(one.arms)} arms x {len(one.seeds)} seeds x {one.seconds:g} s"
        print(f"{slug} ({size}): {one.claim}")
    return 0


def _conduct(
    chosen: Experiment, seeds: tuple[int, ...], seconds: float, path: Path | None
) -> int:
    def announce(arm: str, seed: int) -> None:
        print(f"{arm}, seed {seed}, {seconds:g} s", file=sys.stderr, flush=True)

    findings = chosen.conduct(seeds, seconds, announce)
    print(f"{chosen.claim}\n\n{_table(findings)}")
    if path:
        write_json(path, findings.as_dict())
    return 0


def _table(findings: Findings) -> str:
    names = list(findings.experiment.quantities)
    rows = [["", *names, "n"]]
    for arm, found in findings.summary().items():
        cells = [_cell(found[n]["mean"], found[n]["half"]) for n in names]
        rows.append([arm, *cells, str(found[names[0]]["n"])])
    note = "mean ± half-width of the 95 % t-interval over n seeds"
    return f"{columns(rows)}\n\n{note}"


def _cell(mean: float | None, half: float | None) -> str:
    return f"{mean:.3f}" + ("" if half is None else f" ± {half:.3f}")


def _seeds(text: str | None, default: tuple[int, ...]) -> tuple[int, ...]:
    if text is None:
        return default
    knob = knobs_of(RunConfig)["seed"]
    return tuple(knob.check("--seeds", part.strip()) for part in text.split(","))
