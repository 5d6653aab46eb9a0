"""What a teacher chooses: a set of questions, and the link that asks for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.shell import url_params
from pages.widgets.questions.catalogue import IMPORTED_BANK, concept_name, library
from ssl_core.quiz.questions import KINDS, Question
from ssl_core.quiz.sets import DIFFICULTIES, MOST, Set, SetError, concepts

KIND_NAMES = {
    "choice": "Choice",
    "true_false": "True or false",
    "short": "In one's own words",
    "numeric": "Number",
    "order": "Order the steps",
    "predict": "Predict the experiment",
}
_COUNTED = {
    "choice": ("choice", "choices"),
    "true_false": ("true or false", "true or false"),
    "short": ("written", "written"),
    "numeric": ("number", "numbers"),
    "order": ("order of steps", "orders of steps"),
    "predict": ("prediction", "predictions"),
}
LEVELS = {1: "1 · recall", 2: "2 · understand", 3: "3 · apply"}
_PAGE = "for_teachers"


def choose() -> Set:
    """The filters; what they say is in the address, and comes from it."""
    asked = _asked()
    titles = {bank.lesson: bank.title for bank in library().banks}
    tags = {slug: concept_name(slug) for slug in concepts(library())}
    left, right = st.columns(2)
    with left:
        lessons = _several("Lessons", titles, "lessons", asked.lessons)
        levels = {d: LEVELS[d] for d in DIFFICULTIES}
        difficulties = _several("Difficulty", levels, "levels", asked.difficulties)
    with right:
        tagged = _several("Concepts", tags, "concepts", asked.concepts)
        names = {kind: KIND_NAMES[kind] for kind in KINDS}
        kinds = _several("Kinds of question", names, "kinds", asked.kinds)
    count, exam = st.columns(2, vertical_alignment="bottom")
    with count:
        most = _number(asked.count)
    with exam:
        sits = _switch(asked.exam)
    chosen = Set(lessons, tagged, difficulties, kinds, most, sits)
    for name in ("lesson", "concept", "difficulty", "kind", "count", "exam"):
        url_params.write(name, chosen.query().get(name, ""))
    return chosen


def show_count(questions: Sequence[Question]) -> None:
    """How many there are, and of which kinds."""
    if not questions:
        st.info(
            "No question fits all of these. Take one of the choices away.",
            icon=":material/search_off:",
        )
        return
    kinds = [question.kind for question in questions]
    counts = [(k, kinds.count(k)) for k in KINDS if k in kinds]
    parts = [f"{count} {_COUNTED[k][count > 1]}" for k, count in counts]
    total = "1 question" if len(kinds) == 1 else f"{len(kinds)} questions"
    st.markdown(f"**{total}** of {len(library())}: {', '.join(parts)}.")


def show_link(chosen: Set) -> None:
    """The set's own link, to copy."""
    st.markdown("**The link to this set**: whoever opens it gets these questions.")
    link, own = chosen.link(), site_url()
    st.code(f"{own}/{link}" if own else link, language=None, wrap_lines=True)
    if own:
        st.caption("Within this app, as in a lesson of your own:")
        st.code(link, language=None, wrap_lines=True)
    if st.session_state.get(IMPORTED_BANK):
        st.caption(
            "Your own questions are in this visit only: a learner who opens the link has "
            "to hand in your file first."
        )


def _asked() -> Set:
    """What the address asks for; its nonsense is named until the first choice."""
    try:
        return Set.of(st.query_params.to_dict(), library())
    except SetError as error:
        for problem in error.problems:
            url_params.complain(f"In this link, {problem}.")
        return error.usable


def _several(
    label: str, names: Mapping[Any, str], key: str, asked: Sequence[Any]
) -> tuple[Any, ...]:
    """Several of ``names`` (value -> shown), kept through the visit."""
    key = f"set_{key}"
    kept = st.session_state.get(key, asked)
    # What a bank brought goes with it.
    st.session_state[key] = [value for value in kept if value in names]
    picked = st.multiselect(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        placeholder="All",
        persist_state="session",
    )
    return tuple(value for value in names if value in picked)


def _number(asked: int) -> int:
    st.session_state.setdefault("set_count", asked or None)
    count = st.number_input(
        "At most",
        1,
        MOST,
        None,
        key="set_count",
        placeholder="as many as there are",
        help="If there are more, some are drawn: the same for everybody with the link.",
        persist_state="session",
    )
    return count or 0


def _switch(asked: bool) -> bool:
    st.session_state.setdefault("set_exam", asked)
    return st.toggle(
        "As an exam: feedback when the set is handed in",
        key="set_exam",
        persist_state="session",
    )


def site_url() -> str:
    """This app's address, without a page; "" where there is no browser."""
    return (st.context.url or "").rstrip("/").removesuffix(f"/{_PAGE}")
