"""Signing in, with a real OpenID provider: one's answers are on every device."""

import contextlib
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from oidc_provider import oidc_provider
from page_actions import Visit, at_rest, eventually, main, press, said, stays
from playwright.sync_api import Page, expect

from tests.load.server import reserved_port

pytestmark = pytest.mark.slow  # each test starts a server and a provider
SET = "/quiz?lesson=composition"
STORED = "localStorage.getItem('ssl_progress')"


@dataclass
class SignInServer:
    """A server where one can sign in, and what it keeps."""

    address: str
    folder: Path

    def attempts(self) -> dict[str, list[dict]]:
        """Learner's key -> their attempts, in the database."""
        file = self.folder / "runs" / "progress.sqlite"
        if not file.exists():
            return {}
        with contextlib.suppress(sqlite3.DatabaseError):  # a test that spoils it
            with sqlite3.connect(file) as database:
                found = database.execute(
                    "SELECT learner, text FROM progress"
                ).fetchall()
            return {who: json.loads(text).get("attempts", []) for who, text in found}
        return {}

    def counts(self) -> list[int]:
        """How many answers each account has."""
        return sorted(map(len, self.attempts().values()))


@pytest.fixture
def sign_in_server(tmp_path: Path, another_server) -> Iterator[SignInServer]:
    secrets = tmp_path / "secrets.toml"
    # The provider must know the server's address before the server starts.
    with oidc_provider() as provider, reserved_port() as port:
        started = SignInServer(f"http://127.0.0.1:{port}", tmp_path)
        secrets.write_text(provider.secrets(started.address))
        with another_server(port, "--secrets.files", str(secrets)):
            yield started
    log = (tmp_path / "log").read_text()
    assert not provider.refused
    assert "Traceback" not in log, log
    for private in ("subject-of", "school.example", "7b", *started.attempts()):
        assert private not in log, "nobody is named in the log"


@pytest.fixture
def visitor(visit: Visit, sign_in_server: SignInServer) -> Visit:
    """Opens a tab in a browser profile of its own."""
    return lambda: visit(base_url=sign_in_server.address)


def stored_attempts(page: Page) -> list[dict]:
    """The attempts in the browser's own storage."""
    return list(json.loads(page.evaluate(STORED) or "{}").get("attempts", []))


def answer(page: Page, letter: str, number: int) -> None:
    """Answer a question of the set."""
    page.goto(SET)
    dot = main(page).get_by_role("radio", name=re.compile(rf"(^|\s){number}$"))
    dot.click()
    expect(main(page)).to_contain_text(f"Question {number} of")
    # Below its number the question before may still stand, with its own answer.
    at_rest(page)
    main(page).get_by_role("button", name=re.compile(rf"^{letter} ")).first.click()
    expect(main(page).get_by_text("your answer")).to_be_visible()
    at_rest(page)


def sign_in(page: Page, person: str) -> None:
    """By the button on one's progress page, and the provider's own page."""
    page.goto("/your_progress")
    press(page, "Sign in")
    page.get_by_role("link", name=person).click()
    expect(page.get_by_text("Understand contrastive learning")).to_be_visible()
    page.goto("/your_progress")
    # Whatever a provider says of somebody is text, no markup.
    expect(main(page)).to_contain_text(f"You are signed in as {person} *of* <b>7b</b>")


def count(page: Page, number: int) -> None:
    """Wait until the progress page tells of so many answers."""
    words = f"{number} of" if number else "not answered anything yet"
    expect(main(page)).to_contain_text(words)


