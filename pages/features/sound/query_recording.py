"""Your own recording among held-out voices: what an encoder takes to be alike."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.features.sound import encoder_menu, recording_map
from pages.shell import decode_once, resources
from pages.widgets.audio import spectrogram
from pages.widgets.audio.held_out import CLIP_COUNT, held_out_voices
from pages.widgets.palette import NEUTRAL

if TYPE_CHECKING:
    from torch import Tensor

NEAREST, ACROSS = 6, 3


def draw() -> None:
    """Record or upload, then hear the nearest of the held-out voices."""
    from ssl_core.data import audio

    st.subheader("Your own voice", anchor=False)
    st.markdown(
        "Say one short syllable, such as “da” or “mu”. The encoder turns the loudest "
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
    path = encoder_menu.menu()
    given = _newest({"recording": recorded, "file": file})
    if given is not None:
        _place(given, path)
    st.caption(
        "This is no speech recogniser. A small encoder that has heard drawn syllables "
        "only sorts what it has met; a real voice in a real room is something else. "
        "Your recording stays in this visit: nothing is kept of it."
    )


def _newest(given: dict[str, Any]) -> Any:
    """What came last: the microphone's recording or the file."""
    before: dict[str, Any] = st.session_state.get("sound_given", {})
    now = {name: found and found.file_id for name, found in given.items()}
    last = st.session_state.get("sound_newest", "recording")
    for name, found in given.items():
        if found is not None and before.get(name) != now[name]:
            last = name
    st.session_state.sound_given, st.session_state.sound_newest = now, last
    return given[last] or next(filter(None, given.values()), None)


def _place(file: Any, path: str | None) -> None:
    import torch

    from ssl_core.data.sound import log_mel

    try:
        samples = decode_once.decode_once(
            file, resources.service().quarantine.recording
        )
    except ValueError as error:
        st.error(f"{file.name}: {error}.", icon=":material/mic_off:")
        return
    image = log_mel(torch.from_numpy(samples).unsqueeze(0))
    says = "Your recording: its loudest second, as a spectrogram."
    st.markdown(f"**{says}**")
    left, right = st.columns([0.6, 0.4], vertical_alignment="center")
    with left:
        spectrogram.draw_chart(image[0, 0].numpy(), says, "own_voice")
    with right:
        spectrogram.draw_player(samples, "Your recording, as the encoder gets it")
    try:
        features = features_of(path, image)
    except ValueError as error:
        st.error(f"{error}.", icon=":material/broken_image:")
        return
    recording_map.draw(held_out_voices(), image, features, NEAREST)
    _neighbours(*nearest(features))


def _neighbours(rows: list[int], cosines: list[float]) -> None:
    spoken = held_out_voices()
    said, who = spoken.factors["said"], spoken.factors["speaker"]
    heard = [said.names[int(said.values[r])] for r in rows]
    st.markdown(
        f"**Nearest of {CLIP_COUNT} held-out voices: {', '.join(f'“{h}”' for h in heard)}.**"
    )
    for place, (row, cosine, what) in enumerate(zip(rows, cosines, heard, strict=True)):
        speaker = who.names[int(who.values[row])]
        label = f"“{what}” by {speaker}"
        if place % ACROSS == 0:  # new columns for each row: a phone shows them in order
            columns = st.columns(ACROSS)
        with columns[place % ACROSS]:
            levels = spoken.images[row, 0].numpy()
            spectrogram.draw_picture(levels, NEUTRAL, f"Spectrogram of {label}")
            st.markdown(f"{place + 1}. {label}, cosine {cosine:.2f}")
            spectrogram.draw_player(spoken.clips[row].numpy(), label)


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

    encoder = encoder_menu.encoder(path)
    with torch.no_grad():
        features: Tensor = encoder(
            as_float(torch.cat([held_out_voices().images, image]))
        )
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
