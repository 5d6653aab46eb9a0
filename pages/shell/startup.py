"""Start and end of the web server, and what it imports once the first page was sent."""

import importlib
import logging
import pkgutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool

from pages.shell import logs, resources
from pages.shell.paths import PAGES
from ssl_core import __version__

WARM_UP_AFTER = 2.0  # seconds, in which the first browser fetches what its page needs
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Start the training service with the web server, and close both together."""
    settings = resources.settings()
    logs.set_up(settings.log_format)
    service = resources.service()
    fields: dict[str, Any] = {
        "event": "server_started",
        "workers": service.report().workers,
        "backend": settings.backend,
        "version": __version__,
        "settings": sorted(settings.changed()),
    }
    log.info("server started", extra=fields)
    try:
        yield
    finally:
        await run_in_threadpool(service.close)
        resources.service.clear()
        log.info("server stopped", extra={"event": "server_stopped"})


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Timer:
    """Import what pages are made of, torch included, soon after the first page was sent.

    The first page needs none of it, and the second page need not wait for it.
    """
    timer = threading.Timer(WARM_UP_AFTER, import_page_parts)
    timer.daemon = True  # a server that stops does not wait for it
    timer.start()
    return timer


def import_page_parts() -> None:
    """Import every module of ``features``, ``widgets`` and ``shell``."""
    for part in pkgutil.walk_packages([str(PAGES)], "pages."):
        if _is_part(part.name):
            importlib.import_module(part.name)


def _is_part(name: str) -> bool:
    # The router and the pages themselves are scripts: an import would draw them.
    return name.split(".")[1] in ("features", "widgets", "shell")
