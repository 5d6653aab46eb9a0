"""Workers that are actors of a Ray cluster, seen from the server.

Ray lives in a process of its own, the bridge (:mod:`ssl_core.service.ray_bridge`): a
program that is connected to Ray is ended by it when the cluster is lost, and the pages
must outlive that. One bridge serves all workers; server and bridge talk in JSON lines.

Runs are folders, and Ray's workers write the same folders as the server reads: ``root``
must be shared between all nodes under one path. A node where it is not is told of in
``ray.log``, and gets no run.

Whoever can reach a cluster can run code on it, and its own messages are pickles: it
belongs behind a wall, with this server inside.
"""

import threading
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from ssl_core.service.hiring import Hire
from ssl_core.service.link import ACK_SECONDS, Heard, Link, Lost, Message, ProcessLink
from ssl_core.service.settings import Settings

LAST_SECONDS = 5.0  # for the bridge to take its leave of the cluster
LOST = "its process or node is gone"


class RayLink(Link):
    """The server's end of the talk with one actor; ``bridge`` is what it talks through.

    Args:
        bridges: where the bridge is found.
        heard, lost: as for every link.
    """

    def __init__(self, bridges: "Bridges", heard: Heard, lost: Lost) -> None:
        super().__init__(heard, lost)
        self._over = threading.Event()
        self._memory_mb, self._end = 0.0, LOST
        self._bridges = bridges
        self._number, self.bridge = bridges.enter(self)

    def listen(self) -> None:
        self._tell(do="hire")

    def send(self, message: Message) -> None:
        self._tell(do="send", message=message)

    def close(self) -> None:
        self._tell(do="close")

    def kill(self) -> None:
        self._tell(do="kill")

    def wait(self, seconds: float) -> None:
        if not self._over.wait(seconds):
            self.kill()
            self._over.wait(ACK_SECONDS)
        self._bridges.leave(self._number)
        self._bridges.close_if_idle()

    def memory_mb(self) -> float:
        return 0.0 if self._over.is_set() else self._memory_mb

    def obituary(self) -> str:
        return self._end

    def take(self, message: Message) -> None:
        """Hear what the actor says, or the bridge says of it."""
        if "memory_mb" in message:
            self._memory_mb = message["memory_mb"]
        elif "gone" in message:
            self._bridges.leave(self._number)
            self._end = message["gone"]
            self._over.set()
            self._gone()
        else:
            self._take(message)

    def _tell(self, **message: object) -> None:
        self.bridge.send({"worker": self._number, **message})


class Bridges:
    """Keeps the bridge: one for all workers; a new one where the last has ended.

    Args:
        root: where the runs are.
        address: of the cluster; empty starts one on this machine.
        workers: how many there will be.
    """

    def __init__(self, root: Path, address: str, workers: int) -> None:
        self.log = root / "ray.log"
        self.arguments = ["--root", str(root), "--workers", str(workers)]
        self.arguments += ["--address", address] if address else []
        self._lock = threading.Lock()
        self._numbers = count()
        self._links: dict[int, RayLink] = {}
        self._bridge: ProcessLink | None = None

    def enter(self, link: RayLink) -> tuple[int, ProcessLink]:
        """A number for a new link, and the bridge that it talks through."""
        with self._lock:
            if self._bridge is None:
                module = "ssl_core.service.ray_bridge"
                self._bridge = ProcessLink(
                    module, self.arguments, self.log, self._heard, self._lost
                )
                self._bridge.listen()
            number = next(self._numbers)
            self._links[number] = link
            return number, self._bridge

    def leave(self, number: int) -> None:
        """Forget a link."""
        with self._lock:
            self._links.pop(number, None)

    def close_if_idle(self) -> None:
        """End the bridge, and with it a cluster that it started, if nobody needs it."""
        with self._lock:
            bridge = None if self._links else self._bridge
        if bridge:
            bridge.close()
            bridge.wait(LAST_SECONDS)

    def _heard(self, bridge: Link, message: Message) -> None:
        with self._lock:
            link = self._links.get(message["worker"])
        if link:
            link.take(message["message"])

    def _lost(self, bridge: Link) -> None:
        with self._lock:
            self._bridge, links = None, list(self._links.values())
            self._links.clear()
        for link in links:
            link.take({"gone": LOST})


def hire(root: Path, settings: Settings, workers: int) -> Hire:
    """How one of ``workers`` workers is started in the cluster of the settings.

    Nothing is waited for: a worker for which the cluster has no room yet, or a cluster
    that takes its time to answer, is not ready, and the pages go on.

    Raises:
        ValueError: if Ray is not installed.
    """
    if find_spec("ray") is None:
        raise ValueError(
            "CONTRASTIVE_BACKEND is ray, but Ray is not installed; pip install -r "
            "requirements-cluster.txt brings it"
        )
    bridges = Bridges(root, settings.ray_address, workers)
    return lambda heard, lost: RayLink(bridges, heard, lost)
