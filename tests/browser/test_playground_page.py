"""The playground as a visitor uses it: few long stories, because a run is worth sharing."""

import re
from pathlib import Path

import pytest
from page_actions import (
    TRAINING_S,
    FirstVisit,
    at_rest,
    choose,
    drawn,
    drawn_at_rest,
    eventually,
    loss,
    losses,
    main,
    newest_run,
    pause,
    press,
    query,
    run_folders,
    said,
    slide,
    state,
    stays,
    step,
    upload,
    wait_for_pause,
    wait_for_step,
    zip_of_images,
)
from playwright.sync_api import Page, expect


def test_a_direct_link_to_a_fresh_server_shows_the_whole_app(
    first_visit: FirstVisit,
) -> None:
    assert first_visit.heading == "Playground"
    assert "Train" in first_visit.sidebar and "Batch size" in first_visit.sidebar
    assert "Augmentations" in " ".join(first_visit.menu)


def test_no_other_host_is_asked(page: Page, server: str) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto("/")
    page.get_by_role("link", name="Open the playground").click()
    expect(main(page).get_by_role("button", name="Train", exact=True)).to_be_visible()
    at_rest(page)
    outside = {a for a in asked if not a.startswith((server, "data:", "blob:", "ws:"))}
    assert not outside


def test_train_watch_change_pause_step_and_find_again(page: Page, runs: Path) -> None:
    page.goto("/")
    page.get_by_role("link", name="Open the playground").click()
    expect(page.locator("section.player")).to_be_visible()
    press(page, "Train")

    # The run takes the recording's place.
    wait_for_step(page, 1)
    expect(page.locator("section.player")).to_have_count(0)
    expect(page.locator("canvas.points")).to_have_count(1)

    # Steps rise, the loss falls, the map moves, and unseen images are scored.
    canvas = page.locator("canvas.points").first
    expect(canvas).to_be_visible()
    before = drawn(canvas)
    eventually(lambda: drawn(canvas) != before, "another map")
    here, first = step(page), eventually(lambda: loss(page), "a loss")
    eventually(lambda: loss(page) < first - 0.1, "a lower loss", TRAINING_S)
    eventually(lambda: step(page) > here, "a later step")
    scored = re.compile(r"kNN accuracy [01]\.\d\d, untrained [01]\.\d\d .*step (\d+)")
    eventually(
        lambda: any(int(s) > 0 for s in scored.findall(said(page))),
        "a kNN score",
        TRAINING_S,
    )
    expect(main(page)).to_contain_text(
        "64 images → 128 views → 126 negatives per anchor"
    )

    # A switch thrown during the run is seen in the pairs within seconds.
    pairs = page.locator('img[alt^="Pairs of augmented views"]')
    expect(pairs).to_have_attribute("alt", re.compile("hue"))
    page.locator(".st-key-hue label").click()
    expect(pairs).not_to_have_attribute("alt", re.compile("hue"))
    assert query(page)["hue"] == "false"

    # So is another batch size, and the link carries it.
    slide(page, "batch_size", "ArrowLeft")
    expect(main(page)).to_contain_text("32 images → 64 views → 62 negatives per anchor")
    eventually(lambda: query(page).get("batch_size") == "32", "32 in the link")

    # Paused, a run stands still; one press is one step; a refresh finds it there.
    run = newest_run(runs)
    stands = pause(page, run)
    seen = drawn_at_rest(canvas)
    stays(lambda: (step(page), drawn(canvas)) == (stands, seen), "a paused run")
    press(page, "Step")
    eventually(lambda: step(page) > stands, "the step")
    assert wait_for_pause(page, run) == stands + 1
    page.reload()
    assert wait_for_pause(page, run) == stands + 1
    assert query(page)["batch_size"] == "32"


@pytest.mark.slow
def test_a_moving_run_is_found_again_and_its_batch_is_held_still(page: Page) -> None:
    page.goto("/playground?batch_size=32")
    press(page, "Train")
    there = wait_for_step(page, 10)
    page.reload()
    eventually(lambda: step(page) >= there, "the run after a refresh")
    assert state(page) == "Training"
    assert query(page)["batch_size"] == "32"

    # In the inspector its batch is held still while it trains.
    page.goto("/matrix_inspector")  # another session: the cookie finds the run again
    main(page).get_by_text("Your run", exact=True).click()
    expect(main(page)).to_contain_text(re.compile(r"Step [\d,]+ of your SimCLR run\."))
    title = page.locator("p.title")
    expect(title).to_contain_text("32 images, 64 views")
    held = title.inner_text()
    assert "Training never saw these labels" not in said(page)
    main(page).get_by_text("Reveal hidden labels").click()
    expect(main(page)).to_contain_text(re.compile(r"Of this anchor's 62 negatives \d+"))
    press(page, "Itself")
    itself = re.compile("Chosen: row 1a, column 1a,")
    expect(page.locator("canvas.cells")).to_have_attribute("aria-label", itself)
    assert title.inner_text() == held
    press(page, "Take the newest batch")
    expect(title).not_to_have_text(held)
    page.goto("/playground")  # where a run can be paused


