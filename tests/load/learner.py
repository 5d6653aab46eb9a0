"""A simulated learner: reads, opens pages, answers, trains, and waits."""

import asyncio
import random
import secrets
from dataclasses import dataclass, field

from tests.load.tab import Shown, Tab, Visit

# What is opened next, as often as it is written here; the rest of the pages once.
PAGES = [
    "welcome",
    "playground",
    "lesson_positive_pairs",
    "lesson_composition",
    "lesson_info_nce",
    "lesson_negatives",
    "lesson_temperature",
    "lesson_without_negatives",
    "lesson_representations",
    "lesson_meaning",
    "augmentations",
    "loss_by_hand",
    "matrix_inspector",
    "shortcuts",
    "negatives",
    "temperature",
    "collapse",
    "features",
    "reading_the_map",
    "sound",
    "quiz",
    "quiz",
    "your_progress",
    "for_teachers",
]
MOST_STEPS = 8  # of a question that asks for an order
WRITTEN = "The negatives of the batch push the anchor away from what it is not."


@dataclass
class Log:
    """Visits and errors of all learners.

    Args:
        visits: every page that was asked for.
        answers: questions that were answered.
        frames: of live maps.
        errors: one line each, with the page where it happened.
    """

    visits: list[Visit] = field(default_factory=list)
    answers: int = 0
    frames: int = 0
    errors: list[str] = field(default_factory=list)

    def note(self, visit: Visit) -> Visit:
        """Record a visit."""
        self.visits.append(visit)
        self.errors += [f"{visit.page}: {error}" for error in visit.errors]
        return visit

    def close(self, tab: Tab) -> None:
        """Record what happened in a tab outside of visits."""
        self.frames += tab.frames
        self.errors += [f"{tab.page}: {error}" for error in tab.errors]


class Learner:
    """One learner in one tab.

    Args:
        tab: theirs.
        log: of their visits and errors.
        rng: of what they do next.
        think: seconds between two clicks, (least, most).
    """

    def __init__(
        self, tab: Tab, log: Log, rng: random.Random, think: tuple[float, float]
    ) -> None:
        self.tab, self.log, self.rng, self.think = tab, log, rng, think

    @property
    def attempts(self) -> int:
        """Answers in the progress that the app gives the browser to keep."""
        return self.tab.data("ssl_progress_store").get("text", "").count('"question"')

    async def arrive(self) -> None:
        """Open the app."""
        self.log.note(await self.tab.visit(""))

    async def live(self) -> None:
        """Read and click until cancelled."""
        while True:
            await asyncio.sleep(self.rng.uniform(*self.think))
            await self.act()

    async def act(self) -> None:
        """One action: answer the question on the page, go on, or open another page."""
        onwards = self.shortcut("n")
        if self.asks() and self.rng.random() < 0.7:
            await self.answer()
        elif onwards and self.rng.random() < 0.7:
            await self.press(onwards)
        else:
            await self.open(self.rng.choice(PAGES))

    async def open(self, page: str) -> None:
        """Open a page; the quiz at ten questions."""
        query = "mixed=true" if page == "quiz" else ""
        self.log.note(await self.tab.visit("" if page == "welcome" else page, query))

    async def press(self, button: Shown) -> None:
        """Press a button."""
        self.log.note(await self.tab.press(button))

    def asks(self) -> bool:
        """Whether there is a question on the page that is not answered yet."""
        labels = [b.body.label for b in self.tab.all("button")]
        answered = any("your answer" in label for label in labels)
        return not answered and bool(self.shortcut("1") or self._sheet())

    async def answer(self) -> None:
        """Answer it, right or wrong; the app must accept the answer."""
        before = self.attempts
        for _ in range(MOST_STEPS):
            if sheet := self._sheet():
                entry, submit = sheet
                number = entry.kind == "text_input"
                self.tab.write(entry, "0.5" if number else WRITTEN)
                await self.press(submit)
            else:
                options = [b for n in "1234" if (b := self.shortcut(n))]
                if not options:
                    break
                await self.press(self.rng.choice(options))
            if self.attempts > before:
                self.log.answers += 1
                return
        self.log.errors.append(f"{self.tab.page}: an answer was not taken")

    async def train(self) -> None:
        """Open the playground and press Train."""
        await self.open("playground")
        button = self.tab.button("main_train")
        if button is None:
            self.log.errors.append("playground: there is no Train")
            return
        await self.press(button)
        self.log.errors += [
            f"playground: {message}" for message in self.tab.complaints()
        ]

    def shortcut(self, key: str) -> Shown | None:
        """The button that a key presses."""
        for one in self.tab.all("button"):
            if one.body.shortcut == key and not one.body.disabled:
                return one
        return None

    def _sheet(self) -> tuple[Shown, Shown] | None:
        """A field of a form and the form's button, where an answer is written."""
        entries = self.tab.all("text_input") + self.tab.all("text_area")
        for entry in entries:
            for one in self.tab.all("button"):
                own = entry.body.form_id and one.body.form_id == entry.body.form_id
                unanswered = not (entry.body.value or entry.body.default)
                if own and one.body.is_form_submitter and unanswered:
                    return entry, one
        return None


def name() -> str:
    """A learner's cookie."""
    return secrets.token_urlsafe(16)
