"""The quiz in a real browser: answers that survive, and files that come back."""

import json
import re
from pathlib import Path

import pytest
from lab import eventually, free_port, main, press, said
from playwright.sync_api import Browser, Page, expect

SET = "/quiz?lesson=composition"
STORED = "localStorage.getItem('ssl_progress')"
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
    main(page).get_by_role("button", name=re.compile("^Next question")).click()


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
    page.wait_for_timeout(1000)  # what the browser kept has been heard, and drawn
    field = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    field.set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )


def test_an_answer_teaches_and_survives_a_refresh_and_another_tab(page: Page) -> None:
    page.goto(SET)
    main(page).get_by_role("radio", name="certain").or_(
        main(page).get_by_role("button", name="certain")
    ).first.click()
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
    settled = page.evaluate(STORED)
    page.wait_for_timeout(1500)
    assert page.evaluate(STORED) == settled, "two tabs come to rest"


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
    page.wait_for_timeout(1500)
    assert page.evaluate(STORED) is None


def test_a_file_brings_everything_back_in_a_fresh_profile(
    page: Page, browser: Browser, server: str
) -> None:
    page.goto(SET)
    answer(page, "B")
    eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    file = saved(page)
    assert json.loads(file)["version"] == 1

    fresh = browser.new_context(base_url=server)
    there = fresh.new_page()
    restore(there, file)
    expect(main(there)).to_contain_text("Restored.")
    expect(main(there)).to_contain_text("1 of")
    there.goto(SET)
    expect(main(there).get_by_text("your answer")).to_be_visible()
    fresh.close()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"format": "somebody else\'s"}', "not a progress file of this app"),
        (b"\x89PNG\r\n\x1a\n", "not JSON"),
        (
            b'{"format": "contrastive learning progress", "version": 7, "seed": 1}',
            "version 7",
        ),
        (
            b'{"format": "contrastive learning progress", "version": 1, "seed": 1, '
            b'"attempts": [{"question": "x", "at": 1, "answer": 0, "score": 9}]}',
            "changed or damaged at attempts, 0, score",
        ),
        (b"[" * 900_000, "not JSON"),
    ],
)
def test_a_file_that_is_none_gets_one_sentence_and_changes_nothing(
    content: bytes, sentence: str, page: Page
) -> None:
    page.goto(SET)
    answer(page, "A")
    eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    before = page.evaluate(STORED)
    restore(page, content)
    expect(main(page)).to_contain_text("Nothing was restored: this ")
    assert sentence in said(page)
    assert "Traceback" not in said(page)
    page.wait_for_timeout(500)
    assert page.evaluate(STORED) == before


def test_a_huge_file_is_refused_by_its_size(page: Page) -> None:
    restore(page, b" " * 3_000_000)
    expect(page.get_by_test_id("stFileUploader")).to_contain_text(
        re.compile("exceed|too large|1(.0)? ?MB", re.I)
    )
    assert "Restored." not in said(page)


def test_an_exam_waits_with_its_feedback_and_survives_a_closed_tab(
    browser: Browser, server: str
) -> None:
    context = browser.new_context(base_url=server)
    page = context.new_page()
    page.goto("/quiz?lesson=composition&kind=choice&exam=true")
    press(page, "Begin")
    main(page).get_by_role("button", name=re.compile("^B ")).click()
    expect(main(page)).to_contain_text("Kept. You can still change it.")
    assert main(page).get_by_role("alert").count() == 0
    eventually(lambda: page.evaluate(STORED), "the browser to keep it")
    again = page.context.new_page()
    page.close()
    again.goto("/quiz?lesson=composition&kind=choice&exam=true")
    main(again).get_by_role("button", name=re.compile("^Hand in")).click()
    expect(main(again)).to_contain_text(re.compile(r"Handed in: \d of 1 right"))
    expect(main(again)).to_contain_text("In full.")
    context.close()


def test_answers_survive_the_server(browser: Browser, another_server) -> None:
    port = free_port()
    context = browser.new_context()
    page = context.new_page()
    with another_server(port) as address:
        page.goto(address + SET)
        answer(page, "B")
        eventually(lambda: len(stored(page)) == 1, "the browser to keep it")
    with another_server(port):
        # The page reconnects by itself, to a server that has never seen it; what is
        # pressed before that is lost.
        def moved() -> bool:
            onwards(page)
            page.wait_for_timeout(1000)
            return "Question 2 of" in said(page)

        eventually(moved, "the second question", 60)
        answer(page, "A")
        eventually(lambda: len(stored(page)) == 2, "both answers")
        page.reload()
        eventually(lambda: DONE.search(said(page)), "the first answer's mark")
        assert len(stored(page)) == 2
    context.close()


def test_a_prediction_is_answered_by_running_it(page: Page) -> None:
    page.goto("/quiz?q=predict-loss-without-stop-gradient")
    answer(page, "B")
    expect(main(page)).to_contain_text("Don't take our word for it")
    main(page).get_by_role("link", name="See it happen").click()
    expect(main(page)).to_contain_text("Your prediction.")
    chosen = main(page).get_by_role("radio", name="no stop-gradient", exact=True)
    expect(chosen).to_be_checked()  # it came along
    press(page, "Run both arms")
    expect(main(page)).to_contain_text("What happened", timeout=120_000)
    main(page).get_by_role("link", name="Back to the question").click()
    expect(main(page)).to_contain_text("In your own run:")
