"""The recorded run of a first visit: it plays in the browser, and the server rests."""

import re
import time

from lab import choose, drawn, eventually, main, press, query, settled, wait_for_step
from playwright.sync_api import Browser, Locator, Page, expect

CAPTION = re.compile(r"^Step ([\d,]+) of 600 · loss -?\d")


def player(page: Page) -> Locator:
    return page.locator("section.player")


def scrub(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the recording")


def shown_step(page: Page) -> int:
    """The step in the caption, -1 before the recording has arrived."""
    found = CAPTION.search(player(page).locator(".caption").inner_text())
    return int(found[1].replace(",", "")) if found else -1


def visit(page: Page) -> None:
    """Open the playground and wait until its recording is there."""
    page.goto("/playground")
    # A busy machine takes its time for the page itself.
    expect(player(page).locator(".caption")).to_have_text(CAPTION, timeout=90_000)


def button(page: Page, name: str) -> Locator:
    return player(page).get_by_role("button", name=name, exact=True)


def test_a_first_visit_finds_a_recording_that_plays_by_itself(page: Page) -> None:
    visit(page)
    canvas = player(page).locator("canvas.points")
    expect(canvas).to_be_visible()
    expect(main(page)).to_contain_text("This encoder never saw a label.")
    expect(main(page)).to_contain_text("This is a recording")
    eventually(lambda: shown_step(page) >= 1, "a frame after the first")

    # The map, the caption and the cursors move; no script runs and nothing is asked for.
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # what the page itself still says to its server
    button(page, "Pause").click()
    button(page, "Play").click()
    before, step = drawn(canvas), shown_step(page)
    cursor = player(page).locator("line.cursor").first
    stood = cursor.get_attribute("x1")
    traffic: list[str] = []
    page.on("request", lambda request: traffic.append(request.url))
    heard = page.evaluate(WATCH_SCRIPT_RUNS)
    assert heard == "watching"
    eventually(lambda: shown_step(page) > step, "the next frames")
    eventually(lambda: drawn(canvas) != before, "another map")
    assert cursor.get_attribute("x1") != stood
    page.wait_for_timeout(1500)
    assert traffic == []
    assert page.evaluate("globalThis.scriptRuns") == 0
    choose(page, "recording", "BYOL")  # which is the server's to do: the watch sees it
    eventually(lambda: page.evaluate("globalThis.scriptRuns") > 0, "a script run")


# Streamlit marks its app element while a script runs.
WATCH_SCRIPT_RUNS = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  globalThis.scriptRuns = 0;
  new MutationObserver(() => {
    if (app.getAttribute("data-test-script-state") === "running") globalThis.scriptRuns++;
  }).observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] });
  return app.hasAttribute("data-test-script-state") ? "watching" : "cannot watch";
}"""


def test_pause_scrub_by_keyboard_and_play_again(page: Page) -> None:
    visit(page)
    eventually(lambda: shown_step(page) >= 1, "the first frames")
    button(page, "Pause").click()
    canvas = player(page).locator("canvas.points")
    stands, seen = shown_step(page), settled(canvas)
    time.sleep(1.0)  # standing still can only be seen by looking for a while
    assert shown_step(page) == stands and drawn(canvas) == seen

    at = int(scrub(page).input_value())
    scrub(page).press("ArrowRight")
    assert int(scrub(page).input_value()) == at + 1
    assert shown_step(page) > stands
    expect(scrub(page)).to_have_attribute("aria-valuetext", CAPTION)
    scrub(page).press("End")
    assert shown_step(page) == 600
    assert settled(canvas) != seen
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


def test_another_recording_is_chosen_and_the_link_carries_it(page: Page) -> None:
    visit(page)
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


def test_train_takes_over(page: Page) -> None:
    visit(page)
    press(page, "Train")
    wait_for_step(page, 1)
    expect(player(page)).to_have_count(0)
    expect(page.locator("canvas.points")).to_have_count(1)


def test_who_asks_for_less_motion_starts_paused(browser: Browser, server: str) -> None:
    context = browser.new_context(reduced_motion="reduce", base_url=server)
    still = context.new_page()
    visit(still)
    time.sleep(1.0)  # standing still can only be seen by looking for a while
    assert shown_step(still) == 0
    button(still, "Play").click()
    eventually(lambda: shown_step(still) > 0, "a frame that was asked for")
    context.close()


def test_on_a_phone_it_plays_and_fits(phone: Page) -> None:
    visit(phone)
    expect(
        main(phone).get_by_role("button", name="Train", exact=True)
    ).to_be_in_viewport()
    player(phone).scroll_into_view_if_needed()
    eventually(lambda: shown_step(phone) >= 1, "the first frames")
    button(phone, "Pause").tap()
    expect(button(phone, "Play")).to_be_visible()
    wide = phone.evaluate("document.scrollingElement.scrollWidth")
    assert wide <= 390, "the page scrolls sideways"
    box = scrub(phone).bounding_box()
    assert box and box["x"] + box["width"] <= 390 and box["height"] >= 40
