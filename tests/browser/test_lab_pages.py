"""Every lab, as a learner goes through it: predict, run both arms, read the verdict."""

import re

import pytest
from lab import drawn, eventually, main, press, query, said
from playwright.sync_api import Page, expect

LABS = {
    "shortcuts": "crop + colour",
    "negatives": "N = 64",
    "temperature": "τ = 0.2",
    "collapse": "no stop-gradient",
    "features": "no colour",
    "reading_the_map": "about the same",
}
STEP = re.compile(r"Finished: its time is used up · step ([\d,]+)")


def canvases(page: Page) -> list[str]:
    """The pixels of both arms' maps."""
    found = main(page).locator("canvas").all()
    return [drawn(canvas) for canvas in found]


def whole(told: str) -> bool:
    """Whether nothing of a lab is still to be drawn."""
    return "Careful." in told and "±" in told and "not measured yet" not in told


@pytest.mark.parametrize(("lab", "prediction"), LABS.items())
def test_predict_run_and_read_the_verdict(
    lab: str, prediction: str, page: Page
) -> None:
    page.goto(f"/{lab}?seed=5")
    tap = (
        main(page)
        .get_by_role("radio", name=prediction, exact=True)
        .or_(main(page).get_by_role("button", name=prediction, exact=True))
    )
    tap.first.click()
    press(page, "Run both arms")
    expect(main(page).get_by_role("button", name="Stop", exact=True)).to_be_visible()
    eventually(
        lambda: len(STEP.findall(said(page))) == 2, "both arms at their end", 120
    )
    expect(main(page).get_by_text("What happened")).to_be_visible()
    told = said(page)
    assert f"You predicted “{prediction}”" in told
    assert re.search(r"kNN 0\.\d\d \(untrained 0\.\d\d\)", told)
    left, right = STEP.findall(told)
    assert int(left.replace(",", "")) > 0 and int(right.replace(",", "")) > 0
    assert len(set(canvases(page))) >= 2, "two runs, two maps"
    # What ships stands below, with its interval and the paper's number.
    eventually(lambda: whole(said(page)), "what ships, and both curves")


def test_a_finished_lab_is_found_again_after_a_refresh(page: Page) -> None:
    page.goto("/collapse?seed=6&case=predictor")
    press(page, "Run both arms")
    eventually(
        lambda: len(STEP.findall(said(page))) == 2, "both arms at their end", 120
    )
    before = STEP.findall(said(page))
    page.reload()
    eventually(lambda: STEP.findall(said(page)) == before, "the same runs")
    assert query(page) == {"seed": "6", "case": "predictor"}


def test_a_gallery_link_opens_with_everything_set(page: Page) -> None:
    page.goto("/temperature")
    link = main(page).get_by_role("link", name="τ = 0.05 or τ = 0.2")
    address = link.get_attribute("href")
    assert address is not None
    page.goto(f"/{address.lstrip('/')}")
    expect(main(page).get_by_text("#### τ = 0.05")).to_have_count(0)
    expect(main(page).get_by_role("heading", name="τ = 0.05")).to_be_visible()
    assert query(page) == {"case": "low", "seed": "7"}


def test_a_lab_fits_a_phone(phone: Page) -> None:
    phone.goto("/shortcuts")
    expect(main(phone).get_by_role("button", name="Run both arms")).to_be_visible()
    wide = phone.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth"
    )
    assert wide <= 0
