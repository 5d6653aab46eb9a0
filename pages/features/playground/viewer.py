"""The run viewer: each part draws the last tick of a run, as often as its page asks."""

from typing import Any

import streamlit as st

from pages.features.playground import notices, resume_upload, run_controls
from pages.shell import resources, user_runs
from pages.widgets import plots, run_plots, run_text, tiles, view_pairs
from pages.widgets.map import run_map
from pages.widgets.recording import recording_player
from ssl_core import checkpoints
from ssl_core.data import things


def invitation() -> None:
    """What a first visit sees: a recorded run that plays, and the one thing to press."""
    st.markdown("**This encoder never saw a label.** Press **Train** to make your own.")
    st.fragment(recording_player.draw_menu)()
    st.markdown(
        "**Nothing is invented.** What plays above was recorded from the code that trains "
        "yours. Press **Train** and a small encoder starts from random weights. It sees "
        "two random views of everything and learns to tell which belong together. No "
        "label is used; classes only colour the map afterwards."
    )
    st.caption(run_text.default_run_hint(str(st.session_state.get("data", "shapes"))))


def damage(run: str) -> str:
    """Why a run cannot be shown, one sentence; empty if it can."""
    service = resources.service()
    try:
        (
            service.history(run),
            service.latest(run),
            service.map_set(run),
            service.umap(run),
        )
    except ValueError as problem:
        return str(problem)
    return ""


def images_of(run: str) -> None:
    """Send the map's thumbnails and factors once per run, outside the live parts."""
    known = run_map.send_images(run)
    if known is not None:
        notices.say_skipped(known.skipped)


def status(run: str) -> None:
    """Where the run stands, and the counting sentence."""
    run_controls.follow()
    now = resources.service().status(run)
    snapshot = resources.service().latest(run)
    st.markdown(run_text.status_line(now, snapshot))
    if snapshot is None:
        return
    st.markdown(
        run_text.batch_counts(snapshot.scalars, things(str(now.config["data"])))
    )
    if snapshot.scalars["collapsed"]:
        st.error(
            run_text.collapse_warning(snapshot.scalars), icon=":material/compress:"
        )


def map_of(run: str) -> None:
    """The live map: mounted once, it then draws every frame as soon as there is one."""
    layout = _layout()
    active = user_runs.state() in user_runs.ACTIVE
    waiting = (
        "The first look is on its way" if active else "It ended before its first look"
    )
    run_map.draw(run, "map_live", waiting, layout=layout)


def _layout() -> str:
    """ "pca", or "umap" where the server offers it and the learner wants it."""
    kinds = {"PCA, live": "pca", "UMAP": "umap"}
    if not resources.settings().umap:
        return "pca"
    kind = st.segmented_control(
        "Map",
        list(kinds),
        default="PCA, live",
        key="map_kind",
        label_visibility="collapsed",
    )
    return kinds.get(kind or "", "pca")


def curves(run: str) -> None:
    """Loss, kNN and what the features keep."""
    history = resources.service().history(run)
    if not history:
        return
    pinned = _pinned_history()
    _draw("Loss", run_plots.loss_curve(history, pinned), "chart_loss")
    st.caption(run_text.loss_comparison_note())
    _draw(
        "Does it help? kNN on what it never saw",
        run_plots.knn_curve(history, pinned),
        "chart_knn",
    )
    scores = next((t["scores"] for t in reversed(history) if t.get("scores")), None)
    if scores:
        _draw("Kept and thrown away", run_plots.probe_bars(scores), "chart_kept")


def batch(run: str) -> None:
    """The current batch: its view pairs and their similarity matrix."""
    snapshot = resources.service().latest(run)
    if snapshot is None:
        return
    left, right = st.columns([0.52, 0.48], gap="medium")
    with left:
        _draw(
            "Similarity matrix of this batch",
            run_plots.similarity_matrix(snapshot.similarity),
            "chart_similarity",
        )
    with right:
        st.markdown("**This batch: two views of each**")
        st.image(
            tiles.data_url(view_pairs.pair_grid(snapshot.view_a, snapshot.view_b)),
            width="stretch",
            alt=run_text.pairs_alt(snapshot.scalars),
        )
        st.caption(run_text.pairs_caption())
        st.markdown(run_text.measures_table(snapshot.scalars))


def keep(run: str) -> None:
    """Pin this run beside the next, and take its checkpoint home."""
    with st.container(horizontal=True):
        if st.session_state.get("pin") == run:
            st.button(
                "Unpin",
                icon=":material/keep_off:",
                key="unpin",
                on_click=_pin,
                args=(None,),
            )
        else:
            st.button(
                "Pin this run",
                icon=":material/keep:",
                key="pin_run",
                on_click=_pin,
                args=(run,),
                help="Keep its curves and map beside the next run.",
            )
        saved = resources.service().checkpoint(run)
        if saved:
            st.download_button(
                "Checkpoint",
                lambda: checkpoints.to_zip(
                    resources.service().checkpoint(run) or saved
                ),
                f"{run}.zip",
                "application/zip",
                icon=":material/download:",
                key="download_checkpoint",
            )
        with st.popover("Resume from a checkpoint", icon=":material/upload:"):
            file = st.file_uploader(
                "A checkpoint zip", type="zip", key="upload_checkpoint"
            )
            st.button(
                "Resume it",
                key="resume_checkpoint",
                disabled=file is None,
                on_click=resume_upload.resume_upload,
            )


def pinned_map() -> None:
    """The pinned run's last map, standing still."""
    pin = user_runs.pinned()
    if pin is None or resources.service().latest(pin) is None:
        return
    st.subheader("Pinned run", anchor=False)
    st.markdown(run_text.run_description(resources.service().status(pin).config))
    run_map.send_images(pin)
    run_map.draw(pin, "map_pinned", "")


def _draw(title: str, shown: plots.Plot | None, key: str) -> None:
    if shown is None:
        return
    st.markdown(f"**{title}.** {shown.caption}")
    st.plotly_chart(
        shown.figure,
        key=key,
        config=plots.PLOTLY_CONFIG,
        alt=f"{title}. {shown.caption}",
    )


def _pinned_history() -> list[dict[str, Any]] | None:
    pin = user_runs.pinned()
    return resources.service().history(pin) if pin else None


def _pin(run: str | None) -> None:
    st.session_state.pin = run
