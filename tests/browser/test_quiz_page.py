"""The quiz in a real browser: answers that survive, and files that come back."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from page_actions import Visit, at_rest, eventually, main, press, said, stays, tap
from playwright.sync_api import Page, expect

from tests.load.server import reserved_port

SET = "/quiz?lesson=composition"
STORED = "localStorage.getItem('ssl_progress')"
NEXT = re.compile("^Next question")
RECONNECT_S = 150.0  # Streamlit doubles the time between two tries, up to a minute
DONE = re.compile(r"(check|close)\s*1\b")


def answer(page: Page, letter: str) -> None:
    """Choose an option by its letter, and wait for what it teaches."""
    option = main(page).get_by_role("button", name=re.compile(rf"^{letter} "))
    option.first.click()
    # What is right is a status, what is not an alert: both are read out.
    told = main(page).get_by_role("status").or_(main(page).get_by_role("alert"))
    expect(told.first).to_contain_text(re.compile("Right|Not quite"))


def onwards(page: Page) -> None:
    """Go to the next question."""
    main(page).get_by_role("button", name=NEXT).click()


def stored(page: Page) -> list[dict]:
    """The attempts in the browser's own storage."""
    text = page.evaluate(STORED)
    return json.loads(text)["attempts"] if text else []


def saved(page: Page) -> bytes:
    """The progress file that the page gives."""
    page.goto("/your_progress")
    expect(main(page)).to_contain_text("questions answered")  # the browser's were heard
    with page.expect_download() as download:
        press(page, "Save my progress")
    return Path(download.value.path()).read_bytes()


def restore(page: Page, content: bytes, name: str = "progress.json") -> None:
    """Hand a file in as one's progress."""
    page.goto("/your_progress")
    expect(main(page)).to_contain_text("Where your answers are")
    if stored(page):  # the browser reports them, and the page is drawn again
        expect(main(page)).to_contain_text("questions answered")
    at_rest(page)
    field = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    field.set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )


def test_an_answer_teaches_and_survives_a_refresh_and_another_tab(page: Page) -> None:
    page.goto(SET)
    tap(page, "certain")
    answer(page, "B")
    told = said(page)
    assert "The other answers" in told and "In full." in told and "Rests on:" in told
    assert "You said: certain." in told
    options = re.findall(r"^([ABCD]) (.+)$", told, re.M)
    eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    assert stored(page)[0]["confidence"] == 2

    page.reload()
    expect(main(page).get_by_text("your answer")).to_be_visible()
    assert re.findall(r"^([ABCD]) (.+)$", said(page), re.M) == options, "same shuffle"

    # Another tab of the same browser knows it, and tells this one what happens there.
    other = page.context.new_page()
    other.goto(SET)
    expect(main(other).get_by_text("your answer")).to_be_visible()
    onwards(other)
    expect(main(other)).to_contain_text("Question 2 of")
    answer(other, "A")
    eventually(lambda: len(stored(page)) == 2, "both answers")
    expect(main(page).get_by_text(re.compile("(check|close) ?2")).first).to_be_visible()
    for tab in (page, other):
        at_rest(tab)
    last = page.evaluate(STORED)
    stays(lambda: page.evaluate(STORED) == last, "what two tabs keep")


@pytest.mark.slow
def test_what_a_newer_app_has_stored_stays_and_is_united_later(page: Page) -> None:
    page.goto("/your_progress")
    at_rest(page)
    put = "text => localStorage.setItem('ssl_progress', text)"
    newer = json.dumps({"format": "contrastive learning progress", "version": 99})
    page.evaluate(put, newer)
    page.goto(SET)
    expect(page.get_by_text("Nothing was deleted")).to_be_visible()
    answer(page, "B")
    beside = "localStorage.getItem('ssl_progress-2')"
    eventually(lambda: page.evaluate(beside) is not None, "the answer beside it")
    assert page.evaluate(STORED) == newer
    page.goto(SET)
    expect(main(page).get_by_text("your answer")).to_be_visible()
    page.goto("/your_progress")
    with page.expect_download() as download:
        press(page, "Download the unreadable answers in this browser")
    assert Path(download.value.path()).read_text() == newer
    at_rest(page)

    # The newer app is back: it can read what it stored then, and the answer.
    of_before = json.loads(page.evaluate(beside))
    attempt = {**of_before["attempts"][0], "question": "of-before", "at": 1_700_000_000}
    page.evaluate(put, json.dumps({**of_before, "attempts": [attempt]}))
    page.goto(SET)
    eventually(lambda: len(stored(page)) == 2, "both in one")
    eventually(lambda: page.evaluate(beside) is None, "nothing beside it")


