"""The only place that keeps things between script runs and learners."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool

from ssl_core.service import Service

ROOT = Path(os.environ.get("SSL_RUNS_DIR", Path(__file__).parents[2] / ".runs"))


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server."""
    return Service(ROOT)


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
