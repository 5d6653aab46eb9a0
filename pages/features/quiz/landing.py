"""The quiz's front door: what is due, what each lesson asks, and links to sets of it."""

import random
from collections.abc import Mapping

import streamlit as st

from pages.shell import account_progress, learner_progress, navigation
from pages.widgets.questions import question_view
from pages.widgets.questions.catalogue import library
from ssl_core.quiz import results, review
from ssl_core.quiz.sets import Set, SetError

MIXED = 10
_BEGUN = "review_begun"


def draw(now: int) -> None:
    """The front door."""
    st.markdown(
        "Every answer teaches, the wrong ones most. Say how sure you are before you "
        "answer; what you were sure of and got wrong comes back first."
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _due(now)
    with right, st.container(border=True, height="stretch"):
        st.markdown(
            f"**A mixed ten** from all lessons, new ones first, {len(library())} questions "
            "in all. Mixing lessons feels harder, and you keep more of it."
        )
        navigation.page_link("quiz?mixed=true", "Draw ten questions", "shuffle")
    st.subheader("By lesson", anchor=False)
    for known in results.by_lesson(learner_progress.current(), library()):
        _lesson(known)
    st.caption(
        "Keys: 1 to 4 choose an answer, H opens a hint, N and B go on and back; Tab and "
        "Enter reach everything else."
    )
    if account_progress.can_sign_in():
        navigation.page_link(
            "your_progress", "Sign in to find your answers on another device", "login"
        )


def draw_review() -> None:
    """The questions that are due, asked afresh."""
    ids, since = _review_begun()
    if not ids:
        st.info(
            "Nothing is due. What you miss, or are sure of and get wrong, comes back "
            "after 1, 3, 7 and 16 days.",
            icon=":material/event_available:",
        )
        return
    open_ = [
        i
        for i in ids
        if (a := learner_progress.current().latest(i)) is None or a.at < since
    ]
    if not open_:
        st.success("All done for today.", icon=":material/done_all:")
        st.button(
            "Finish this review",
            on_click=lambda: st.session_state.pop(_BEGUN, None),
        )
    question_view.draw_set(ids, f"review_{since}", since=since)


def mixed_ten() -> list[str]:
    """Ten questions for this visit, what was never asked before the rest."""
    if "quiz_mixed" not in st.session_state:
        own = learner_progress.current()
        ids = [q.id for q in library()]
        random.Random(f"{own.seed}/{len(own.attempts)}").shuffle(ids)
        ids.sort(key=lambda i: own.latest(i) is not None)
        st.session_state.quiz_mixed = ids[:MIXED]
    return list(st.session_state.quiz_mixed)


def link_to_landing() -> None:
    """To the front door."""
    navigation.page_link("quiz", "All questions", "arrow_back")


def set_of_link(query: Mapping[str, str]) -> tuple[Set, list[str]]:
    """The set that a link asks for, and what in the link means nothing."""
    problems = [
        f"{name} is {query[name][:40]!r}; allowed are true and false"
        for name in ("review", "mixed")
        if query.get(name, "").lower() not in ("", "true", "false")
    ]
    place = query.get("q", "")
    if place and place not in library():
        problems.append(f"q is {place[:40]!r}; there is no such question")
    try:
        return Set.of(query, library()), problems
    except SetError as error:
        return error.usable, error.problems + problems


def name_of(chosen: Set) -> str:
    """A set in a few words."""
    titles = {bank.lesson: bank.title for bank in library().banks}
    lessons = [titles[slug] for slug in chosen.lessons]
    name = lessons[0] if len(lessons) == 1 else "Quiz"
    return f"Exam: {name}" if chosen.exam else name


def _review_begun() -> tuple[list[str], int]:
    """The review under way: its questions, and since when answers count for it."""
    state = st.session_state
    if not state.get(_BEGUN, ((), 0))[0]:
        now = learner_progress.now()
        state[_BEGUN] = (
            review.due(learner_progress.current(), library(), now=now),
            now,
        )
    begun: tuple[list[str], int] = state[_BEGUN]
    return begun


def _due(now: int) -> None:
    queue = review.queue(learner_progress.current(), library())
    count = sum(place.due <= now for place in queue)
    if count:
        st.markdown(
            f"**Due today: {count}.** Missed before, asked again when it helps."
        )
        navigation.page_link("quiz?review=true", "Review now", "event_repeat")
    elif queue:
        days = max(1, -(-(min(p.due for p in queue) - now) // review.DAY))
        ahead = "tomorrow" if days == 1 else f"in {days} days"
        st.markdown(
            f"**Nothing is due today.** {len(queue)} to come again, the first {ahead}."
        )
    else:
        st.markdown(
            "**Nothing is due today.** What you miss comes back after 1, 3, 7 and 16 days."
        )


def _lesson(known: results.Known) -> None:
    title = next(b.title for b in library().banks if b.lesson == known.slug)
    name, state, ask, sit = st.columns(
        [0.46, 0.24, 0.15, 0.15], vertical_alignment="center"
    )
    name.markdown(f"**{title}**")
    state.caption(
        f"{known.answered} of {known.questions} answered, {known.right} right"
        if known.answered
        else f"{known.questions} questions"
    )
    with ask:
        navigation.page_link(f"quiz?lesson={known.slug}", "Practise", "edit")
    with sit:
        navigation.page_link(
            f"quiz?lesson={known.slug}&exam=true", "Exam", "fact_check"
        )
