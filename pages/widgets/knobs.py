"""Widgets of knobs: the type and range of a knob decide which widget is drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shell import url_params
from ssl_core.knobs import Knob


def draw_knob(
    name: str, knob: Knob, *, key: str | None = None, default: Any = None, **layout: Any
) -> Any:
    """Draw the widget that fits a knob; its value is in the URL under ``key``.

    Args:
        name: the knob's field name.
        knob: its range, default and help.
        key: URL parameter and session key; ``name`` if left out.
        default: replaces the knob's default.
        layout: passed to the widget: disabled, label_visibility, on_change ….

    Returns:
        The value, in the knob's type.
    """
    value = knob.default if default is None else default
    label = knob.label or name.replace("_", " ").capitalize()
    options: dict[str, Any] = {
        "key": key or name,
        "help": knob.help,
        "bind": "query-params",
        **layout,
    }
    if isinstance(knob.default, bool):
        return st.toggle(label, value, **options)
    if knob.choices is not None:
        return st.selectbox(label, knob.choices, knob.choices.index(value), **options)
    if knob.log:
        stops = slider_stops(knob, value)
        options["format_func"] = url_params.format_value
        return st.select_slider(label, stops, value, **options)
    low, high = knob.shown or (knob.low, knob.high)
    if low is None or high is None or high - low > 1e6:
        options["bind"] = url_params.binding(options["key"])
        return st.number_input(label, low, high, value, knob.step, **options)
    kind: Callable[[float], Any] = int if isinstance(knob.default, int) else float
    step = kind(knob.step or (high - low) / 20)
    return st.slider(label, kind(low), kind(high), kind(value), step, **options)


def url_selectbox(
    label: str,
    options: Mapping[str, str],
    key: str,
    default: str,
    *,
    param: str = "",
    **layout: Any,
) -> str:
    """Draw a select box whose URL parameter is the slug of the chosen option.

    Streamlit's own binding would put the option's text into the URL, and a link would break
    when the text changes. An invalid value is removed from the URL; the caller draws the
    complaint, by :func:`url_params.check` before or :func:`url_params.show_complaints`.

    Args:
        label: of the select box.
        options: slug -> text of the option.
        key: session key.
        default: slug of the first choice; it is left out of the URL.
        param: URL parameter; ``key`` if left out.
        layout: passed to the widget.

    Returns:
        The slug of the chosen option.
    """
    param = param or key
    url_params.set_initial(param, Knob(default, choices=tuple(options)), key)
    if st.session_state[key] not in options:  # the menu has changed since
        st.session_state[key] = default
    slug = st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        persist_state="session",
        **layout,
    )
    url_params.write(param, "" if slug == default else slug)
    return str(slug)


@dataclass(frozen=True)
class SliderParam:
    """A knob as a URL parameter with the values of its slider.

    A slider may offer fewer values than its knob allows.

    Args:
        knob: its own check comes first.
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
        if self.knob.log and checked not in (
            stops := slider_stops(self.knob, self.default)
        ):
            allowed = ", ".join(f"{stop:g}" for stop in stops)
            raise ValueError(f"{name} is {value}; this page allows {allowed}")
        return checked


def slider_stops(knob: Knob, value: Any) -> list[Any]:
    """Stops of a logarithmic slider: powers of two, or 1 and 3 times powers of ten.

    Args:
        knob: decides type and range.
        value: an additional stop.
    """
    low, high = knob.shown or (knob.low, knob.high)
    assert low is not None and high is not None
    if isinstance(knob.default, int):
        stops: list[Any] = [2**i for i in range(40) if low <= 2**i <= high]
    else:
        values = [m * 10.0**e for e in range(-6, 3) for m in (1, 3)]
        stops = [float(f"{s:.3g}") for s in values if low <= s <= high * 1.0001]
    return sorted({*stops, value})
