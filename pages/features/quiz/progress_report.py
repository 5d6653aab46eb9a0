"""What the answers say: each concept, how well one judges oneself, what comes again."""

import plotly.graph_objects as go
import streamlit as st

from pages.shell import learner_progress, navigation
from pages.widgets.palette import NEUTRAL, PRIMARY
from pages.widgets.plots import PLOTLY_CONFIG, Plot
from pages.widgets.questions.catalogue import concept_name, concept_texts, library
from ssl_core.quiz import results, review
from ssl_core.quiz.progress import CONFIDENCE
from ssl_core.quiz.results import Calibration


def concepts() -> None:
    """Each concept: how many of its questions were answered right the last time."""
    found = results.by_concept(learner_progress.current(), library())
    answered = sum(k.answered for k in found)
    if not answered:
        st.info(
            "You have not answered anything yet. Begin with a lesson, or with ten mixed "
            "questions.",
            icon=":material/school:",
        )
        navigation.page_link("quiz?mixed=true", "Draw ten questions", "shuffle")
        return
    lessons = results.by_lesson(learner_progress.current(), library())
    right, asked = sum(k.right for k in lessons), sum(k.answered for k in lessons)
    st.markdown(
        f"**{asked} of {len(library())} questions answered, {right} right by your last "
        "answer.**"
    )
    st.dataframe(
        {
            "concept": [concept_name(k.slug) for k in found],
            "right": [round(100 * k.right / k.questions) for k in found],
            "answered": [f"{k.answered} of {k.questions}" for k in found],
            "what it is": [
                concept_texts().get(k.slug, {}).get("definition", "") for k in found
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


def judgement() -> None:
    """Confidence against what was right."""
    found = results.calibration(learner_progress.current())
    if not found:
        return
    st.subheader("How well do you judge yourself?", anchor=False)
    shown = calibration(found)
    st.markdown(f"**{shown.caption}**")
    st.plotly_chart(
        shown.figure, key="calibration", config=PLOTLY_CONFIG, alt=shown.caption
    )
    st.caption(
        "First answers only; bars are 95 % intervals, wide while answers are few."
    )


def calibration(found: list[Calibration]) -> Plot:
    """Share of right first answers for each degree of confidence."""
    figure = go.Figure()
    figure.add_scatter(
        x=[c.right for c in found],
        y=[f"{c.name} (n = {c.n})" for c in found],
        mode="markers",
        marker={"size": 12, "color": PRIMARY},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [c.high - c.right for c in found],
            "arrayminus": [c.right - c.low for c in found],
            "color": NEUTRAL,
            "thickness": 1.5,
        },
        hovertemplate="%{x:.0%} right<extra></extra>",
    )
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%", title="right")
    figure.update_layout(
        height=90 + 50 * len(found),
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        dragmode=False,
    )
    return Plot(figure, _sentence(found))


def _sentence(found: list[Calibration]) -> str:
    said = ", ".join(f"{c.name} {c.right:.0%} of {c.n}" for c in found)
    sure = next((c for c in found if c.name == CONFIDENCE[-1]), None)
    guess = next((c for c in found if c.name == CONFIDENCE[0]), None)
    if sure and sure.high < 0.8:
        return f"You are right less often than you are certain: {said}."
    if guess and guess.low > 0.5:
        return f"You know more than you think: {said}."
    return f"Right when you said: {said}."


def sure_but_wrong() -> None:
    """What was certain and wrong: correcting it is worth most."""
    found = [
        a
        for a in results.sure_but_wrong(learner_progress.current())
        if a.question in library()
    ]
    if not found:
        return
    st.subheader("Sure, but wrong", anchor=False)
    st.markdown("What you were certain of and got wrong, once corrected, stays best.")
    for attempt in found[:10]:
        question = library()[attempt.question]
        stem = " ".join(question.stem.partition("\n\n")[0].split())
        navigation.page_link(f"quiz?q={question.id}", stem, "arrow_forward")


def to_come() -> None:
    """The review queue."""
    queue = review.queue(learner_progress.current(), library())
    if not queue:
        return
    now = learner_progress.now()
    days = [max(0, -(-(place.due - now) // review.DAY)) for place in queue]
    waiting = [f"{days.count(d)} {_when(d)}" for d in sorted(set(days))]
    st.subheader("To come again", anchor=False)
    st.markdown(f"{', '.join(waiting)}.")
    if 0 in days:
        navigation.page_link("quiz?review=true", "Review now", "event_repeat")


def _when(days: int) -> str:
    return ("today", "tomorrow")[days] if days < 2 else f"in {days} days"
