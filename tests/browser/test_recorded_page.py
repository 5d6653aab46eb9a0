"""The recorded run of a first visit: it plays in the browser, and the server rests."""

import re

import pytest
from page_actions import (
    Visit,
    assert_fits,
    at_rest,
    choose,
    drawn,
    drawn_at_rest,
    eventually,
    main,
    query,
    stays,
    wait_for_step,
)
from playwright.sync_api import Locator, Page, expect
from script_runs import ScriptRuns

CAPTION = re.compile(r"^Step ([\d,]+) of 600 · loss -?\d")


def player(page: Page) -> Locator:
    return page.locator("section.player")


def scrub(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the recording")


def shown_step(page: Page) -> int:
    """The step in the caption, -1 before the recording has arrived."""
    found = CAPTION.search(player(page).locator(".caption").inner_text())
    return int(found[1].replace(",", "")) if found else -1


def open_playground(page: Page) -> None:
    """Open the playground and wait until its recording is there."""
    page.goto("/playground")
    expect(player(page).locator(".caption")).to_have_text(CAPTION)


def button(page: Page, name: str) -> Locator:
    return player(page).get_by_role("button", name=name, exact=True)


def test_a_first_visit_finds_a_recording_that_plays_by_itself(page: Page) -> None:
    open_playground(page)
    canvas = player(page).locator("canvas.points")
    expect(canvas).to_be_visible()
    expect(main(page)).to_contain_text("This encoder never saw a label.")
    expect(main(page)).to_contain_text("This is a recording")
    eventually(lambda: shown_step(page) >= 1, "a frame after the first")

    # The map, the caption and the cursors move; no script runs and nothing is asked for.
    at_rest(page)
    button(page, "Pause").click()
    button(page, "Play").click()
    before, step = drawn(canvas), shown_step(page)
    cursor = player(page).locator("line.cursor").first
    stood = cursor.get_attribute("x1")
    traffic: list[str] = []
    page.on("request", lambda request: traffic.append(request.url))
    runs = ScriptRuns.of(page)
    finished = runs.finished(page)
    eventually(lambda: shown_step(page) > step, "the next frames")
    eventually(lambda: drawn(canvas) != before, "another map")
    assert cursor.get_attribute("x1") != stood
    stays(lambda: runs.finished(page) == finished, "no script run")
    assert traffic == []
    choose(page, "recording", "BYOL")  # the server draws it, so a script runs
    eventually(lambda: runs.finished(page) > finished, "a script run")


@pytest.mark.slow
def test_pause_scrub_by_keyboard_and_play_again(page: Page) -> None:
    open_playground(page)
    eventually(lambda: shown_step(page) >= 1, "the first frames")
    button(page, "Pause").click()
    canvas = player(page).locator("canvas.points")
    stands, seen = shown_step(page), drawn_at_rest(canvas)
    stays(
        lambda: (shown_step(page), drawn(canvas)) == (stands, seen), "a paused player"
    )

    at = int(scrub(page).input_value())
    scrub(page).press("ArrowRight")
    assert int(scrub(page).input_value()) == at + 1
    assert shown_step(page) > stands
    expect(scrub(page)).to_have_attribute("aria-valuetext", CAPTION)
    scrub(page).press("End")
    assert shown_step(page) == 600
    assert drawn_at_rest(canvas) != seen
    expect(button(page, "Play again")).to_be_visible()
    scrub(page).press("Home")
    assert shown_step(page) == 0
    scrub(page).press("End")
    button(page, "Play again").press("Enter")
    eventually(lambda: 0 <= shown_step(page) < 600, "the beginning")
    eventually(lambda: 0 < shown_step(page) < 600, "a frame that follows it")

    # Scrubbing takes the recording in hand: it stops playing.
    scrub(page).press("ArrowRight")
    expect(button(page, "Play")).to_be_visible()


@pytest.mark.slow
def test_another_recording_is_chosen_and_the_link_carries_it(page: Page) -> None:
    open_playground(page)
    label = player(page).get_attribute("aria-label")
    collapse = "SimSiam without stop-gradient"
    choose(page, "recording", collapse)
    expect(player(page)).to_have_attribute("aria-label", f"Recorded run: {collapse}")
    assert label != f"Recorded run: {collapse}"
    eventually(lambda: query(page).get("recording") == "simsiam_collapse", "the link")
    eventually(lambda: shown_step(page) >= 0, "the other recording")
    expect(main(page)).to_contain_text("stop_gradient=false")
    scrub(page).press("End")
    expect(player(page).locator(".alarm")).to_contain_text("Collapse")
    # A point's neighbours are those of the frame, as on a live map.
    canvas = player(page).locator("canvas.points")
    canvas.press("ArrowRight")
    canvas.press("Enter")
    expect(player(page).locator(".slot")).to_have_count(7)
    page.reload()
    expect(player(page)).to_have_attribute("aria-label", f"Recorded run: {collapse}")


@pytest.mark.slow
def test_who_asks_for_less_motion_starts_paused(visit: Visit) -> None:
    still = visit(reduced_motion="reduce")
    open_playground(still)
    stays(lambda: shown_step(still) == 0, "the first frame")
    button(still, "Play").click()
    eventually(lambda: shown_step(still) > 0, "a frame that was asked for")


@pytest.mark.slow
def test_on_a_phone_the_recording_plays_and_a_run_trains(phone: Page) -> None:
    open_playground(phone)
    train = main(phone).get_by_role("button", name="Train", exact=True)
    expect(train).to_be_in_viewport()
    sidebar = phone.get_by_test_id("stSidebar")
    assert sidebar.get_attribute("aria-expanded") != "true"
    player(phone).scroll_into_view_if_needed()
    eventually(lambda: shown_step(phone) >= 1, "the first frames")
    button(phone, "Pause").tap()
    expect(button(phone, "Play")).to_be_visible()
    assert_fits(phone)
    box = scrub(phone).bounding_box()
    assert box and box["x"] + box["width"] <= 390 and box["height"] >= 40

    train.tap()
    wait_for_step(phone, 3)
    expect(phone.locator("canvas.points").first).to_be_visible()
    assert_fits(phone)
