"""What a page is told of a run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssl_core.service.run_files import RunRecord
from ssl_core.service.states import ACTIVE, RESUMABLE

if TYPE_CHECKING:
    from ssl_core.service.run import Run


@dataclass(frozen=True)
class RunStatus(RunRecord):
    """Where a run stands: its record, and what is not on the disk.

    Args:
        position: 1 for the next run in the queue, 0 if it does not wait.
        wait: seconds until it is likely to start, None if it does not wait.
        loaded: the part of the data that is read or downloaded, in [0, 1].
    """

    position: int = 0
    wait: float | None = None
    loaded: float = 0.0

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
        known = vars(run.record())
        return cls(**known, position=position, wait=wait, loaded=run.loaded)
