"""Two arms side by side: the same seed, one knob apart, each a real run of the service."""

import contextlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.features.labs.lab import Case, Outcome
from pages.shell import callbacks, identity, resources, user_runs
from pages.widgets import arm_curves, run_text
from pages.widgets.map import run_map
from pages.widgets.plots import PLOTLY_CONFIG

NAMES = ("left", "right")


def draw_arms(
    lab: str, slug: str, case: Case, seed: int, curves: Sequence[str]
) -> tuple[Outcome, Outcome] | None:
    """Draw both arms and the button that runs them; their outcomes once both are done."""
    found = [_run_of(lab, slug, side, seed) for side in NAMES]
    states = [_state(run) for run in found]
    moving = any(s in user_runs.ACTIVE for s in states)
    _buttons(lab, slug, case, seed, moving)
    for column, side, run in zip(
        st.columns(2, gap="medium"), NAMES, found, strict=True
    ):
        with column:
            _arm(lab, slug, case, side, run)
    if any(found):
        every = 1.0 if moving else None
        st.fragment(_progress, run_every=every)(lab, slug, case, seed, curves)
    if moving or not all(found):
        return None
    if any(_state(run) != "finished" for run in found):
        st.info(
            "An arm ended before its last step: run both again to compare them.",
            icon=":material/info:",
        )
        return None
    outcomes = [
        _outcome(case, side, run) for side, run in zip(NAMES, found, strict=True)
    ]
    left, right = outcomes
    return (left, right) if left and right else None


def was_started(lab: str, slug: str, seed: int) -> bool:
    """Whether the learner has started this case."""
    return any(_run_of(lab, slug, side, seed) for side in NAMES)


def _buttons(lab: str, slug: str, case: Case, seed: int, moving: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Stop" if moving else "Run both arms",
            icon=":material/stop:" if moving else ":material/play_arrow:",
            key=f"run_{lab}",
            type="primary",
            on_click=callbacks.uninterruptible(_stop if moving else _start),
            args=(lab, slug, seed) if moving else (lab, slug, case, seed),
        )
        st.caption(
            f"{_takes(case)} The arms differ in **{case.changed}** and in nothing else."
        )
    if refusal := st.session_state.get(f"refusal_{lab}"):
        st.error(refusal, icon=":material/block:")


def steps(case: Case, side: str) -> int:
    """Optimisation steps of an arm; ``SSL_LAB_STEPS`` is the most a lab may take."""
    wanted = int(getattr(case, side)[1].get("steps", case.steps))
    return min(wanted, resources.settings().lab_steps or wanted)


def _takes(case: Case) -> str:
    left, right = (steps(case, side) for side in NAMES)
    if left == right:
        return f"{left:,} steps each."
    return f"{left:,} steps on the left, {right:,} on the right."


def _arm(lab: str, slug: str, case: Case, side: str, run: str | None) -> None:
    name, _ = getattr(case, side)
    st.markdown(f"#### {name}")
    if run is None:
        st.caption("Not run yet.")
        return
    run_map.send_images(run)
    run_map.draw(run, f"map_{lab}_{side}", "Waits for its turn", height=300)


def _progress(
    lab: str, slug: str, case: Case, seed: int, curves: Sequence[str]
) -> None:
    """Status lines and curves of both arms; asks for the whole page when one has turned."""
    found = [_run_of(lab, slug, side, seed) for side in NAMES]
    _follow(lab, [_state(run) for run in found])
    histories = {}
    for column, side, run in zip(st.columns(2), NAMES, found, strict=True):
        if run is None:
            continue
        status, snapshot = (
            resources.service().status(run),
            resources.service().latest(run),
        )
        column.markdown(run_text.status_line(status, snapshot))
        if snapshot is not None and snapshot.scalars["collapsed"]:
            column.error(
                run_text.collapse_warning(snapshot.scalars), icon=":material/compress:"
            )
        histories[getattr(case, side)[0]] = resources.service().history(run)
    for column, name in zip(st.columns(len(curves)), curves, strict=True):
        shown = arm_curves.two_curves(histories, name)
        if shown:
            column.markdown(f"**{shown.caption}**")
            column.plotly_chart(
                shown.figure,
                key=f"curve_{lab}_{name}",
                config=PLOTLY_CONFIG,
                alt=shown.caption,
            )


def _follow(lab: str, states: list[str]) -> None:
    before = st.session_state.get(f"states_{lab}", states)
    st.session_state[f"states_{lab}"] = states
    if before != states:
        st.rerun()


def _start(lab: str, slug: str, case: Case, seed: int) -> None:
    """Queue both arms; a run of the playground waits, paused, until it is resumed."""
    from ssl_core.config import RunConfig
    from ssl_core.train import Budget

    service = resources.service()
    st.session_state[f"refusal_{lab}"] = ""
    try:
        if user_runs.state() in user_runs.IN_PROGRESS:
            user_runs.pause()
        _stop_all()
        for side in NAMES:
            _, values = getattr(case, side)
            knobs = {k: v for k, v in values.items() if k != "steps"}
            config = RunConfig.of({"seed": seed, **knobs})
            owner, budget = (
                _owner(lab, slug, side, seed),
                Budget(steps=steps(case, side)),
            )
            run = service.submit(config, owner=owner, budget=budget)
            st.session_state.setdefault(user_runs.LAB_RUNS, []).append(run)
    except ValueError as error:
        st.session_state[f"refusal_{lab}"] = str(error)


def _stop(lab: str, slug: str, seed: int) -> None:
    """Stop the arms on the screen, also those that another tab has started."""
    for side in NAMES:
        if run := _run_of(lab, slug, side, seed):
            with contextlib.suppress(ValueError):  # it has expired
                resources.service().stop(run)


def _stop_all() -> None:
    """Stop what this visitor's labs still train: one lab at a time is enough."""
    for run in st.session_state.pop(user_runs.LAB_RUNS, []):
        with contextlib.suppress(ValueError):  # it has expired
            resources.service().stop(run)


def _run_of(lab: str, slug: str, side: str, seed: int) -> str | None:
    """This arm's newest run, also after a refresh; None if there is none."""
    service = resources.service()
    try:
        run = service.active_run(_owner(lab, slug, side, seed))
        if run:
            service.status(run)
    except ValueError:  # it has expired or is damaged
        return None
    return run


def _owner(lab: str, slug: str, side: str, seed: int) -> str:
    # An owner has one run at a time; a lab needs two, beside that of the playground.
    return f"{identity.user_id()}/{lab}/{slug}/{side}/{seed}"


def _state(run: str | None) -> str:
    return resources.service().status(run).state if run else "none"


def _outcome(case: Case, side: str, run: str | None) -> Outcome | None:
    history = resources.service().history(run) if run else []
    scores: Any = next(
        (t["scores"] for t in reversed(history) if t.get("scores")), None
    )
    if not history or not scores or not scores["knn"] or not history[-1]["step"]:
        return None
    last, knn = history[-1], scores["knn"]
    return Outcome(
        name=getattr(case, side)[0],
        steps=last["step"],
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
