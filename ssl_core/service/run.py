"""A run as the server knows it: its folder, its place, what was asked of it."""

import contextlib
import logging
import time
from dataclasses import dataclass, field, replace
from typing import Any

from ssl_core.service.link import Link, Message
from ssl_core.service.records import ACTIVE, RunAbout, RunState
from ssl_core.service.store import RunFolder

log = logging.getLogger("ssl_core.service")


@dataclass(eq=False)
class Run:
    """A run as the server knows it.

    Args:
        config: the knobs last asked for, by flat name.
        active: whether it has not ended.
        link: its worker, None while it waits for one.
        held_since: when it got that worker (seconds of the service's clock).
        seen: when somebody last looked at it (by the same clock).
        parking: whether it was asked to give its worker up while it is paused.
        wanting: whether it should be queued again as soon as it is parked.
        stopping: whether it was asked to end; after ``stop_by`` its worker is killed.
        why: what to tell of its end, if the server brought it about.
        started: whether it ever had a worker.
        lost: how many workers it has lost.
        hold: whether it is, or is to start, paused.
        pending: commands for its worker-to-be.
        kept: its state, if that could not be written.
    """

    folder: RunFolder
    about: RunAbout
    config: dict[str, Any]
    active: bool = False
    link: Link | None = None
    held_since: float = 0.0
    seen: float = 0.0
    parking: bool = False
    wanting: bool = False
    stopping: bool = False
    stop_by: float = 0.0
    why: str | None = None
    started: bool = False
    lost: int = 0
    hold: bool = False
    pending: list[Message] = field(default_factory=list)
    kept: RunState | None = None

    @property
    def learner(self) -> str:
        """Who it belongs to."""
        return self.about.learner

    @property
    def moving(self) -> bool:
        """Whether it trains or wants to."""
        return self.active and not self.stopping and not self.hold

    def state(self) -> RunState:
        """What it is doing now.

        Raises:
            ValueError: if its state on disk is damaged.
        """
        return self.kept or self.folder.state()

    @classmethod
    def found(cls, folder: RunFolder) -> "Run | None":
        """A run of an earlier server; what was under way then has been interrupted."""
        try:
            run = cls(folder, folder.about(), {})
        except ValueError:  # nobody can tell whose it is
            return None
        with contextlib.suppress(ValueError):
            run.config = folder.state().config
            if folder.state().state in ACTIVE:
                folder.sweep()
                run.end(
                    "interrupted", "The server stopped while this run was under way"
                )
        return run

    def revive(self, now: float) -> None:
        """Make it ready to go on from its last checkpoint, after it was interrupted."""
        self.started, self.lost, self.hold, self.why = True, 0, False, None
        self.stop_by, self.pending, self.seen = 0.0, [], now

    def is_in(self, *states: str) -> bool:
        """Whether its state is one of these; not if it is damaged."""
        try:
            return self.state().state in states
        except ValueError:
            return False

    def silent_seconds(self) -> float:
        """For how long its worker has written nothing, 0 while it is paused."""
        if self.is_in("paused"):
            return 0.0
        try:
            return time.time() - self.state().updated
        except ValueError:
            return 0.0

    def note(self, **changes: Any) -> None:
        """Write into the state on disk; only while no worker writes there."""
        try:
            before = self.state()
        except ValueError:
            before = RunState("queued", config=self.config)
        after = replace(before, **changes)
        try:
            self.folder.write_state(after)
            self.kept = None
        except OSError as problem:  # a full disk: who looks at the run is told by us
            log.error("a run's state cannot be written: %s", problem.strerror)
            self.kept = after

    def end(self, state: str, error: str | None = None) -> None:
        """Record that it is over."""
        self.active, self.link, self.stopping = False, None, False
        self.note(state=state, error=error)
        log.info("run ended", extra={"event": "run_ended", "state": state})
