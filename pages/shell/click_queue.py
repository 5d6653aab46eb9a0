"""Every click is handled once, completely, and after the clicks before it.

Streamlit keeps one pending request to run the script. Without this module it would

- merge a second click into the first: two presses of one button would count as one, and the
  callbacks of two buttons would run in the reverse order;
- drop a click, if the next one arrives before its callbacks begin;
- take a click twice: the browser keeps a press until it sends it a moment later, and a
  fragment's timer that runs out in that moment sends it as well;
- raise the request of the next click, or of a closed tab, inside a callback that runs. The
  rest of the callback would be lost.

A callback can therefore write to the session state several times, and it needs no wrapper.
It should read what it changes when it is called, and not keep a value from when its button
was drawn: another click may have been handled since.
"""

from collections import deque
from dataclasses import replace

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

# Clicks beyond these are merged as Streamlit does it: no browser fills the memory.
MAX_WAITING = 200


class ClickQueue(ScriptRequests):
    """The requests to one script runner, with a queue for clicks.

    A request with a click is neither merged with another one nor preempted by it before
    the click's callbacks have returned. A request to stop waits until no click does.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[RerunData] = deque()
        self._stopping = False

    def request_rerun(self, new_data: RerunData) -> bool:
        """Accept a request of the browser; False if the runner has ended."""
        if new_data.is_auto_rerun:
            new_data = _without_clicks(new_data)
        with self._lock:
            if not new_data.is_auto_rerun:
                self._stopping = False
            full = len(self._waiting) >= MAX_WAITING
            if full or (not self._waiting and self._can_merge(new_data)):
                return self._request_rerun_locked(new_data)
            self._waiting.append(new_data)
            return True

    def request_stop(self) -> None:
        """Stop the runner after the clicks that it has received."""
        with self._lock:
            self._stopping = True

    def on_scriptrunner_yield(self) -> ScriptRequest | None:
        """What interrupts the running script now; nothing interrupts a callback."""
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None and not context.has_script_started:
            return None
        self._advance()
        return super().on_scriptrunner_yield()

    def on_scriptrunner_ready(self) -> ScriptRequest:
        """What the runner does after the script has ended."""
        self._advance()
        return super().on_scriptrunner_ready()

    def _advance(self) -> None:
        """Make the next waiting request the pending one, if there is room for it."""
        if not self._waiting and not self._stopping:
            return  # nearly always, and at every element that the script draws
        with self._lock:
            while self._waiting and self._can_merge(self._waiting[0]):
                self._request_rerun_locked(self._waiting.popleft())
            pending = self._state == ScriptRequestType.RERUN
            click_left = self._waiting or (pending and _has_click(self._rerun_data))
            if self._stopping and not click_left:
                self._state = ScriptRequestType.STOP

    def _can_merge(self, new_data: RerunData) -> bool:
        """Whether no request is pending, or no click is lost if Streamlit merges both."""
        if self._state != ScriptRequestType.RERUN:
            return True
        pending = self._rerun_data
        # Neither a timer nor a run without a browser's values comes from the learner.
        by_learner = pending.widget_states is not None and not pending.is_auto_rerun
        return not _has_click(pending) and not (by_learner and _has_click(new_data))


def install() -> None:
    """Give every script runner that starts from now on a :class:`ClickQueue`."""
    script_runner.ScriptRequests = ClickQueue  # type: ignore[misc, attr-defined]


def _has_click(request: RerunData) -> bool:
    """Whether a button was pressed, or a component sent an event."""
    states = request.widget_states
    return states is not None and any(map(_is_click, states.widgets))


def _without_clicks(request: RerunData) -> RerunData:
    """A timer's request; the clicks in it arrive with a request of their own."""
    if not _has_click(request):
        return request
    kept = [s for s in request.widget_states.widgets if not _is_click(s)]
    return replace(request, widget_states=WidgetStates(widgets=kept))


def _is_click(state: WidgetState) -> bool:
    return "trigger" in (state.WhichOneof("value") or "")
