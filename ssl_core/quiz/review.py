"""What to ask again, and when: missed and sure-but-wrong questions, after 1, 3, 7, 16 days.

A miss puts a question into the queue; each right answer on or after its day moves it one
interval on, and past the last one it leaves. What one was certain of and got wrong comes
first: corrected, such errors stick best (Butterfield & Metcalfe 2001).
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from ssl_core.quiz.progress import SURE, Attempt, Progress

DAY = 86_400
DAYS = (1, 3, 7, 16)


@dataclass(frozen=True, order=True)
class Place:
    """A question's place in the queue; places sort by what to ask first.

    Args:
        calm: False if the last miss was a certain one.
        due: Unix seconds.
        question: id.
        rung: intervals passed, 0 to 3.
    """

    calm: bool
    due: int
    question: str
    rung: int


def queue(progress: Progress, known: Container[str] | None = None) -> list[Place]:
    """Every question that is to come again, the most urgent first.

    Args:
        progress: of the learner.
        known: ids that can still be asked; None: all.
    """
    found = []
    for question, attempts in progress.by_question():
        place = _place(question, attempts)
        if place is not None and (known is None or question in known):
            found.append(place)
    return sorted(found)


def due(
    progress: Progress, known: Container[str] | None = None, *, now: int
) -> list[str]:
    """Ids of the questions whose day has come, the most urgent first."""
    return [p.question for p in queue(progress, known) if p.due <= now]


def _place(question: str, attempts: Sequence[Attempt]) -> Place | None:
    rung: int | None = None  # not in the queue
    day, calm = 0, True
    for attempt in attempts:
        if attempt.score is None or attempt.again:
            continue  # not compared yet, or given with the feedback before one's eyes
        if not attempt.right:
            rung, calm = 0, attempt.confidence != SURE
        elif rung is None or attempt.at < day:
            continue  # right from the start, or again before its day
        else:
            rung += 1
        if rung == len(DAYS):
            rung = None
        else:
            day = attempt.at + DAYS[rung] * DAY
    return None if rung is None else Place(calm, day, question, rung)
