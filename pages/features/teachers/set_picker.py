"""The filters that choose a set of questions, and the link to the set."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.shell import url_params
from pages.widgets.questions.catalogue import (
    DIFFICULTY_NAMES,
    IMPORTED_BANK,
    concept_name,
    library,
)
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
_KIND_NOUNS = {
    "choice": ("choice", "choices"),
    "true_false": ("true or false", "true or false"),
    "short": ("written", "written"),
    "numeric": ("number", "numbers"),
    "order": ("order of steps", "orders of steps"),
    "predict": ("prediction", "predictions"),
}
_PAGE = "for_teachers"


def choose() -> Set:
    """Draw the filters and return the set; the URL holds it."""
    defaults = _load_from_url()
    titles = {bank.lesson: bank.title for bank in library().banks}
    concept_names = {slug: concept_name(slug) for slug in concepts(library())}
    left, right = st.columns(2)
    with left:
        lessons = _multiselect("Lessons", titles, "lessons", defaults.lessons)
        levels = {n: f"{n} · {DIFFICULTY_NAMES[n]}" for n in DIFFICULTIES}
        difficulties = _multiselect(
            "Difficulty", levels, "levels", defaults.difficulties
        )
    with right:
        chosen_concepts = _multiselect(
            "Concepts", concept_names, "concepts", defaults.concepts
        )
        names = {kind: KIND_NAMES[kind] for kind in KINDS}
        kinds = _multiselect("Kinds of question", names, "kinds", defaults.kinds)
    count, exam = st.columns(2, vertical_alignment="bottom")
    with count:
        max_count = _count_input(defaults.count)
    with exam:
        as_exam = _exam_toggle(defaults.exam)
    chosen = Set(
        lessons=lessons,
        concepts=chosen_concepts,
        difficulties=difficulties,
        kinds=kinds,
        count=max_count,
        exam=as_exam,
    )
    for name in ("lesson", "concept", "difficulty", "kind", "count", "exam"):
        url_params.write(name, chosen.query().get(name, ""))
    return chosen


def draw_count(questions: Sequence[Question]) -> None:
    """Draw the number of questions, in all and of each kind."""
    if not questions:
        st.info(
            "No question fits all of these. Take one of the choices away.",
            icon=":material/search_off:",
        )
        return
    kinds = [question.kind for question in questions]
    counts = [(k, kinds.count(k)) for k in KINDS if k in kinds]
    parts = [f"{count} {_KIND_NOUNS[k][count > 1]}" for k, count in counts]
    total = "1 question" if len(kinds) == 1 else f"{len(kinds)} questions"
    st.markdown(f"**{total}** of {len(library())}: {', '.join(parts)}.")


def draw_link(chosen: Set) -> None:
    """Draw the link to the set, to copy."""
    st.markdown("**The link to this set**: whoever opens it gets these questions.")
    link, site = chosen.link(), site_url()
    st.code(f"{site}/{link}" if site else link, language=None, wrap_lines=True)
    if site:
        st.caption("Within this app, as in a lesson of your own:")
        st.code(link, language=None, wrap_lines=True)
    if st.session_state.get(IMPORTED_BANK):
        st.caption(
            "Your own questions are in this visit only: a learner who opens the link has "
            "to hand in your file first."
        )


def _load_from_url() -> Set:
    """The set of the URL; draw a complaint about each part that is not allowed."""
    try:
        return Set.of(st.query_params.to_dict(), library())
    except SetError as error:
        for problem in error.problems:
            url_params.complain(f"In this link, {problem}.")
        return error.usable


def _multiselect(
    label: str, names: Mapping[Any, str], key: str, default: Sequence[Any]
) -> tuple[Any, ...]:
    """Draw a multiselect that keeps its values for the visit.

    Args:
        label: of the widget.
        names: value -> label of the option.
        key: of the widget, without its prefix.
        default: values selected at first.
    """
    key = f"set_{key}"
    previous = st.session_state.get(key, default)
    # A removed bank takes its concepts out of the options.
    st.session_state[key] = [value for value in previous if value in names]
    selected = st.multiselect(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        placeholder="All",
        persist_state="session",
    )
    return tuple(value for value in names if value in selected)


def _count_input(default: int) -> int:
    st.session_state.setdefault("set_count", default or None)
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


def _exam_toggle(default: bool) -> bool:
    st.session_state.setdefault("set_exam", default)
    return st.toggle(
        "As an exam: feedback when the set is handed in",
        key="set_exam",
        persist_state="session",
    )


def site_url() -> str:
    """URL of the app without a page; "" without a browser."""
    return (st.context.url or "").rstrip("/").removesuffix(f"/{_PAGE}")
