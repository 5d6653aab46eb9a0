"""Colours and markers with a meaning, for the light and the dark theme.

Each class has an Okabe-Ito colour *and* a symbol, so that learners who cannot distinguish the
colours can read a plot. Numbers use viridis, and angles a wheel of hues.
"""

import math
from typing import Literal

Theme = Literal["light", "dark"]

# Okabe and Ito (2008). Yellow, sky blue and orange are darkened for a white page, and the dark
# colours are lightened for a black page, until each has a contrast of at least 2:1.
CLASSES: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#0072b2", "#e08a00", "#009e73", "#c2579b"),
        *("#38a3dd", "#d04f00", "#c4ad00", "#333333"),
    ),
    "dark": (
        *("#3f93e6", "#f0a830", "#1fbf92", "#e089bd"),
        *("#93d4fa", "#ff7438", "#f3e75b", "#e6e6e6"),
    ),
}
# Plotly's names, in the order of the data set's shapes: a circle for discs, a star for stars.
SYMBOLS = (
    *("circle", "square", "triangle-up", "star"),
    *("cross", "circle-open", "diamond", "triangle-down"),
)
# The roles in contrastive learning, in plots and in sentences. The contrast of each is between
# 2.4:1 and 8:1 on a white and on a black page.
ANCHOR, POSITIVE, NEGATIVE = "#d89b00", "#009e73", "#d55e00"
# PRIMARY: the learner's own run. NEUTRAL: baselines, pinned runs, references, no role.
PRIMARY, NEUTRAL = "#2f86c8", "#8b9099"
# Arms of an experiment; no colour is that of a role.
ARM_COLOURS = (PRIMARY, "#c2579b", "#38a3dd", "#7a68b3", NEUTRAL)
ARM_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

_VIRIDIS = (
    *("#440154", "#482878", "#3e4989", "#31688e", "#26828e"),
    *("#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"),
)
# Part of the scale in use: the end with too little contrast to the page is left out.
_VIRIDIS_RANGE: dict[Theme, tuple[float, float]] = {
    "light": (0, 0.93),
    "dark": (0.2, 1),
}
_WHEEL_LUMA: dict[Theme, float] = {"light": 0.55, "dark": 0.66}
_WHEEL_CHROMA = 0.36
_WHEEL_STEPS = 36


def class_colour(index: int, theme: Theme) -> str:
    """Colour of a class; colours repeat after eight classes, with other symbols."""
    return CLASSES[theme][index % len(CLASSES[theme])]


def class_symbol(index: int) -> str:
    """Plotly's name of a class's marker; 64 classes differ in colour or in symbol."""
    return SYMBOLS[(index + index // len(SYMBOLS)) % len(SYMBOLS)]


def number_scale(theme: Theme, steps: int = 32) -> list[str]:
    """Viridis, low to high, as ``steps`` hex colours."""
    low, high = _VIRIDIS_RANGE[theme]
    return [_viridis(low + (high - low) * i / (steps - 1)) for i in range(steps)]


def hue_wheel(theme: Theme) -> list[str]:
    """The colours of the angles of a full turn, as hex colours.

    The angle is that in the YIQ plane, which sets the hues of the shapes, too. So a point
    has the hue of its picture.
    """
    return [_hue(i / _WHEEL_STEPS, _WHEEL_LUMA[theme]) for i in range(_WHEEL_STEPS)]


def _viridis(value: float) -> str:
    """The colour of a value in [0, 1], interpolated."""
    position = value * (len(_VIRIDIS) - 1)
    i = min(int(position), len(_VIRIDIS) - 2)
    low, high = _rgb(_VIRIDIS[i]), _rgb(_VIRIDIS[i + 1])
    part = position - i
    return _hex([a + (b - a) * part for a, b in zip(low, high, strict=True)])


def _hue(turn: float, luma: float) -> str:
    i = _WHEEL_CHROMA * math.cos(turn * math.tau)
    q = _WHEEL_CHROMA * math.sin(turn * math.tau)
    rgb = (
        luma + 0.956 * i + 0.619 * q,
        luma - 0.272 * i - 0.647 * q,
        luma - 1.106 * i + 1.703 * q,
    )
    return _hex([255 * min(max(c, 0), 1) for c in rgb])


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _hex(rgb: list[float]) -> str:
    return "#" + "".join(f"{round(c):02x}" for c in rgb)
