"""Gives runs to workers: the queue, the commands of owners, the messages of workers."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from ssl_core.service.connection import Message, WorkerConnection
from ssl_core.service.fair_queue import FairQueue
from ssl_core.service.quotas import Quotas
from ssl_core.service.run import Run
from ssl_core.service.states import ENDED, NEED_WORKER, RESUMABLE, Event, State
from ssl_core.service.worker_factory import WorkerFactory
from ssl_core.service.worker_pool import WorkerPool
from ssl_core.service.worker_report import WorkerReport

KILL_SECONDS = 30.0  # a step of a large network may take this long, not much longer
MAX_WORKER_DEATHS = 2
# How a run's worker says that it is over.
END_EVENTS = {
    "finished": Event.FINISH,
    "limit": Event.REACH_LIMIT,
    "failed": Event.FAIL,
    "diverged": Event.DIVERGE,
    "released": Event.RELEASE,
}


class Scheduler:
    """Runs and workers. Hold :attr:`lock` around every call but :meth:`save_changes`.

    Nothing that may block happens under the lock: messages go to outboxes, and
    :meth:`save_changes` and :meth:`WorkerPool.sweep` run without it.

    Args:
        factory: starts one worker.
        size: how many workers; so many runs train at a time.
        quotas: what a run may take.
        clock: seconds, as ``time.monotonic`` tells them.
        wake: called when there is something to save or to start.
    """

    def __init__(
        self,
        factory: WorkerFactory,
        size: int,
        quotas: Quotas,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self.quotas, self.clock, self.wake = quotas, clock, wake
        self.lock = threading.RLock()
        self.queue = FairQueue()
        self.busy: dict[WorkerConnection, Run] = {}
        self.pool = WorkerPool(
            factory, size, self.lock, clock, self._on_message, self._on_lost
        )
        self._changed: dict[Run, None] = {}
        self._saving, self.disk_full = threading.Lock(), False

    # --- commands of owners -----------------------------------------------------------

    def enqueue(self, run: Run, index: int | None = None) -> None:
        """Let a new run wait; ``index`` counts those that come before it."""
        self.queue.add(run, index)
        self._run_changed(run)
        self.dispatch()

    def adjust(self, run: Run, changes: dict[str, Any]) -> None:
        """Pass changed knobs on to the run's worker, now or as soon as it has one."""
        self._require(run, run.active and run.state is not State.STOPPING)
        run.request({"do": "adjust", "changes": changes})
        self._run_changed(run)

    def pause(self, run: Run) -> None:
        """Have a run pause after its step; one that waits leaves the queue."""
        if run.state is State.QUEUED:
            run.drop_steps()
        self._command(run, Event.PAUSE, "pause")

    def step(self, run: Run) -> None:
        """Have a run take one step, and be paused then."""
        self._command(run, Event.STEP, None)
        run.request({"do": "step"})
        self.dispatch()

    def resume(self, run: Run) -> None:
        """Have a run train on."""
        self._command(run, Event.RESUME, "resume")
        run.drop_steps()
        run.worker_deaths, run.end_reason, run.notice = 0, None, None
        run.last_report_at = self.clock()  # a paused worker has nothing to say
        self.dispatch()

    def stop(self, run: Run) -> None:
        """End a run; nothing happens to one that has ended."""
        if run.state not in ENDED:
            self._command(run, Event.STOP, "release")

    def supersede(self, runs: Sequence[Run]) -> int | None:
        """Stop an owner's present runs; return the index in the queue for the next one.

        An owner who starts another run keeps the worker, or the index.
        """
        indices = []
        for run in runs:
            if run in self.queue:
                indices.append(self.queue.index(run))
            elif run.takes_commands:
                indices.append(0)
            self.stop(run)
        return min(indices, default=None)

    def queue_position(self, run: Run) -> tuple[int, float | None]:
        """A run's position in the queue and the seconds until it is likely to start.

        Returns:
            1 for the next run; 0 and None for one that does not wait.
        """
        if run not in self.queue:
            return 0, None
        training, now = self._training(), self.clock()
        position = self.queue.order(training).index(run) + 1
        held = [now - r.assigned_at for r in training]
        return position, self.queue.wait(position, held, self.pool.size)

    # --- decisions of the server ------------------------------------------------------

    def dispatch(self) -> None:
        """Give free workers to waiting runs, and have paused runs make room."""
        if self.pool.closed:
            return
        for worker in self.pool.ready:
            if worker not in self.busy and (run := self.queue.next(self._training())):
                self._assign(run, worker)
        leaving = sum(not run.takes_commands for run in self.busy.values())
        for run in list(self.busy.values()):
            if leaving >= len(self.queue):
                return
            if run.state is State.PAUSED and not run.steps_due:
                self.preempt(run)
                leaving += 1

    def preempt(self, run: Run, notice: str | None = None) -> None:
        """Take a run out of the queue or off its worker; it is paused then, and saved."""
        had_worker = run.takes_commands
        if not run.apply(Event.PREEMPT):
            return
        run.notice = notice or run.notice
        if had_worker:
            self._release(run)
        else:
            run.drop_steps()
        self._run_changed(run)

    def end_over_limit(self, run: Run, reason: str) -> None:
        """End a run that takes more than it may, and its worker with it."""
        run.apply(Event.EXCEED)
        run.end_reason = reason
        if run.worker:
            run.worker.kill()
        self._run_changed(run)

    def reconcile(self, runs: Iterable[Run]) -> None:
        """Go on with runs whose worker's end could not be handled when it came."""
        for worker in [w for w in self.busy if w not in self.pool.workers]:
            self._detach(worker)
        for run in runs:
            if run.worker is None and run.state in NEED_WORKER:
                self._lose(run, "unknown")

    def adopt(self, run: Run) -> None:
        """Take over a run of an earlier server."""
        if run.active:
            run.end_with_server()
            self._run_changed(run)

    def interrupt_waiting(self) -> None:
        """End all runs that have no worker, because the server ends."""
        for run in list(self.queue):
            if run.worker is None:
                run.apply(Event.SHUT_DOWN)
                self._run_changed(run)

    def save_changes(self) -> None:
        """Write the records of changed runs; hold no lock. What fails is tried again."""
        with self._saving:  # one at a time: an older record never reindices a newer one
            with self.lock:
                changed = [(run, run.record()) for run in self._changed]
                self._changed.clear()
            failed: dict[Run, OSError] = {}
            for run, record in changed:
                try:
                    run.files.write_record(record)
                except FileNotFoundError:
                    continue  # it has been deleted
                except OSError as problem:  # a full disk: the server's memory has it
                    failed[run] = problem
            with self.lock:
                for run, error in failed.items():
                    self._changed[run] = None
                    if not self.disk_full:
                        self.pool.report_error(
                            f"a run's state cannot be written ({error.strerror})"
                        )
                    self.disk_full = True
                self.disk_full = self.disk_full and bool(failed or not changed)

    # --- workers ----------------------------------------------------------------------

    def _on_message(self, worker: WorkerConnection, message: Message) -> None:
        report = WorkerReport.of(message) if "run" in message else None
        with self.lock:
            run = self.busy.get(worker)
            if run and report and report.run == run.files.run_id:
                run.last_report_at = self.clock()
                self._on_report(run, report)
            self.dispatch()

    def _on_report(self, run: Run, report: WorkerReport) -> None:
        """Take note of what the worker says of its run."""
        for name in ("step", "seconds", "loaded"):
            if (value := getattr(report, name)) is not None:
                setattr(run, name, value)
        if report.tick is not None and run.apply(Event.BEGIN):
            self._run_changed(run)
        elif report.paused is not None:
            # A pause that was followed by another command is past.
            if report.paused == run.last_number and run.apply(Event.PAUSE_DONE):
                run.drop_steps()
                self._run_changed(run)
        elif report.reply_to is not None:
            run.requests.pop(report.reply_to, None)
            run.config = report.config or run.config
            run.rejection = report.rejection
            self._run_changed(run)
        elif report.ended:
            self._end(run, END_EVENTS[report.ended], report.reason)

    def _end(self, run: Run, event: Event, reason: str | None) -> None:
        if run.apply(event) and reason:
            run.end_reason = reason
        if run.state is State.FAILED:
            self.pool.report_error("a run failed")
        assert run.worker is not None
        self._detach(run.worker)
        self._run_changed(run)

    def _on_lost(self, worker: WorkerConnection) -> None:
        with self.lock:
            if run := self._detach(worker):
                self._lose(run, worker.exit_reason())
            self.dispatch()
            self.wake()

    def _lose(self, run: Run, why: str) -> None:
        """Go on with a run whose worker is gone, or tell why not."""
        trained = run.state in (State.STARTING, State.RUNNING)
        run.worker_deaths += trained
        if self.pool.closed:
            run.apply(Event.SHUT_DOWN)
        elif trained and run.worker_deaths >= MAX_WORKER_DEATHS:
            run.apply(Event.GIVE_UP)
            run.end_reason = f"Its training process ended unexpectedly ({why}), twice"
            if run.requests:  # one of them may have ended both
                run.end_reason += "; the last changes were not taken"
            run.requests.clear()
        elif trained:
            run.apply(Event.LOSE_WORKER)
            self.queue.add(run, 0)
            run.notice = (
                f"Its training process ended unexpectedly ({why}); training continued "
                "from the last checkpoint."
            )
        elif run.apply(Event.LOSE_WORKER) and run.state is State.PAUSED:
            run.notice = (
                f"Its training process ended unexpectedly ({why}); training continues "
                "from the last checkpoint."
            )
            if run.steps_due:
                run.apply(Event.STEP)
        self._run_changed(run)

    def _detach(self, worker: WorkerConnection) -> Run | None:
        run = self.busy.pop(worker, None)
        if run:
            run.worker, run.kill_deadline = None, None
            self.queue.record_duration(self.clock() - run.assigned_at)
        return run

    def _assign(self, run: Run, worker: WorkerConnection) -> None:
        run.apply(Event.ASSIGN)
        run.worker, self.busy[worker] = worker, run
        run.loaded = 0.0
        run.assigned_at = run.last_report_at = self.clock()
        run.send(
            {
                "do": "start",
                "config": run.config,
                "budget": run.spec.budget,
                "resume": run.spec.resume,
                "paused": run.steps_due,
                "requests": [r | {"number": n} for n, r in run.requests.items()],
                "limits": self.quotas.limits(),
            }
        )
        self._run_changed(run)

    # --- both -------------------------------------------------------------------------

    def _command(self, run: Run, event: Event, do: str | None) -> None:
        """Change the state at an owner's command, and tell the worker."""
        reachable = run.takes_commands
        self._require(run, run.apply(event))
        if reachable and do == "release":
            self._release(run)
        elif reachable and do:
            run.send({"do": do})
        self._run_changed(run)

    def _require(self, run: Run, allowed: bool) -> None:
        if not allowed:
            then = "resume it first" if run.state in RESUMABLE else "start a new one"
            raise ValueError(f"This run is {run.state}; {then}")

    def _release(self, run: Run) -> None:
        """Have its worker save the run and let it go."""
        run.send({"do": "release"})
        run.kill_deadline = self.clock() + KILL_SECONDS

    def _run_changed(self, run: Run) -> None:
        """Keep the queue and the disk in step with a changed run."""
        queued = run.state is State.QUEUED
        if queued and run not in self.queue:
            self.queue.add(run)
        elif not queued:
            self.queue.remove(run)
        self._changed[run] = None
        self.wake()

    def forget(self, run: Run) -> None:
        """Write nothing more of a run that is about to be deleted."""
        self._changed.pop(run, None)

    def _training(self) -> Collection[Run]:
        """The runs that have a worker and will keep it."""
        return [run for run in self.busy.values() if run.takes_commands]
