"""A lesson and its questions by keyboard alone, and back after the tab was closed."""

import re

import pytest
from page_actions import at_rest, eventually, main, said
from playwright.sync_api import Page, expect

from ssl_core.quiz import bank

LESSON = "negatives"
FOCUSED = """() => {
  const e = document.activeElement;
  if (!['BUTTON', 'TEXTAREA', 'INPUT', 'A'].includes(e.tagName)) return e.tagName;
  return [e.innerText || e.getAttribute('aria-label') || '', e.tagName].join('|');
}"""
SEEN = "() => document.activeElement.matches(':focus-visible')"


def tab_to(page: Page, what: str, most: int = 80) -> None:
    """Press Tab until the focus is on what bears this text; it must be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if what in page.evaluate(FOCUSED):
            assert page.evaluate(SEEN), f"the focus on {what!r} cannot be seen"
            return
    raise AssertionError(f"Tab does not reach {what!r}: {page.evaluate(FOCUSED)}")


def answer_by_key(page: Page) -> None:
    """Answer the question on the screen, whatever its kind, without a pointer."""
    here = main(page)
    at_rest(page)
    if here.get_by_role("button", name="Reveal the model answer").count():
        field = here.get_by_role("textbox", name="Your answer, in your own words")
        expect(field).to_be_visible()  # its code may come later than the button's
        tab_to(page, "|TEXTAREA")
        page.keyboard.type("They are equal in what was held equal, and only in that.")
        tab_to(page, "Reveal the model answer")
        page.keyboard.press("Enter")
        expect(here).to_contain_text("A model answer")
        tab_to(page, "Keep my ticks")
        page.keyboard.press("Enter")
        expect(here).to_contain_text("You found 0 of")
        return
    steps = here.get_by_text("Press what comes first").count()
    for _ in range(7 if steps else 1):
        left = said(page).count("Press what comes first")
        if steps and not left:
            break
        page.keyboard.press("1")
        at_rest(page)
    expect(here).to_contain_text("In full.")


@pytest.mark.parametrize("most", [3, pytest.param(99, marks=pytest.mark.slow)])
def test_a_lesson_and_its_quiz_by_keyboard_and_back_after_closing_the_tab(
    page: Page, most: int
) -> None:
    page.goto(f"/lesson_{LESSON}")
    expect(main(page)).to_contain_text("Before you read, a guess")
    assert "Some negatives are false" not in said(page), "asked before the text"
    expect(main(page)).to_contain_text("Read on without answering")
    at_rest(page)
    page.keyboard.press("1")
    expect(main(page)).to_contain_text("Some negatives are false")
    count = len(bank.shipped().of_lesson(LESSON)) - 1
    tab_to(page, f"On to the {count} questions")
    page.keyboard.press("Enter")
    answered = min(count, most)
    for number in range(1, answered + 1):
        expect(main(page)).to_contain_text(f"Question {number} of {count}")
        answer_by_key(page)
        if number < answered:
            at_rest(page)
            page.keyboard.press("n")
    stored = "JSON.parse(localStorage.getItem('ssl_progress')).attempts.length"
    eventually(lambda: page.evaluate(stored) == answered + 1, "every answer kept")
    again = page.context.new_page()
    page.close()

    again.goto(f"/lesson_{LESSON}")
    expect(main(again)).to_contain_text("Some negatives are false")
    dots = main(again).get_by_role("radiogroup", name="Questions of this set")
    expect(dots).to_be_visible()
    eventually(
        lambda: len(re.findall("check|close|edit", dots.inner_text())) == answered,
        "a mark at every answered question",
    )
    again.goto("/your_progress")
    expect(main(again)).to_contain_text(f"{answered + 1} of {len(bank.shipped())}")


@pytest.mark.slow
def test_every_lesson_opens_with_its_question_and_can_be_read_without_answering(
    page: Page,
) -> None:
    for lesson in [found.lesson for found in bank.shipped().banks]:
        page.goto(f"/lesson_{lesson}")
        button = main(page).get_by_role("button", name="Read on without answering")
        button.click()
        expect(main(page).get_by_text("The code that runs")).to_be_visible()
        expect(main(page)).to_contain_text("Try:")
        for equation in main(page).locator(".katex-error").all():
            raise AssertionError(equation.inner_text())
