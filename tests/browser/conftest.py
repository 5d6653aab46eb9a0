"""A real server, a real worker pool and a real Chromium."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from page_actions import FirstVisit, Visit, eventually, main
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from script_runs import ScriptRuns

from tests.chromium import DESK, launched
from tests.load.server import Server, serving

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LAB_STEPS = 20  # enough for two arms to differ
# Opened at /playground, Streamlit's front end looks for its server below that path first
# and finds it at the root right after; the browser reports the two misses as errors.
PROBES = re.compile(r"http://[^/]+/\w+/_stcore/(health|host-config)")
NO_SUCH_HOST = "net::ERR_NAME_NOT_RESOLVED"
FIRST_PAGE_MS = 120_000  # the server imports torch for it, a busy machine for a minute
ACTIVE = ("queued", "starting", "running", "pausing", "stopping")
PAUSE_OR_STOP = re.compile("^(Pause|Stop)$")  # the playground's button, and a lab's

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps its runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def fresh_server(
    tmp_path_factory: pytest.TempPathFactory, runs: Path
) -> Iterator[Server]:
    """The app's server, which nobody has asked for a page yet."""
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(runs, log, lab_steps=LAB_STEPS, umap="false") as started:
        yield started
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def first_visit(browser: Browser, fresh_server: Server) -> FirstVisit:
    """The first page that the server shows to anybody."""
    page = browser.new_page(base_url=fresh_server.address, viewport=DESK)
    page.goto("/playground")
    train = main(page).get_by_role("button", name="Train", exact=True)
    expect(train).to_be_visible(timeout=FIRST_PAGE_MS)
    sidebar = page.get_by_test_id("stSidebar")
    # The front end loads the code of each kind of widget when it first meets one.
    expect(sidebar).to_contain_text("Batch size")
    expect(sidebar.get_by_role("button", name="Train", exact=True)).to_be_visible()
    page.get_by_text("Look inside", exact=True).first.click()
    page.get_by_role("menuitem").first.wait_for()
    seen = FirstVisit(
        main(page).get_by_role("heading").first.inner_text(),
        sidebar.inner_text(),
        page.get_by_role("menuitem").all_inner_texts(),
    )
    page.close()
    return seen


@pytest.fixture(scope="session")
def server(fresh_server: Server, first_visit: FirstVisit) -> str:
    """The app's address."""
    return fresh_server.address


@pytest.fixture
def another_server(tmp_path: Path) -> Callable[..., AbstractContextManager[Server]]:
    """Starts a server of one's own, to end it in the middle of a test.

    Its runs are its own, too: a second server would take the first one's for interrupted.
    """
    own = tmp_path / "runs"
    return lambda port, *options: serving(own, tmp_path / "log", *options, port=port)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with launched() as opened:
        yield opened


class Visitors:
    """Opens tabs, each of a visitor whom the server does not know.

    Args:
        browser: in which they open.
        server: whose pages they open.
    """

    def __init__(self, browser: Browser, server: str) -> None:
        self.browser, self.server = browser, server
        self.complaints: list[str] = []  # errors on pages and consoles
        self.contexts: list[BrowserContext] = []
        # A new window costs a second of processor time: those at a desk and of a phone
        # stay, and forget.
        self._kept: dict[str, BrowserContext] = {}

    def visit(self, **options: object) -> Page:
        """A tab at a desk, or in a profile with the browser's options."""
        kept = self._kept.get(repr(options))
        if kept is not None and kept not in self.contexts:
            self.contexts.append(kept)
            return kept.pages[0] if kept.pages else kept.new_page()
        profile = self._profile(options)
        if kept is None and options in ({}, PHONE):
            self._kept[repr(options)] = profile
        self.contexts.append(profile)
        return profile.new_page()

    def forget_complaints(self, text: str) -> None:
        """Drop the complaints that contain the text: the test expects them."""
        self.complaints = [c for c in self.complaints if text not in c]

    def leave(self) -> None:
        """Close the tabs; what they left in the browser is forgotten."""
        for context in self.contexts:
            if context not in self._kept.values() or not context.pages:
                context.close()
                self._kept = {o: c for o, c in self._kept.items() if c is not context}
                continue
            first, *others = context.pages
            for page in others:
                page.close()
            first.goto(f"{self.server}/health")  # no script of the app writes here
            first.evaluate("localStorage.clear(); sessionStorage.clear()")
            context.clear_cookies()
        self.contexts, self.complaints = [], []

    def _profile(self, options: dict[str, object]) -> BrowserContext:
        profile = {"viewport": DESK, "base_url": self.server} | options
        context = self.browser.new_context(**profile)
        context.on("page", self._watch)
        return context

    def _watch(self, page: Page) -> None:
        ScriptRuns(page)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.extend(_complaint(message)))


@pytest.fixture(scope="session")
def visitors(browser: Browser, server: str) -> Visitors:
    """Opens tabs for all tests."""
    return Visitors(browser, server)


@pytest.fixture
def visit(visitors: Visitors, runs: Path) -> Iterator[Visit]:
    """Opens a tab of a fresh visitor, with options of the browser's profile.

    An error on a page or its console fails the test. What a visitor trains is paused in
    the end: the next one needs the worker.
    """
    yield visitors.visit
    tabs = [page for context in visitors.contexts for page in context.pages]
    exceptions = [p.url for p in tabs if p.get_by_test_id("stException").count()]
    try:
        _pause_runs(tabs, runs)
    finally:
        complaints = list(visitors.complaints)
        visitors.leave()
        assert not exceptions, "a page shows an exception"
        assert not complaints, complaints


@pytest.fixture
def page(visit: Visit) -> Page:
    """A fresh visitor at a desk."""
    return visit()


@pytest.fixture
def phone(visit: Visit) -> Page:
    """A fresh visitor with a phone."""
    return visit(**PHONE)


def _complaint(message: ConsoleMessage) -> list[str]:
    """What an error on the console says and where it comes from."""
    address = message.location.get("url", "")
    # Which hosts are asked is a test of its own, so that it fails once and by name.
    known = PROBES.fullmatch(address) or NO_SUCH_HOST in message.text
    return [] if message.type != "error" or known else [f"{message.text} {address}"]


def _pause_runs(tabs: list[Page], runs: Path) -> None:
    """Press Pause, or a lab's Stop, until the runs on disk have paused or ended.

    What is on disk decides: a page may show no button for a moment while it is redrawn.
    """

    def paused() -> bool:
        if not _active(runs):
            return True
        for page in tabs:
            button = main(page).get_by_role("button", name=PAUSE_OR_STOP)
            with contextlib.suppress(PlaywrightTimeout):
                if button.count():
                    button.first.click(timeout=2000)
        return False

    try:
        eventually(paused, "the visitor's runs pause")
    except AssertionError as failure:
        shown = {page.url: main(page).inner_text()[:500] for page in tabs}
        raise AssertionError(f"{failure}: {_active(runs)}; {shown}") from None


def _active(runs: Path) -> dict[str, str]:
    """State of the runs that have a worker or wait for one."""
    states = {
        p.parent.name: json.loads(p.read_bytes()) for p in runs.glob("*/state.json")
    }
    return {r: now["state"] for r, now in states.items() if now["state"] in ACTIVE}
