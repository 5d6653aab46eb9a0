"""Who trains what: warm workers, and the runs that wait for one."""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from ssl_core.service.hiring import Hire
from ssl_core.service.limits import Limits, Watchman
from ssl_core.service.line import Line
from ssl_core.service.link import Link, Message
from ssl_core.service.records import ACTIVE
from ssl_core.service.run import Run

WATCH_SECONDS = 0.5
STOP_SECONDS = 30.0  # a step of a large network may take this long, not much longer
FAILED_STARTS = 3
LIVES = 2  # workers that a run may lose before it is given up
ERRORS = 20
log = logging.getLogger("ssl_core.service")


class Crew:
    """Workers and the line before them. Hold :attr:`lock` around every call.

    Args:
        hire: starts one worker.
        count: how many workers; so many runs train at a time.
        limits: what a run may take.
        clock: seconds, as ``time.monotonic`` tells them.
    """

    def __init__(
        self, hire: Hire, count: int, limits: Limits, clock: Callable[[], float]
    ) -> None:
        self.hire, self.count, self.limits, self.clock = hire, count, limits, clock
        self.lock = threading.RLock()
        self.links: list[Link] = []
        self.busy: dict[Link, Run] = {}
        self.line = Line()
        self.errors: deque[tuple[float, str]] = deque(maxlen=ERRORS)
        self.failed_starts = 0
        self.closed = threading.Event()
        self._hire()
        threading.Thread(target=self._watch, daemon=True).start()

    def add(self, run: Run, *, place: int | None = None) -> None:
        """Let a run wait its turn, or start it at once; ``place`` as in a line."""
        run.active = True
        run.note(state="queued", error=None)
        self.line.add(run, place)
        if not self.links:
            self.failed_starts = 0
            self._hire()
        self._dispatch()

    def turn(self, run: Run) -> tuple[int, float | None]:
        """A run's position in the line and the seconds until it is likely to start.

        Returns:
            1 for the next run; 0 and None for one that does not wait.
        """
        if run not in self.line:
            return 0, None
        training, now = self._training(), self.clock()
        position = self.line.order(training).index(run) + 1
        held = [now - r.held_since for r in training]
        return position, self.line.wait(position, held, self.count)

    def command(self, run: Run, message: Message) -> threading.Event | None:
        """Pass a command on; the event is set when the worker has it."""
        do = message["do"]
        if do in ("pause", "step", "resume"):
            run.hold = do != "resume"
        elif do in ("stop", "orphan"):
            run.stopping = True
            run.stop_by = run.stop_by or self.clock() + STOP_SECONDS
        if run.link and not run.parking:
            return run.link.ask(message | {"run": run.folder.run_id})
        self._command_waiting(run, message)
        return None

    def clear(self, present: Sequence[Run]) -> int | None:
        """Stop an owner's present runs; the place in line that the next one takes over.

        Who changes a knob and clicks Train keeps the worker, or the place, that they had.
        """
        places = []
        for run in present:
            if run in self.line:
                places.append(self.line.remove(run))
                run.end("stopped")
            else:
                places += [0] if run.link and not run.parking else []
                self.command(run, {"do": "stop"})
        return min(places, default=None)

    def dismiss(self, run: Run, why: str) -> None:
        """End a run for a reason; it is saved, and can be resumed."""
        run.why = why
        self.command(run, {"do": "orphan"})

    def close(self, seconds: float = 5.0) -> None:
        """End all workers in good order; runs are saved and marked interrupted."""
        with self.lock:
            self.closed.set()
            links, waiting = list(self.links), list(self.line)
            for run in waiting:
                self.line.remove(run)
                run.end("interrupted")
            for link in links:
                link.close()
                if link not in self.busy:  # there is nothing to save
                    link.kill()
        until = time.monotonic() + seconds
        for link in links:
            link.wait(max(0.1, until - time.monotonic()))

    def _training(self) -> list[Run]:
        """The runs that have a worker and will keep it."""
        return [r for r in self.busy.values() if not (r.stopping or r.parking)]

    def _command_waiting(self, run: Run, message: Message) -> None:
        do = message["do"]
        if do in ("stop", "orphan"):
            if run in self.line:
                self.line.remove(run)
            if not run.parking:
                run.end("stopped" if do == "stop" else "interrupted", run.why)
        elif do == "adjust":
            if not run.parking:
                run.note(config=run.config)
        elif do != "pause":
            run.pending = [*run.pending, message] if run.hold else []
            self._want(run)

    def _want(self, run: Run) -> None:
        run.wanting = run.parking
        if not run.parking and run not in self.line:
            self.add(run)

    def _hire(self) -> None:
        while len(self.links) < self.count:
            link = self.hire(self._heard, self._lost)
            self.links.append(link)
            link.listen()

    def _heard(self, link: Link, message: Message) -> None:
        with self.lock:
            if "ready" in message:
                self.failed_starts = 0
            elif "ended" in message and (run := self.busy.pop(link, None)):
                self.line.took(self.clock() - run.held_since)
                self._ended(run, message["state"], message.get("error"))
            self._dispatch()

    def _ended(self, run: Run, state: str, error: str | None) -> None:
        run.link, run.active = None, state in ACTIVE
        if not run.is_in(state):  # it could not be written: a full disk
            run.note(state=state, error=error)
        if run.active:  # paused, and its worker given up for another
            run.parking = False
            with contextlib.suppress(ValueError):
                run.config = run.folder.state().config
            if run.stopping:
                run.end("interrupted" if run.why else "stopped", run.why)
            elif run.wanting:
                self._want(run)
            return
        run.stopping = False
        if run.why:
            run.note(error=run.why)
        log.info("run ended", extra={"event": "run_ended", "state": state})
        if state == "failed":
            self._regret("a run failed")

    def _lost(self, link: Link) -> None:
        with self.lock:
            self.links.remove(link)
            self.failed_starts += not link.ready
            if not self.closed.is_set():
                self._regret(f"a worker ended ({link.obituary()})")
            run = self.busy.pop(link, None)
            if run:
                self._bereft(run, link)
            if not self.closed.is_set():
                self._replace_lost()

    def _bereft(self, run: Run, link: Link) -> None:
        """Go on with a run whose worker is gone, or tell why not."""
        run.link, run.parking = None, False
        run.lost += 1
        if run.stopping:
            run.end("interrupted" if run.why else "stopped", run.why)
        elif self.closed.is_set():
            run.end("interrupted")
        elif run.why:
            run.end("failed", run.why)
        elif run.lost < LIVES:
            run.note(notice=f"Its worker was lost ({link.obituary()}); it went on")
            self.add(run, place=0)
        else:
            run.end("died", f"Its worker died ({link.obituary()}), for a second time")

    def _replace_lost(self) -> None:
        if self.failed_starts < FAILED_STARTS:
            self._hire()
            self._dispatch()
        elif not self.links:
            for run in list(self.line):
                self.line.remove(run)
                run.end("failed", "No worker starts; details are in the server's log")

    def _dispatch(self) -> None:
        if self.closed.is_set():
            return
        for link in self.links:
            if self.line and link.ready and link not in self.busy:
                self._start(self.line.pop(self._training()), link)
        self._make_room(self.busy.values())

    def _start(self, run: Run, link: Link) -> None:
        saved = run.folder.checkpoint
        resume = str(saved) if run.started and saved.exists() else run.about.resume
        start = {
            "config": run.config,
            "budget": run.about.budget,
            "resume": resume,
            "hold": run.hold,
            "limits": self.limits.of_a_run(),
        }
        run.note(state="starting")
        run.link, run.started, run.wanting = link, True, False
        run.held_since = self.clock()
        self.busy[link] = run
        for message in [{"do": "start", "start": start}, *run.pending]:
            link.send(message | {"run": run.folder.run_id})
        run.pending = []

    def _make_room(self, running: Iterable[Run]) -> None:
        """While others wait, a paused run gives up its worker; its checkpoint stays."""
        leaving = sum(run.parking or run.stopping for run in running)
        for run in running:
            if leaving >= len(self.line):
                return
            idle = run.hold and not (run.parking or run.stopping)
            # What was asked and what is done must agree: a resume may be on its way.
            if idle and run.link and run.is_in("paused"):
                run.parking = True
                run.link.send({"do": "park", "run": run.folder.run_id})
                leaving += 1

    def _regret(self, what: str) -> None:
        self.errors.append((time.time(), what))
        log.warning(what, extra={"event": "trouble"})

    def _watch(self) -> None:
        watchman = Watchman(self, self.limits.settings)
        while not self.closed.wait(WATCH_SECONDS):
            try:
                with self.lock:
                    self._dispatch()
                    watchman.look()
            except Exception:  # the watch must go on, whatever a single look met
                log.exception("the crew's watch met a problem")
