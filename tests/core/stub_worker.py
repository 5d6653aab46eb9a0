"""A worker that trains nothing: it answers the scheduler as a worker process does.

What a real worker does with the same messages is tested in ``service_contract``.
"""

import threading
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from ssl_core.service.link import Heard, Link, Lost, Message
from ssl_core.service.store import RunFolder

END_STATES = {"stop": "stopped", "orphan": "interrupted", "park": "paused"}


class StubWorker(Link):
    """Takes messages in a thread of its own, and writes the states of runs.

    Args:
        root: where the runs are.
        heard, lost: as for every link.
    """

    def __init__(self, root: Path, heard: Heard, lost: Lost) -> None:
        super().__init__(heard, lost)
        self.root, self.resident_mb = root, 50.0
        self.messages: list[Message] = []
        self.killed = False
        self._inbox: SimpleQueue[Message | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def listen(self) -> None:
        self._thread.start()

    def send(self, message: Message) -> None:
        self._inbox.put(message)

    def close(self) -> None:
        self._inbox.put(None)

    def kill(self) -> None:
        self.killed = True
        self._inbox.put(None)

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)

    def memory_mb(self) -> float:
        return self.resident_mb

    def obituary(self) -> str:
        return "signal 9"

    def finish(self, run_id: str) -> None:
        """End a run as when its budget is used up."""
        self._end(run_id, "finished")

    def _work(self) -> None:
        self._take({"ready": True})
        while message := self._inbox.get():
            self.messages.append(message)
            if "ack" in message:
                self._take({"ack": message["ack"]})
            run_id, command = message["run"], message["do"]
            if command == "start":
                folder, config = (
                    RunFolder(self.root, run_id),
                    message["start"]["config"],
                )
                started = replace(folder.state(), state="running", step=1)
                folder.write_state(replace(started, config=config))
            elif command in END_STATES:
                self._end(run_id, END_STATES[command])
        self._gone()

    def _end(self, run_id: str, state: str) -> None:
        folder = RunFolder(self.root, run_id)
        folder.write_state(replace(folder.state(), state=state))
        self._take({"ended": run_id, "state": state})
