"""A worker that lives in a Ray actor; the actor's side of the talk."""

import threading
from pathlib import Path
from queue import Empty, SimpleQueue

import psutil

from ssl_core.service.link import MB, Message

REPLY_SECONDS = 1.0


class RayWorker:
    """Hosts a :class:`~ssl_core.service.worker.Worker`; ``ray.remote`` makes it an actor.

    Its methods are called from several threads: one waits for replies while another
    brings a message, and the training goes on in its own.

    Args:
        root: where the runs are.
        token: name of a file that the server has just put there.
        threads: how many threads torch may use.

    Raises:
        FileNotFoundError: if the node does not share the server's folder of runs.
    """

    def __init__(self, root: str, token: str, threads: int) -> None:
        if not Path(root, token).is_file():
            raise FileNotFoundError(
                f"this node does not see the server's folder of runs as {root}; Ray's "
                "workers need a folder that all nodes share"
            )
        # Here, because the bridge knows this class too, and needs no torch.
        import torch

        from ssl_core.service.worker import Worker

        torch.set_num_threads(threads)
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._replies: SimpleQueue[Message] = SimpleQueue()
        self._worker = Worker(Path(root), self._replies.put)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._train, daemon=True).start()

    def hear(self, message: Message | None) -> None:
        """Take a message; None asks to save what is done and to end."""
        self._messages.put(message)

    def replies(self) -> list[Message]:
        """What there is to tell, after a second at most; always the memory in MB."""
        told = []
        try:
            told.append(self._replies.get(timeout=REPLY_SECONDS))
            while True:
                told.append(self._replies.get_nowait())
        except Empty:
            memory = psutil.Process().memory_info().rss / MB
        return [*told, {"memory_mb": memory}]

    def _listen(self) -> None:
        self._worker.listen(iter(self._messages.get, None))

    def _train(self) -> None:
        try:
            self._worker.warm_up()
            self._worker.work()
        finally:
            self._replies.put({"over": True})
