"""The only maker of sliders: every widget is derived from a knob."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shell import url_params
from ssl_core.knobs import Knob


def widget(
    name: str, knob: Knob, *, key: str | None = None, default: Any = None, **layout: Any
) -> Any:
    """Draw the widget that fits a knob; its state lives in the URL under ``key``.

    Args:
        name: the knob's field name.
        knob: its range, default and help.
        key: URL parameter and session key, the name if left out.
        default: overrides the knob's default.
        layout: passed to the widget: disabled, label_visibility, on_change ….
    """
    value = knob.default if default is None else default
    label = knob.label or name.replace("_", " ").capitalize()
    bound: dict[str, Any] = {
        "key": key or name,
        "help": knob.help,
        "bind": "query-params",
        **layout,
    }
    if isinstance(knob.default, bool):
        return st.toggle(label, value, **bound)
    if knob.choices is not None:
        return st.selectbox(label, knob.choices, knob.choices.index(value), **bound)
    if knob.log:
        options = series(knob, value)
        return st.select_slider(label, options, value, format_func=_short, **bound)
    low, high = knob.shown or (knob.low, knob.high)
    if low is None or high is None or high - low > 1e6:
        return st.number_input(label, low, high, value, knob.step, **bound)
    kind: Callable[[float], Any] = int if isinstance(knob.default, int) else float
    step = kind(knob.step or (high - low) / 20)
    return st.slider(label, kind(low), kind(high), kind(value), step, **bound)


def linked_menu(
    label: str,
    options: Mapping[str, str],
    key: str,
    default: str,
    **layout: Any,
) -> str:
    """A menu of slugs shown by their names, with the slug in the URL.

    Streamlit's own binding puts the shown name there, which a changed wording breaks.

    Args:
        label: of the menu.
        options: slug -> shown name.
        key: URL parameter and session key.
        default: slug that is chosen, and left out of the URL, unless a link says more.
        layout: passed to the widget.
    """
    first = url_params.initial_value(key, Knob(default, choices=tuple(options)))
    st.session_state.setdefault(key, first)
    chosen = st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, **layout
    )
    url_params.write(key, "" if chosen == default else chosen)
    return str(chosen)


@dataclass(frozen=True)
class SliderParam:
    """A knob as a URL parameter: what its widget offers, where the knob allows more.

    Args:
        knob: its check comes first.
    """

    knob: Knob

    @property
    def default(self) -> Any:
        """The knob's default."""
        return self.knob.default

    def check(self, name: str, value: Any) -> Any:
        """Return the value in the knob's type.

        Raises:
            ValueError: if the knob or its slider does not allow it.
        """
        checked = self.knob.check(name, value)
        low, high = self.knob.shown or (None, None)
        if low is not None and high is not None and not low <= checked <= high:
            raise ValueError(f"{name} is {value}; this page allows {low:g} to {high:g}")
        if self.knob.log and checked not in (stops := series(self.knob, self.default)):
            allowed = ", ".join(f"{stop:g}" for stop in stops)
            raise ValueError(f"{name} is {value}; this page allows {allowed}")
        return checked


def series(knob: Knob, value: Any) -> list[Any]:
    """Stops of a slider that moves in factors: powers of two, or 1 and 3 times ten."""
    low, high = knob.shown or (knob.low, knob.high)
    assert low is not None and high is not None
    if isinstance(knob.default, int):
        series: list[Any] = [2**i for i in range(40) if low <= 2**i <= high]
    else:
        steps = [m * 10.0**e for e in range(-6, 3) for m in (1, 3)]
        series = [float(f"{s:.3g}") for s in steps if low <= s <= high * 1.0001]
    return sorted({*series, value})


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
