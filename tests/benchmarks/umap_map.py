"""UMAP: the time of a layout, and of the first one that a learner requests."""

import re
import time

import numpy as np
import torch

from ssl_core import embed
from tests.benchmarks.browsing import app, visitor
from tests.benchmarks.figures import Figure
from tests.benchmarks.live_view import train
from tests.chromium import launched

TIMES, ROWS, DIMENSIONS, CLUSTERS = 5, 1000, 64, 8
DRAWN = re.compile("UMAP of step|UMAP is being computed")


def measure() -> list[Figure]:
    """Features in clusters that move a little from layout to layout, as an encoder's do."""
    asked = [_ask_a_cold_server() for _ in range(3)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the UMAP worker
    began = time.perf_counter()
    embed.warm_up()
    compiled = time.perf_counter() - began
    rng = np.random.default_rng(0)
    features = rng.normal(size=(CLUSTERS, DIMENSIONS)).repeat(ROWS // CLUSTERS, axis=0)
    layout, took = None, []
    for _ in range(TIMES + 1):
        features = features + 0.3 * rng.normal(size=features.shape)
        began = time.perf_counter()
        layout = embed.umap_layout(features, layout)
        took.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    first, *refreshes = took
    return [
        Figure("a click on UMAP while it compiles, to a map", "s", asked),
        Figure("UMAP's import and compilation, beside the app", "s", [compiled]),
        Figure(f"first UMAP of {ROWS:,} x {DIMENSIONS}", "s", [first]),
        Figure(f"UMAP refresh of {ROWS:,} x {DIMENSIONS}", "s", refreshes, "<= 1 s"),
    ]


def _ask_a_cold_server() -> float:
    with launched() as opened, app() as server:
        page = visitor(opened, server.address)
        train(page, server)
        main = page.get_by_test_id("stMain")
        began = time.monotonic()
        main.get_by_role("radio", name="UMAP").click()
        main.get_by_text(DRAWN).first.wait_for()
        return time.monotonic() - began
