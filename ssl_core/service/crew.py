"""Who trains what: warm workers, and the runs that wait for one."""

import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ssl_core.service.link import Link, Message
from ssl_core.service.store import ACTIVE, RunAbout, RunFolder, RunState

WATCH_SECONDS = 0.5
STOP_SECONDS = 30.0  # a step of a large network may take this long, not much longer
FAILED_STARTS = 3


@dataclass(eq=False)
class Run:
    """A run as the server knows it.

    Args:
        config: the knobs last asked for, by flat name.
        active: whether it has not ended.
        link: its worker, None while it waits for one.
        parking: whether it was asked to give its worker up while it is paused.
        wanting: whether it should be queued again as soon as it is parked.
        stopping: whether it was asked to end; after ``stop_by`` its worker is killed.
        started: whether it ever had a worker.
        hold: whether it is, or is to start, paused.
        pending: commands for its worker-to-be.
    """

    folder: RunFolder
    about: RunAbout
    config: dict[str, Any]
    active: bool = False
    link: Link | None = None
    parking: bool = False
    wanting: bool = False
    stopping: bool = False
    stop_by: float = 0.0
    started: bool = False
    hold: bool = False
    pending: list[Message] = field(default_factory=list)

    def note(self, **changes: Any) -> None:
        """Write into the state on disk; only while no worker writes there."""
        try:
            before = self.folder.state()
        except ValueError:
            before = RunState("queued", config=self.config)
        self.folder.write_state(replace(before, **changes))

    def end(self, state: str, error: str | None = None) -> None:
        """Record that it is over."""
        self.active, self.link = False, None
        self.note(state=state, error=error)


class Crew:
    """Worker processes and a first-come queue. Hold :attr:`lock` around every call.

    Args:
        root: where the runs are.
        count: how many workers; so many runs train at a time.
    """

    def __init__(self, root: Path, count: int) -> None:
        self.root, self.count = root, count
        self.lock = threading.RLock()
        self.links: list[Link] = []
        self.busy: dict[Link, Run] = {}
        self.queue: deque[Run] = deque()
        self.failed_starts = 0
        self.closed = threading.Event()
        self._hire()
        threading.Thread(target=self._watch, daemon=True).start()

    def add(self, run: Run, *, first: bool = False) -> None:
        """Queue a run, or start it at once."""
        run.active = True
        run.note(state="queued")
        (self.queue.appendleft if first else self.queue.append)(run)
        if not self.links:
            self.failed_starts = 0
            self._hire()
        self._dispatch()

    def position(self, run: Run) -> int:
        """1 for the next run in the queue, 0 for one that does not wait."""
        return self.queue.index(run) + 1 if run in self.queue else 0

    def command(self, run: Run, message: Message) -> threading.Event | None:
        """Pass a command on; the event is set when the worker has it."""
        do = message["do"]
        if do in ("pause", "step", "resume"):
            run.hold = do != "resume"
        elif do == "stop":
            run.stopping = True
            run.stop_by = run.stop_by or time.monotonic() + STOP_SECONDS
        if run.link and not run.parking:
            return run.link.ask(message | {"run": run.folder.run_id})
        self._command_waiting(run, message)
        return None

    def close(self, seconds: float = 5.0) -> None:
        """End all workers in good order; runs are saved and marked interrupted."""
        with self.lock:
            self.closed.set()
            links, waiting = list(self.links), list(self.queue)
            self.queue.clear()
            for run in waiting:
                run.end("interrupted")
            for link in links:
                link.close()
                if link not in self.busy:  # there is nothing to save
                    link.process.terminate()
        until = time.monotonic() + seconds
        for link in links:
            link.wait(max(0.1, until - time.monotonic()))

    def _command_waiting(self, run: Run, message: Message) -> None:
        do = message["do"]
        if do == "stop":
            if run in self.queue:
                self.queue.remove(run)
            if not run.parking:
                run.end("stopped")
        elif do == "adjust":
            if not run.parking:
                run.note(config=run.config)
        elif do != "pause":
            run.pending = [*run.pending, message] if run.hold else []
            self._want(run)

    def _want(self, run: Run) -> None:
        run.wanting = run.parking
        if not run.parking and run not in self.queue:
            self.add(run)

    def _hire(self) -> None:
        share = max(1, (cores() - 1) // self.count)
        arguments = ["--root", str(self.root), "--threads", str(share)]
        while len(self.links) < self.count:
            link = Link(
                "ssl_core.service.worker",
                arguments,
                self.root / "worker.log",
                self._heard,
                self._lost,
            )
            self.links.append(link)
            link.listen()

    def _heard(self, link: Link, message: Message) -> None:
        with self.lock:
            if "ready" in message:
                self.failed_starts = 0
            elif "ended" in message and (run := self.busy.pop(link, None)):
                self._ended(run, message["state"])
            self._dispatch()

    def _ended(self, run: Run, state: str) -> None:
        run.link, run.active = None, state in ACTIVE
        if run.active:  # paused, and its worker given up for another
            run.parking = False
            run.config = run.folder.state().config
            if run.stopping:
                run.end("stopped")
            elif run.wanting:
                self._want(run)

    def _lost(self, link: Link) -> None:
        with self.lock:
            self.links.remove(link)
            run = self.busy.pop(link, None)
            if run and run.stopping:
                run.end("stopped")
            elif run and self.closed.is_set():
                run.end("interrupted")
            elif run:
                run.end("died", _obituary(link.process.returncode))
            self.failed_starts += not link.ready
            if not self.closed.is_set():
                self._replace_lost()

    def _replace_lost(self) -> None:
        if self.failed_starts < FAILED_STARTS:
            self._hire()
        elif not self.links:
            for run in self.queue:
                run.end("failed", "No worker starts; details are in the server's log")
            self.queue.clear()

    def _dispatch(self) -> None:
        if self.closed.is_set():
            return
        for link in self.links:
            if self.queue and link.ready and link not in self.busy:
                self._start(self.queue.popleft(), link)
        self._make_room(self.busy.values())

    def _start(self, run: Run, link: Link) -> None:
        resume = str(run.folder.checkpoint) if run.started else run.about.resume
        start = {
            "config": run.config,
            "budget": run.about.budget,
            "resume": resume,
            "hold": run.hold,
        }
        run.note(state="starting")
        run.link, run.started, run.wanting = link, True, False
        self.busy[link] = run
        for message in [{"do": "start", "start": start}, *run.pending]:
            link.send(message | {"run": run.folder.run_id})
        run.pending = []

    def _make_room(self, running: Iterable[Run]) -> None:
        """While others wait, a paused run gives up its worker; its checkpoint stays."""
        leaving = sum(run.parking or run.stopping for run in running)
        for run in running:
            if leaving >= len(self.queue):
                return
            idle = run.hold and not (run.parking or run.stopping)
            # What was asked and what is done must agree: a resume may be on its way.
            if idle and run.link and run.folder.state().state == "paused":
                run.parking = True
                run.link.send({"do": "park", "run": run.folder.run_id})
                leaving += 1

    def _watch(self) -> None:
        while not self.closed.wait(WATCH_SECONDS):
            with self.lock:
                self._dispatch()
                now = time.monotonic()
                overdue = [
                    r for r in self.busy.values() if r.stopping and now > r.stop_by
                ]
                for run in overdue:
                    assert run.link
                    run.link.process.kill()


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _obituary(code: int | None) -> str:
    how = f"signal {-code}" if code and code < 0 else f"exit status {code}"
    return f"The worker of this run died ({how}); its last state is kept"
