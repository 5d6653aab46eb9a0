"""Every colour and marker that stands for something, tuned for light and dark.

Classes are Okabe-Ito colours *and* a symbol, so that nobody has to tell colours apart.
Numbers run along viridis, angles around the wheel that the data sets turn on.
"""

import math
from typing import Literal

Theme = Literal["light", "dark"]

# Okabe and Ito (2008); yellow, sky and orange darkened for a white page, the dark ones
# lightened for a black page, until each stands out at least 2:1 from what it lies on.
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
# Plotly's names, in the order of the drawn shapes: a disc is a circle, a star a star.
SYMBOLS = (
    *("circle", "square", "triangle-up", "star"),
    *("cross", "circle-open", "diamond", "triangle-down"),
)
# What a thing is in contrastive learning: one colour each, in charts and in sentences,
# each between 2.4:1 and 8:1 against both pages.
ANCHOR, POSITIVE, NEGATIVE = "#d89b00", "#009e73", "#d55e00"
# The learner's own run; baselines, pinned runs and references stay thin and grey.
LINE, GHOST = "#2f86c8", "#8b9099"

_VIRIDIS = (
    *("#440154", "#482878", "#3e4989", "#31688e", "#26828e"),
    *("#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"),
)
# The end of the scale that would drown in the page is left out.
_VIRIDIS_PART: dict[Theme, tuple[float, float]] = {"light": (0, 0.93), "dark": (0.2, 1)}
_WHEEL_LUMA: dict[Theme, float] = {"light": 0.55, "dark": 0.66}
_WHEEL_CHROMA = 0.36


def class_colour(index: int, theme: Theme) -> str:
    """Colour of a class; from the ninth on, colours repeat with another symbol."""
    return CLASSES[theme][index % len(CLASSES[theme])]


def class_symbol(index: int) -> str:
    """Plotly's name of a class's marker; 64 classes differ in colour or in symbol."""
    return SYMBOLS[(index + index // len(SYMBOLS)) % len(SYMBOLS)]


def number_scale(theme: Theme, steps: int = 32) -> list[str]:
    """Viridis, low to high, as ``steps`` hex colours."""
    low, high = _VIRIDIS_PART[theme]
    return [_viridis(low + (high - low) * i / (steps - 1)) for i in range(steps)]


def hue_wheel(theme: Theme, steps: int = 36) -> list[str]:
    """The colour of each angle of a full turn, as ``steps`` hex colours.

    The turn is that of the YIQ plane, in which the drawn shapes get their hues: a
    point has the colour that its picture has.
    """
    return [_hue(i / steps, _WHEEL_LUMA[theme]) for i in range(steps)]


def _viridis(at: float) -> str:
    place = at * (len(_VIRIDIS) - 1)
    i = min(int(place), len(_VIRIDIS) - 2)
    low, high = _channels(_VIRIDIS[i]), _channels(_VIRIDIS[i + 1])
    return _hex([a + (b - a) * (place - i) for a, b in zip(low, high, strict=True)])


def _hue(turn: float, luma: float) -> str:
    i = _WHEEL_CHROMA * math.cos(turn * math.tau)
    q = _WHEEL_CHROMA * math.sin(turn * math.tau)
    rgb = (
        luma + 0.956 * i + 0.619 * q,
        luma - 0.272 * i - 0.647 * q,
        luma - 1.106 * i + 1.703 * q,
    )
    return _hex([255 * min(max(c, 0), 1) for c in rgb])


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _hex(rgb: list[float]) -> str:
    return "#" + "".join(f"{round(c):02x}" for c in rgb)
