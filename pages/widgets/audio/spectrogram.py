"""A sound on the screen: its spectrogram in colour or with axes, and a player."""

import base64
import math

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.widgets.audio.wav import RATE, audible, wav
from pages.widgets.palette import GHOST, number_scale
from pages.widgets.plots import CONFIG
from pages.widgets.tiles import framed
from pages.widgets.view_pairs import data_url

TICKS_HZ = (200, 500, 1000, 2000, 3000)
ENLARGED = 6  # pixels a side of one value, so that values are told apart
PLAIN = GHOST  # the frame of what has no role


def chart(levels: np.ndarray, says: str, key: str) -> None:
    """A clip's spectrogram with its axes: seconds to the right, hertz upwards.

    Args:
        levels: ``[F, T]`` uint8, the lowest band in the last row.
        says: what it shows, for those who do not see it.
        key: of the chart.
    """
    from ssl_core.data.sound import FLOOR_DB, HOP_SECONDS  # and torch: not at start

    bands, frames = levels.shape
    decibel = FLOOR_DB * (1 - levels[::-1] / 255.0)
    figure = go.Figure(
        go.Heatmap(
            z=decibel,
            x=(np.arange(frames) + 0.5) * HOP_SECONDS,
            y=np.arange(bands),
            customdata=np.repeat(_centres()[:, None], frames, 1),
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
    st.plotly_chart(figure, key=key, config=CONFIG, alt=says)


def picture(levels: np.ndarray, colour: str, alt: str) -> None:
    """A spectrogram ``[F, T]`` uint8 in viridis, framed in the colour of its role."""
    large = levels.repeat(ENLARGED, 0).repeat(ENLARGED, 1)
    rgb = _lookup()[large].transpose(2, 0, 1)
    st.image(data_url(framed(rgb, colour)), width="stretch", alt=alt)


def play(samples: np.ndarray, alt: str) -> None:
    """A player of ``[S]`` int16 samples, as loud as they are."""
    # It travels inside its message: a served file may be gone when a run has moved on.
    inside = base64.b64encode(wav(samples)).decode()
    st.audio(f"data:audio/wav;base64,{inside}", format="audio/wav", alt=alt)


def play_levels(levels: np.ndarray, alt: str) -> None:
    """A player of a sound made from a spectrogram ``[F, T]`` uint8."""
    play(_sound_of(levels), alt)


@st.cache_data(max_entries=64, show_spinner=False)
def _sound_of(levels: np.ndarray) -> np.ndarray:
    return audible(levels)


def _lookup() -> np.ndarray:
    """A colour for each level, ``[256, 3]`` uint8."""
    scale = [bytes.fromhex(c.lstrip("#")) for c in number_scale("light", 256)]
    return np.frombuffer(b"".join(scale), np.uint8).reshape(256, 3)


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _band_of(hertz: float) -> float:
    """Where a frequency stands on the axis of bands, 0 is the lowest band's middle."""
    from ssl_core.data.sound import LOWEST_HZ, MELS

    step = (_mel(RATE / 2) - _mel(LOWEST_HZ)) / (MELS + 1)
    return (_mel(hertz) - _mel(LOWEST_HZ)) / step - 1


def _centres() -> np.ndarray:
    """The middle of each band in Hz, lowest first."""
    from ssl_core.data.sound import LOWEST_HZ, MELS

    edges = np.linspace(_mel(LOWEST_HZ), _mel(RATE / 2), MELS + 2)[1:-1]
    middles: np.ndarray = 700 * (10 ** (edges / 2595) - 1)
    return middles
