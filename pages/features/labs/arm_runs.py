"""The two runs of a lab case: the service starts, finds, stops and measures them."""

import contextlib
from typing import Any

import streamlit as st

from pages.features.labs.lab import Arm, Case, Outcome
from pages.shell import identity, resources, user_runs

SIDES = ("left", "right")


def find_runs(lab: str, slug: str, seed: int) -> list[str | None]:
    """Newest run of the left and of the right arm, None where there is none.

    Args:
        lab: slug of the lab.
        slug: of the case.
        seed: of both arms.
    """
    return [user_runs.find(_purpose(lab, slug, side, seed)) for side in SIDES]


def steps(case: Case, arm: Arm) -> int:
    """Optimisation steps of an arm; ``CONTRASTIVE_LAB_STEPS`` is the most a lab may take."""
    wanted = int(arm.config.get("steps", case.steps))
    return min(wanted, resources.settings().lab_steps or wanted)


def state(run: str | None) -> str:
    """State of a run, "none" before there is one."""
    return resources.service().status(run).state if run else "none"


def start(lab: str, slug: str, case: Case, seed: int) -> None:
    """Queue both arms, unless they train already.

    A run of the playground waits, paused, until it is resumed.
    """
    from ssl_core.config import RunConfig
    from ssl_core.train import Budget

    if any(state(run) in user_runs.ACTIVE for run in find_runs(lab, slug, seed)):
        return
    st.session_state[f"refusal_{lab}"] = ""
    service, before = resources.service(), st.session_state.get(user_runs.LAB_RUNS, [])
    paused = user_runs.state() in user_runs.IN_PROGRESS
    if paused:
        user_runs.pause()
    runs: list[str] = []
    try:
        for side, arm in zip(SIDES, case.arms, strict=True):
            knobs = {k: v for k, v in arm.config.items() if k != "steps"}
            run = service.submit(
                RunConfig.of({"seed": seed, **knobs}),
                owner=f"{identity.user_id()}{_purpose(lab, slug, side, seed)}",
                budget=Budget(steps=steps(case, arm)),
                # A visitor trains one lab at a time.
                replacing=[] if runs else before,
            )
            runs.append(run)
            st.session_state[user_runs.LAB_RUNS] = list(runs)
    except ValueError as error:
        if paused and not runs:  # nothing takes its place
            user_runs.command(service.resume, user_runs.current())
        st.session_state[f"refusal_{lab}"] = str(error)
    if runs:
        for run in before:  # some may have begun before the learner signed in
            _stop_run(run)


def stop(lab: str, slug: str, seed: int) -> None:
    """Stop both arms of the case, also those that began before the learner signed in."""
    service = resources.service()
    for side in SIDES:
        for user in identity.user_ids():
            if run := service.active_run(f"{user}{_purpose(lab, slug, side, seed)}"):
                _stop_run(run)


def outcome(arm: Arm, run: str | None) -> Outcome | None:
    """The last measurements of a run; None if it has no complete ones."""
    history = resources.service().history(run) if run else []
    scores: Any = next(
        (t["scores"] for t in reversed(history) if t.get("scores")), None
    )
    if not history or not scores or not scores["knn"] or not history[-1]["step"]:
        return None
    last, knn = history[-1], scores["knn"]
    return Outcome(
        name=arm.name,
        loss=last["loss"],
        effective_rank=last["effective_rank"],
        feature_std=last["feature_std"],
        uniformity=last["uniformity"],
        knn=knn["accuracy"],
        random_init=knn["random_init"],
        chance=knn["chance"],
        probes={n: s["accuracy"] for n, s in scores["probes"].items()},
        untrained={n: s["random_init"] for n, s in scores["probes"].items()},
        negatives=last["negatives"],
        collapsed=bool(last["collapsed"]),
    )


def _purpose(lab: str, slug: str, side: str, seed: int) -> str:
    # An owner has one run at a time; a lab needs two, beside that of the playground.
    return f"/{lab}/{slug}/{side}/{seed}"


def _stop_run(run: str) -> None:
    with contextlib.suppress(ValueError):  # the run has expired
        resources.service().stop(run)
