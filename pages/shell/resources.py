"""What the whole server shares: settings, the training service, the progress database."""

import contextlib
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import streamlit as st

from pages.shell.paths import ROOT
from ssl_core.quiz.ledger import Ledger
from ssl_core.service import RootInUse, Service, Settings

DEFAULT_RUNS_DIR = ROOT / ".runs"
log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The operator's settings; an invalid one ends the server with one sentence."""
    for problem in Settings.problems(os.environ):
        log.warning("%s", problem)
    try:
        chosen = Settings.read(os.environ)
        if chosen.database:
            Ledger(
                chosen.database
            )  # the operator reads of a bad URL now, no learner later
        return chosen
    except ValueError as refusal:
        _end(refusal)


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The pool of training workers, one for the whole server.

    A second server on the same folder, and a server that cannot write its folder, keeps its
    runs in a temporary folder and says which.
    """
    chosen = settings()
    root = Path(chosen.runs_dir) if chosen.runs_dir else DEFAULT_RUNS_DIR
    try:
        return Service(root, chosen, mapper=chosen.umap)
    except (RootInUse, OSError) as problem:
        own = Path(tempfile.mkdtemp(prefix="ssl_lab_runs_"))
        log.warning(
            "%s; runs are kept in %s (CONTRASTIVE_RUNS_DIR chooses a folder)",
            problem,
            own,
        )
        return Service(own, chosen, mapper=chosen.umap)
    except ValueError as refusal:  # a mirror or a cluster that cannot be used
        _end(refusal)


@st.cache_resource(show_spinner=False)
def progress_database() -> Ledger:
    """Progress of signed-in learners; several servers may share one database.

    Raises:
        ValueError: one sentence, if the URL of the database is none or a package is missing.
    """
    folder = Path(settings().runs_dir or DEFAULT_RUNS_DIR)
    # A database that cannot be opened reports that itself.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return Ledger(settings().database or f"sqlite:///{folder / 'progress.sqlite'}")


def _end(refusal: ValueError) -> NoReturn:
    print(f"Cannot start: {refusal}", file=sys.stderr, flush=True)
    os._exit(2)  # sys.exit in a thread of the server would end that thread only
