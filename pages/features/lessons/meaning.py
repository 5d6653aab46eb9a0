"""Augmentation is meaning, measured: which factor survives which views, twice."""

from dataclasses import dataclass

import streamlit as st

from pages.shell import url_params
from pages.widgets import evidence, evidence_plots
from pages.widgets.palette import ANCHOR
from ssl_core.experiments import meaning, sound
from ssl_core.experiments.evidence import Evidence
from ssl_core.knobs import Knob


@dataclass(frozen=True)
class Story:
    """One table of views by factors, and the question put to it.

    Args:
        slug: of the experiment.
        heading: of its half of the page.
        factors: its columns.
        asked: the factor asked for at first.
        parameter: of the URL.
    """

    slug: str
    heading: str
    factors: tuple[str, ...]
    asked: str
    parameter: str


PICTURES = Story(
    "meaning", "Pictures: shapes", meaning.FACTORS, "background_hue", "lesson_factor"
)
SOUND = Story("sound", "Sound: voices", sound.FACTORS, "said", "lesson_sound_factor")


def draw() -> None:
    """Both stories side by side: the same code, other data, other views."""
    for half, story in zip(st.columns(2, gap="large"), (PICTURES, SOUND), strict=True):
        with half:
            _draw(story)
    evidence.draw_provenance(PICTURES.slug, SOUND.slug)


def _draw(story: Story) -> None:
    """The table of views by factors, and the learner's own question put to it."""
    st.markdown(f"##### {story.heading}")
    found = evidence.load(story.slug)
    if found is None:
        evidence.draw_verdict(story.slug)
        return
    names = [plain(f) for f in story.factors]
    url_params.check({story.parameter: Knob(plain(story.asked), choices=tuple(names))})
    asked = st.pills(
        "I want to ask the features for …",
        names,
        default=plain(story.asked),
        required=True,
        key=story.parameter,
        bind="query-params",
    )
    at = names.index(asked or plain(story.asked))  # a link may empty it
    st.markdown(answer(found, story.factors[at]))
    arms = list(found.arms)
    values = [[found.at(a, f"probe_{f}") for f in story.factors] for a in arms]
    shown = evidence_plots.heat_map(arms, names, values, "Linear probe accuracy")
    shown.figure.update_traces(showscale=False)  # each cell has its number
    shown.figure.add_shape(
        type="rect",
        **{"x0": at - 0.5, "x1": at + 0.5, "y0": -0.5, "y1": len(arms) - 0.5},
        line={"color": ANCHOR, "width": 3},
    )
    evidence.draw_plot(shown, f"lesson_{story.slug}")
    evidence.draw_table(found, [f"probe_{f}" for f in story.factors])


def answer(found: Evidence, factor: str) -> str:
    """Which views keep a factor best and worst, beside the untrained encoder."""
    known = {a: e for a in found.arms if (e := found.at(a, f"probe_{factor}"))}
    best = max(known, key=lambda a: known[a].mean)
    worst = min(known, key=lambda a: known[a].mean)
    untrained = found.at(best, f"untrained_{factor}")
    return (
        f"**{plain(factor).capitalize()}** is read best after training with "
        f"**{best}** ({known[best]}) and worst with **{worst}** ({known[worst]}). The "
        f"untrained encoder gives {untrained}."
    )


def plain(factor: str) -> str:
    """A factor's name as it is said."""
    return factor.replace("_", " ")
