"""The cluster: joining it, sharing it out, and the talk with one actor in it."""

import contextlib
import os
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import ray
from ray.exceptions import RayError

import ssl_core
from ssl_core.service.hiring import cores
from ssl_core.service.link import Message
from ssl_core.service.ray_link import LOST
from ssl_core.service.ray_worker import RayWorker

CALLS = 4  # of an actor at a time: replies, a message, and some air
OBJECTS = 80 * 2**20  # bytes for Ray's shared objects: our messages are small
FORWARDED = ("CONTRASTIVE_DATA_DIR", "SSL_DATA_DIR")


def connect(address: str, workers: int) -> None:
    """Join a cluster, or start one here; our code travels along, packages do not."""
    here = {
        "address": "local",
        "num_cpus": max(cores(), workers),
        "object_store_memory": OBJECTS,
        "include_dashboard": False,
    }
    variables = {n: os.environ[n] for n in FORWARDED if n in os.environ}
    code = str(Path(ssl_core.__file__).parent)
    ray.init(
        **({"address": address} if address else here),
        runtime_env={"py_modules": [code], "env_vars": variables},
    )


def disconnect() -> None:
    """Leave the cluster; one that was started here ends."""
    ray.shutdown()


class Post:
    """One actor, and the two threads that carry messages to it and from it.

    Args:
        actor: its handle; the actor may still wait for a place in the cluster.
        tell: takes what it says, and ``{"gone": why}`` at its end.
    """

    def __init__(self, actor: Any, tell: Callable[[Message], None]) -> None:
        self.actor, self.tell = actor, tell
        self.over = threading.Event()
        self._letters: SimpleQueue[Message | None] = SimpleQueue()
        threading.Thread(target=self._collect, daemon=True).start()
        threading.Thread(target=self._deliver, daemon=True).start()

    def send(self, message: Message | None) -> None:
        """Pass a message on; None asks the worker to save and to end."""
        self._letters.put(message)

    def kill(self) -> None:
        """End the actor at once."""
        with contextlib.suppress(RayError, ValueError):
            ray.kill(self.actor)

    def _collect(self) -> None:
        why = LOST
        try:
            for message in self._said():
                if "over" in message:
                    why = "it has ended"
                    break
                self.tell(message)
        except Exception as problem:  # whatever Ray met: the server must be told
            traceback.print_exc()
            if getattr(problem, "actor_init_failed", False):
                why = "it could not start"
        self.kill()  # also if it is out of reach: it may not go on behind our back
        self.over.set()
        self._letters.put(None)  # wakes the other thread
        self.tell({"gone": why})

    def _said(self) -> Iterator[Message]:
        while True:
            yield from ray.get(self.actor.replies.remote())

    def _deliver(self) -> None:
        # One after the other: an actor with several threads takes calls in any order.
        with contextlib.suppress(RayError):
            while not self.over.is_set():
                ray.get(self.actor.hear.remote(self._letters.get()))


def hire(root: Path, token: str, workers: int, tell: Callable[[Message], None]) -> Post:
    """Ask for one actor; it starts when and where the cluster has room for it.

    Args:
        root: where the runs are.
        token: name of a file in it, by which a node can tell that it shares it.
        workers: how many there will be.
        tell: takes what it says.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    share = shares(nodes, workers)
    made = ray.remote(RayWorker).options(max_concurrency=CALLS, max_restarts=0, **share)
    return Post(made.remote(str(root), token, share["num_cpus"]), tell)


def shares(nodes: Sequence[Mapping[str, float]], workers: int) -> dict[str, Any]:
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
