"""What a run and a learner may take on this server."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssl_core.config import RunConfig
    from ssl_core.service.run import Run
    from ssl_core.service.scheduler import Scheduler
    from ssl_core.settings import Settings

MAX_RUNS_OF_A_USER = 2  # that train or wait


@dataclass(frozen=True)
class Quotas:
    """The caps among an operator's settings."""

    settings: "Settings"

    def limits(self) -> dict[str, Any]:
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
        user_id: str,
        runs: "Iterable[Run]",
        scheduler: "Scheduler",
        leaving: "Collection[Run]",
    ) -> None:
        """Refuse a run for which there is no room; hold the scheduler's lock.

        Args:
            user_id: whose it is.
            runs: all that stay, without this one.
            scheduler: where it would wait.
            leaving: runs in whose place it comes.

        Raises:
            ValueError: how many there are, and what can be done.
        """
        own = sum(run.user_id == user_id and run.training for run in runs)
        if own >= MAX_RUNS_OF_A_USER:
            raise ValueError(
                f"You already have {own} runs that train or wait, the limit of this "
                "server. Stop one, or wait for its end"
            )
        queue = scheduler.queue
        if len(queue) >= self.settings.queue and not any(r in queue for r in leaving):
            minutes = queue.median_duration * len(queue) / scheduler.pool.size / 60
            raise ValueError(
                f"The queue is full ({len(queue)} runs). Try again in about "
                f"{max(1, round(minutes))} minutes"
            )

    def words(self) -> str:
        """The caps as one sentence for a learner."""
        most = self.settings
        return (
            f"A run here takes at most {most.max_seconds:,.0f} seconds, "
            f"{most.max_steps:,} steps, batches of {most.max_batch:,}, "
            f"{most.max_images:,} images and {most.max_memory_mb:,} MB. You may have "
            "two runs that train or wait. A run that nobody looks at is paused "
            f"after {most.idle_timeout_contended_s:,.0f} seconds if others wait; it is "
            "kept."
        )
