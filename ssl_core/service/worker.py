"""A warm process that trains one run at a time.

``python -m ssl_core.service.worker --root DIR [--threads N]`` takes commands as JSON
lines on standard input, acknowledges each at once, and reports ``{"ready": true}`` and
``{"ended": run_id, "state": …}`` on standard output. All else that it knows is on disk.
When standard input ends, the server is gone: the run is saved and marked interrupted.
"""

import argparse
import contextlib
import ctypes
import gc
import json
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue

import torch

from ssl_core.config import RunConfig
from ssl_core.data import SOURCES, ImageSet, load
from ssl_core.service.link import Message, claim_stdout, json_lines
from ssl_core.service.session import Session, Start
from ssl_core.service.store import RunFolder
from ssl_core.train import Budget, Fit, Watch

KEPT_SETS, KEPT_BYTES = 3, 1 << 30  # the newest set is kept whatever its size


class Worker:
    """Hears commands in one thread and trains in the other.

    Args:
        root: where the runs are.
        reply: passes an answer on to the server; called from both threads.
    """

    def __init__(self, root: Path, reply: Callable[[Message], None]) -> None:
        self.root, self.reply = root, reply
        self.orders: SimpleQueue[Session | None] = SimpleQueue()
        self.session: Session | None = None
        self.sets: OrderedDict[tuple[str, int], ImageSet] = OrderedDict()

    def listen(self, commands: Iterable[Message]) -> None:
        """Acknowledge and pass on every command until the server is gone."""
        for command in commands:
            self._hear(command)
            self.reply({"ack": command.get("ack")})
        if self.session:
            self.session.hear({"do": "orphan"})
        self.orders.put(None)

    def work(self) -> None:
        """Run one order after the other; waits without using the processor."""
        while session := self.orders.get():
            state = session.run()
            self.session = None
            ended, error = session.folder.run_id, session.error
            del session  # and with it the run's tensors, while nothing trains
            _give_back()
            self.reply({"ended": ended, "state": state, "error": error})

    def warm_up(self) -> None:
        """Draw the default set and take one step, so that no learner waits for it."""
        watch = Watch(bank=64, asked=32, mapped=32)
        for _ in Fit(RunConfig(), self.load("shapes", _untold), Budget(steps=1), watch):
            pass
        self.reply({"ready": True})

    def load(self, data: str, progress: Callable[[int, int], None]) -> ImageSet:
        """The image set of a name or path, kept in memory for the next run."""
        source = SOURCES.get(data)
        key = (data, 0 if source else _version(Path(data).expanduser()))
        if key not in self.sets:
            drawn = source is not None and not source.downloads
            options = {} if drawn else {"progress": progress}
            self.sets[key] = load(data, **options)
        self.sets.move_to_end(key)
        while len(self.sets) > 1 and (len(self.sets) > KEPT_SETS or self._too_large()):
            self.sets.popitem(last=False)
        return self.sets[key]

    def _too_large(self) -> bool:
        sizes = (
            value.nbytes
            for kept in self.sets.values()
            for value in vars(kept).values()
            if isinstance(value, torch.Tensor)
        )
        return sum(sizes) > KEPT_BYTES

    def _hear(self, command: Message) -> None:
        if command["do"] == "start":
            folder = RunFolder(self.root, command["run"])
            self.session = Session(folder, Start(**command["start"]), self.load)
            self.orders.put(self.session)
        elif self.session and self.session.folder.run_id == command["run"]:
            self.session.hear(command)


def _version(path: Path) -> int:
    """A number that changes when a file is replaced, or a file of a folder is edited.

    It is a hash of name, size, inode and modification time of each file, so it does not
    change when a file is read.
    """
    files = [path]
    for folder, _, names in os.walk(path):
        files += [Path(folder, name) for name in names]
    found = []
    for file in sorted(files):
        with contextlib.suppress(OSError):  # what has vanished cannot be loaded either
            about = file.stat()
            found.append((str(file), about.st_size, about.st_ino, about.st_mtime_ns))
    return hash(tuple(found))


def _give_back() -> None:
    """Let the system have the memory of a run that has ended.

    The GNU C library keeps what was freed, in pieces of which the next run can use some:
    a process that trains one run after the other would grow and grow.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # other libraries do it unasked
        ctypes.CDLL(None).malloc_trim(0)


def main() -> None:
    """Get warm, then run what is ordered until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    worker = Worker(arguments.root, json_lines(claim_stdout()))
    commands = map(json.loads, sys.stdin)
    threading.Thread(target=worker.listen, args=(commands,), daemon=True).start()
    worker.warm_up()
    worker.work()


def _untold(done: int, total: int) -> None:
    """Nobody waits for what is loaded while getting warm."""


if __name__ == "__main__":
    main()
