"""A worker that trains nothing: it answers the scheduler as a worker process does.

It does nothing by itself. A test has it take messages, train and end, so that every order
of events can be tried. What a real worker does with the same messages is tested in
``service_contract``.
"""

from collections import deque
from typing import Any

from ssl_core.service.connection import Message, OnExit, OnMessage, WorkerConnection

ROWS = 100  # of the data: a larger batch is refused


class StubWorker(WorkerConnection):
    """Keeps messages until :meth:`take`.

    Args:
        on_message, on_exit: as for every connection.
    """

    def __init__(self, on_message: OnMessage, on_exit: OnExit) -> None:
        super().__init__(on_message, on_exit)
        self.resident_mb = 50.0
        self.inbox: deque[Message] = deque()
        self.received: list[Message] = []
        self.killed = self.closing = False
        self.run: str | None = None
        self.config: dict[str, Any] = {}
        self.step, self.paused, self.steps_due, self.number = 0, False, 0, 0
        self.loaded = False

    def listen(self) -> None:
        pass

    def send(self, message: Message) -> None:
        self.inbox.append(message)

    def close(self) -> None:
        self.closing = True

    def check(self) -> None:
        pass

    def _kill(self) -> None:
        self.killed = True

    def wait(self, seconds: float) -> None:
        if self.closing and not self.killed:
            self.take_all()
            if self.run:
                self.end("released")
        self.lose()

    def memory_mb(self) -> float:
        return self.resident_mb

    def exit_reason(self) -> str:
        return "signal 9"

    # --- what a test has it do --------------------------------------------------------

    def get_ready(self) -> None:
        """Report that it is warm."""
        self._receive({"ready": True})

    def lose(self) -> None:
        """End without a word, as a process that was killed."""
        if not self.exited:
            self._exit()

    def take(self) -> None:
        """Take one message, as a worker does between two steps."""
        message = self.inbox.popleft()
        self.received.append(message)
        do = message["do"]
        if do == "start":
            self.run, self.config = message["run"], dict(message["config"])
            self.paused, self.steps_due = message["paused"], 0
            self.number, self.loaded = message["number"], False
            self.inbox.extendleft(reversed(message["requests"]))
        elif self.run is None or message.get("run", self.run) != self.run:
            return  # the run has ended meanwhile
        else:
            self._obey(do, message)

    def take_all(self) -> None:
        """Take every message, and those that come meanwhile."""
        while self.inbox:
            self.take()

    def train(self) -> None:
        """Take a step, or rest."""
        if self.run is None:
            return
        if not self.loaded:
            self.loaded = True
            self.tell(tick=self.step, loaded=1.0)
        if self.paused and not self.steps_due:
            self.tell(paused=self.number)
            return
        self.steps_due = max(0, self.steps_due - 1)
        self.step += 1
        self.tell(tick=self.step)

    def end(self, how: str, reason: str | None = None) -> None:
        """Report the end of the run."""
        run, self.run = self.run, None
        self._receive({"run": run, "ended": how, "reason": reason, "step": self.step})

    def tell(self, **what: Any) -> None:
        """Report something of the run."""
        self._receive({"run": self.run, "step": self.step, **what})

    def _obey(self, do: str, message: Message) -> None:
        if do == "adjust":
            after = self.config | message["changes"]
            if after["batch_size"] > ROWS:
                self.tell(
                    reply_to=message["number"], rejection="batch_size is too large"
                )
            else:
                self.config = after
                self.tell(reply_to=message["number"], config=after)
        elif do == "pause":
            self.paused = True
        elif do == "step":
            self.paused, self.steps_due = True, self.steps_due + 1
        elif do == "resume":
            self.paused, self.steps_due = False, 0
        elif do == "release":
            self.end("released")
            return
        self.number = max(self.number, message["number"])
