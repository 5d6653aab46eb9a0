"""A sound on the page: its spectrogram, with or without axes, and a player."""

import base64
import math

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.widgets.audio.wav import SAMPLE_RATE, encode_wav, levels_to_samples
from pages.widgets.palette import number_scale
from pages.widgets.plots import PLOTLY_CONFIG
from pages.widgets.tiles import add_frame, data_url, enlarge

TICKS_HZ = (200, 500, 1000, 2000, 3000)
SCALE = 6  # pixels per side of one value, so that single values can be seen


def draw_chart(levels: np.ndarray, alt: str, key: str) -> None:
    """Draw a clip's spectrogram with axes: seconds to the right, hertz upwards.

    Args:
        levels: ``[F, T]`` uint8, the lowest band in the last row.
        alt: what it shows, for learners who do not see it.
        key: of the chart.
    """
    from ssl_core.data.sound import FLOOR_DB, HOP_SECONDS  # imports torch

    bands, frames = levels.shape
    decibels = FLOOR_DB * (1 - levels[::-1] / 255.0)
    figure = go.Figure(
        go.Heatmap(
            z=decibels,
            x=(np.arange(frames) + 0.5) * HOP_SECONDS,
            y=np.arange(bands),
            customdata=np.repeat(_band_centres()[:, None], frames, 1),
            zmin=FLOOR_DB,
            zmax=0,
            colorscale=number_scale("light"),
            colorbar={"title": {"text": "dB"}, "thickness": 10},
            hovertemplate="%{x:.2f} s · %{customdata:.0f} Hz · %{z:.0f} dB<extra></extra>",
        )
    )
    figure.update_xaxes(title="time (s)", showgrid=False, zeroline=False)
    figure.update_yaxes(
        title="frequency (Hz)",
        tickvals=[_band_of(hertz) for hertz in TICKS_HZ],
        ticktext=[f"{hertz:,}" for hertz in TICKS_HZ],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(
        height=260, margin={"l": 60, "r": 8, "t": 8, "b": 44}, dragmode=False
    )
    st.plotly_chart(figure, key=key, config=PLOTLY_CONFIG, alt=alt)


def draw_picture(levels: np.ndarray, colour: str, alt: str) -> None:
    """Draw a spectrogram in viridis with a frame.

    Args:
        levels: ``[F, T]`` uint8.
        colour: of the frame: the role of the sound, ``#rrggbb``.
        alt: what it shows, for learners who do not see it.
    """
    rgb = _lookup_table()[levels].transpose(2, 0, 1)
    framed = add_frame(enlarge(rgb, SCALE), colour)
    st.image(data_url(framed), width="stretch", alt=alt)


def draw_player(samples: np.ndarray, alt: str) -> None:
    """Draw a player of ``[S]`` int16 samples; it does not change their loudness."""
    # A data URL, because Streamlit deletes a served file when the page is drawn again.
    content = base64.b64encode(encode_wav(samples)).decode()
    st.audio(f"data:audio/wav;base64,{content}", format="audio/wav", alt=alt)


def draw_levels_player(levels: np.ndarray, alt: str) -> None:
    """Draw a player of the sound of a spectrogram ``[F, T]`` uint8."""
    draw_player(_samples(levels), alt)


@st.cache_data(max_entries=64, show_spinner=False)
def _samples(levels: np.ndarray) -> np.ndarray:
    return levels_to_samples(levels)


def _lookup_table() -> np.ndarray:
    """The colour of each level, ``[256, 3]`` uint8."""
    scale = [bytes.fromhex(c.lstrip("#")) for c in number_scale("light", 256)]
    return np.frombuffer(b"".join(scale), np.uint8).reshape(256, 3)


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _band_of(hertz: float) -> float:
    """Position of a frequency on the axis of bands; 0 is the lowest band's centre."""
    from ssl_core.data.sound import LOWEST_HZ, MELS

    step = (_mel(SAMPLE_RATE / 2) - _mel(LOWEST_HZ)) / (MELS + 1)
    return (_mel(hertz) - _mel(LOWEST_HZ)) / step - 1


def _band_centres() -> np.ndarray:
    """The centre of each band in Hz, lowest first."""
    from ssl_core.data.sound import LOWEST_HZ, MELS

    mels = np.linspace(_mel(LOWEST_HZ), _mel(SAMPLE_RATE / 2), MELS + 2)[1:-1]
    hertz: np.ndarray = 700 * (10 ** (mels / 2595) - 1)
    return hertz
