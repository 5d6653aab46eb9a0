"""Waiting for what another process or thread does: polled, with a limit."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT_S = 30.0  # many times what any wait takes on a busy machine
START_LIMIT_S = 90.0  # the same for a process that has to start and import torch
INTERVAL_S = 0.01


def wait_until(
    condition: Callable[[], T],
    what: str,
    seconds: float = LIMIT_S,
    interval_s: float = INTERVAL_S,
) -> T:
    """Return what a condition gives as soon as that is true.

    Args:
        condition: asked again and again.
        what: what is waited for; the message of the failure names it.
        seconds: after which the test fails.
        interval_s: time from one question to the next.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(interval_s)
    return found
