"""Conducting an experiment: what is missing is run, side by side, and kept at once."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ssl_core.experiments.base import Experiment, Values
from ssl_core.experiments.evidence import Evidence, arm_now, read, still_valid
from ssl_core.experiments.trials import Trial, one_thread
from ssl_core.report import versions

ROOT = Path(__file__).parents[2]
Announce = Callable[[Trial, float, Values], None]


@dataclass(frozen=True)
class Plan:
    """How an experiment is to be conducted.

    Args:
        seeds: at least one.
        store: evidence file that is continued and written after every run; None to keep
            nothing.
        quick: the quick arms with the quick steps.
        photos: source of photographs; None leaves out the arms that need them.
        workers: runs at a time, each in a process on one core; 1 runs in this process.
        seconds: limit of the training of each run, None for none.
        command: how to make this evidence, for the file.
    """

    seeds: tuple[int, ...]
    store: Path | None = None
    quick: bool = False
    photos: str | None = None
    workers: int = 1
    seconds: float | None = None
    command: str = ""


def conduct(
    experiment: Experiment,
    plan: Plan,
    announce: Announce = lambda trial, seconds, values: None,
) -> Evidence:
    """Run what the store does not hold yet, or holds from other code or config.

    Args:
        experiment: the claim.
        plan: seeds, place, effort.
        announce: called after each run.

    Returns:
        All of the evidence, also what was there before.

    Raises:
        ValueError: if the store is damaged.
    """
    arms = experiment.arms_of(plan.quick, plan.photos is not None)
    known = read(experiment, plan.store) if plan.store else None
    evidence = _continued(experiment, plan, arms, known)
    for trial, seconds, values in _results(
        experiment, plan, _due(plan, arms, evidence)
    ):
        facts = {"steps": trial.steps, "seconds": round(seconds, 1), "commit": commit()}
        evidence.add(trial, values, facts)
        if plan.store:
            evidence.about = _about(plan)
            evidence.save(plan.store)
        announce(trial, seconds, values)
    return evidence


def _continued(
    experiment: Experiment, plan: Plan, arms: Sequence[str], known: Evidence | None
) -> Evidence:
    """The evidence so far, without the runs that other code or another config made."""
    now = {arm: arm_now(experiment, arm, plan.quick, plan.photos) for arm in arms}
    if known is None:
        return Evidence(experiment, now, [], _about(plan))
    # Arms that cannot be run here (photographs that are elsewhere) stay as they are.
    kept = {
        a: v for a, v in known.arms.items() if a in experiment.arms and a not in now
    }
    valid = {a for a in now if still_valid(known, a, now[a])} | kept.keys()
    names = [a for a in experiment.arms if a in now or a in kept]
    runs = [r for r in known.runs if r["arm"] in valid]
    return Evidence(
        experiment, {a: {**kept, **now}[a] for a in names}, runs, known.about
    )


def _due(plan: Plan, arms: Sequence[str], evidence: Evidence) -> list[Trial]:
    # Seed by seed: a stopped experiment has compared all arms on what it has.
    one = evidence.experiment
    return [
        Trial(
            arm,
            one.arms[arm],
            seed,
            one.steps_of(arm, plan.quick),
            plan.seconds,
            plan.photos,
        )
        for seed in plan.seeds
        for arm in arms
        if not evidence.has(arm, seed)
    ]


def _results(
    experiment: Experiment, plan: Plan, due: list[Trial]
) -> Iterator[tuple[Trial, float, Values]]:
    if plan.workers == 1 or len(due) < 2:
        for trial in due:
            yield trial, *_timed(experiment.slug, trial, experiment)
        return
    pool = ProcessPoolExecutor(plan.workers, get_context("spawn"), one_thread)
    try:
        pending = {pool.submit(_timed, experiment.slug, trial): trial for trial in due}
        for done in as_completed(pending):
            yield pending[done], *done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _timed(
    slug: str, trial: Trial, experiment: Experiment | None = None
) -> tuple[float, Values]:
    """One run; a worker process looks the experiment up by its name."""
    from ssl_core.experiments import EXPERIMENTS

    started = time.perf_counter()
    values = (experiment or EXPERIMENTS[slug]).trial(trial)
    return time.perf_counter() - started, values


def _about(plan: Plan) -> dict[str, Any]:
    return {
        "command": plan.command,
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "device": "cpu",
        "precision": "float32",
        "versions": versions() | {"threads": 1},
        "quick": plan.quick,
    }


def commit() -> str | None:
    """The commit of the code that runs, ``-dirty`` if the core was edited since."""
    try:
        where = ["git", "-C", str(ROOT)]
        head = subprocess.run(
            [*where, "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        changed = subprocess.run(
            [*where, "status", "--porcelain", "--", "ssl_core"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None  # an installed copy has no history
    return head + ("-dirty" if changed else "")
