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
    LOSE_WORKER = "lose_worker"
    GIVE_UP = "give_up"  # it has lost too many workers
    SHUT_DOWN = "shut_down"  # the server ends
    # Messages of its worker.
    BEGIN = "begin"  # the first tick
    REST = "rest"  # it has paused
    RELEASE = "release"  # it has saved the run and is free
    FINISH = "finish"
    REACH_LIMIT = "reach_limit"  # of steps or seconds on this server
    FAIL = "fail"
    DIVERGE = "diverge"


COMMANDS = (Event.PAUSE, Event.RESUME, Event.STEP, Event.STOP)
_Row = dict[Event, State]
_ENDS: _Row = {
    Event.FINISH: State.FINISHED,
    Event.REACH_LIMIT: State.STOPPED,
    Event.FAIL: State.FAILED,
    Event.DIVERGE: State.DIVERGED,
    Event.EXCEED: State.FAILED,
}
_TO_PAUSED: _Row = {
    Event.RELEASE: State.PAUSED,
    Event.LOSE_WORKER: State.PAUSED,
    Event.SHUT_DOWN: State.PAUSED,
}
_TO_INTERRUPTED: _Row = {
    Event.RELEASE: State.INTERRUPTED,
    Event.GIVE_UP: State.INTERRUPTED,
    Event.SHUT_DOWN: State.INTERRUPTED,
}
TRANSITIONS: dict[State, _Row] = {
    # Its former worker may still be saving it: RELEASE and the ends come from that one.
    State.QUEUED: _ENDS
    | {
        Event.PAUSE: State.PAUSED,
        Event.RESUME: State.QUEUED,
        Event.STEP: State.QUEUED,
        Event.STOP: State.STOPPED,
        Event.ASSIGN: State.STARTING,
        Event.PREEMPT: State.PAUSED,
        Event.RELEASE: State.QUEUED,
        Event.LOSE_WORKER: State.QUEUED,
        Event.SHUT_DOWN: State.INTERRUPTED,
    },
    State.STARTING: _ENDS
    | _TO_INTERRUPTED
    | {
        Event.PAUSE: State.PAUSING,
        Event.RESUME: State.STARTING,
        Event.STEP: State.PAUSING,
        Event.STOP: State.STOPPING,
        Event.PREEMPT: State.PREEMPTING,
        Event.BEGIN: State.RUNNING,
        Event.REST: State.PAUSED,
        Event.LOSE_WORKER: State.QUEUED,
    },
    State.RUNNING: _ENDS
    | _TO_INTERRUPTED
    | {
        Event.PAUSE: State.PAUSING,
        Event.RESUME: State.RUNNING,
        Event.STEP: State.PAUSING,
        Event.STOP: State.STOPPING,
        Event.PREEMPT: State.PREEMPTING,
        Event.REST: State.PAUSED,
        Event.LOSE_WORKER: State.QUEUED,
    },
    State.PAUSING: _ENDS
    | _TO_PAUSED
    | {
        Event.PAUSE: State.PAUSING,
        Event.RESUME: State.RUNNING,
        Event.STEP: State.PAUSING,
        Event.STOP: State.STOPPING,
        Event.PREEMPT: State.PREEMPTING,
        Event.REST: State.PAUSED,
    },
    State.PAUSED: _ENDS
    | _TO_PAUSED
    | {
        Event.PAUSE: State.PAUSED,
        Event.RESUME: State.RUNNING,
        Event.STEP: State.PAUSED,
        Event.STOP: State.STOPPING,
        Event.PREEMPT: State.PREEMPTING,
        Event.REST: State.PAUSED,
    },
    State.PREEMPTING: _ENDS
    | _TO_PAUSED
    | {
        Event.PAUSE: State.PREEMPTING,
        Event.RESUME: State.QUEUED,
        Event.STEP: State.QUEUED,
        Event.STOP: State.STOPPING,
    },
    State.STOPPING: _ENDS
    | {
        Event.STOP: State.STOPPING,
        Event.RELEASE: State.STOPPED,
        Event.EXCEED: State.STOPPED,
        Event.LOSE_WORKER: State.STOPPED,
        Event.SHUT_DOWN: State.STOPPED,
    },
    State.INTERRUPTED: {Event.RESUME: State.QUEUED},
    State.FINISHED: {},
    State.STOPPED: {},
    State.FAILED: {},
    State.DIVERGED: {},
}
# A paused run that has no worker needs one first, or ends at once.
_WITHOUT_WORKER: dict[State, _Row] = {
    State.PAUSED: {
        Event.RESUME: State.QUEUED,
        Event.STEP: State.QUEUED,
        Event.STOP: State.STOPPED,
    }
}

ENDED = frozenset(
    {
        State.INTERRUPTED,
        State.FINISHED,
        State.STOPPED,
        State.FAILED,
        State.DIVERGED,
    }
)
ACTIVE = frozenset(State) - ENDED
RESUMABLE = frozenset({State.INTERRUPTED})
# It trains or wants to: what a learner may have only so many of.
TRAINING = frozenset({State.QUEUED, State.STARTING, State.RUNNING})
# Its worker takes commands for it.
COMMANDED = frozenset({State.STARTING, State.RUNNING, State.PAUSING, State.PAUSED})


def next_state(state: State, event: Event, has_worker: bool) -> State | None:
    """The state after an event; None if the event does not apply to the state."""
    if not has_worker and event in _WITHOUT_WORKER.get(state, {}):
        return _WITHOUT_WORKER[state][event]
    return TRANSITIONS[state].get(event)