def test_answers_are_on_every_device_of_who_signs_in(
    sign_in_server: SignInServer, visitor: Visit
) -> None:
    page = visitor()
    answer(page, "B", 1)
    assert sign_in_server.counts() == [], "without an account the server keeps nothing"
    sign_in(page, "Ann")
    count(page, 1)
    eventually(lambda: sign_in_server.counts() == [1], "what she had answered before")
    answer(page, "A", 2)
    eventually(lambda: sign_in_server.counts() == [2], "both answers in her account")
    (key,) = sign_in_server.attempts()
    assert re.fullmatch("[0-9a-f]{64}", key)

    other = visitor()
    sign_in(other, "Ann")
    count(other, 2)
    answer(other, "B", 3)
    eventually(lambda: sign_in_server.counts() == [3], "three answers")

    # Forgetting, on one device, is forgetting on all.
    other.goto("/your_progress")
    count(other, 3)
    main(other).get_by_text("Begin anew").click()
    expect(main(other)).to_contain_text("in your account")
    press(other, "Forget all my answers")
    count(other, 0)
    eventually(lambda: sign_in_server.counts() == [0], "an account without answers")
    page.goto("/your_progress")
    count(page, 0)
    eventually(lambda: not stored_attempts(page), "this browser to forget, too")
    assert sign_in_server.counts() == [0], "and nothing comes back"


def test_on_a_shared_computer_two_accounts_stay_apart(
    sign_in_server: SignInServer, visitor: Visit
) -> None:
    page = visitor()
    sign_in(page, "Ann")
    answer(page, "B", 1)
    answer(page, "A", 2)
    eventually(lambda: sign_in_server.counts() == [2], "Ann's answers")
    page.goto("/your_progress")
    count(page, 2)
    press(page, "Sign out")
    expect(page.get_by_text("Understand contrastive learning")).to_be_visible()
    page.goto("/your_progress")
    expect(main(page).get_by_role("button", name="Sign in")).to_be_visible()
    count(page, 2)  # this browser's own copy stays, as its switch says

    last = max(attempt["at"] for attempt in stored_attempts(page))
    eventually(lambda: time.time() >= last + 1, "another second")
    answer(page, "B", 3)
    eventually(lambda: len(stored_attempts(page)) == 3, "three answers here")
    sign_in(page, "Ben")
    count(page, 1)
    eventually(lambda: sign_in_server.counts() == [1, 2], "Ben's one answer, Ann's two")
    eventually(lambda: len(stored_attempts(page)) == 1, "Ben's answer alone here")


def test_tabs_of_two_accounts_come_to_rest(
    sign_in_server: SignInServer, visitor: Visit
) -> None:
    """A tab stays signed in until it is opened anew, whoever signs in beside it."""
    anns = visitor()
    sign_in(anns, "Ann")
    answer(anns, "B", 1)
    bens = anns.context.new_page()
    bens.goto("/your_progress")
    press(bens, "Sign out")
    expect(bens.get_by_text("Understand contrastive learning")).to_be_visible()
    sign_in(bens, "Ben")
    answer(bens, "A", 2)
    eventually(lambda: sign_in_server.counts() == [1, 1], "an answer in each account")
    main(anns).get_by_role("button", name=re.compile("^Next question")).click()
    expect(main(anns)).to_contain_text("Question 2 of")
    at_rest(anns)
    main(anns).get_by_role("button", name=re.compile("^C ")).first.click()
    eventually(lambda: sign_in_server.counts() == [1, 2], "Ann's second answer")
    for tab in (anns, bens):
        at_rest(tab)
    owner = "localStorage.getItem('ssl_progress-owner')"
    last = bens.evaluate(owner)
    stays(lambda: bens.evaluate(owner) == last, "whose the browser's copy is", 2)
    assert sign_in_server.counts() == [1, 2]


def test_a_database_that_is_gone_stops_nobody(
    sign_in_server: SignInServer, visitor: Visit
) -> None:
    page = visitor()
    sign_in(page, "Ann")
    answer(page, "B", 1)
    eventually(lambda: sign_in_server.counts() == [1], "one answer")
    file = sign_in_server.folder / "runs" / "progress.sqlite"
    kept = file.read_bytes()
    file.write_bytes(b"not a database " * 100)
    answer(page, "A", 2)
    eventually(lambda: len(stored_attempts(page)) == 2, "two answers here")
    page.goto("/your_progress")
    expect(main(page)).to_contain_text("do not reach your account at the moment")
    count(page, 2)
    assert "Traceback" not in said(page)
    file.write_bytes(kept)

    def back() -> bool:
        page.goto("/your_progress")
        count(page, 2)
        return sign_in_server.counts() == [2]

    eventually(back, "the second answer in the account", 60)
    page.goto("/your_progress")
    expect(main(page)).not_to_contain_text("do not reach")
