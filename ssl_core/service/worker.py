"""A warm process that trains one run at a time.

``python -m ssl_core.service.worker --root DIR [--threads N]`` takes commands as JSON
lines on standard input and answers on standard output: ``{"ready": true}``, and of its run
``{"run": id, …}`` with ``loaded``, ``tick``, ``paused``, ``reply_to`` or ``ended``. When
standard input ends, the server is gone: the run is saved.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import gc
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
from ssl_core.service.connection import (
    Message,
    claim_stdout,
    message_writer,
    messages,
)
from ssl_core.service.run_files import RunFiles
from ssl_core.service.session import Session, Start
from ssl_core.train import Budget, Fit, Watch

KEPT_SETS, KEPT_BYTES = 3, 1 << 30  # the newest set is kept whatever its size


class Worker:
    """Takes commands in one thread and trains in the other.

    Args:
        root: where the runs are.
        reply: passes a message on to the server; called from the training thread.
    """

    def __init__(self, root: Path, reply: Callable[[Message], None]) -> None:
        self.root, self.reply = root, reply
        self.sessions: SimpleQueue[Session | None] = SimpleQueue()
        self.session: Session | None = None
        self.sets: OrderedDict[tuple[str, int], ImageSet] = OrderedDict()

    def listen(self, commands: Iterable[Message]) -> None:
        """Pass every command on until the server is gone."""
        for command in commands:
            self._take(command)
        if session := self.session:
            session.enqueue({"do": "release", "number": session.last_number})
        self.sessions.put(None)

    def work(self) -> None:
        """Run one session after the other; waits without using the processor."""
        while session := self.sessions.get():
            ended = session.run()
            self.session = None
            del session  # and with it the run's tensors, while nothing trains
            _return_memory()
            self.reply(ended)

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

    def _take(self, command: Message) -> None:
        if command["do"] == "start":
            files = RunFiles(self.root, command["run"])
            wanted = {f.name: command[f.name] for f in dataclasses.fields(Start)}
            self.session = Session(files, Start(**wanted), self.load, self.reply)
            self.sessions.put(self.session)
        elif (session := self.session) and session.files.run_id == command["run"]:
            session.enqueue(command)


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


def _return_memory() -> None:
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
    worker = Worker(arguments.root, message_writer(claim_stdout()))
    listener = threading.Thread(
        target=worker.listen, args=(messages(sys.stdin),), daemon=True
    )
    listener.start()
    worker.warm_up()
    worker.work()


def _untold(done: int, total: int) -> None:
    """Nobody waits for what is loaded while getting warm."""


if __name__ == "__main__":
    main()
