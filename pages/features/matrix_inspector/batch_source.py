"""The batch of the matrix inspector: of the learner's run, or of an encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.shell import resources, url_params, user_runs
from pages.widgets.knobs import draw_knob, url_selectbox
from pages.widgets.view_pairs import interleave
from ssl_core.checkpoints.index import Shipped, shipped
from ssl_core.knobs import Knob

FROM_RUN, UNTRAINED, TRAINED = "Your run", "Untrained encoder", "Trained encoder"
VIEWS = {"Default views": None, "Crop only": ("crop",)}
# The images to sample from; no bundled encoder was trained on them.
IMAGES = 256
IMAGES_SEED = 1_000_003
MAX_PAIRS = 32
BATCH_KNOBS = {
    "matrix_n": Knob(8, low=2, high=MAX_PAIRS, label="Images N"),
    "matrix_seed": Knob(
        0,
        low=0,
        high=2**31 - 1,
        label="Seed of the batch",
        help="Same seed: the same images, the same dice, and the same random weights of "
        "the untrained encoder.",
    ),
    "matrix_views": Knob("Default views", choices=tuple(VIEWS)),
}


@dataclass(frozen=True)
class InspectedBatch:
    """A batch with its views and their similarities.

    Args:
        batch_id: unique name of the batch.
        views: ``[2N, C, H, W]`` uint8, the two views of an image in adjacent rows.
        cosines: ``[2N, 2N]`` float32.
        labels: ``[N]`` int64 hidden classes, None if they are unknown.
        label_word: name of the factor: "shape".
        label_names: of the classes.
        temperature: of the source, None if it has none.
        description: origin of the batch and caveats, in sentences.
    """

    batch_id: str
    views: np.ndarray
    cosines: np.ndarray
    labels: np.ndarray | None
    label_word: str
    label_names: tuple[str, ...]
    temperature: float | None
    description: str


def choose() -> InspectedBatch | None:
    """Let the learner choose a batch; draw a message and return None if there is none."""
    encoders = shipped_encoders()
    sources = [UNTRAINED, *([TRAINED] if encoders else [])]
    if user_runs.current():
        sources.insert(0, FROM_RUN)
    params = {"matrix_from": Knob(UNTRAINED, choices=tuple(sources)), **BATCH_KNOBS}
    if encoders:
        default = _default_encoder(encoders)
        params["matrix_encoder"] = Knob(default, choices=tuple(encoders))
    url_params.check(params)
    if st.session_state.get("matrix_from", UNTRAINED) not in sources:
        st.session_state.matrix_from = UNTRAINED
    source = st.segmented_control(
        "Batch of",
        sources,
        default=UNTRAINED,
        key="matrix_from",
        bind="query-params",
        required=True,
    )
    if source == FROM_RUN:
        return _load_from_run(str(user_runs.current()))
    encoder = _choose_encoder(encoders) if source == TRAINED else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pairs = draw_knob("matrix_n", BATCH_KNOBS["matrix_n"], width=260)
        seed = draw_knob("matrix_seed", BATCH_KNOBS["matrix_seed"], width=170)
        views = st.segmented_control(
            "Between two views may change",
            list(VIEWS),
            default="Default views",
            key="matrix_views",
            bind="query-params",
            required=True,
        )
    return _encode_or_explain(encoder, pairs, seed, str(views or "Default views"))


def shipped_encoders() -> dict[str, Shipped]:
    """Bundled encoders that were trained on shapes, by slug."""
    return {s.slug: s for s in shipped() if s.data == "shapes"}


def _default_encoder(encoders: Mapping[str, Shipped]) -> str:
    return "shapes-simclr" if "shapes-simclr" in encoders else next(iter(encoders))


def _choose_encoder(encoders: Mapping[str, Shipped]) -> Shipped:
    names = {slug: s.label for slug, s in encoders.items()}
    default = _default_encoder(encoders)
    slug = url_selectbox("Encoder", names, "matrix_encoder", default, width=420)
    return encoders[slug]


def _load_from_run(run: str) -> InspectedBatch | None:
    """The run's batch; it stays the same until the learner asks for a newer one."""
    cached: tuple[str, InspectedBatch] | None = st.session_state.get("matrix_batch")
    st.button(
        "Take the newest batch",
        icon=":material/refresh:",
        key="matrix_newest",
        on_click=lambda: st.session_state.pop("matrix_batch", None),
        help="The run goes on; this page holds one of its batches still.",
    )
    if cached is None or cached[0] != run:
        snapshot = resources.service().latest(run)
        if snapshot is None:
            st.info("Your run has no batch yet. Look again in a moment.")
            return None
        cached = run, _from_snapshot(run, snapshot)
        st.session_state.matrix_batch = cached
    return cached[1]


