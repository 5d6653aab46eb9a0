"""What a stranger at the web server's door gets, and does not get."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.load.server import Server, serving

KEY = "a-key-that-is-long-enough"


def test_a_balancer_is_told_how_the_server_is(server: str) -> None:
    with urllib.request.urlopen(f"{server}/health", timeout=10) as reply:
        told = json.loads(reply.read())
    assert told["status"] in ("ok", "starting") and told["workers"]["wanted"] >= 1


def test_streamlits_own_answers_carry_the_headers(server: str) -> None:
    with urllib.request.urlopen(server, timeout=10) as reply:
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'self'" in reply.headers["Content-Security-Policy"]


def test_an_upload_from_elsewhere_is_refused(server: str) -> None:
    address = f"{server}/_stcore/upload_file/a-session/a-file"
    request = urllib.request.Request(address, data=b"x", method="PUT")
    try:
        urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 403 and b"XSRF" in refusal.read()
    else:
        raise AssertionError("it was taken")


@pytest.mark.slow
def test_there_is_no_operators_page_without_a_key(
    browser: Browser, server: str
) -> None:
    # Not the fixture's page: Streamlit says on the console that there is none.
    page = browser.new_page()
    page.goto(f"{server}/operators?key=guess")
    expect(page.get_by_text("Page not found")).to_be_visible()
    expect(page.get_by_text("Open sessions")).to_have_count(0)
    page.close()


@pytest.fixture
def operated(tmp_path: Path) -> Iterator[Server]:
    """A server with an operators' page, below a folder of its address."""
    runs, log = tmp_path / "runs", tmp_path / "log"
    with serving(runs, log, base_url_path="/class", operator_key=KEY) as started:
        yield started
    assert KEY not in log.read_text()


def enter(page: Page, key: str) -> None:
    page.get_by_label("The operators' key").fill(key)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow
def test_operators_sign_in_and_out_and_the_key_is_in_no_url(
    browser: Browser, operated: Server
) -> None:
    page = browser.new_context().new_page()
    urls: list[str] = []
    page.on("framenavigated", lambda frame: urls.append(frame.url))
    own = f"{operated.address}/operators"
    state, form = (
        page.get_by_text("Open sessions"),
        page.get_by_label("The operators"),
    )

    page.goto(f"{own}?key={KEY}")
    expect(page.get_by_text("A link no longer opens this page")).to_be_visible()
    expect(form).to_be_visible()
    enter(page, "a guess")
    expect(page.get_by_text("The key is wrong")).to_be_visible()
    expect(state).to_have_count(0)
    enter(page, KEY)
    expect(state).to_be_visible()
    assert page.url == own and not any(KEY in url for url in urls)
    (cookie,) = (c for c in page.context.cookies() if c["name"] == "operator")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert cookie["path"] == "/class"

    other = page.context.new_page()  # in the same browser, one is signed in
    other.goto(own)
    expect(other.get_by_text("Open sessions")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(form).to_be_visible()
    assert page.url == own
    expect(other.get_by_label("The operators' key")).to_be_visible()  # by itself
    page.context.close()


@pytest.mark.slow
def test_a_form_of_another_site_signs_nobody_in(
    browser: Browser, operated: Server
) -> None:
    page = browser.new_page()
    target = f"{operated.address}/operators/sign_in"
    page.route(
        "http://evil.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{target}"><input name="key" '
            f'value="{KEY}"><button>A kitten</button></form>',
        ),
    )
    page.goto("http://evil.example/")
    page.get_by_role("button").click()
    expect(page.get_by_text("Another site sent this form.")).to_be_visible()
    assert not page.context.cookies()
    page.context.close()
