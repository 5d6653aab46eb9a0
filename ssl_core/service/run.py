"""A run as the server knows it: its state, its worker, and what was asked of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ssl_core.service.connection import Message, WorkerConnection
from ssl_core.service.run_files import RunFiles, RunRecord, RunSpec
from ssl_core.service.snapshot import read_progress
from ssl_core.service.states import (
    ACTIVE,
    COMMANDED,
    ENDED,
    TRAINING,
    Event,
    State,
    next_state,
)

SERVER_STOPPED = "The server stopped while this run was under way"
log = logging.getLogger("ssl_core.service")


@dataclass(eq=False)
class Run:
    """A run as the server knows it. Hold the scheduler's lock to read or change it.

    The worker owns ``config``, ``step``, ``seconds``, ``loaded`` and ``rejection``: while
    it has the run, they change by its messages only. All else is the server's.

    Args:
        config: the knobs in force, by flat name, as the worker last confirmed them.
        worker: its worker, None while it has none.
        requests: changed knobs and steps that no worker has confirmed yet, by number; the
            next worker gets them if this one is lost.
        last_number: of the messages about this run that were sent to workers.
        loaded: the part of the data that is read or downloaded, in [0, 1].
        worker_deaths: how many workers it has lost since its owner last started it.
        assigned_at, last_report_at: when it got its worker, and when that one last said
            something of it (seconds of the service's clock).
        last_viewed_at: when somebody last looked at it (by the same clock).
        kill_deadline: when its worker is killed if it has not let the run go.
    """

    files: RunFiles
    spec: RunSpec
    config: dict[str, Any]
    state: State = State.QUEUED
    worker: WorkerConnection | None = None
    requests: dict[int, Message] = field(default_factory=dict)
    last_number: int = 0
    step: int = 0
    seconds: float = 0.0
    loaded: float = 0.0
    end_reason: str | None = None
    rejection: str | None = None
    notice: str | None = None
    worker_deaths: int = 0
    assigned_at: float = 0.0
    last_report_at: float = 0.0
    last_viewed_at: float = 0.0
    kill_deadline: float | None = None

    @property
    def user_id(self) -> str:
        """Who it belongs to."""
        return self.spec.user_id

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.state in ACTIVE

    @property
    def training(self) -> bool:
        """Whether it trains or wants to."""
        return self.state in TRAINING

    @property
    def takes_commands(self) -> bool:
        """Whether it has a worker that will keep it."""
        return self.keeps_worker and self.state in COMMANDED

    @property
    def keeps_worker(self) -> bool:
        """Whether it has a worker that was not asked to let it go."""
        return self.worker is not None and self.kill_deadline is None

    @property
    def steps_due(self) -> bool:
        """Whether single steps were asked for that no worker has taken yet."""
        return any(request["do"] == "step" for request in self.requests.values())

    @property
    def wanted_config(self) -> dict[str, Any]:
        """The knobs with all changes that wait for a worker's answer."""
        wanted = dict(self.config)
        for request in self.requests.values():
            wanted |= request.get("changes", {})
        return wanted

    def apply(self, event: Event) -> bool:
        """Change the state; False, and no change, if the event does not apply."""
        after = next_state(self.state, event, self.keeps_worker)
        if after is None:
            return False
        if after in ENDED and self.state not in ENDED:
            log.info("run ended", extra={"event": "run_ended", "state": str(after)})
        if after is State.INTERRUPTED:
            self.end_reason = SERVER_STOPPED
        self.state = after
        return True

    def send(self, message: Message) -> None:
        """Pass a message about this run to its worker."""
        assert self.worker is not None
        self.last_number += 1
        about = {"run": self.files.run_id, "number": self.last_number}
        self.worker.send(message | about)

    def request(self, message: Message) -> None:
        """Ask for something that a worker confirms: now, or as soon as there is one."""
        if self.takes_commands:
            self.send(message)
        else:
            self.last_number += 1
        if message["do"] == "adjust":  # a slider that is dragged: its last value counts
            knobs = message["changes"].keys()
            self._drop(lambda r: r.get("changes", {}).keys() == knobs)
        self.requests[self.last_number] = message

    def drop_steps(self) -> None:
        """Forget single steps: they were taken, or training goes on without them."""
        self._drop(lambda request: request["do"] == "step")

    def _drop(self, condition: Callable[[Message], bool]) -> None:
        kept = {n: r for n, r in self.requests.items() if not condition(r)}
        self.requests = kept

    def record(self) -> RunRecord:
        """What is kept on disk."""
        return RunRecord(
            self.state,
            self.config,
            self.end_reason,
            self.rejection,
            self.notice,
            self.step,
            self.seconds,
            list(self.requests.values()),
        )

    @classmethod
    def from_disk(cls, files: RunFiles) -> "Run | None":
        """A run of an earlier server; None if its owner cannot be read."""
        try:
            spec = files.spec()
        except ValueError:
            return None
        run = cls(files, spec, spec.config, State.INTERRUPTED)
        try:
            record = files.record()
        except ValueError as damaged:
            run.end_reason = str(damaged)
            return run
        run.state, run.config = record.state, record.config or spec.config
        run.end_reason, run.rejection = record.end_reason, record.rejection
        run.notice, run.step, run.seconds = record.notice, record.step, record.seconds
        run.requests = dict(enumerate(filter(_is_request, record.requests), 1))
        run.last_number = len(run.requests)
        return run

    def end_with_server(self) -> None:
        """What becomes of a run that was under way when its server ended."""
        self.files.remove_temp_files()
        self.apply(Event.SHUT_DOWN)
        # The worker went on a little after the server last heard of it.
        self.step, self.seconds = max(
            (self.step, self.seconds), read_progress(self.files.latest)
        )


def _is_request(record: Message) -> bool:
    """Whether what was read from the disk is a request: files can be damaged."""
    is_change = record.get("do") == "adjust" and isinstance(record.get("changes"), dict)
    return is_change or record.get("do") == "step"
