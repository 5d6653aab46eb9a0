"""The parts of the playground that show one run: map, curves, current batch."""

from typing import Any

import streamlit as st

from pages.features.playground import notices, resume_upload, run_controls
from pages.shell import resources, user_runs
from pages.widgets import run_plots, run_text, tiles, view_pairs
from pages.widgets.map import run_map
from pages.widgets.plots import draw_plot
from pages.widgets.recording import recording_player
from ssl_core import checkpoints
from ssl_core.data import things


def draw_start() -> None:
    """Draw a recorded run and an invitation to press Train."""
    st.markdown("**This encoder never saw a label.** Press **Train** to make your own.")
    st.fragment(recording_player.draw_menu)()
    st.markdown(
        "**Nothing is invented.** What plays above was recorded from the code that trains "
        "yours. Press **Train** and a small encoder starts from random weights. It sees "
        "two random views of everything and learns to tell which belong together. No "
        "label is used; classes only colour the map afterwards."
    )
    st.caption(run_text.default_run_hint(str(st.session_state.get("data", "shapes"))))


def load_error(run: str) -> str:
    """Why a run cannot be loaded, in one sentence; "" if it can."""
    service = resources.service()
    try:
        (
            service.history(run),
            service.latest(run),
            service.map_set(run),
            service.umap(run),
        )
    except ValueError as error:
        return str(error)
    return ""


def send_images(run: str) -> None:
    """Send the map's thumbnails and factors to the browser, once per run."""
    map_set = run_map.send_images(run)
    if map_set is not None:
        notices.draw_skipped_files(map_set.skipped)


def draw_status(run: str) -> None:
    """Draw the run's state, its count of views and a collapse alarm."""
    run_controls.rerun_on_change()
    status = resources.service().status(run)
    snapshot = resources.service().latest(run)
    st.markdown(run_text.status_line(status, snapshot))
    if snapshot is None:
        return
    st.markdown(
        run_text.batch_counts(snapshot.scalars, things(str(status.config["data"])))
    )
    if snapshot.scalars["collapsed"]:
        st.error(
            run_text.collapse_warning(snapshot.scalars), icon=":material/compress:"
        )


def draw_map(run: str) -> None:
    """Draw the live map: the browser mounts it once and then fetches each frame."""
    layout = _choose_layout()
    active = user_runs.state() in user_runs.ACTIVE
    placeholder = (
        "The first look is on its way" if active else "It ended before its first look"
    )
    run_map.draw(run, "map_live", placeholder, layout=layout)


def _choose_layout() -> str:
    """Let the learner choose "pca" or "umap", if the server offers UMAP."""
    kinds = {"PCA, live": "pca", "UMAP": "umap"}
    if not resources.settings().umap:
        return "pca"
    kind = st.segmented_control(
        "Map",
        list(kinds),
        default="PCA, live",
        key="map_kind",
        persist_state="session",
        label_visibility="collapsed",
    )
    return kinds.get(kind or "", "pca")


def draw_curves(run: str) -> None:
    """Draw loss, kNN and probe accuracies over steps."""
    history = resources.service().history(run)
    if not history:
        return
    pinned = _pinned_history()
    draw_plot(run_plots.loss_curve(history, pinned), "chart_loss", "Loss")
    st.caption(run_text.loss_comparison_note())
    draw_plot(
        run_plots.knn_curve(history, pinned),
        "chart_knn",
        "Does it help? kNN on what it never saw",
    )
    scores = next((t["scores"] for t in reversed(history) if t.get("scores")), None)
    if scores:
        draw_plot(run_plots.probe_bars(scores), "chart_probes", "Kept and thrown away")


def draw_batch(run: str) -> None:
    """Draw the current batch: its view pairs and their similarity matrix."""
    snapshot = resources.service().latest(run)
    if snapshot is None:
        return
    left, right = st.columns([0.52, 0.48], gap="medium")
    with left:
        draw_plot(
            run_plots.similarity_matrix(snapshot.similarity),
            "chart_similarity",
            "Similarity matrix of this batch",
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


def draw_actions(run: str) -> None:
    """Draw the buttons that pin the run, download its checkpoint and resume another."""
    with st.container(horizontal=True):
        _draw_pin_button(run)
        checkpoint = resources.service().checkpoint(run)
        if checkpoint:
            st.download_button(
                "Checkpoint",
                lambda: checkpoints.to_zip(
                    resources.service().checkpoint(run) or checkpoint
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
                on_click=resume_upload.submit,
            )


def _draw_pin_button(run: str) -> None:
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


def draw_pinned_map() -> None:
    """Draw the last map of the pinned run."""
    pinned = user_runs.pinned()
    if pinned is None or resources.service().latest(pinned) is None:
        return
    st.subheader("Pinned run", anchor=False)
    st.markdown(run_text.run_description(resources.service().status(pinned).config))
    run_map.send_images(pinned)
    run_map.draw(pinned, "map_pinned", "")


def _pinned_history() -> list[dict[str, Any]] | None:
    pinned = user_runs.pinned()
    return resources.service().history(pinned) if pinned else None


def _pin(run: str | None) -> None:
    st.session_state.pin = run
