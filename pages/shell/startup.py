"""Start and end of the web server, and imports after the first page."""

import importlib
import logging
import pkgutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool

from pages.shell import click_queue, logs, resources
from pages.shell.paths import PAGES
from ssl_core import __version__

WARM_UP_DELAY_SECONDS = 2.0  # the first browser loads its page in this time
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Start the training service with the web server, and close both together."""
    click_queue.install()
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
    """Import the modules of all pages, torch included, soon after the first page.

    The first page does not need them, and the second page should not wait for them.
    """
    timer = threading.Timer(WARM_UP_DELAY_SECONDS, import_page_modules)
    timer.daemon = True  # the server can stop without waiting for it
    timer.start()
    return timer


def import_page_modules() -> None:
    """Import every module of ``features``, ``widgets`` and ``shell``."""
    for module in pkgutil.walk_packages([str(PAGES)], "pages."):
        if _is_importable(module.name):
            importlib.import_module(module.name)


def _is_importable(name: str) -> bool:
    # The router and the pages are scripts: an import would draw them.
    return name.split(".")[1] in ("features", "widgets", "shell")
