"""What is written of a run: what was asked for, and what it is doing now."""

from dataclasses import dataclass, field
from typing import Any

ACTIVE = ("queued", "starting", "running", "pausing", "paused", "stopping")
ENDED = ("stopped", "finished", "failed", "died", "interrupted")
# Ended by no wish of its owner: its checkpoint is there to go on from.
RESUMABLE = ("interrupted", "died")
LIMITS = {"steps", "seconds", "epochs"}  # of a budget


@dataclass(frozen=True)
class RunAbout:
    """What was asked for.

    Args:
        config: knobs by flat name (``RunConfig.flat()``).
        owner: whose run it is, any text.
        budget: ``steps``, ``seconds`` and ``epochs``, each a limit or None.
        created: seconds since 1970.
        resume: the checkpoint folder that it starts from, or None.
    """

    config: dict[str, Any]
    owner: str
    budget: dict[str, float | None]
    created: float
    resume: str | None = None

    @property
    def learner(self) -> str:
        """Who it belongs to: what stands before the first slash of its owner."""
        return self.owner.partition("/")[0]


@dataclass(frozen=True)
class RunState:
    """What a run is doing now.

    Args:
        state: one of :data:`ACTIVE` or :data:`ENDED`.
        error: why it ended, one sentence, unless it was finished or stopped by its owner.
        refused: why the last changed knob was not taken, one sentence.
        notice: what else happened to it, one sentence.
        step, seconds: how far training is; seconds exclude pauses.
        config: the knobs in force.
        loaded: the part of the data that is read or downloaded, in [0, 1].
        updated: seconds since 1970.
    """

    state: str
    error: str | None = None
    refused: str | None = None
    notice: str | None = None
    step: int = 0
    seconds: float = 0.0
    config: dict[str, Any] = field(default_factory=dict)
    loaded: float = 0.0
    updated: float = 0.0
