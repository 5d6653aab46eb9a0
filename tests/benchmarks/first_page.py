"""From the start of the server's process to the first page in a browser that is open."""

import time

import psutil

from tests.benchmarks.browsing import app, leave, stands, visitor
from tests.benchmarks.figures import Figure
from tests.chromium import launched

TIMES = 5
# What a process has mapped once it has imported torch, UMAP (by way of numba) or scikit-learn.
HEAVY = ("libtorch", "llvmlite", "sklearn")


def measure() -> list[Figure]:
    """A new server process every time; its files are in the system's cache."""
    answers, drawn, heavy = [], [], []
    with launched() as opened:
        for _ in range(TIMES):
            page = visitor(opened)
            began = time.monotonic()
            with app() as server:
                answers.append(time.monotonic() - began)
                page.goto(server.address)
                stands(page)
                drawn.append(time.monotonic() - began)
                heavy.append(float(len(_mapped(server.process.pid))))
                leave(page)
    return [
        Figure("server start until it answers", "s", answers),
        Figure("server start until the first page stands", "s", drawn, "<= 2 s"),
        Figure(
            "torch, UMAP and scikit-learn in the server by then",
            "of 3",
            heavy,
            "0 of 3",
        ),
    ]


def _mapped(pid: int) -> list[str]:
    files = [mapped.path for mapped in psutil.Process(pid).memory_maps()]
    return [name for name in HEAVY if any(name in file for file in files)]
