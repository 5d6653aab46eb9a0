"""Where the matrix inspector's batch comes from: the learner's run, or drawn here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.shell import resources, url_params, user_runs
from pages.widgets.knobs import url_selectbox
from ssl_core.checkpoints.index import Shipped, shipped
from ssl_core.knobs import Knob

FROM_RUN, UNTRAINED, TRAINED = "Your run", "Untrained encoder", "Trained encoder"
VIEWS = {"Default views": None, "Crop only": ("crop",)}
IMAGES = (
    256  # drawn to choose from; none of them is among those that encoders ship with
)
IMAGES_SEED = 1_000_003
DRAWN = {
    "matrix_n": Knob(8, low=2, high=32),
    "matrix_seed": Knob(0, low=0, high=2**31 - 1),
    "matrix_views": Knob("Default views", choices=tuple(VIEWS)),
}


@dataclass(frozen=True)
class RealBatch:
    """A batch as a learner inspects it.

    Args:
        ident: names it; another batch has another.
        views: ``[2N, C, H, W]`` uint8, a pair's two side by side.
        cosines: ``[2N, 2N]`` float32.
        labels: ``[N]`` int64 hidden classes, None if nobody knows them.
        label_word: what the classes are: "shape".
        label_names: of the classes.
        temperature: the source's own tau, None if it has none.
        about: where it comes from and what to mind, in sentences.
    """

    ident: str
    views: np.ndarray
    cosines: np.ndarray
    labels: np.ndarray | None
    label_word: str
    label_names: tuple[str, ...]
    temperature: float | None
    about: str


def choose() -> RealBatch | None:
    """Let the learner choose; None, with a sentence, if there is nothing to show yet."""
    offered = [UNTRAINED, *([TRAINED] if shipped_encoders() else [])]
    if user_runs.current():
        offered.insert(0, FROM_RUN)
    url_params.check({"matrix_from": Knob(UNTRAINED, choices=tuple(offered)), **DRAWN})
    if st.session_state.get("matrix_from", UNTRAINED) not in offered:
        st.session_state.matrix_from = UNTRAINED
    source = st.segmented_control(
        "Batch of",
        offered,
        default=UNTRAINED,
        key="matrix_from",
        bind="query-params",
        required=True,
    )
    if source == FROM_RUN:
        return _of_run(str(user_runs.current()))
    encoder = _encoder() if source == TRAINED else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pairs = st.slider(
            "Images N", 2, 32, 8, key="matrix_n", bind="query-params", width=260
        )
        seed = st.number_input(
            "Seed of the batch",
            0,
            2**31 - 1,
            0,
            key="matrix_seed",
            bind="query-params",
            width=170,
            help="Same seed: the same images, the same dice, and the same random "
            "weights of the untrained encoder.",
        )
        views = st.segmented_control(
            "Between two views may change",
            list(VIEWS),
            default="Default views",
            key="matrix_views",
            bind="query-params",
            required=True,
        )
    return _drawn(encoder, pairs, seed, str(views or "Default views"))


def shipped_encoders() -> dict[str, Shipped]:
    """The encoders that ship with the app and know shapes, by slug."""
    return {s.slug: s for s in shipped() if s.data == "shapes"}


def _encoder() -> Shipped:
    known = shipped_encoders()
    default = "shapes-simclr" if "shapes-simclr" in known else next(iter(known))
    names = {slug: s.label for slug, s in known.items()}
    slug = url_selectbox("Encoder", names, "matrix_encoder", default, width=420)
    return known[slug]


def _of_run(run: str) -> RealBatch | None:
    """The run's batch, held still until the learner asks for a newer one."""
    held: tuple[str, RealBatch] | None = st.session_state.get("matrix_held")
    newest = st.button(
        "Take the newest batch",
        icon=":material/refresh:",
        key="matrix_newest",
        help="The run goes on; this page holds one of its batches still.",
    )
    if newest or held is None or held[0] != run:
        snapshot = resources.service().latest(run)
        if snapshot is None:
            st.info("Your run has no batch yet. Look again in a moment.")
            return None
        held = run, _from_snapshot(run, snapshot)
        st.session_state.matrix_held = held
    return held[1]


def _from_snapshot(run: str, snapshot: Any) -> RealBatch:
    config, step = snapshot.scalars["config"], snapshot.scalars["step"]
    known = resources.service().map_set(run)
    factor = known.factors[known.label] if known and known.label else None
    return RealBatch(
        ident=f"{run}-{step}",
        views=side_by_side(snapshot.view_a, snapshot.view_b),
        cosines=snapshot.similarity,
        labels=snapshot.labels if factor else None,
        label_word=known.label if known and known.label else "class",
        label_names=factor.names if factor else (),
        temperature=config.get("temperature"),
        about=_about_run(config, step, len(snapshot.view_a)),
    )


def _about_run(config: Mapping[str, Any], step: int, shown: int) -> str:
    from ssl_core.methods import METHODS

    label = METHODS[config["method"]].label
    said = f"Step {step:,} of your {label} run."
    if config["batch_size"] > shown:
        said += (
            f" These are the first {shown} of its {config['batch_size']:,} pairs; the "
            f"loss here is that of these {shown}, with fewer negatives than in training."
        )
    if config["method"] != "simclr":
        said += (
            f" {label} trains with another loss: what stands here is what SimCLR's "
            "NT-Xent would make of the same projections."
        )
    elif not config["l2_normalize"]:
        said += (
            " The run compares raw dot products (L2 normalisation is off); here stand "
            "cosines, and the loss is NT-Xent of them."
        )
    return said


def _drawn(
    encoder: Shipped | None, pairs: int, seed: int, views: str
) -> RealBatch | None:
    try:
        return _encoded(encoder and str(encoder.path), pairs, seed, views)
    except ValueError as error:
        st.error(f"{error}.", icon=":material/broken_image:")
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _encoded(path: str | None, pairs: int, seed: int, views: str) -> RealBatch:
    from ssl_core import checkpoints
    from ssl_core.augment import Policy
    from ssl_core.config import RunConfig
    from ssl_core.data import default_views, load
    from ssl_core.methods import METHODS
    from ssl_core.peek import peek, trained, untrained

    data = load("shapes", count=IMAGES, held_out=0, seed=IMAGES_SEED)
    strengths = default_views("shapes")
    allowed = VIEWS[views] or tuple(strengths)
    policy = Policy.of({slug: strengths[slug] for slug in allowed})
    if path is None:
        config = RunConfig(seed=seed)
        model, said = untrained(config), f"Random weights of seed {seed}."
    else:
        saved = checkpoints.load(path)
        config, model = saved.config, trained(saved)
        label, steps = METHODS[config.method].label, int(saved.counters["step"])
        said = f"{label}’s weights after {steps:,} steps; they ship with the app."
    view = peek(model, data, pairs, policy, seed)
    return RealBatch(
        ident="-".join(map(str, (path and path.rsplit("/")[-1], pairs, seed, views))),
        views=side_by_side(view.view_a, view.view_b),
        cosines=view.similarity,
        labels=view.labels,
        label_word=str(data.label),
        label_names=data.label_names,
        temperature=getattr(config.options, "temperature", None),
        about=f"{said} The images are new to the encoder. One forward pass as in a training "
        "step, so batch norm takes this batch’s own statistics.",
    )


def side_by_side(view_a: np.ndarray, view_b: np.ndarray) -> np.ndarray:
    """``[2N, C, H, W]``: 1a, 1b, 2a, 2b, …"""
    return np.stack([view_a, view_b], 1).reshape(-1, *view_a.shape[1:])