def _from_snapshot(run: str, snapshot: Any) -> InspectedBatch:
    config, step = snapshot.scalars["config"], snapshot.scalars["step"]
    map_set = resources.service().map_set(run)
    factor = map_set.factors[map_set.label] if map_set and map_set.label else None
    return InspectedBatch(
        batch_id=f"{run}-{step}",
        views=interleave(snapshot.view_a, snapshot.view_b),
        cosines=snapshot.similarity,
        labels=snapshot.labels if factor else None,
        label_word=map_set.label if map_set and map_set.label else "class",
        label_names=factor.names if factor else (),
        temperature=config.get("temperature"),
        description=_describe_run(config, step, len(snapshot.view_a)),
    )


def _describe_run(config: Mapping[str, Any], step: int, pairs: int) -> str:
    from ssl_core.methods import METHODS

    label = METHODS[config["method"]].label
    text = f"Step {step:,} of your {label} run."
    if config["batch_size"] > pairs:
        text += (
            f" These are the first {pairs} of its {config['batch_size']:,} pairs; the "
            f"loss here is that of these {pairs}, with fewer negatives than in training."
        )
    if config["method"] != "simclr":
        text += (
            f" {label} trains with another loss: what stands here is what SimCLR's "
            "NT-Xent would make of the same projections."
        )
    elif not config["l2_normalize"]:
        text += (
            " The run compares raw dot products (L2 normalisation is off); here stand "
            "cosines, and the loss is NT-Xent of them."
        )
    return text


def _encode_or_explain(
    encoder: Shipped | None, pairs: int, seed: int, views: str
) -> InspectedBatch | None:
    try:
        return _encode_batch(encoder and str(encoder.path), pairs, seed, views)
    except ValueError as error:
        st.error(f"{error}.", icon=":material/broken_image:")
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _encode_batch(
    path: str | None, pairs: int, seed: int, views: str
) -> InspectedBatch:
    from ssl_core import checkpoints
    from ssl_core.augment import Policy
    from ssl_core.config import RunConfig
    from ssl_core.data import default_views, load
    from ssl_core.methods import METHODS
    from ssl_core.peek import peek, trained, untrained

    data = load("shapes", count=IMAGES, held_out=0, seed=IMAGES_SEED)
    strengths = default_views("shapes")
    slugs = VIEWS[views] or tuple(strengths)
    policy = Policy.of({slug: strengths[slug] for slug in slugs})
    if path is None:
        config = RunConfig(seed=seed)
        model, text = untrained(config), f"Random weights of seed {seed}."
    else:
        checkpoint = checkpoints.load(path)
        config, model = checkpoint.config, trained(checkpoint)
        label, steps = METHODS[config.method].label, int(checkpoint.counters["step"])
        text = f"{label}’s weights after {steps:,} steps; they ship with the app."
    inspection = peek(model, data, pairs, policy, seed)
    return InspectedBatch(
        batch_id="-".join(
            map(str, (path and path.rsplit("/")[-1], pairs, seed, views))
        ),
        views=interleave(inspection.view_a, inspection.view_b),
        cosines=inspection.similarity,
        labels=inspection.labels,
        label_word=str(data.label),
        label_names=data.label_names,
        temperature=getattr(config.options, "temperature", None),
        description=f"{text} The images are new to the encoder. One forward pass as in a "
        "training step, so batch norm takes this batch’s own statistics.",
    )
