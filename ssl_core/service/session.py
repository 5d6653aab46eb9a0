"""One run inside a worker: it trains, reports, and takes commands between two ticks."""

import contextlib
import errno
import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from filelock import FileLock, Timeout

from ssl_core import checkpoints
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet
from ssl_core.service.connection import Message
from ssl_core.service.run_files import RunFiles, disk_error
from ssl_core.service.run_writer import NEW, RunWriter
from ssl_core.train import Budget, Fit, Tick, Watch

# A killed run loses what it did since its last checkpoint: about two seconds, or longer
# where saving is slow, so that it never takes more than a twentieth of the time.
SAVE_SECONDS, SAVE_SHARE = 2.0, 0.05
HANDOVER_SECONDS = 60.0  # for a worker of a killed server to finish its last step
STILL_SAVING = "Another process is still saving this run. Resume it later."
LOADING_SECONDS = 0.25  # between two reports
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG)
Load = Callable[[str, Callable[[int, int], None]], ImageSet]


class _Released(Exception):
    """Ends the loading of data that nobody waits for any more."""


@dataclass(frozen=True)
class Start:
    """The order to run.

    Args:
        number: of this command; those that come later have higher ones.
        config: knobs by flat name.
        budget: arguments of ``Budget``.
        resume: a checkpoint folder or zip that a new run starts from, or None.
        paused: whether to wait after the first tick.
        requests: commands to take before the first step.
        limits: most ``seconds``, ``steps`` and ``images``, each may be missing.
    """

    number: int
    config: dict[str, Any]
    budget: dict[str, Any]
    resume: str | None = None
    paused: bool = False
    requests: list[Message] = field(default_factory=list)
    limits: dict[str, float] = field(default_factory=dict)


