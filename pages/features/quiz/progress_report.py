"""The progress report: concepts, calibration, confident mistakes, coming reviews."""

import plotly.graph_objects as go
import streamlit as st

from pages.shell import learner_progress, page_links
from pages.widgets.palette import NEUTRAL, PRIMARY
from pages.widgets.plots import Plot, draw_plot
from pages.widgets.questions.catalogue import concept_name, concept_texts, library
from ssl_core.quiz import results, review
from ssl_core.quiz.progress import CONFIDENCE
from ssl_core.quiz.results import Calibration


def draw_concepts() -> None:
    """Draw a table of concepts with the share of right last answers."""
    concepts = results.by_concept(learner_progress.current(), library())
    if not any(entry.answered for entry in concepts):
        none = "You have not answered anything yet."
        if any(learner_progress.unreadable()):  # they may well have
            none = "The app can read none of your answers."
        st.info(
            f"{none} Begin with a lesson, or with ten mixed questions.",
            icon=":material/school:",
        )
        page_links.page_link("quiz?mixed=true", "Draw ten questions", "shuffle")
        return
    lessons = results.by_lesson(learner_progress.current(), library())
    right = sum(entry.right for entry in lessons)
    answered = sum(entry.answered for entry in lessons)
    st.markdown(
        f"**{answered} of {len(library())} questions answered, {right} right by your last "
        "answer.**"
    )
    st.dataframe(
        {
            "concept": [concept_name(entry.slug) for entry in concepts],
            "right": [round(100 * entry.right / entry.questions) for entry in concepts],
            "answered": [
                f"{entry.answered} of {entry.questions}" for entry in concepts
            ],
            "what it is": [
                concept_texts().get(entry.slug, {}).get("definition", "")
                for entry in concepts
            ],
        },
        column_config={
            "right": st.column_config.ProgressColumn(
                "right", format="%d %%", min_value=0, max_value=100
            )
        },
        hide_index=True,
        alt="Right answers for each concept",
    )


def draw_calibration() -> None:
    """Draw the calibration: confidence against the share of right answers."""
    bins = results.calibration(learner_progress.current())
    if not bins:
        return
    st.subheader("How well do you judge yourself?", anchor=False)
    draw_plot(calibration_plot(bins), "calibration")
    st.caption(
        "First answers only; bars are 95 % intervals, wide while answers are few."
    )


def calibration_plot(bins: list[Calibration]) -> Plot:
    """Plot the share of right first answers for each level of confidence."""
    figure = go.Figure()
    figure.add_scatter(
        x=[entry.right for entry in bins],
        y=[f"{entry.name} (n = {entry.n})" for entry in bins],
        mode="markers",
        marker={"size": 12, "color": PRIMARY},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [entry.high - entry.right for entry in bins],
            "arrayminus": [entry.right - entry.low for entry in bins],
            "color": NEUTRAL,
            "thickness": 1.5,
        },
        hovertemplate="%{x:.0%} right<extra></extra>",
    )
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%", title="right")
    figure.update_layout(
        height=90 + 50 * len(bins),
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        dragmode=False,
    )
    return Plot(figure, _describe_calibration(bins))


def _describe_calibration(bins: list[Calibration]) -> str:
    shares = ", ".join(f"{entry.name} {entry.right:.0%} of {entry.n}" for entry in bins)
    sure = next((entry for entry in bins if entry.name == CONFIDENCE[-1]), None)
    guess = next((entry for entry in bins if entry.name == CONFIDENCE[0]), None)
    if sure and sure.high < 0.8:
        return f"You are right less often than you are certain: {shares}."
    if guess and guess.low > 0.5:
        return f"You know more than you think: {shares}."
    return f"Right when you said: {shares}."


def draw_confident_mistakes() -> None:
    """Draw links to questions that were answered wrong with the highest confidence."""
    mistakes = [
        attempt
        for attempt in results.sure_but_wrong(learner_progress.current())
        if attempt.question in library()
    ]
    if not mistakes:
        return
    st.subheader("Sure, but wrong", anchor=False)
    st.markdown("Confident mistakes, once corrected, are remembered best.")
    for attempt in mistakes[:10]:
        question = library()[attempt.question]
        stem = " ".join(question.stem.partition("\n\n")[0].split())
        page_links.page_link(f"quiz?q={question.id}", stem, "arrow_forward")


def draw_upcoming_reviews() -> None:
    """Draw when the questions of the review queue are due."""
    queue = review.queue(learner_progress.current(), library())
    if not queue:
        return
    now = learner_progress.now()
    days = [max(0, -(-(entry.due - now) // review.DAY)) for entry in queue]
    counts = [f"{days.count(d)} {_format_days(d)}" for d in sorted(set(days))]
    st.subheader("To come again", anchor=False)
    st.markdown(f"{', '.join(counts)}.")
    if 0 in days:
        page_links.page_link("quiz?review=true", "Review now", "event_repeat")


def _format_days(days: int) -> str:
    return ("today", "tomorrow")[days] if days < 2 else f"in {days} days"
