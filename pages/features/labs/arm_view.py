"""Two arms side by side: the button that runs them, their maps, status and curves."""

from collections.abc import Sequence

import streamlit as st

from pages.features.labs import arm_runs
from pages.features.labs.arm_runs import SIDES
from pages.features.labs.lab import Arm, Case, Outcome
from pages.shell import resources, user_runs
from pages.widgets import arm_curves, run_text
from pages.widgets.map import run_map
from pages.widgets.plots import draw_plot


def draw(
    lab: str, slug: str, case: Case, seed: int, curves: Sequence[str]
) -> tuple[Outcome, Outcome] | None:
    """Draw both arms and the button that runs them.

    Args:
        lab: slug of the lab.
        slug: of the case.
        case: the two arms.
        seed: of both arms.
        curves: measures to draw over steps.

    Returns:
        The outcomes of the left and of the right arm, None until both have finished.
    """
    runs = arm_runs.find_runs(lab, slug, seed)
    states = [arm_runs.state(run) for run in runs]
    active = any(s in user_runs.ACTIVE for s in states)
    _draw_buttons(lab, slug, case, seed, active)
    columns = st.columns(2, gap="medium")
    for column, side, arm, run in zip(columns, SIDES, case.arms, runs, strict=True):
        with column:
            _draw_arm(arm, run, f"map_{lab}_{side}")
    if any(runs):
        interval_s = 1.0 if active else None
        st.fragment(_draw_progress, run_every=interval_s)(lab, slug, case, seed, curves)
    if active or not all(runs):
        return None
    if any(s != "finished" for s in states):
        st.info(
            "An arm ended before its last step: run both again to compare them.",
            icon=":material/info:",
        )
        return None
    left, right = map(arm_runs.outcome, case.arms, runs)
    return (left, right) if left and right else None


def _draw_buttons(lab: str, slug: str, case: Case, seed: int, active: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Stop" if active else "Run both arms",
            icon=":material/stop:" if active else ":material/play_arrow:",
            # Two keys: a second click on Run must not press Stop.
            key=f"{'stop' if active else 'run'}_{lab}",
            type="primary",
            on_click=arm_runs.stop if active else arm_runs.start,
            args=(lab, slug, seed) if active else (lab, slug, case, seed),
        )
        st.caption(
            f"{_steps_text(case)} The arms differ in **{case.difference}** and in "
            "nothing else."
        )
    if refusal := st.session_state.get(f"refusal_{lab}"):
        st.error(refusal, icon=":material/block:")


def _steps_text(case: Case) -> str:
    left, right = (arm_runs.steps(case, arm) for arm in case.arms)
    if left == right:
        return f"{left:,} steps each."
    return f"{left:,} steps on the left, {right:,} on the right."


def _draw_arm(arm: Arm, run: str | None, key: str) -> None:
    st.markdown(f"#### {arm.name}")
    if run is None:
        st.caption("Not run yet.")
        return
    run_map.send_images(run)
    run_map.draw(run, key, "Waits for its turn", height=300)


def _draw_progress(
    lab: str, slug: str, case: Case, seed: int, curves: Sequence[str]
) -> None:
    """Draw status lines and curves of both arms."""
    runs = arm_runs.find_runs(lab, slug, seed)
    _rerun_on_change(lab, [arm_runs.state(run) for run in runs])
    service, histories = resources.service(), {}
    for column, arm, run in zip(st.columns(2), case.arms, runs, strict=True):
        if run is None:
            continue
        status, snapshot = service.status(run), service.latest(run)
        column.markdown(run_text.status_line(status, snapshot))
        if snapshot is not None and snapshot.scalars["collapsed"]:
            column.error(
                run_text.collapse_warning(snapshot.scalars), icon=":material/compress:"
            )
        histories[arm.name] = service.history(run)
    for column, measure in zip(st.columns(len(curves)), curves, strict=True):
        plot = arm_curves.two_curves(histories, measure)
        with column:
            draw_plot(plot, f"curve_{lab}_{measure}")


def _rerun_on_change(lab: str, states: list[str]) -> None:
    # The fragment alone draws neither the button nor the outcomes anew.
    previous = st.session_state.get(f"states_{lab}", states)
    st.session_state[f"states_{lab}"] = states
    if previous != states:
        st.rerun()
