"""A plot: a Plotly figure with its caption, and the layout that all figures share."""

from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

PLOTLY_CONFIG = {"displayModeBar": False, "scrollZoom": False, "displaylogo": False}


@dataclass(frozen=True)
class Plot:
    """A figure and a sentence that says what it shows now."""

    figure: go.Figure
    caption: str


def draw_plot(plot: Plot | None, key: str, title: str = "") -> None:
    """Draw a plot below its caption, which is its alternative text, too.

    Args:
        plot: the plot; None draws nothing.
        key: of the chart on its page.
        title: in front of the caption.
    """
    if plot is None:
        return
    st.markdown(f"**{title}.** {plot.caption}" if title else f"**{plot.caption}**")
    alt = f"{title}. {plot.caption}" if title else plot.caption
    st.plotly_chart(plot.figure, key=key, config=PLOTLY_CONFIG, alt=alt)


def set_layout(
    figure: go.Figure,
    height: int,
    margin: dict[str, int],
    uirevision: str,
    legend: bool = False,
) -> None:
    """Set the size and the interaction of a figure.

    Args:
        figure: is changed.
        height: in pixels.
        margin: ``l``, ``r``, ``t`` and ``b`` in pixels.
        uirevision: zoom and selection survive a new figure with the same value.
        legend: whether to show it.
    """
    figure.update_layout(
        height=height,
        margin=margin,
        showlegend=legend,
        uirevision=uirevision,
        dragmode=False,
        hovermode="closest",
    )
