"""Check a claim over several seeds.

Each file of ``ssl_core/experiments/`` is one claim; a stopped experiment goes on where it
was.
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ssl_core.cli.files import json_target
from ssl_core.cli.given import checked, giving
from ssl_core.cli.screen import columns
from ssl_core.config import RunConfig
from ssl_core.experiments import EXPERIMENTS, Experiment
from ssl_core.experiments.base import Values
from ssl_core.experiments.conduct import Plan, conduct
from ssl_core.experiments.evidence import (
    DIVERGED_STEP,
    Evidence,
    arm_now,
    path_of,
    read,
    still_valid,
)
from ssl_core.experiments.markdown import document
from ssl_core.experiments.trials import Trial
from ssl_core.knobs import Knob, knobs_of

# A quick look ends within QUICK seconds. Two busy cores took up to 10 to start two
# processes and load, and 5 around each run for its probes (measured); the rest trains.
QUICK, START, AROUND_A_RUN = 60.0, 10.0, 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which claim, how often, and where the numbers go."""
    parser.add_argument("slug", metavar="SLUG", nargs="?", help="See --list.")
    parser.add_argument("--list", action="store_true", help="Name the claims.")
    parser.add_argument(
        "--table",
        action="store_true",
        help="Print the evidence that ships as Markdown, for assets/evidence/README.md.",
    )
    parser.add_argument("--seeds", help="Comma-separated, as 0,1,2.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="One seed of the telling arms, within a minute.",
    )
    parser.add_argument(
        *("--photos", "--digits"),
        dest="photos",
        action=_Named,
        default=(None, None),
        metavar="SLUG|DIR|ZIP",
        help="Photographs, or for speakers recordings of digits, for the arms that learn "
        "from them; left out without.",
    )
    parser.add_argument("--workers", help="Runs at a time, one core each.")
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="Where the evidence is kept and continued; assets/evidence/SLUG.json if the "
        "experiment's own seeds are run in full, nowhere otherwise.",
    )


class _Named(argparse.Action):
    """Keeps under which of its names an option was given, for a complaint."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store the pair."""
        setattr(namespace, self.dest, (option_string, values))


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Check the claim's name, the seeds and the photographs; returns the conducting.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    if args.list:
        return _list
    if args.table:
        return _table
    if args.slug not in EXPERIMENTS:
        said = "missing" if args.slug is None else repr(args.slug)
        raise ValueError(f"SLUG is {said}; allowed are {', '.join(EXPERIMENTS)}")
    chosen = EXPERIMENTS[args.slug]
    seeds = _seeds(args.seeds, chosen.seeds[:1] if args.quick else chosen.seeds)
    if args.quick and len(seeds) > 1:
        raise ValueError(f"--seeds is {args.seeds!r}; allowed with --quick is one seed")
    store = json_target(args.json)
    if store is None and not args.quick and args.seeds is None:
        store = path_of(chosen.slug)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    workers = Knob(cores, low=1, high=64).check("--workers", args.workers or cores)
    option, given = args.photos
    plan = Plan(seeds, store, args.quick, checked(chosen, given, option), workers)
    if args.quick and not chosen.arms_of(True, given is not None):
        raise ValueError(
            f"{giving(chosen)} is missing; all of {chosen.slug} learns from what it gives"
        )
    if store:
        read(chosen, store)  # a damaged file is refused before the work
    words = ["experiment", chosen.slug, *(["--quick"] if args.quick else [])]
    words += ["--seeds", args.seeds] if args.seeds else []
    words += [giving(chosen), "DIR"] if given else []
    plan = replace(plan, command=f"python -m ssl_core {' '.join(words)}")
    if args.quick:
        plan = replace(plan, seconds=_quick_seconds(chosen, plan))
    return lambda: _conduct(chosen, plan)


def _list() -> int:
    for slug, one in EXPERIMENTS.items():
        size = f"{len(one.arms)} arms x {len(one.seeds)} seeds"
        print(f"{slug} ({size}; {_standing(one)}): {one.claim}")
    return 0


def _table() -> int:
    print(document(found for one in EXPERIMENTS.values() if (found := read(one))))
    return 0


def _standing(one: Experiment) -> str:
    """What the evidence that ships says, and whether today's code made it."""
    found = read(one)
    if not found or not found.seeds:
        return "not run yet"
    today = all(
        arm in one.arms and still_valid(found, arm, arm_now(one, arm, False, "photos"))
        for arm in found.arms
    )
    return found.tally + ("" if today else ", by code that has changed since")


def _conduct(chosen: Experiment, plan: Plan) -> int:
    def announce(trial: Trial, seconds: float, values: Values) -> None:
        first = next((n for n in chosen.quantities if n in values), "")
        what = f"{chosen.quantities[first].label} {values[first]:.3f}" if first else ""
        if DIVERGED_STEP in values:
            what = f"diverged at step {values[DIVERGED_STEP]}"
        print(
            f"{trial.arm}, seed {trial.seed}: {seconds:.1f} s, {what}",
            file=sys.stderr,
            flush=True,
        )

    left_out = len(chosen.arms_of(plan.quick)) - len(
        chosen.arms_of(plan.quick, plan.photos is not None)
    )
    started = time.monotonic()
    evidence = conduct(chosen, plan, announce)
    print(f"{chosen.claim}\n\n{table(evidence)}\n\n{verdicts(evidence)}")
    if left_out:
        print(f"\n{left_out} arms were left out: give {giving(chosen)} DIR")
    print(f"\n{time.monotonic() - started:.0f} s")
    return 0


def table(evidence: Evidence) -> str:
    """Arms by quantities: mean ± half-width of the 95 % interval; what diverged below."""
    numbers = {n: q for n, q in evidence.experiment.quantities.items() if not q.series}
    rows = [["", *(q.label for q in numbers.values()), "n"]]
    for arm in evidence.arms:
        cells = [evidence.at(arm, name) for name in numbers]
        n = max((c.n for c in cells if c), default=0)
        rows.append([arm, *(str(c) if c else "-" for c in cells), str(n)])
    note = "mean ± half-width of the 95 % t-interval over n seeds"
    return "\n".join([columns(rows), "", note, *evidence.diverged])


def verdicts(evidence: Evidence) -> str:
    """Each expectation with its size, then the whole."""
    lines = []
    for effect in evidence.effects:
        least = f", at least {effect.least:g} wanted" if effect.least else ""
        lines.append(f"{effect.verdict}: {effect.sentence} ({effect.size}{least})")
    seeds = max((e.size.n for e in evidence.effects), default=0)
    how = "" if seeds > 1 else " (one seed: the sign only)"
    return "\n".join([*lines, f"verdict: {evidence.verdict}; {evidence.tally}{how}"])


def _quick_seconds(chosen: Experiment, plan: Plan) -> float:
    arms = len(chosen.arms_of(True, plan.photos is not None))
    rounds = math.ceil(arms / plan.workers)
    return max(1.0, (QUICK - START) / rounds - AROUND_A_RUN)


def _seeds(text: str | None, default: tuple[int, ...]) -> tuple[int, ...]:
    if text is None:
        return default
    knob = knobs_of(RunConfig)["seed"]
    seeds = (knob.check("--seeds", part.strip()) for part in text.split(","))
    return tuple(dict.fromkeys(seeds))  # the same seed twice is one run
