"""Which factor the features keep under which views, for pictures and for sound."""

from dataclasses import dataclass

import streamlit as st

from pages.shell import url_params
from pages.widgets import evidence, evidence_plots
from pages.widgets.palette import ANCHOR
from pages.widgets.plots import draw_plot
from pages.widgets.run_text import format_factor
from ssl_core.experiments import meaning, sound
from ssl_core.experiments.evidence import Evidence
from ssl_core.knobs import Knob


@dataclass(frozen=True)
class FactorTable:
    """One table of probe accuracies, views by factors.

    Args:
        slug: of the experiment.
        heading: above the table.
        factors: its columns.
        default_factor: the column chosen at first.
        url_param: URL parameter of the chosen column.
    """

    slug: str
    heading: str
    factors: tuple[str, ...]
    default_factor: str
    url_param: str


PICTURES = FactorTable(
    slug="meaning",
    heading="Pictures: shapes",
    factors=meaning.FACTORS,
    default_factor="background_hue",
    url_param="lesson_factor",
)
SOUND = FactorTable(
    slug="sound",
    heading="Sound: voices",
    factors=sound.FACTORS,
    default_factor="said",
    url_param="lesson_sound_factor",
)


def draw() -> None:
    """Draw the tables of both experiments side by side."""
    for column, table in zip(
        st.columns(2, gap="large"), (PICTURES, SOUND), strict=True
    ):
        with column:
            _draw_table(table)
    evidence.draw_provenance(PICTURES.slug, SOUND.slug)


def _draw_table(table: FactorTable) -> None:
    """Draw the table, and what it says of the factor that the learner chooses."""
    st.markdown(f"##### {table.heading}")
    results = evidence.load(table.slug)
    if results is None:
        evidence.draw_verdict(table.slug)
        return
    names = [format_factor(f) for f in table.factors]
    default = format_factor(table.default_factor)
    url_params.check({table.url_param: Knob(default, choices=tuple(names))})
    choice = st.pills(
        "I want to ask the features for …",
        names,
        default=default,
        required=True,
        key=table.url_param,
        bind="query-params",
    )
    index = names.index(choice or default)  # a link may empty it
    st.markdown(describe(results, table.factors[index]))
    arms = list(results.arms)
    values = [[results.at(a, f"probe_{f}") for f in table.factors] for a in arms]
    plot = evidence_plots.heat_map(arms, names, values, "Linear probe accuracy")
    plot.figure.update_traces(showscale=False)  # each cell has its number
    plot.figure.add_shape(
        type="rect",
        **{"x0": index - 0.5, "x1": index + 0.5, "y0": -0.5, "y1": len(arms) - 0.5},
        line={"color": ANCHOR, "width": 3},
    )
    draw_plot(plot, f"lesson_{table.slug}")
    evidence.draw_table(results, [f"probe_{f}" for f in table.factors])


def describe(results: Evidence, factor: str) -> str:
    """Say which views keep a factor best and worst, beside the untrained encoder."""
    accuracies = {a: e for a in results.arms if (e := results.at(a, f"probe_{factor}"))}
    best = max(accuracies, key=lambda a: accuracies[a].mean)
    worst = min(accuracies, key=lambda a: accuracies[a].mean)
    untrained = results.at(best, f"untrained_{factor}")
    return (
        f"**{format_factor(factor).capitalize()}** is read best after training with "
        f"**{best}** ({accuracies[best]}) and worst with **{worst}** ({accuracies[worst]}). "
        f"The untrained encoder gives {untrained}."
    )
