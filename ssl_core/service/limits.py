"""What a run may take, and who sees to it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssl_core.config import RunConfig
    from ssl_core.service.crew import Crew
    from ssl_core.service.link import Link
    from ssl_core.service.run import Run
    from ssl_core.service.settings import Settings

OWN_RUNS = 2  # that a learner may have on their way: one trains, one waits


@dataclass(frozen=True)
class Limits:
    """The caps among an operator's settings."""

    settings: "Settings"

    def of_a_run(self) -> dict[str, Any]:
        """What the worker sees to, ready for JSON."""
        return {
            "seconds": self.settings.max_seconds,
            "steps": self.settings.max_steps,
            "images": self.settings.max_images,
        }

    def check(self, config: "RunConfig") -> None:
        """Refuse what is too large for this server.

        Raises:
            ValueError: naming the knob, its value and what is allowed.
        """
        if config.batch_size > self.settings.max_batch:
            raise ValueError(
                f"batch_size is {config.batch_size}; allowed on this server is at most "
                f"{self.settings.max_batch}"
            )

    def require_room(
        self,
        learner: str,
        runs: "Iterable[Run]",
        crew: "Crew",
        leaving: "Collection[Run]",
    ) -> None:
        """Refuse a run for which there is no room.

        Args:
            learner: whose it is.
            runs: all that stay.
            crew: where it would wait.
            leaving: runs in whose place it comes.

        Raises:
            ValueError: how many there are, and what can be done.
        """
        own = sum(run.learner == learner and run.moving for run in runs)
        if own >= OWN_RUNS:
            raise ValueError(
                f"You have {own} runs on their way, the most on this server; stop one, or "
                "wait for its end"
            )
        line = crew.line
        if len(line) >= self.settings.queue and not any(run in line for run in leaving):
            minutes = line.typical_seconds * len(line) / crew.count / 60
            raise ValueError(
                f"{len(line)} runs wait already, the most on this server; it will have "
                f"room in about {max(1, round(minutes))} minutes"
            )

    def words(self) -> str:
        """The caps as one sentence for a learner."""
        most = self.settings
        return (
            f"A run here takes at most {most.max_seconds:,.0f} seconds, "
            f"{most.max_steps:,} steps, batches of {most.max_batch:,}, "
            f"{most.max_images:,} images and {most.max_memory_mb:,} MB. You may have "
            "one run that trains and one that waits. A run that nobody looks at makes "
            f"room after {most.idle_timeout_contended_s:,.0f} seconds if others wait; it "
            "is kept."
        )


class Watchman:
    """Ends what nobody looks at, what takes too much, and what does not end by itself."""

    def __init__(self, crew: "Crew", settings: "Settings") -> None:
        self.crew, self.settings = crew, settings

    def look(self) -> None:
        """Walk once around; hold the crew's lock."""
        now = self.crew.clock()
        for run in [*self.crew.busy.values(), *self.crew.line]:
            self._unseen(run, now - run.seen)
        for link, run in self.crew.busy.items():
            if run.stopping and now > run.stop_by:
                link.kill()
            elif not run.why and (why := self._excess(run, link, now)):
                run.why = why
                link.kill()

    def _excess(self, run: "Run", link: "Link", now: float) -> str | None:
        """What a run has taken too much of, as a sentence."""
        most: float = self.settings.max_memory_mb
        if link.memory_mb() > most:
            return (
                f"It took more than {most:,.0f} MB of memory, the most on this server; "
                "try a smaller batch or encoder"
            )
        # The worker itself looks at the clock, but only between two steps.
        most = self.settings.max_seconds
        if now - run.held_since > most and run.silent_seconds() > most:
            return (
                f"It gave no sign of life for {most:,.0f} seconds, the most on this "
                "server; try less data, a smaller batch or encoder"
            )
        return None

    def _unseen(self, run: "Run", seconds: float) -> None:
        if run.stopping or run.parking:
            return
        others = any(w is not run and w.learner != run.learner for w in self.crew.line)
        patience = (
            self.settings.idle_timeout_contended_s
            if others
            else self.settings.idle_timeout_s
        )
        if seconds > min(patience, self.settings.idle_timeout_s):
            self.crew.dismiss(
                run, f"Nobody had looked at it for {seconds:,.0f} seconds; it is kept"
            )
