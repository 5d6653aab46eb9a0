"""Conducting an experiment: what is missing is run, side by side, and kept at once."""

import hashlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from ssl_core.data import load
from ssl_core.experiments.base import Experiment, Values
from ssl_core.experiments.evidence import (
    DIVERGED_STEP,
    Evidence,
    arm_now,
    read,
    still_valid,
)
from ssl_core.experiments.trials import Diverged, Trial, one_thread
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

    An arm whose code has changed is run again with the first of its seeds. If every number
    comes out as it was, to the last digit that is kept, the new code computes the same: its
    other seeds stay. If one differs, all of them are run again.

    Args:
        experiment: the claim.
        plan: seeds, place, effort.
        announce: called after each run.

    Returns:
        All of the evidence, also what was there before.

    Raises:
        ValueError: if the store is damaged, or holds a quick look where a full one is
            asked for, the other way round, or runs on other photographs.
    """
    made_by, pictures = commit(), _digest(plan.photos)
    arms = experiment.arms_of(plan.quick, plan.photos is not None)
    known = read(experiment, plan.store) if plan.store else None
    if known:
        _require_alike(known, plan, pictures)
    evidence = _continued(experiment, plan, arms, known)
    doubted = known.doubted(evidence.arms) if known else {}
    for due in (_first_of(plan, doubted, evidence), None):
        todo = _due(plan, arms, evidence) if due is None else due
        for trial, seconds, values in _results(experiment, plan, todo):
            facts: dict[str, Any] = {
                "steps": trial.steps,
                "seconds": round(seconds, 1),
            }
            if DIVERGED_STEP in values:
                facts[DIVERGED_STEP] = values[DIVERGED_STEP]
            evidence.add(trial, values, facts | {"commit": made_by})
            if due is not None:
                evidence.confirm(trial, doubted[trial.arm], made_by)
            evidence.about = _about(plan, made_by, pictures)
            # Not before all doubts are settled: until then the file has the old runs.
            if plan.store and due is None:
                evidence.save(plan.store)
            announce(trial, seconds, values)
    if plan.store and evidence.runs:  # what is declared may have been reworded
        evidence.save(plan.store)
    return evidence


def _continued(
    experiment: Experiment, plan: Plan, arms: Sequence[str], known: Evidence | None
) -> Evidence:
    """The evidence so far, without the runs that other code or another config made."""
    now = {arm: arm_now(experiment, arm, plan.quick, plan.photos) for arm in arms}
    if known is None:
        return Evidence(experiment, now)
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
    return [
        _trial(plan, evidence, arm, seed)
        for seed in plan.seeds
        for arm in arms
        if not evidence.has(arm, seed)
    ]


def _first_of(
    plan: Plan, doubted: Mapping[str, Sequence[Mapping[str, Any]]], evidence: Evidence
) -> list[Trial]:
    """One run of each arm whose other runs it may confirm."""
    return [
        _trial(plan, evidence, arm, min(r["seed"] for r in runs))
        for arm, runs in doubted.items()
    ]


def _trial(plan: Plan, evidence: Evidence, arm: str, seed: int) -> Trial:
    one = evidence.experiment
    steps = one.steps_of(arm, plan.quick)
    return Trial(arm, one.arms[arm], seed, steps, plan.seconds, plan.photos)


def _results(
    experiment: Experiment, plan: Plan, due: list[Trial]
) -> Iterator[tuple[Trial, float, Values]]:
    if plan.workers == 1 or len(due) < 2:
        threads = torch.get_num_threads()
        one_thread()
        try:
            for trial in due:
                yield trial, *_timed(experiment.slug, trial, experiment)
        finally:
            torch.set_num_threads(threads)
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
    """One run; a worker process looks the experiment up by its name.

    A run that diverged has no values but the step at which it did.
    """
    from ssl_core.experiments import EXPERIMENTS

    started = time.perf_counter()
    values: Values
    try:
        values = (experiment or EXPERIMENTS[slug]).trial(trial)
    except Diverged as ended:
        values = {DIVERGED_STEP: ended.step}
    return time.perf_counter() - started, values


def _require_alike(known: Evidence, plan: Plan, pictures: str | None) -> None:
    assert plan.store
    if known.runs and known.about["quick"] != plan.quick:
        kinds = ("full runs", "a quick look")
        raise ValueError(
            f"{plan.store.name} holds {kinds[known.about['quick']]}, not "
            f"{kinds[plan.quick]}; give another file with --json"
        )
    before = known.about.get("photographs")
    if before and pictures and before != pictures:
        raise ValueError(
            f"{plan.store.name} was made with other photographs ({before}, not "
            f"{pictures}); give the same ones, or another file with --json"
        )


def _digest(photos: str | None) -> str | None:
    """What the photographs are, in twelve characters: their pixels decide."""
    if photos is None:
        return None
    images = load(photos).images
    return hashlib.sha256(images.numpy().tobytes()).hexdigest()[:12]


def _about(plan: Plan, made_by: str | None, pictures: str | None) -> dict[str, Any]:
    return {
        "command": plan.command,
        "commit": made_by,
        "photographs": pictures,
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