@pytest.mark.slow
def test_reset_repeats_new_seed_does_not_and_a_pin_stays(
    page: Page, runs: Path
) -> None:
    page.goto("/playground?batch_size=32&seed=5")
    known = len(run_folders(runs))
    main(page).get_by_role("button", name="Train", exact=True).dblclick()
    wait_for_step(page, 5)
    assert len(run_folders(runs)) == known + 1, "a double click made another run"
    assert state(page) == "Training"

    press(page, "Pin this run")
    expect(main(page).get_by_role("button", name="Unpin", exact=True)).to_be_visible()
    pause(page, newest_run(runs))
    press(page, "Reset")
    eventually(lambda: len(run_folders(runs)) == known + 2, "a second run")
    eventually(lambda: len(losses(run_folders(runs)[-1])) >= 5, "its first losses")
    first, again = run_folders(runs)[-2:]
    assert losses(first)[:5] == losses(again)[:5]

    expect(page.get_by_role("heading", name="Pinned run")).to_be_visible()
    expect(page.locator("canvas.points")).to_have_count(2)
    pinned = page.locator("canvas.points").last
    expect(pinned).to_have_attribute("aria-label", re.compile("Scatter map"))
    expect(main(page)).to_contain_text("batch 32, seed 5")

    assert query(page)["seed"] == "5"
    press(page, "New seed")
    eventually(lambda: query(page).get("seed") not in ("5", None), "another seed")
    seed = query(page)["seed"]
    expect(main(page)).to_contain_text(f"seed {seed}")
    eventually(lambda: len(losses(run_folders(runs)[-1])) >= 5, "its first losses")
    assert losses(run_folders(runs)[-1])[:5] != losses(again)[:5]


@pytest.mark.slow
def test_own_images(page: Page, runs: Path) -> None:
    page.goto("/playground")
    choose(page, "data", "Your own images or sounds")
    upload(page, "mine.zip", zip_of_images(each=30))

    # The default batch is larger than the 60 images: one sentence, and nothing is lost.
    press(page, "Train")
    expect(main(page)).to_contain_text(re.compile(r"batch_size is 64.*", re.I))
    assert "Traceback" not in said(page)

    slide(page, "batch_size", "ArrowLeft", times=2)
    eventually(lambda: query(page).get("batch_size") == "16", "16 in the link")
    press(page, "Train")
    wait_for_step(page, 3)
    expect(main(page)).to_contain_text("16 images → 32 views")
    skipped = main(page).get_by_text("1 file was skipped")
    skipped.click()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_contain_text("notes.png")
    pause(page, newest_run(runs))

    # A zip that is none gets one sentence as well.
    upload(page, "broken.zip", b"PK\x03\x04 and then nothing of the kind")
    expect(main(page)).to_contain_text("waiting for the next start: data")
    press(page, "Reset")
    expect(main(page)).to_contain_text(re.compile("zip", re.I))
    expect(main(page)).to_contain_text(re.compile("damaged|not a zip|corrupt", re.I))
    assert "Traceback" not in said(page)
    expect(main(page).get_by_role("button", name="Train", exact=True)).to_be_enabled()


@pytest.mark.slow
def test_the_link_that_the_app_writes_opens_as_it_was(page: Page) -> None:
    page.goto("/playground")
    choose(page, "method", "BYOL")
    eventually(lambda: "method" in query(page), "the method in the link")
    page.reload()
    expect(page.locator(".st-key-method input")).to_have_value("BYOL")
    expect(page.locator(".st-key-ema_decay")).to_be_attached()  # BYOL has this switch
    assert query(page)["method"] == "byol"
    assert "In this link" not in said(page)


def test_frames_of_a_run_that_is_not_ones_own_are_not_found(page: Page) -> None:
    assert page.request.get("/frames/guessed/pca").status == 404


@pytest.mark.slow
def test_the_augmentations_page_redraws(page: Page) -> None:
    page.goto("/augmentations")
    view = page.locator('img[alt^="View A"]')
    expect(view).to_be_visible()
    before = view.get_attribute("src")
    page.get_by_role("button", name="Roll the dice again").click()
    expect(view).not_to_have_attribute("src", before or "")
    rolled = view.get_attribute("src")
    page.locator(".st-key-crop label").click()
    expect(view).not_to_have_attribute("src", rolled or "")
    expect(main(page).get_by_text("On: ")).not_to_contain_text("crop")


# Streamlit sends a click in a task of its own. On a busy page, a timer of a fragment runs
# before that task, and sends what was pressed as well.
LATE_CLICK = """(button) => {
  const inTime = window.setTimeout;
  window.setTimeout = (task, ms, ...more) => inTime(task, ms + 2500, ...more);
  button.click();
  window.setTimeout = inTime;
}"""


@pytest.mark.slow
def test_a_click_on_a_busy_page_counts_once(page: Page, runs: Path) -> None:
    page.goto("/playground")
    press(page, "Train")
    wait_for_step(page, 1)
    run = newest_run(runs)
    before = pause(page, run)
    button = main(page).get_by_role("button", name="Step", exact=True)
    button.evaluate(LATE_CLICK)
    eventually(lambda: step(page) > before, "the step")
    page.wait_for_timeout(3000)  # the click itself is sent after the timer's request
    at_rest(page)
    assert wait_for_pause(page, run) == before + 1
