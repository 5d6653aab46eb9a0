"""Waiting for what another process or thread does: polled, with a limit."""

import time
from collections.abc import Callable

LIMIT_S = 30.0  # many times what any wait takes on a busy machine
START_LIMIT_S = 90.0  # the same for a process that has to start and import torch
INTERVAL_S = 0.01


def wait_until(
    condition: Callable[[], object], what: str, seconds: float = LIMIT_S
) -> None:
    """Return as soon as a condition holds.

    Args:
        condition: asked again every ten milliseconds.
        what: what is waited for; the message of the failure names it.
        seconds: after which the test fails.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(INTERVAL_S)
