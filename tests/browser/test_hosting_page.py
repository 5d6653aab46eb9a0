"""What a stranger at the web server's door gets, and does not get."""

import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Browser, expect


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
    expect(page.get_by_text("Visits connected")).to_have_count(0)
    page.close()
