"""Shared by all sessions: settings, the training service, the progress database."""

import contextlib
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import streamlit as st

from pages.shell.paths import ROOT
from ssl_core.quiz.progress_store import ProgressStore
from ssl_core.service import RootInUse, Service, Settings

DEFAULT_RUNS_DIR = ROOT / ".runs"
log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The operator's settings; an invalid one ends the server with one sentence.

    The URL of the database is checked, too, so that an invalid URL fails at start-up.
    """
    for problem in Settings.problems(os.environ):
        log.warning("%s", problem)
    try:
        options = Settings.read(os.environ)
        if options.database:
            ProgressStore(options.database)
        return options
    except ValueError as error:
        _exit(error)


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server.

    If another server uses the folder of runs, or it cannot be written, the runs are kept in
    a temporary folder. The log names it.
    """
    options = settings()
    root = Path(options.runs_dir) if options.runs_dir else DEFAULT_RUNS_DIR
    try:
        return Service(root, options, umap=options.umap)
    except (RootInUse, OSError) as error:
        root = Path(tempfile.mkdtemp(prefix="ssl_lab_runs_"))
        log.warning(
            "%s; runs are kept in %s (CONTRASTIVE_RUNS_DIR chooses a folder)",
            error,
            root,
        )
        return Service(root, options, umap=options.umap)
    except ValueError as error:  # a cluster that cannot be used
        _exit(error)


@st.cache_resource(show_spinner=False)
def progress_database() -> ProgressStore:
    """Progress of signed-in learners; several servers may share one database.

    Raises:
        ValueError: one sentence, if the URL is invalid or a package is missing.
    """
    folder = Path(settings().runs_dir or DEFAULT_RUNS_DIR)
    # Without the folder the database raises an error of its own, which says more.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return ProgressStore(
        settings().database or f"sqlite:///{folder / 'progress.sqlite'}"
    )


def _exit(error: ValueError) -> NoReturn:
    print(f"Cannot start: {error}", file=sys.stderr, flush=True)
    os._exit(2)  # sys.exit would end only this thread of the server
