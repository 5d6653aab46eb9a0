"""Your own recording among held-out voices: what an encoder takes to be alike."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import cache, runs
from pages._ui.labs.arms import STARTED
from pages._ui.sound import own_map, shown
from pages._ui.sound.strangers import HELD_OUT, strangers

if TYPE_CHECKING:
    from torch import Tensor, nn

NEAREST = 6
UNTRAINED = "untrained"


def draw() -> None:
    """Record or upload, then hear the nearest of the held-out voices."""
    from ssl_core.data import audio

    st.subheader("Your own voice", anchor=False)
    st.markdown(
        "Say one short syllable, such as “ba” or “mu”. The encoder turns the loudest "
        "second into a feature vector; you hear the drawn voices whose vectors point "
        "most nearly the same way (cosine, after the voices' mean is taken off)."
    )
    if missing := audio.missing():
        st.info(f"Not on this machine: {missing}.", icon=":material/mic_off:")
        return
    left, right = st.columns(2)
    with left:
        recorded = st.audio_input("Record", sample_rate=16_000, key="sound_recording")
    with right:
        file = st.file_uploader(
            "Or a recording of yours", type=["wav", "flac", "ogg"], key="sound_file"
        )
    path = _encoder_menu()
    given = file or recorded
    if given is not None:
        _place(given.name, given.getvalue(), path)
    st.caption(
        "This is no speech recogniser. A small encoder that has heard drawn syllables "
        "only sorts what it has met; a real voice in a real room is something else. "
        "Your recording stays in this visit: nothing is kept of it."
    )


def _place(name: str, content: bytes, path: str | None) -> None:
    import torch

    from ssl_core.data.audio import decode
    from ssl_core.data.sound import log_mel

    try:
        samples = decode(content)
    except ValueError as error:
        st.error(f"{name}: {error}.", icon=":material/mic_off:")
        return
    image = log_mel(torch.from_numpy(samples).unsqueeze(0))
    says = "Your recording: its loudest second, as a spectrogram."
    st.markdown(f"**{says}**")
    left, right = st.columns([0.6, 0.4], vertical_alignment="center")
    with left:
        shown.chart(image[0, 0].numpy(), says, "own_voice")
    with right:
        shown.play(samples, "Your recording, as the encoder gets it")
    try:
        features = features_of(path, image)
    except ValueError as error:
        st.error(f"{error}.", icon=":material/broken_image:")
        return
    own_map.draw(strangers(), image, features, NEAREST)
    _neighbours(*nearest(features))


def _neighbours(rows: list[int], cosines: list[float]) -> None:
    spoken = strangers()
    said, who = spoken.factors["said"], spoken.factors["speaker"]
    heard = [said.names[int(said.values[r])] for r in rows]
    st.markdown(
        f"**Nearest of {HELD_OUT} held-out voices: {', '.join(f'“{h}”' for h in heard)}.**"
    )
    columns = st.columns(3)
    for place, (row, cosine, what) in enumerate(zip(rows, cosines, heard, strict=True)):
        speaker = who.names[int(who.values[row])]
        label = f"“{what}” by {speaker}"
        with columns[place % 3]:
            levels = spoken.images[row, 0].numpy()
            shown.picture(levels, shown.PLAIN, f"Spectrogram of {label}")
            st.markdown(f"{place + 1}. {label}, cosine {cosine:.2f}")
            shown.play(spoken.clips[row].numpy(), label)


def features_of(path: str | None, image: "Tensor") -> "Tensor":
    """Features of the held-out voices and, last, of a recording, ``[M + 1, D]``.

    Args:
        path: of a checkpoint; None for an untrained encoder.
        image: ``[1, 1, F, T]`` uint8.

    Raises:
        ValueError: if the checkpoint cannot be read, or is one of pictures.
    """
    import torch

    from ssl_core.augment import as_float

    encoder = _encoder(path)
    with torch.no_grad():
        features: Tensor = encoder(as_float(torch.cat([strangers().images, image])))
    return features


def nearest(features: "Tensor") -> tuple[list[int], list[float]]:
    """Rows of the held-out voices nearest to the last row, and their cosines."""
    from torch.nn.functional import normalize

    # Features are centred first: all of them share one large direction.
    others, own = features[:-1], features[-1]
    middle = others.mean(0)
    cosines = normalize(others - middle, dim=1) @ normalize(own - middle, dim=0)
    best = cosines.topk(NEAREST)
    return best.indices.tolist(), best.values.tolist()


def _encoder_menu() -> str | None:
    """The checkpoint whose features are asked; None for random weights."""
    found = _encoders()
    options = [*found, UNTRAINED]
    names = found | {UNTRAINED: ("an untrained encoder", "")}
    if st.session_state.get("sound_encoders") != options:
        # What has just been trained, or just expired, was not there to be chosen.
        st.session_state.sound_encoders = options
        st.session_state.sound_encoder = options[0]
    key = st.selectbox(
        "Feature space of",
        options,
        format_func=lambda k: names[k][0],
        key="sound_encoder",
    )
    if not found:
        st.caption(
            "No encoder has learned from voices in this visit yet, so the weights are "
            "random: nobody taught them what is alike. Run the two arms above, then come "
            "back."
        )
    return names[key][1] or None


def _encoders() -> dict[str, tuple[str, str]]:
    """Key -> (name, path) of shipped encoders of voices and of this visit's runs."""
    from ssl_core.checkpoints.index import shipped
    from ssl_core.methods import METHODS

    service = cache.service()
    found = {}
    mine = [*st.session_state.get(STARTED, []), runs.current()]
    for run in dict.fromkeys(r for r in mine if r):
        try:
            status, saved = service.status(run), service.checkpoint(run)
        except ValueError:  # it has expired
            continue
        if saved is None or status.config.get("data") != "voices" or status.active:
            continue
        method = METHODS[str(status.config["method"])].label
        views = _views_of(status.config.get("augment"))
        found[run] = (f"{method}, just trained here ({views})", str(saved))
    for entry in shipped():
        if entry.data == "voices":
            found[entry.slug] = (f"{entry.label} (ships)", str(entry.path))
    return found


def _views_of(augment: Any) -> str:
    from ssl_core.augment import AUGMENTATIONS

    strengths = augment if isinstance(augment, Mapping) else {}
    return ", ".join(AUGMENTATIONS[s].label.lower() for s in strengths) or "no views"


def _encoder(path: str | None) -> "nn.Module":
    from torch import nn

    from ssl_core import checkpoints
    from ssl_core.config import RunConfig
    from ssl_core.peek import untrained

    if path is not None:
        return checkpoints.load(path).encoder()
    both = untrained(RunConfig.of({"data": "voices"}), channels=1)
    assert isinstance(both, nn.Sequential)
    return both[0].eval()
