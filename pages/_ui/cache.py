"""The only place that keeps things between script runs and learners."""

import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool

from ssl_core.service import RootInUse, Service, Settings

BESIDE = Path(__file__).parents[2] / ".runs"  # where runs are, if nothing is said
log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The operator's choices; one that makes no sense ends the server with a sentence."""
    for problem in Settings.unknown(os.environ):
        log.warning("%s", problem)
    try:
        return Settings.read(os.environ)
    except ValueError as refusal:
        print(f"Cannot start: {refusal}", file=sys.stderr, flush=True)
        os._exit(2)  # an exit from within a server's thread would only end the thread


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server.

    A second server beside the first, and one whose folder cannot be written, keeps its
    runs elsewhere, and says where.
    """
    chosen = settings()
    root = Path(chosen.runs_dir) if chosen.runs_dir else BESIDE
    try:
        return Service(root, chosen)
    except (RootInUse, OSError) as problem:
        own = Path(tempfile.mkdtemp(prefix="ssl_lab_runs_"))
        log.warning(
            "%s; runs are kept in %s (SSL_RUNS_DIR chooses a folder)", problem, own
        )
        return Service(own, chosen)


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
