"""The only place that keeps things between script runs and learners."""

import os
from pathlib import Path

import streamlit as st

from ssl_core.service import Service

ROOT = Path(os.environ.get("SSL_RUNS_DIR", Path(__file__).parents[2] / ".runs"))


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server."""
    return Service(ROOT)