@pytest.mark.slow
def test_switched_off_nothing_is_kept(page: Page) -> None:
    page.goto(SET)
    answer(page, "A")
    eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    page.goto("/your_progress")
    switch = main(page).get_by_text("Keep my answers in this browser")
    expect(main(page)).to_contain_text("questions answered")
    switch.click()
    eventually(lambda: page.evaluate(STORED) is None, "the browser to forget")
    page.goto(SET)  # a new session, which must remember that it may not
    answer(page, "A")
    at_rest(page)
    stays(lambda: page.evaluate(STORED) is None, "nothing is kept")


@pytest.mark.slow
def test_a_file_brings_everything_back_in_a_fresh_profile(
    page: Page, visit: Visit
) -> None:
    page.goto(SET)
    answer(page, "B")
    eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    file = saved(page)
    assert json.loads(file)["version"] == 2

    there = visit()
    restore(there, file)
    expect(main(there)).to_contain_text("Restored.")
    expect(main(there)).to_contain_text("1 of")
    there.goto(SET)
    expect(main(there).get_by_text("your answer")).to_be_visible()


@pytest.mark.slow
def test_a_damaged_or_huge_file_changes_nothing(page: Page) -> None:
    """What is wrong with every kind of bad file is in tests/app/test_quiz_pages.py."""
    page.goto(SET)
    answer(page, "A")
    eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    before = page.evaluate(STORED)
    damaged = {"format": "contrastive learning progress", "version": 1, "seed": 1}
    attempt = {"question": "x", "at": 1, "answer": 0, "score": 9}
    restore(page, json.dumps(damaged | {"attempts": [attempt]}).encode())
    expect(main(page)).to_contain_text("Nothing was restored: this ")
    assert "changed or damaged at attempts, 0, score" in said(page)
    assert "Traceback" not in said(page)
    at_rest(page)
    assert page.evaluate(STORED) == before

    restore(page, b" " * 3_000_000)
    expect(page.get_by_test_id("stFileUploader")).to_contain_text(
        re.compile("exceed|too large|1(.0)? ?MB", re.I)
    )
    assert "Restored." not in said(page)
    assert page.evaluate(STORED) == before


@pytest.mark.slow
def test_an_exam_waits_with_its_feedback_and_survives_a_closed_tab(page: Page) -> None:
    address = "/quiz?lesson=composition&kind=choice&exam=true"
    page.goto(address)
    press(page, "Begin")
    main(page).get_by_role("button", name=re.compile("^B ")).click()
    expect(main(page)).to_contain_text("Kept. You can still change it.")
    assert main(page).get_by_role("alert").count() == 0
    eventually(lambda: page.evaluate(STORED), "the browser to keep it")
    again = page.context.new_page()
    page.close()
    again.goto(address)
    main(again).get_by_role("button", name=re.compile("^Hand in")).click()
    expect(main(again)).to_contain_text(re.compile(r"Handed in: \d of 1 right"))
    expect(main(again)).to_contain_text("In full.")


@pytest.mark.slow
def test_answers_survive_the_server(visit: Visit, visitors, another_server) -> None:
    with reserved_port() as port:
        page = visit(base_url=f"http://127.0.0.1:{port}")
        with another_server(port):
            page.goto(SET)
            answer(page, "B")
            eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
        with another_server(port):
            # The page reconnects by itself, to a server that has never seen it. It takes
            # no press while it waits for its next try; one just before that is lost.
            def moved() -> bool:
                button = main(page).get_by_role("button", name=NEXT)
                button.click(timeout=1000 * RECONNECT_S)
                with contextlib.suppress(AssertionError):
                    expect(main(page)).to_contain_text("Question 2 of", timeout=5000)
                return "Question 2 of" in said(page)

            eventually(moved, "the second question", 2 * RECONNECT_S)
            answer(page, "A")
            eventually(lambda: len(stored(page)) == 2, "both answers")
            page.reload()
            eventually(lambda: DONE.search(said(page)), "the first answer's mark")
            assert len(stored(page)) == 2
            page.close()
            # While there was no server, the tab looked for it in vain.
            visitors.forget_complaints("net::ERR_CONNECTION_REFUSED")