class Session:
    """Runs a :class:`~ssl_core.train.Fit` and takes commands between its ticks.

    Args:
        files: where it writes.
        start: what to run.
        load: gives the image set of a name or path, and reports (done, in all).
        report: tells the server; called from the training thread only.
    """

    def __init__(
        self,
        files: RunFiles,
        start: Start,
        load: Load,
        report: Callable[[Message], None],
    ) -> None:
        self.files, self.start, self.load = files, start, load
        self.writer = RunWriter(files)
        self.commands: SimpleQueue[Message] = SimpleQueue()
        for request in start.requests:
            self.commands.put(request)
        self.fit: Fit | None = None
        self.last: Tick | None = None
        self.last_saved: Tick | None = None
        self.paused, self.steps_due = start.paused, 0
        self.released = self.release_requested = False
        self.last_number = start.number
        self.next_save = self.next_report = 0.0
        self._report = report

    def enqueue(self, command: Message) -> None:
        """Take a command from another thread; it takes effect at the next tick."""
        self.commands.put(command)
        self.release_requested |= command["do"] == "release"
        if self.fit and command["do"] != "adjust":
            # Without this, the next tick is up to a quarter of a second away.
            self.fit.watch = replace(self.fit.watch, tick_seconds=0.0)

    def run(self) -> Message:
        """Train until the end; returns the report of it."""
        try:
            # A worker of a server that was killed may not have ended yet.
            with FileLock(self.files.path / ".lock", timeout=HANDOVER_SECONDS):
                how, reason = self._run()
        except Timeout:
            how, reason = "released", STILL_SAVING
        except Exception as problem:
            _log_trace()
            how, reason = "failed", _sentence(problem)
        return self._message(ended=how, reason=reason)

    def report(self, **what: Any) -> None:
        """Tell the server something of this run."""
        self._report(self._message(**what))

    def _message(self, **what: Any) -> Message:
        progress = (
            {"step": self.fit.step, "seconds": self.fit.seconds} if self.fit else {}
        )
        return {"run": self.files.run_id, **progress, **what}

    def _run(self) -> tuple[str, str | None]:
        """How it ended, and why."""
        try:
            how, reason = self._train(self._prepare())
            if how != "diverged":  # its checkpoint stays the last healthy one
                self._save()
            return how, reason
        except _Released:
            return "released", None
        except OSError as problem:
            if problem.errno in DISK_ERRORS:  # it can go on when there is room again
                return "released", disk_error("this run", problem)
            _log_trace()
            reason = _sentence(problem)
        except ValueError as refusal:
            reason = self._without_paths(str(refusal).splitlines()[0])
        except Exception as problem:
            _log_trace()
            reason = _sentence(problem)
        self._save()
        return "failed", reason

    def _without_paths(self, sentence: str) -> str:
        """A sentence for the learner, who need not know where this server keeps files."""
        for path in (self.start.resume, self.files.checkpoint):
            if path:
                sentence = sentence.replace(str(path), "the checkpoint")
        data = self.start.config["data"]
        return sentence.replace(str(Path(data).parent) + os.sep, "")

    def _prepare(self) -> Fit:
        config = RunConfig.of(self.start.config)
        data = self.load(config.data, self._loading)
        most = self.start.limits.get("images")
        if most is not None and len(data.images) > most:
            raise ValueError(
                f"the data has {len(data.images):,} images or clips; allowed on this "
                f"server are at most {most:,}"
            )
        config.require_fit(data)
        fit = Fit(config, data, Budget(**self.start.budget), Watch())
        own = self._own_checkpoint()
        if own:
            own.restore(fit)
            self.writer.origin = _origin(own)
        elif self.start.resume:
            checkpoints.load(Path(self.start.resume)).restore(fit)
            self.writer.origin = fit.counters() | {"epoch": fit.epoch}
        fit.budget = _extended(fit.budget, self.writer.origin)
        self.writer.begin(fit, own)
        self.fit = fit
        return fit

    def _own_checkpoint(self) -> checkpoints.Checkpoint | None:
        """Of this run, from an earlier session."""
        damaged: ValueError | None = None
        for path in self.files.checkpoints:
            try:
                return checkpoints.load(path)
            except ValueError as error:
                damaged = damaged or error
        if damaged:
            raise damaged
        return None

    def _loading(self, done: int, total: int) -> None:
        if self.release_requested:
            raise _Released
        if time.monotonic() >= self.next_report:
            self.next_report = time.monotonic() + LOADING_SECONDS
            self.report(loaded=done / max(1, total))

    def _train(self, fit: Fit) -> tuple[str, str | None]:
        self._take_commands(fit)
        while not self.released:
            pace = 0.0 if self.paused else Watch.tick_seconds
            fit.watch = replace(fit.watch, tick_seconds=pace)
            self.last = tick = next(fit)
            self.writer.tick(tick)
            self.report(tick=tick.step, loaded=1.0)
            self._take_commands(fit)
            if tick.diverged:
                return "diverged", tick.problem
            if tick.done:
                return "finished", None
            if limit := self._reached_limit(tick):
                return "limit", limit
            if time.monotonic() >= self.next_save:
                self._save()
            self._wait_while_paused(fit)
        return "released", None

    def _reached_limit(self, tick: Tick) -> str | None:
        """The sentence for a run that has taken what this server gives to one."""
        origin = self.writer.origin
        used = {
            "seconds": tick.seconds - origin["seconds"],
            "steps": tick.step - origin["step"],
        }
        for name, amount in used.items():
            most = self.start.limits.get(name)
            if most is not None and amount >= most:
                return f"It reached this server's limit of {most:,.0f} {name}"
        return None

    def _take_commands(self, fit: Fit) -> None:
        """Take every command that is there."""
        with contextlib.suppress(Empty):
            while True:
                self._apply(fit, self.commands.get_nowait())

    def _wait_while_paused(self, fit: Fit) -> None:
        """While paused, wait for commands; a step that is due ends the wait."""
        while self.paused and not self.released:
            if self.steps_due:
                self.steps_due -= 1
                return
            self._save()
            self.report(paused=self.last_number)
            self._apply(fit, self.commands.get())

    def _apply(self, fit: Fit, command: Message) -> None:
        do = command["do"]
        if do == "adjust":
            self._adjust(fit, command["number"], command["changes"])
        elif do == "pause":
            self.paused = True
        elif do == "step":
            self.paused, self.steps_due = True, self.steps_due + 1
        elif do == "resume":
            self.paused, self.steps_due = False, 0
        else:
            self.released = True
        self.last_number = max(self.last_number, command["number"])

    def _adjust(self, fit: Fit, number: int, changes: Mapping[str, Any]) -> None:
        try:
            fit.config.adjusted(changes).require_fit(fit.data)
            fit.adjust(changes)
        except ValueError as refusal:
            self.report(reply_to=number, rejection=str(refusal).splitlines()[0])
        else:
            self.report(reply_to=number, config=fit.config.flat())

    def _save(self) -> None:
        """Save a checkpoint, unless nothing was learned since the last one."""
        if self.fit is None or self.last is None or self.last is self.last_saved:
            return
        began = time.monotonic()
        try:
            self.writer.save(self.fit)
            self.last_saved = self.last
        except Exception:  # it is tried again; training goes on meanwhile
            _log_trace()
        took = time.monotonic() - began
        self.next_save = began + max(SAVE_SECONDS, took / SAVE_SHARE)


def _origin(own: checkpoints.Checkpoint) -> Mapping[str, float]:
    """Where a run's own checkpoint says that the run began; the file may be damaged."""
    found = own.card.get("origin")
    if not isinstance(found, dict):
        return NEW
    numbers = {
        n: v for n, v in found.items() if n in NEW and isinstance(v, int | float)
    }
    return NEW | numbers


def _extended(budget: Budget, origin: Mapping[str, float]) -> Budget:
    """A budget for what is added to a run, where the loop counts from its beginning."""
    return Budget(
        steps=budget.steps and budget.steps + int(origin["step"]),
        seconds=budget.seconds and budget.seconds + origin["seconds"],
        epochs=budget.epochs and budget.epochs + origin["epoch"],
    )


def _log_trace() -> None:
    """Write the traceback to the log, which may lie on the disk that is full."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _sentence(problem: Exception) -> str:
    if isinstance(problem, MemoryError) or "memory" in str(problem):
        return "There is not enough memory for this run; try a smaller batch or encoder"
    return (
        f"Training ended on an unexpected problem ({type(problem).__name__}); "
        "details are in the server's log"
    )
