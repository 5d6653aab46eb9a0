"""What a teacher does: choose a set, share its link, take it along, hand in a bank."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from page_actions import at_rest, main, said
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

TEMPLATE = Path(__file__).parents[2] / "assets" / "quiz" / "template" / "my_bank.toml"


def test_a_set_has_a_link_that_opens_it(page: Page) -> None:
    page.goto("/for_teachers?lesson=temperature&difficulty=3")
    expect(main(page)).to_contain_text("The link to this set")
    shown = main(page).get_by_test_id("stCode").first.text_content()
    link = re.search(r"http://\S+/quiz\?\S+", shown or "")
    assert link, shown
    found = re.search(r"(\d+) questions? of", said(page))
    assert found
    asked = urlsplit(link[0])
    page.goto(f"{asked.path}?{asked.query}")
    expect(main(page)).to_contain_text(f"Question 1 of {found[1]}")


def test_a_set_is_taken_along_to_moodle_and_anki(page: Page) -> None:
    page.goto("/for_teachers?lesson=temperature")
    for label, sign in (("Moodle", "$CATEGORY"), ("Anki", "#separator:tab")):
        with page.expect_download() as download:
            main(page).get_by_role("button", name=re.compile(label)).click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert sign in text and "Five negatives have cosines 0.9, 0.6" in text


def test_a_bank_of_ones_own_is_asked_and_a_broken_one_is_named(page: Page) -> None:
    page.goto("/for_teachers")
    expect(main(page)).to_contain_text("Your own questions")
    at_rest(page)
    field = page.locator('input[type="file"][accept*="toml"]').first
    broken = TEMPLATE.read_text(encoding="utf-8").replace(
        "feedback = ", "fedback = ", 1
    )
    field.set_input_files(
        {"name": "mine.toml", "mimeType": "text/plain", "buffer": broken.encode()}
    )
    expect(main(page)).to_contain_text(re.compile(r"mine\.toml: question 1 .*feedback"))
    at_rest(page)
    field.set_input_files(
        {
            "name": "good.toml",
            "mimeType": "text/plain",
            "buffer": TEMPLATE.read_bytes(),
        }
    )
    expect(main(page)).not_to_contain_text("mine.toml: question")
    expect(main(page)).to_contain_text("My own questions, 6 questions")
