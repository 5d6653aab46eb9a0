"""What a page is told of a run."""

from dataclasses import dataclass, fields
from typing import Any

from ssl_core.service.records import ACTIVE, RESUMABLE, RunState


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Args:
        state: queued, starting, running, pausing, paused, stopping, or how it ended:
            stopped, finished, failed, died, interrupted.
        position: 1 for the next run in the queue, 0 if it does not wait.
        wait: seconds until it is likely to start, None if it does not wait.
        error: why it ended, one sentence.
        refused: why the last changed knob was not taken, one sentence.
        notice: what else happened to it, one sentence.
        step, seconds: how far training is; seconds exclude pauses.
        config: the knobs in force, by flat name.
        loaded: the part of the data that is read or downloaded, in [0, 1].
    """

    state: str
    position: int
    wait: float | None
    error: str | None
    refused: str | None
    notice: str | None
    step: int
    seconds: float
    config: dict[str, Any]
    loaded: float

    @property
    def active(self) -> bool:
        """Whether the run has not ended."""
        return self.state in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether it ended by no wish of its owner, and can go on."""
        return self.state in RESUMABLE

    @classmethod
    def of(cls, now: RunState, position: int, wait: float | None) -> "RunStatus":
        """From a state on disk and a place in the line."""
        told: dict[str, Any] = {f.name: getattr(now, f.name, None) for f in fields(cls)}
        return cls(**told | {"position": position, "wait": wait})
