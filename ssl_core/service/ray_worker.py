"""A worker on a Ray cluster: a proxy process of this machine, and an actor of the cluster.

``python -m ssl_core.service.ray_worker --root DIR --address A --workers N`` reads and
writes the same lines as :mod:`ssl_core.service.worker`, and passes them on to an actor. It
is a process of its own because Ray ends programs that are connected to a cluster which is
lost, and pages must outlive that.

Runs are folders, and actors write the folders that the server reads: ``root`` must be
shared between all nodes under one path. A node where it is not gets no run, and ``ray.log``
says so. Whoever can reach a cluster can run code on it, and its own messages are pickles:
it belongs behind a firewall, with this server inside.
"""

import argparse
import contextlib
import os
import secrets
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import psutil

import ssl_core
from ssl_core.service.connection import (
    MB,
    Message,
    claim_stdout,
    message_writer,
    messages,
)

CONCURRENT_CALLS = 4  # of an actor: replies, a message, and two to spare
REPLY_SECONDS = 1.0
SAVE_SECONDS = 60.0
FORWARDED = ("CONTRASTIVE_DATA_DIR", "SSL_DATA_DIR")
LOST = "its process or node is gone"
NOT_STARTED = "it could not start"


class RayWorker:
    """Hosts a :class:`~ssl_core.service.worker.Worker`; ``ray.remote`` makes it an actor.

    Its methods are called from several threads: one waits for replies while another
    brings a message, and the training goes on in its own.

    Args:
        root: where the runs are.
        token: name of a file that the proxy has just put there.
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
        # Here, because the proxy knows this class too, and needs no torch.
        import torch

        from ssl_core.service.worker import Worker

        torch.set_num_threads(threads)
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._replies: SimpleQueue[Message] = SimpleQueue()
        self._worker = Worker(Path(root), self._replies.put)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._train, daemon=True).start()

    def send(self, message: Message | None) -> None:
        """Take a message; None asks to save what is done and to end."""
        self._messages.put(message)

    def replies(self) -> list[Message]:
        """Pending messages, after a second at most; always the memory in MB."""
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


def resource_shares(
    nodes: Sequence[Mapping[str, float]], workers: int
) -> dict[str, Any]:
    """What each worker asks for, so that all find room: as much as there is.

    Args:
        nodes: what each node has: ``CPU`` and perhaps ``GPU``.
        workers: how many there will be; where a core for each is not to be had, the
            last ones wait for their place.

    Returns:
        ``num_cpus``, an integer, and ``num_gpus`` if any node has one: a whole one, or
        the part that lets the workers share those there are.
    """
    parts = 0
    if any(node.get("GPU", 0) >= 1 for node in nodes):
        nodes = [node for node in nodes if node.get("GPU", 0) >= 1]
        parts = -(-workers // sum(int(node["GPU"]) for node in nodes))

    def room(cpus: int) -> int:
        found = 0
        for node in nodes:
            places = int(node.get("CPU", 0)) // cpus
            found += min(places, parts * int(node["GPU"])) if parts else places
        return found

    most = max((int(node.get("CPU", 0)) for node in nodes), default=1)
    cpus = next((c for c in range(most, 1, -1) if room(c) >= workers), 1)
    if not parts:
        return {"num_cpus": cpus}
    # Ray counts in ten-thousandths: rounded up, the last one would find no room.
    return {"num_cpus": cpus, "num_gpus": int(1e4 / parts) / 1e4}


def main() -> None:
    """Join the cluster, ask for an actor, and carry messages until one side ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--workers", type=int, required=True)
    args = parser.parse_args()
    reply = message_writer(claim_stdout())
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call home

    import ray

    # Its own name, so that the actor's class is found by it, and not as __main__.
    from ssl_core.service.ray_worker import RayWorker as Actor

    try:
        _join(args.address)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        share = resource_shares(nodes, args.workers)
        with _shared_file(args.root) as token:
            actor = (
                ray.remote(Actor)
                .options(max_concurrency=CONCURRENT_CALLS, max_restarts=0, **share)
                .remote(str(args.root), token, share["num_cpus"])
            )
            threading.Thread(target=_deliver, args=(actor,), daemon=True).start()
            for message in _replies(actor):
                reply(message)
    except Exception as problem:  # whatever Ray met: the server must be told
        traceback.print_exc()
        failed = getattr(problem, "actor_init_failed", False)
        reply({"exit_reason": NOT_STARTED if failed else LOST})
        sys.exit(1)  # the actor ends with its owner


def _join(address: str) -> None:
    """Connect to the cluster; our code travels along, packages do not."""
    import ray

    ray.init(
        address=address,
        runtime_env={
            "py_modules": [str(Path(ssl_core.__file__).parent)],
            "env_vars": {n: os.environ[n] for n in FORWARDED if n in os.environ},
        },
    )


def _deliver(actor: Any) -> None:
    """Pass the server's messages on until it is gone, then have the run saved."""
    import ray

    with contextlib.suppress(ray.exceptions.RayError):
        # One after the other: an actor with several threads takes calls in any order.
        for message in messages(sys.stdin):
            ray.get(actor.send.remote(message))
        limit = threading.Timer(SAVE_SECONDS, os._exit, (1,))
        limit.daemon = True
        limit.start()
        ray.get(actor.send.remote(None))


def _replies(actor: Any) -> Iterator[Message]:
    """What the actor says until it has ended."""
    import ray

    while True:
        for message in ray.get(actor.replies.remote()):
            if "over" in message:
                return
            yield message


@contextlib.contextmanager
def _shared_file(root: Path) -> Iterator[str]:
    """The name of a file in ``root`` by which a node can tell that it shares it."""
    path = root / f".shared-{secrets.token_hex(8)}"
    path.touch()
    try:
        yield path.name
    finally:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
