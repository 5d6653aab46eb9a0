"""One run inside a worker: train, look, obey."""

import contextlib
import errno
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from filelock import FileLock

from ssl_core import checkpoints
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet
from ssl_core.service.journal import Journal
from ssl_core.service.store import RunFolder, refused
from ssl_core.train import Budget, Fit, Tick, Watch

# A killed run loses what it did since its last checkpoint: about two seconds, or longer
# where saving is slow, so that it never takes more than a twentieth of the time.
SAVE_SECONDS, SAVE_SHARE = 2.0, 0.05
HANDOVER_SECONDS = 60.0  # for a worker of a killed server to finish its last step
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG)
# What ends a run, and the state that it is left in: its owner wants no more of it,
# another owner waits while it is paused, the server is gone.
ENDINGS = {"stop": "stopped", "park": "paused", "orphan": "interrupted"}
Command = Mapping[str, Any]
Load = Callable[[str, Callable[[int, int], None]], ImageSet]


class _GivenUp(Exception):
    """Ends the loading of data that nobody waits for any more."""


@dataclass(frozen=True)
class Start:
    """The order to run.

    Args:
        config: knobs by flat name.
        budget: arguments of ``Budget``.
        resume: a checkpoint folder, or None.
        hold: whether to wait for a step or resume after the first look.
        limits: most ``seconds``, ``steps`` and ``images``, each may be missing.
    """

    config: dict[str, Any]
    budget: dict[str, Any]
    resume: str | None
    hold: bool
    limits: dict[str, float] = field(default_factory=dict)


