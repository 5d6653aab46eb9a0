"""The learner's run: start it, steer it, and keep it in step with the sidebar."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui import cache, clicks, learner
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import SOURCES
from ssl_core.service import ACTIVE, RESUMABLE

MOVING = ("queued", "starting", "running", "pausing", "stopping")


def current() -> str | None:
    """The learner's newest run, also after a refresh of the browser."""
    if "run" not in st.session_state:
        found = map(cache.service().active_run, learner.idents())
        st.session_state.run = next(filter(None, found), None)
    return _known("run")


def pinned() -> str | None:
    """The run that the learner has pinned, unless it is the current one."""
    pin = _known("pin")
    return pin if pin != current() else None


def _known(name: str) -> str | None:
    """A run that the session remembers, forgotten when it has expired or is damaged."""
    run = st.session_state.get(name)
    try:
        if run and not any(cache.service().owns(i, run) for i in learner.idents()):
            raise ValueError("it is another's")  # an id that came from elsewhere
        if run:
            cache.service().status(run)
    except ValueError:
        run = st.session_state[name] = None
    return run


def state() -> str:
    """State of the current run, ``"none"`` before there is one."""
    run = current()
    return cache.service().status(run).state if run else "none"


def follow() -> None:
    """Draw the page again if the run has turned since the buttons were drawn."""
    now = (current(), state())
    before = st.session_state.get("drawn_state", now)
    st.session_state.drawn_state = now
    if before != now:
        st.rerun()


def controls(where: str) -> None:
    """Train, Pause, Step, Reset and New seed; ``where`` keeps widget keys apart.

    Args:
        where: "sidebar" or "main".
    """
    now = state()
    if where == "main":
        follow()  # it may have turned since the sidebar was drawn
    else:
        st.session_state.drawn_state = (current(), now)
    moving, paused = now in MOVING, now == "paused"
    resumable = now in ("paused", *RESUMABLE)
    with st.container(horizontal=True, gap="small", key=f"controls_{where}"):
        if moving:
            _button(
                "Pause", "pause", where, pause, primary=True, disabled=now != "running"
            )
        else:
            label = "Resume" if resumable else "Train"
            goes_on = (
                "From its last checkpoint, with its own settings. Reset starts over."
            )
            tip = goes_on if now in RESUMABLE else None
            _button(label, "play_arrow", where, train, primary=True, help=tip)
        _button(
            "Step",
            "skip_next",
            where,
            step,
            disabled=not paused,
            help="One optimisation step. Pause first.",
        )
        _button(
            "Reset",
            "replay",
            where,
            reset,
            disabled=now == "none",
            help="Start over with the same seed: the same run, bit for bit on a CPU.",
        )
        _button(
            "New seed",
            "casino",
            where,
            new_seed,
            help="Start over with another seed: how much of what you saw was luck?",
        )
    if where == "main" and st.session_state.get("refusal"):
        st.error(st.session_state.refusal, icon=":material/block:")


def _button(
    label: str, icon: str, where: str, action: Any, primary: bool = False, **rest: Any
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"{where}_{label.lower().replace(' ', '_')}",
        type="primary" if primary else "secondary",
        on_click=clicks.whole(action),
        **rest,
    )


def train() -> None:
    """Resume a run that was paused or interrupted, or start what the sidebar says."""
    if state() in ("paused", *RESUMABLE):
        _say(cache.service().resume, current())
    else:
        _submit()


def pause() -> None:
    """Pause after the current step."""
    _say(cache.service().pause, current())


def step() -> None:
    """Take one step of a paused run."""
    _say(cache.service().step, current())


def reset() -> None:
    """Start over with the same seed."""
    _stop()
    _submit()


def new_seed() -> None:
    """Start over with another seed."""
    st.session_state.seed = secrets.randbelow(10_000)
    _stop()
    _submit()


def sync(values: Mapping[str, Any]) -> None:
    """Send knobs that the learner has just moved to the run; say what has to wait.

    Only what changed in this session is sent: a second tab that shows the same run with
    other sliders must not steer it by being opened.
    """
    before = st.session_state.get("synced")
    st.session_state.synced = dict(values)
    if before is None or state() not in ACTIVE:
        return
    moved = {k: v for k, v in values.items() if before.get(k) != v}
    knobs = all_knobs(str(values.get("method")))
    run = cache.service().status(current())
    # Views that came with other data are not meant for the data that trains now.
    same_data = run.config.get("data", values.get("data")) == values.get("data")
    live = {
        k: v
        for k, v in moved.items()
        if (k == "augment" and same_data) or (k in knobs and knobs[k].live)
    }
    waiting = [k for k in moved if k not in live]
    if waiting or run.config.get("method") != values.get("method"):
        st.session_state.waiting = sorted(
            {*st.session_state.get("waiting", []), *waiting}
        )
    if live and run.config.get("method") == values.get("method"):
        _say(lambda r: cache.service().adjust(r, live), current())


def _submit() -> None:
    from pages._ui import sidebar, uploads

    try:
        values = sidebar.values()
        if values.get("data") is None:
            raise ValueError("There are no images of yours yet: upload a zip first.")
        if values["data"] not in (*SOURCES, uploads.path()):
            # No menu offers it, but a forged message may: this server's files are not theirs.
            raise ValueError(
                f"data is {str(values['data'])[:40]!r}; allowed is the menu"
            )
        config = RunConfig.of(values)
        st.session_state.run = cache.service().submit(config, owner=learner.ident())
        st.session_state.refusal, st.session_state.waiting = "", []
        st.session_state.sidebar_state = "auto"
    except ValueError as error:
        st.session_state.refusal = str(error)


def _stop() -> None:
    if state() in ACTIVE:
        _say(cache.service().stop, current())


def _say(command: Any, run: str | None) -> None:
    """Give the run a command; a refusal becomes one sentence on the page."""
    try:
        command(run)
        st.session_state.refusal = ""
    except (ValueError, KeyError) as error:
        st.session_state.refusal = str(error)


def resume_upload() -> None:
    """Continue from an uploaded checkpoint."""
    file = st.session_state.get("upload_checkpoint")
    if file is None:
        return
    from pages._ui import uploads

    try:
        path = uploads.kept("checkpoint", file.getvalue())
        config = _config_in(path)
        if config.get("data") not in SOURCES:
            # A card's path is its writer's word: this server's files are not theirs.
            mine = uploads.path()
            if mine is None:
                raise ValueError(
                    "This checkpoint was trained on someone's own images: choose the data "
                    "“Your own images or sounds”, upload them, and resume again."
                )
            config["data"] = mine
        st.session_state.run = cache.service().submit(
            RunConfig.of(config), owner=learner.ident(), resume=path
        )
        st.session_state.refusal = ""
    except ValueError as error:
        st.session_state.refusal = str(error)


def _config_in(path: Path) -> dict[str, Any]:
    """The config in an uploaded checkpoint, flat and not yet checked here.

    Raises:
        ValueError: one sentence, if it cannot be used.
    """
    try:
        return cache.service().quarantine.checkpoint(path)
    except ValueError as refusal:
        raise ValueError(f"This checkpoint cannot be resumed: {refusal}.") from None
