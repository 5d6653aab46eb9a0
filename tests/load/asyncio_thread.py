"""Running a coroutine where an event loop may run already."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run(played: Coroutine[Any, Any, Any]) -> Any:
    """``asyncio.run`` in a new thread: Playwright leaves its loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, played).result()
