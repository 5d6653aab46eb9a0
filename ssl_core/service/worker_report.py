"""What a worker may say of its run. Anything else ends the worker."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ssl_core.service.connection import Message

_Count = Annotated[int, Field(ge=0)]


class WorkerReport(BaseModel):
    """One message about a run; a field that is None says nothing.

    Args:
        run: its id.
        step, seconds: how far training is; seconds exclude pauses.
        loaded: the part of the data that is read or downloaded, in [0, 1].
        tick: the step of a tick that was written.
        paused: the number of the last command that was taken; the run is paused now.
        reply_to: the number of a changed knob that was taken, or was not.
        config: the knobs in force, by flat name.
        rejection: why a changed knob was not taken, one sentence.
        ended: how the run ended.
        reason: why, one sentence.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    run: str
    step: _Count | None = None
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    loaded: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    tick: _Count | None = None
    paused: _Count | None = None
    reply_to: _Count | None = None
    config: dict[str, Any] | None = None
    rejection: str | None = None
    ended: Literal["finished", "limit", "failed", "diverged", "released"] | None = None
    reason: str | None = None

    @classmethod
    def of(cls, message: Message) -> "WorkerReport":
        """A checked message.

        Raises:
            ValueError: if a field is of another type or out of range.
        """
        return cls.model_validate(message)
