"""The only place that keeps things between script runs and learners."""

import logging
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool

from ssl_core.service import RootInUse, Service

ROOT = Path(os.environ.get("SSL_RUNS_DIR", Path(__file__).parents[2] / ".runs"))


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server.

    A second server beside the first keeps its runs elsewhere, and says where.
    """
    try:
        return Service(ROOT)
    except RootInUse as taken:
        own = Path(tempfile.mkdtemp(prefix="ssl_lab_runs_"))
        logging.getLogger(__name__).warning(
            "%s; this one keeps them in %s (SSL_RUNS_DIR chooses a folder)", taken, own
        )
        return Service(own)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[None]:
    """The pool lives as long as the web server: warm before the first click."""
    pool = service()
    try:
        yield
    finally:
        await run_in_threadpool(pool.close)
        service.clear()


@st.cache_resource(show_spinner=False)
def feeds() -> dict[str, str]:
    """Key -> run, of every run whose live map this server has shown."""
    return {}
