"""Pauses unwatched runs; stops over-limit and hung ones."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ssl_core.service.states import State

if TYPE_CHECKING:
    from ssl_core.service.run import Run
    from ssl_core.service.scheduler import Scheduler
    from ssl_core.settings import Settings


class Reaper:
    """Looks at all runs that wait or have a worker."""

    def __init__(self, scheduler: "Scheduler", settings: "Settings") -> None:
        self.scheduler, self.settings = scheduler, settings

    def sweep(self, memory_mb: "Mapping[Run, float]") -> None:
        """Look once; hold the scheduler's lock.

        Args:
            memory_mb: of each run's worker, read before the lock was taken.
        """
        now = self.scheduler.clock()
        for run in [*self.scheduler.busy.values(), *self.scheduler.queue]:
            self._preempt_unwatched(run, now - run.last_viewed_at)
        for worker, run in list(self.scheduler.busy.items()):
            if run.kill_deadline is not None and now > run.kill_deadline:
                worker.kill()
            elif excess := self._excess(run, memory_mb.get(run, 0.0), now):
                self.scheduler.end_over_limit(run, excess)

    def _excess(self, run: "Run", memory_mb: float, now: float) -> str | None:
        """What a run has taken too much of, as a sentence."""
        if not run.takes_commands:
            return None
        most: float = self.settings.max_memory_mb
        if memory_mb > most:
            return (
                f"It took more than {most:,.0f} MB of memory, the most on this server; "
                "try a smaller batch or encoder"
            )
        # The worker itself looks at the clock, but only between two steps.
        most = self.settings.max_seconds
        if run.state is not State.PAUSED and now - run.last_report_at > most:
            return (
                f"Its training process did not answer for {most:,.0f} seconds, the limit of "
                "this server. Try less data, a smaller batch or a smaller encoder"
            )
        return None

    def _preempt_unwatched(self, run: "Run", seconds: float) -> None:
        others = any(
            waiting is not run and waiting.user_id != run.user_id
            for waiting in self.scheduler.queue
        )
        timeout = self.settings.idle_timeout_s
        if others:
            timeout = min(timeout, self.settings.idle_timeout_contended_s)
        if seconds > timeout and (run.takes_commands or run in self.scheduler.queue):
            self.scheduler.preempt(
                run,
                f"This run was paused because nobody looked at it for {seconds:,.0f} "
                "seconds. It is kept; **Resume** continues it.",
            )
