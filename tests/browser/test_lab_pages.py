"""A lab as a learner goes through it; every lab and case is in tests/app/test_labs.py."""

import re

import pytest
from page_actions import (
    TRAINING_S,
    assert_fits,
    at_rest,
    drawn,
    eventually,
    main,
    press,
    query,
    said,
)
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

STEP = re.compile(r"Finished · step ([\d,]+)")


def finished_steps(page: Page) -> list[str]:
    """The last step of each arm that has finished."""
    return STEP.findall(said(page))


def complete(text: str) -> bool:
    """Whether nothing of a lab is still to be drawn."""
    return "Careful." in text and "±" in text and "not measured yet" not in text


def test_a_prediction_of_the_quiz_is_answered_by_two_runs(page: Page) -> None:
    page.goto("/quiz?q=predict-loss-without-stop-gradient")
    main(page).get_by_role("button", name=re.compile("^B ")).first.click()
    expect(main(page)).to_contain_text("Don't take our word for it")
    main(page).get_by_role("link", name="See it happen").click()
    expect(main(page)).to_contain_text("Your prediction.")
    prediction = main(page).get_by_role("radio", name="no stop-gradient", exact=True)
    expect(prediction).to_be_checked()  # it came along

    press(page, "Run both arms")
    expect(main(page).get_by_role("button", name="Stop", exact=True)).to_be_visible()
    eventually(
        lambda: len(finished_steps(page)) == 2, "both arms at their end", TRAINING_S
    )
    expect(main(page).get_by_text("What happened")).to_be_visible()
    text = said(page)
    assert "You predicted “no stop-gradient”" in text
    assert re.search(r"kNN 0\.\d\d \(untrained 0\.\d\d\)", text)
    left, right = steps = finished_steps(page)
    assert left == right and int(left) > 0
    maps = [drawn(canvas) for canvas in main(page).locator("canvas.points").all()]
    assert len(maps) == len(set(maps)) == 2, "two runs, two maps"
    # What ships stands below, with its interval and the paper's number.
    eventually(lambda: complete(said(page)), "what ships, and both curves")

    # A new session of the same browser finds the two runs again.
    again = page.context.new_page()
    again.goto(page.url)
    eventually(lambda: finished_steps(again) == steps, "the same runs")
    expect(main(again).get_by_text("What happened")).to_be_visible()
    assert query(again) == query(page)
    again.close()

    main(page).get_by_role("link", name="Back to the question").click()
    expect(main(page)).to_contain_text("In your own run:")


def test_a_gallery_link_opens_with_everything_set(page: Page) -> None:
    page.goto("/temperature")
    link = main(page).get_by_role("link", name="τ = 0.05 or τ = 0.2")
    address = link.get_attribute("href")
    assert address is not None
    page.goto(f"/{address.lstrip('/')}")
    expect(main(page).get_by_role("heading", name="τ = 0.05")).to_be_visible()
    assert query(page) == {"case": "low", "seed": "7"}


def test_a_seed_in_a_link_is_read_or_refused_in_one_sentence(page: Page) -> None:
    seed = page.locator(".st-key-seed_collapse input")
    page.goto("/collapse?seed=²")
    expect(seed).to_have_value("0")
    at_rest(page)
    refusals = main(page).get_by_text("In this link")
    expect(refusals).to_have_count(1)
    expect(refusals).to_contain_text("seed is '²'; allowed is a whole number")
    assert "seed" not in query(page)

    page.goto("/collapse?seed=1e3")
    expect(seed).to_have_value("1000")
    at_rest(page)
    expect(refusals).to_have_count(0)
    assert query(page) == {"seed": "1000"}


def test_a_lab_fits_a_phone(phone: Page) -> None:
    phone.goto("/shortcuts")
    expect(main(phone).get_by_role("button", name="Run both arms")).to_be_visible()
    at_rest(phone)
    assert_fits(phone)
