"""Whether a page is at rest: read off what browser and server say to each other."""

from typing import ClassVar
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# Two frames: what the last message brought has been drawn by then.
DRAWN = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const app = document.querySelector('[data-testid="stApp"]');
  done(app?.dataset.testScriptState === 'notRunning');
})))"""


class ScriptRuns:
    """The script runs of one tab: which were asked for, and whether one is under way.

    Args:
        page: a tab that has not been opened yet.
    """

    _of: ClassVar[WeakKeyDictionary[Page, "ScriptRuns"]] = WeakKeyDictionary()

    def __init__(self, page: Page) -> None:
        self._requested, self._running, self._finished = False, False, 0
        self._of[page] = self
        page.on("websocket", self._follow)

    @classmethod
    def of(cls, page: Page) -> "ScriptRuns":
        """The script runs of a tab that a fixture has opened."""
        return cls._of[page]

    def finished(self, page: Page) -> int:
        """How many runs have finished since the page was opened."""
        page.evaluate("0")  # lets Playwright report the messages until now
        return self._finished

    def over(self, page: Page) -> bool:
        """Whether no run is asked for or under way, and all is drawn."""
        drawn = page.evaluate(DRAWN)  # lets Playwright report the messages until now
        over = self._finished and not (self._requested or self._running)
        return bool(drawn and over)

    def _follow(self, socket: WebSocket) -> None:
        self._requested, self._running, self._finished = False, False, 0
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        message = BackMsg.FromString(_bytes(frame))
        if message.WhichOneof("type") == "rerun_script":
            self._requested = True

    def _received(self, frame: str | bytes) -> None:
        message = ForwardMsg.FromString(_bytes(frame))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._requested, self._running = False, True
        elif kind == "script_finished" and (
            message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        ):
            self._running, self._finished = False, self._finished + 1


def _bytes(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()
