"""The states of a run, the events that change them, and the one table of transitions.

::

    queued ──► starting ──► running ──► finished, stopped, failed, diverged
      ▲ ▲                    │   ▲
      │ └── lost worker ─────┤   │
      │                      ▼   │
      │                   pausing ──► paused ──► preempting ──► paused (without worker)
      └──────────── resume, step ──────┘

The server alone changes a state. Commands of the owner change it at once; messages of the
worker confirm what it did.
"""

from enum import StrEnum


class State(StrEnum):
    """What a run is doing, or how it ended."""

    QUEUED = "queued"  # waits for a worker
    STARTING = "starting"  # its worker loads the data
    RUNNING = "running"
    PAUSING = "pausing"  # its worker finishes a step
    PAUSED = "paused"  # with or without a worker
    PREEMPTING = "preempting"  # its worker saves it, and is free for others then
    STOPPING = "stopping"  # its worker saves it; the run ends then
    INTERRUPTED = "interrupted"  # lost its worker twice, or its server; can be resumed
    FINISHED = "finished"  # its budget is used up
    STOPPED = "stopped"  # by its owner, or by a limit of the server
    FAILED = "failed"
    DIVERGED = "diverged"  # its loss stopped being finite


class Event(StrEnum):
    """What can happen to a run."""

    # Commands of its owner.
    PAUSE = "pause"
    RESUME = "resume"
    STEP = "step"
    STOP = "stop"
    # Decisions and losses of the server.
    ASSIGN = "assign"  # it gets a worker
    PREEMPT = "preempt"  # its worker is wanted elsewhere
    EXCEED = "exceed"  # it takes more memory or time than allowed: its worker is killed
    LOSE_WORKER = "lose"
    GIVE_UP = "give_up"  # it has lost too many workers
    SHUT_DOWN = "close"  # the server ends
    # Messages of its worker.
    BEGIN = "begin"  # the first tick
    PAUSE_DONE = "paused"  # it has paused
    RELEASE = "release"  # it has saved the run and is free
    FINISH = "finish"
    REACH_LIMIT = "limit"  # of steps or seconds on this server
    FAIL = "fail"
    DIVERGE = "diverge"


COMMANDS = (Event.PAUSE, Event.RESUME, Event.STEP, Event.STOP)
PARKED = "parked"  # the column of a paused run that has no worker
# An event leads from the state of its column to the state in its row; a dash says that it
# does not apply. The former worker of a queued or parked run may still report its end.
_TABLE = """
event   queued      starting    running     pausing    paused     parked   preempting stopping
pause   paused      pausing     pausing     pausing    paused     paused   preempting -
resume  queued      starting    running     running    running    queued   queued     -
step    queued      pausing     pausing     pausing    paused     queued   queued     -
stop    stopped     stopping    stopping    stopping   stopping   stopped  stopping   stopping
assign  starting    -           -           -          -          -        -          -
preempt paused      preempting  preempting  preempting preempting -        -          -
exceed  failed      failed      failed      failed     failed     -        failed     stopped
lose    queued      queued      queued      paused     paused     paused   paused     stopped
give_up -           interrupted interrupted -          -          -        -          -
close   interrupted interrupted interrupted paused     paused     paused   paused     stopped
begin   -           running     -           -          -          -        -          -
paused  -           paused      paused      paused     paused     -        -          -
release queued      interrupted interrupted paused     paused     paused   paused     stopped
finish  finished    finished    finished    finished   finished   finished finished   finished
limit   stopped     stopped     stopped     stopped    stopped    stopped  stopped    stopped
fail    failed      failed      failed      failed     failed     failed   failed     failed
diverge diverged    diverged    diverged    diverged   diverged   diverged diverged   diverged
"""


def _parsed(table: str) -> dict[tuple[str, Event], State]:
    header, *rows = (line.split() for line in table.strip().splitlines())
    return {
        (column, Event(event)): State(after)
        for event, *states in rows
        for column, after in zip(header[1:], states, strict=True)
        if after != "-"
    }


TRANSITIONS = _parsed(_TABLE) | {(State.INTERRUPTED, Event.RESUME): State.QUEUED}
RESUMABLE = frozenset({State.INTERRUPTED})
ENDED = RESUMABLE | {State.FINISHED, State.STOPPED, State.FAILED, State.DIVERGED}
ACTIVE = frozenset(State) - ENDED
# It trains or wants to: what a learner may have only so many of.
TRAINING = frozenset({State.QUEUED, State.STARTING, State.RUNNING})
NEED_WORKER = ACTIVE - {State.QUEUED, State.PAUSED}
# Its worker takes commands for it.
COMMANDED = frozenset({State.STARTING, State.RUNNING, State.PAUSING, State.PAUSED})


def next_state(state: State, event: Event, has_worker: bool) -> State | None:
    """The state after an event; None if the event does not apply to the state."""
    parked = state is State.PAUSED and not has_worker
    return TRANSITIONS.get((PARKED if parked else state, event))
