"""Playing a scenario where a loop may run already."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run(played: Coroutine[Any, Any, Any]) -> Any:
    """``asyncio.run`` in a thread of its own: a browser's test leaves its loop in ours."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, played).result()
