"""The only place that keeps things between script runs and learners."""

import contextlib
import importlib
import logging
import os
import pkgutil
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st
from starlette.concurrency import run_in_threadpool

from pages._ui import logs
from ssl_core import __version__
from ssl_core.quiz.ledger import Ledger
from ssl_core.service import RootInUse, Service, Settings

BESIDE = Path(__file__).parents[2] / ".runs"  # where runs are, if nothing is said
WARM_AFTER = 2.0  # seconds, in which the first browser fetches what the page needs
log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The operator's choices; one that makes no sense ends the server with a sentence."""
    for problem in Settings.unknown(os.environ):
        log.warning("%s", problem)
    try:
        chosen = Settings.read(os.environ)
        if chosen.database:
            Ledger(chosen.database)  # a URL that is none is told now, not to a learner
        return chosen
    except ValueError as refusal:
        _end(refusal)


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server.

    A second server beside the first, and one whose folder cannot be written, keeps its
    runs elsewhere, and says where.
    """
    chosen = settings()
    root = Path(chosen.runs_dir) if chosen.runs_dir else BESIDE
    try:
        return Service(root, chosen, mapper=chosen.umap)
    except (RootInUse, OSError) as problem:
        own = Path(tempfile.mkdtemp(prefix="ssl_lab_runs_"))
        log.warning(
            "%s; runs are kept in %s (SSL_RUNS_DIR chooses a folder)", problem, own
        )
        return Service(own, chosen, mapper=chosen.umap)
    except ValueError as refusal:  # a mirror or a cluster that is none
        _end(refusal)


def _end(refusal: ValueError) -> NoReturn:
    print(f"Cannot start: {refusal}", file=sys.stderr, flush=True)
    os._exit(2)  # an exit from within a server's thread would only end the thread


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[None]:
    """The pool lives as long as the web server: warm before the first click."""
    chosen = settings()
    logs.set_up(chosen.log_format)
    pool = service()
    told = {"workers": pool.report().workers, "backend": chosen.backend}
    told |= {"version": __version__, "settings": sorted(chosen.changed())}
    log.info("server started", extra={"event": "server_started"} | told)
    try:
        yield
    finally:
        await run_in_threadpool(pool.close)
        service.clear()
        log.info("server stopped", extra={"event": "server_stopped"})


@st.cache_resource(show_spinner=False)
def warm() -> threading.Timer:
    """Import the parts of all pages, and torch with them, once the first page was sent.

    The first page needs none of it, and the second does not wait for it.
    """
    soon = threading.Timer(WARM_AFTER, _import_screen_parts)
    soon.daemon = True  # a server that ends does not wait for it
    soon.start()
    return soon


def _import_screen_parts() -> None:
    for part in pkgutil.walk_packages([str(Path(__file__).parent)], "pages._ui."):
        importlib.import_module(part.name)


@st.cache_resource(show_spinner=False)
def ledger() -> Ledger:
    """Progress of signed-in learners; several servers may share one database.

    Raises:
        ValueError: one sentence, if the database's URL is none or a package is missing.
    """
    folder = Path(settings().runs_dir or BESIDE)
    with contextlib.suppress(
        OSError
    ):  # a database that cannot be opened says so itself
        folder.mkdir(parents=True, exist_ok=True)
    return Ledger(settings().database or f"sqlite:///{folder / 'progress.sqlite'}")


@st.cache_resource(show_spinner=False)
def feeds() -> dict[str, str]:
    """Key -> run, of every run whose live map this server has shown."""
    return {}
