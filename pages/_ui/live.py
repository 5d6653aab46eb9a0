"""The run viewer: each part draws the last tick of a run, as often as its page asks."""

from typing import Any

import streamlit as st

from pages._ui import cache, feed, figures, frames, notices, pairs, runs, words
from pages._ui.map import live_map, map_images_from
from pages._ui.recorded import player
from pages._ui.sound import hearing
from ssl_core import checkpoints
from ssl_core.data import medium_of, things


def invitation() -> None:
    """What a first visit sees: a recorded run that plays, and the one thing to press."""
    st.markdown("**This encoder never saw a label.** Press **Train** to make your own.")
    st.fragment(player.shelf)()
    st.markdown(
        "**Nothing is invented.** What plays above was recorded from the code that trains "
        "yours. Press **Train** and a small encoder starts from random weights. It sees "
        "two random views of everything and learns to tell which belong together. No "
        "label is used; classes only colour the map afterwards."
    )
    st.caption(words.default_run(str(st.session_state.get("data", "shapes"))))


def damage(run: str) -> str:
    """Why a run cannot be shown, one sentence; empty if it can."""
    service = cache.service()
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
    known = cache.service().map_set(run)
    if known is not None:
        map_images_from(run, known.images, known.factors, known.label, _sounds_of(run))
        notices.say_skipped(known.skipped)


def status(run: str) -> None:
    """Where the run stands, and the counting sentence."""
    runs.follow()
    now = cache.service().status(run)
    snapshot = cache.service().latest(run)
    st.markdown(words.status_line(now, snapshot))
    if snapshot is None:
        return
    st.markdown(words.counting(snapshot.scalars, things(str(now.config["data"]))))
    if snapshot.scalars["collapsed"]:
        st.error(words.collapse(snapshot.scalars), icon=":material/compress:")


def map_of(run: str) -> None:
    """The live map: mounted once, it then draws every frame as soon as there is one."""
    layout = _layout()
    active = runs.state() in runs.ACTIVE
    shown = feed.frame(run, layout) or frames.empty(
        "The first look is on its way" if active else "It ended before its first look"
    )
    follows = feed.address(run, layout) if active or not shown["over"] else None
    live_map(run, shown, key="map_live", feed=follows)


def _layout() -> str:
    """ "pca", or "umap" where the server offers it and the learner wants it."""
    kinds = {"PCA, live": "pca", "UMAP": "umap"}
    if not cache.settings().umap:
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
    history = cache.service().history(run)
    if not history:
        return
    pinned = _pinned_history()
    _draw("Loss", figures.loss_curve(history, pinned), "chart_loss")
    st.caption(words.incomparable())
    _draw(
        "Does it help? kNN on what it never saw",
        figures.knn_curve(history, pinned),
        "chart_knn",
    )
    scores = next((t["scores"] for t in reversed(history) if t.get("scores")), None)
    if scores:
        _draw("Kept and thrown away", figures.kept_bars(scores), "chart_kept")


def batch(run: str) -> None:
    """The current batch: its view pairs and their similarity matrix."""
    snapshot = cache.service().latest(run)
    if snapshot is None:
        return
    left, right = st.columns([0.52, 0.48], gap="medium")
    with left:
        _draw(
            "Similarity matrix of this batch",
            figures.similarity_matrix(snapshot.similarity),
            "chart_similarity",
        )
    with right:
        st.markdown("**This batch: two views of each**")
        st.image(
            pairs.data_url(pairs.sheet(snapshot.view_a, snapshot.view_b)),
            width="stretch",
            alt=words.pairs_alt(snapshot.scalars),
        )
        st.caption(words.pairs_caption())
        st.markdown(words.measures_table(snapshot.scalars))


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
        saved = cache.service().checkpoint(run)
        if saved:
            st.download_button(
                "Checkpoint",
                lambda: checkpoints.to_zip(cache.service().checkpoint(run) or saved),
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
                on_click=runs.resume_upload,
            )


def pinned_map() -> None:
    """The pinned run's last map, standing still."""
    pin = runs.pinned()
    snapshot = cache.service().latest(pin) if pin else None
    known = cache.service().map_set(pin) if pin else None
    if pin is None or snapshot is None or known is None:
        return
    st.subheader("Pinned run", anchor=False)
    st.markdown(words.described(cache.service().status(pin).config))
    map_images_from(pin, known.images, known.factors, known.label, _sounds_of(pin))
    shown = feed.frame(pin, "pca")
    assert shown is not None  # there is a snapshot
    live_map(pin, shown, key="map_pinned")


def _sounds_of(run: str) -> str | None:
    """Where the map's points can be heard, None if they are pictures."""
    source = str(cache.service().status(run).config.get("data"))
    return hearing.of_run(run) if medium_of(source) == "sound" else None


def _draw(title: str, shown: figures.Shown | None, key: str) -> None:
    if shown is None:
        return
    st.markdown(f"**{title}.** {shown.says}")
    st.plotly_chart(
        shown.figure, key=key, config=figures.CONFIG, alt=f"{title}. {shown.says}"
    )


def _pinned_history() -> list[dict[str, Any]] | None:
    pin = runs.pinned()
    return cache.service().history(pin) if pin else None


def _pin(run: str | None) -> None:
    st.session_state.pin = run
