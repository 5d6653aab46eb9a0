"""A real server, a real worker pool and a real Chromium."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from lab import free_port
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
)
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.chromium import DESK, launched

REPOSITORY = Path(__file__).parents[2]
# Opened at /playground, Streamlit's front end looks for its server below that path first
# and finds it at the root right after; the browser reports the two misses as errors.
PROBES = re.compile(r"http://[^/]+/\w+/_stcore/(health|host-config)")
NO_SUCH_HOST = "net::ERR_NAME_NOT_RESOLVED"

expect.set_options(timeout=40_000)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps its runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, runs: Path) -> Iterator[str]:
    """The app's address, on a free port with its own folder of runs."""
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(runs, log) as address:
        yield address
    assert "Traceback" not in log.read_text(), log.read_text()


@contextlib.contextmanager
def serving(runs: Path, log: Path, port: int = 0, *options: str) -> Iterator[str]:
    """A server of the app until the block ends.

    Args:
        runs: where it keeps its runs.
        log: file of what it prints.
        port: 0 takes a free one.
        options: of Streamlit's command line.
    """
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    port = port or free_port()
    with log.open("a") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=REPOSITORY,
            env=os.environ
            | {"CONTRASTIVE_RUNS_DIR": str(runs), "CONTRASTIVE_LAB_STEPS": "40"},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.fixture
def another_server(tmp_path: Path) -> Callable[..., AbstractContextManager[str]]:
    """Starts a server of one's own, to end it in the middle of a test.

    Its runs are its own, too: a second server would take the first one's for interrupted.
    """
    own = tmp_path / "runs"
    return lambda port, *options: serving(own, tmp_path / "log", port, *options)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not answer within a minute")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with launched() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, server: str, runs: Path) -> Iterator[Page]:
    """A fresh visitor at a desk; an error on the page or console fails the test."""
    context = browser.new_context(viewport=DESK, base_url=server)
    yield from _visit(context, runs)


@pytest.fixture
def phone(browser: Browser, server: str, runs: Path) -> Iterator[Page]:
    """A fresh visitor with a phone; the same rules."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=server, has_touch=True
    )
    yield from _visit(context, runs)


def _visit(context: BrowserContext, runs: Path) -> Iterator[Page]:
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.extend(_complaint(message)))
    yield opened
    shown = opened.locator('[data-testid="stException"]').count()
    _let_go(opened, runs)
    context.close()
    assert shown == 0, "the page shows an exception"
    assert not complaints, complaints


def _complaint(message: ConsoleMessage) -> list[str]:
    """What an error on the console says and where it comes from."""
    address = message.location.get("url", "")
    # Which hosts are asked is a test of its own, so that it fails once and by name.
    known = PROBES.fullmatch(address) or NO_SUCH_HOST in message.text
    return [] if message.type != "error" or known else [f"{message.text} {address}"]


def _let_go(opened: Page, runs: Path) -> None:
    """Pause what this visitor trains: the next one needs the worker."""
    halt = re.compile("^(Pause|Stop)$")  # the playground's button, and a lab's
    pause = opened.get_by_test_id("stMain").get_by_role("button", name=halt)
    deadline = time.monotonic() + 90
    # What is on disk decides: a page may show no button for a moment while it is redrawn.
    while moving := _moving(runs):
        assert time.monotonic() < deadline, f"{moving} do not pause"
        with contextlib.suppress(PlaywrightTimeout):
            pause.first.click(timeout=2000)
        opened.wait_for_timeout(300)


def _moving(runs: Path) -> list[str]:
    """Runs that have a worker or wait for one."""
    states = {
        p.parent.name: json.loads(p.read_bytes()) for p in runs.glob("*/state.json")
    }
    still = ("queued", "starting", "running", "pausing", "stopping")
    return [run for run, now in states.items() if now["state"] in still]