class Session:
    """Runs a :class:`~ssl_core.train.Fit` and takes commands between its ticks.

    Args:
        folder: where it writes.
        start: what to run.
        load: gives the image set of a name or path, and reports (done, in all).
    """

    def __init__(self, folder: RunFolder, start: Start, load: Load) -> None:
        self.folder, self.start, self.load = folder, start, load
        self.journal = Journal(folder)
        self.commands: SimpleQueue[Command] = SimpleQueue()
        self.fit: Fit | None = None
        self.last: Tick | None = None
        self.hold, self.steps_due = start.hold, 0
        self.ending = self.heard_ending = ""
        self.saved: Tick | None = None
        self.error: str | None = None
        self.save_due = 0.0
        self.given = (0.0, 0)  # seconds and steps of the checkpoint it started from

    def hear(self, command: Command) -> None:
        """Take a command from another thread; it takes effect at the next tick."""
        do = command["do"]
        self.commands.put(command)
        if do == "pause":
            self.journal.mark("pausing", only_from=("starting", "running"))
        elif do == "stop":
            self.journal.mark("stopping")
        self.heard_ending = ENDINGS.get(do, self.heard_ending)
        if self.fit and do != "adjust":
            # Without this, the next tick is up to a quarter of a second away.
            self.fit.watch = replace(self.fit.watch, tick_seconds=0.0)

    def run(self) -> str:
        """Train until the end; returns the state that the run is left in."""
        try:
            # A worker of a server that was killed may not have ended yet.
            with FileLock(self.folder.path / ".lock", timeout=HANDOVER_SECONDS):
                state = self._run()
                self._save()
                self.journal.end(state, self.error)
        except Exception as problem:
            _log_trace()
            state, self.error = "failed", _friendly(problem)
        return state

    def _run(self) -> str:
        try:
            return self._train(self._prepare())
        except _GivenUp:
            return self.heard_ending
        except ValueError as refusal:
            self.error = str(refusal).splitlines()[0]
        except Exception as problem:
            _log_trace()
            self.error = _friendly(problem)
        return "failed"

    def _prepare(self) -> Fit:
        config = RunConfig.of(self.start.config)
        budget = Budget(**self.start.budget)
        data = self.load(config.data, self._loading)
        most = self.start.limits.get("images")
        if most is not None and len(data.images) > most:
            raise ValueError(
                f"the data has {len(data.images):,} images or clips; allowed on this "
                f"server are at most {most:,}"
            )
        config.require_fit(data)
        fit = Fit(config, data, budget, Watch())
        if self.start.resume:
            checkpoints.load(Path(self.start.resume)).restore(fit)
            if Path(self.start.resume).parent == self.folder.path:
                self.folder.rewind(fit.step)
            else:
                fit.budget = _extended(budget, fit)
                self.given = (fit.seconds, fit.step)
        self.journal.begin(fit)
        self.fit = fit
        return fit

    def _loading(self, done: int, total: int) -> None:
        if self.heard_ending:
            raise _GivenUp
        self.journal.loading(done / max(1, total))

    def _train(self, fit: Fit) -> str:
        self._obey(fit)
        while not self.ending:
            pace = 0.0 if self.hold else Watch.tick_seconds
            fit.watch = replace(fit.watch, tick_seconds=pace)
            self.last = tick = next(fit)
            self.journal.tick(tick)
            self._obey(fit)
            if tick.done:
                return self.ending or "finished"
            if self._used_up(tick):
                return self.ending or "stopped"
            if time.monotonic() >= self.save_due:
                self._save()
            self._rest(fit)
        return self.ending

    def _used_up(self, tick: Tick) -> bool:
        """Whether the run has taken what this server gives to one."""
        for name, used in zip(
            ("seconds", "steps"),
            (tick.seconds - self.given[0], tick.step - self.given[1]),
            strict=True,
        ):
            most = self.start.limits.get(name)
            if most is not None and used >= most:
                self.error = f"It took {most:,.0f} {name}, the most on this server"
                return True
        return False

    def _obey(self, fit: Fit) -> None:
        """Take every command that is there."""
        try:
            while True:
                self._apply(fit, self.commands.get_nowait())
        except Empty:
            return

    def _rest(self, fit: Fit) -> None:
        """While paused, wait for commands; a step that is due ends the rest."""
        while self.hold and not self.ending:
            if self.steps_due:
                self.steps_due -= 1
                return
            self.journal.mark("paused", only_from=("starting", "running", "pausing"))
            self._save()
            self._apply(fit, self.commands.get())

    def _apply(self, fit: Fit, command: Command) -> None:
        do = command["do"]
        if do == "adjust":
            self._adjust(fit, command["changes"])
        elif do == "pause":
            self.hold = True
        elif do == "step":
            self.hold, self.steps_due = True, self.steps_due + 1
        elif do == "resume":
            self.hold, self.steps_due = False, 0
            self.journal.mark("running", only_from=("paused", "pausing"))
        else:
            self.ending = ENDINGS[do]

    def _adjust(self, fit: Fit, changes: Mapping[str, Any]) -> None:
        try:
            fit.config.adjusted(changes).require_fit(fit.data)
            fit.adjust(changes)
        except ValueError as refusal:
            self.journal.refuse(str(refusal).splitlines()[0])
        else:
            self.journal.refuse(None)

    def _save(self) -> None:
        """Save a checkpoint, unless nothing was learned since the last one."""
        if self.fit is None or self.last is None or self.last is self.saved:
            return
        self.saved, began = self.last, time.monotonic()
        try:
            with self.folder.saving() as place:
                checkpoints.save(place, self.fit, history=self.journal.curve())
        except Exception:  # a full disk must not end the run
            _log_trace()
        took = time.monotonic() - began
        self.save_due = began + max(SAVE_SECONDS, took / SAVE_SHARE)


def _extended(budget: Budget, fit: Fit) -> Budget:
    """A budget for what is added to a run, where the loop counts from its beginning."""
    return Budget(
        steps=budget.steps and budget.steps + fit.step,
        seconds=budget.seconds and budget.seconds + fit.seconds,
        epochs=budget.epochs and budget.epochs + fit.epoch,
    )


def _log_trace() -> None:
    """Write the traceback to the log, which may lie on the disk that is full."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _friendly(problem: Exception) -> str:
    if isinstance(problem, MemoryError) or "memory" in str(problem):
        return "There is not enough memory for this run; try a smaller batch or encoder"
    if isinstance(problem, OSError) and problem.errno in NO_ROOM:
        return refused("this run", problem)
    return (
        f"Training ended on an unexpected problem ({type(problem).__name__}); "
        "details are in the server's log"
    )
