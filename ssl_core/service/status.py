"""What a page is told of a run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ssl_core.service.states import ACTIVE, RESUMABLE, State

if TYPE_CHECKING:
    from ssl_core.service.run import Run


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Args:
        state: what it is doing, or how it ended.
        position: 1 for the next run in the queue, 0 if it does not wait.
        wait: seconds until it is likely to start, None if it does not wait.
        end_reason: why it ended, one sentence.
        rejection: why the last changed knob was not taken, one sentence.
        notice: what else happened to it, one sentence.
        step, seconds: how far training is; seconds exclude pauses.
        config: the knobs in force, by flat name.
        loaded: the part of the data that is read or downloaded, in [0, 1].
    """

    state: State
    position: int
    wait: float | None
    end_reason: str | None
    rejection: str | None
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
    def of(cls, run: "Run", position: int, wait: float | None) -> "RunStatus":
        """From a run and its place in the queue."""
        return cls(
            run.state,
            position,
            wait,
            run.end_reason,
            run.rejection,
            run.notice,
            run.step,
            run.seconds,
            run.config,
            run.loaded,
        )
