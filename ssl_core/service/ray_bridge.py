"""The process that is connected to Ray, between the server and its actors.

``python -m ssl_core.service.ray_bridge --root DIR --workers N [--address A]`` takes JSON
lines ``{"worker": n, "do": "hire" | "send" | "close" | "kill"}`` on standard input, and
writes what a worker says as ``{"worker": n, "message": …}``; the last that is said of one
is ``{"gone": why}``. When standard input ends, the server is gone: all runs are saved.
"""

import argparse
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ssl_core.service.link import Message, claim_stdout, json_lines

if TYPE_CHECKING:
    from ssl_core.service.ray_cluster import Post

SAVE_SECONDS = 60.0
Hire = Callable[[str, Callable[[Message], None]], "Post"]


class Bridge:
    """Does what the server asks.

    Args:
        root: where the runs are.
        hire: asks for an actor, which is shown a token and tells what there is.
        tell: writes to the server.
    """

    def __init__(self, root: Path, hire: Hire, tell: Callable[[Message], None]) -> None:
        self.root, self.hire, self.tell = root, hire, tell
        self.posts: dict[int, Post] = {}

    def serve(self, lines: Iterable[str]) -> None:
        """Take orders until the server is gone, then have all runs saved."""
        with proof(self.root) as token:
            for line in lines:
                order = json.loads(line)
                self._obey(order["worker"], order["do"], order.get("message"), token)
        until = time.monotonic() + SAVE_SECONDS
        for post in self.posts.values():
            post.send(None)
        for post in self.posts.values():
            post.over.wait(max(0.0, until - time.monotonic()))

    def _obey(self, number: int, do: str, message: Message | None, token: str) -> None:
        if do == "hire":
            self.posts = {n: p for n, p in self.posts.items() if not p.over.is_set()}
            self.posts[number] = self.hire(
                token, lambda said: self.tell({"worker": number, "message": said})
            )
        elif (post := self.posts.get(number)) is None or post.over.is_set():
            return
        elif do == "kill":
            post.kill()
        else:
            post.send(message if do == "send" else None)


@contextlib.contextmanager
def proof(root: Path) -> Iterator[str]:
    """The name of a file in ``root`` by which a node can tell that it shares it."""
    for left in root.glob(".shared-*"):  # by a bridge that was killed
        left.unlink(missing_ok=True)
    path = root / f".shared-{secrets.token_hex(8)}"
    path.touch()
    try:
        yield path.name
    finally:
        path.unlink(missing_ok=True)


def lock_up() -> None:
    """Give a cluster of our own a key that nobody else has.

    Left to itself, Ray keeps one in the home folder, for all to read. It has to be there
    before Ray is imported.
    """
    if "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def main() -> None:
    """Connect, then serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--address", default="")
    given = parser.parse_args()
    tell = json_lines(claim_stdout())
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call home
    if not given.address:
        lock_up()

    from ssl_core.service import ray_cluster

    def hire(token: str, hear: Callable[[Message], None]) -> "Post":
        return ray_cluster.hire(given.root, token, given.workers, hear)

    ray_cluster.connect(given.address, given.workers)
    Bridge(given.root, hire, tell).serve(sys.stdin)
    ray_cluster.disconnect()


if __name__ == "__main__":
    main()
