"""The learner's recording, and the held-out voices nearest to it."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.features.sound import encoder_menu, voice_map
from pages.shell import resources
from pages.shell.once_per_file import once_per_file
from pages.widgets import palette
from pages.widgets.audio import spectrogram
from pages.widgets.audio.held_out import CLIP_COUNT, held_out_voices

if TYPE_CHECKING:
    from torch import Tensor

NEAREST, COLUMNS = 6, 3


def draw() -> None:
    """Draw recorder, upload and encoder menu, then the nearest held-out voices."""
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
    path = encoder_menu.choose()
    chosen = _newest({"recording": recorded, "file": file})
    if chosen is not None:
        _draw_recording(chosen, path)
    st.caption(
        "This is no speech recogniser. A small encoder that has heard drawn syllables "
        "only sorts what it has met; a real voice in a real room is something else. "
        "Your recording stays in this visit: nothing is kept of it."
    )


def _newest(files: dict[str, Any]) -> Any:
    """The file that changed last, from the microphone or the upload."""
    previous: dict[str, Any] = st.session_state.get("sound_files", {})
    current = {name: file and file.file_id for name, file in files.items()}
    newest = st.session_state.get("sound_newest", "recording")
    for name, file in files.items():
        if file is not None and previous.get(name) != current[name]:
            newest = name
    st.session_state.sound_files, st.session_state.sound_newest = current, newest
    return files[newest] or next(filter(None, files.values()), None)


def _draw_recording(file: Any, path: str | None) -> None:
    import torch

    from ssl_core.data.sound import log_mel

    try:
        samples = once_per_file(file, resources.service().sandbox.decode_recording)
    except ValueError as error:
        st.error(f"{file.name}: {error}.", icon=":material/mic_off:")
        return
    image = log_mel(torch.from_numpy(samples).unsqueeze(0))
    sentence = "Your recording: its loudest second, as a spectrogram."
    st.markdown(f"**{sentence}**")
    left, right = st.columns([0.6, 0.4], vertical_alignment="center")
    with left:
        spectrogram.draw_chart(image[0, 0].numpy(), sentence, "query_spectrogram")
    with right:
        spectrogram.draw_player(samples, "Your recording, as the encoder gets it")
    try:
        features = embed(path, image)
    except ValueError as error:
        st.error(f"{error}.", icon=":material/broken_image:")
        return
    voice_map.draw(held_out_voices(), image, features, NEAREST)
    _draw_nearest(*find_nearest(features))


def _draw_nearest(rows: list[int], cosines: list[float]) -> None:
    sounds = held_out_voices()
    syllables, speakers = sounds.factors["said"], sounds.factors["speaker"]
    names = [syllables.names[int(syllables.values[r])] for r in rows]
    st.markdown(
        f"**Nearest of {CLIP_COUNT} held-out voices: {', '.join(f'“{h}”' for h in names)}.**"
    )
    for rank, (row, cosine, syllable) in enumerate(
        zip(rows, cosines, names, strict=True)
    ):
        speaker = speakers.names[int(speakers.values[row])]
        label = f"“{syllable}” by {speaker}"
        if rank % COLUMNS == 0:  # new columns for each row keep the order on a phone
            columns = st.columns(COLUMNS)
        with columns[rank % COLUMNS]:
            levels = sounds.images[row, 0].numpy()
            spectrogram.draw_picture(levels, palette.NEUTRAL, f"Spectrogram of {label}")
            st.markdown(f"{rank + 1}. {label}, cosine {cosine:.2f}")
            spectrogram.draw_player(sounds.clips[row].numpy(), label)


def embed(path: str | None, image: "Tensor") -> "Tensor":
    """Embed the held-out voices and, last, a recording: ``[M + 1, D]`` features.

    Args:
        path: of a checkpoint; None for an untrained encoder.
        image: ``[1, 1, F, T]`` uint8.

    Raises:
        ValueError: if the checkpoint cannot be read, or was trained on pictures.
    """
    import torch

    from ssl_core.augment import as_float

    encoder = encoder_menu.load_encoder(path)
    with torch.no_grad():
        features: Tensor = encoder(
            as_float(torch.cat([held_out_voices().images, image]))
        )
    return features


def find_nearest(features: "Tensor") -> tuple[list[int], list[float]]:
    """Find the held-out voices nearest to the recording.

    Args:
        features: ``[M + 1, D]``, those of the recording last.

    Returns:
        Their rows and cosines, the nearest first.
    """
    directions = voice_map.directions(features)
    best = (directions[:-1] @ directions[-1]).topk(NEAREST)
    return best.indices.tolist(), best.values.tolist()
