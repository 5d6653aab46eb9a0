"""The lab as a visitor uses it: few long stories, because a run is worth sharing."""

import re
import time
from pathlib import Path

from lab import (
    choose,
    drawn,
    eventually,
    loss,
    losses,
    main,
    pause,
    press,
    query,
    run_folders,
    said,
    settled,
    slide,
    state,
    step,
    upload,
    wait_for_step,
    zip_of_images,
)
from playwright.sync_api import Page, expect


# Stands first: only a server that nobody has asked before can forget its router.
def test_a_direct_link_to_a_fresh_server_shows_the_whole_app(page: Page) -> None:
    page.goto("/playground")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_role("button", name="Train")).to_be_visible()
    page.get_by_text("Look inside", exact=True).first.click()
    expect(page.get_by_role("menuitem", name="Augmentations")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Playground")).to_be_visible()


def test_no_other_host_is_asked(page: Page, server: str) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto("/")
    page.get_by_role("link", name="Open the playground").click()
    expect(main(page).get_by_role("button", name="Train", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    outside = {a for a in asked if not a.startswith((server, "data:", "blob:", "ws:"))}
    assert not outside


def test_train_watch_change_pause_step_and_find_again(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Open the playground").click()
    press(page, "Train")

    # Steps rise, the loss falls, the map moves, and unseen images are scored.
    wait_for_step(page, 1)
    canvas = page.locator("canvas.points").first
    expect(canvas).to_be_visible()
    before = drawn(canvas)
    eventually(lambda: drawn(canvas) != before, "another map")
    first = eventually(lambda: loss(page), "a loss")
    here = wait_for_step(page, step(page) + 30)
    eventually(lambda: loss(page) < first - 0.1, "a lower loss", 90)
    assert step(page) >= here
    scored = re.compile(r"kNN accuracy [01]\.\d\d, untrained [01]\.\d\d .*step (\d+)")
    eventually(
        lambda: any(int(s) > 0 for s in scored.findall(said(page))), "a kNN score", 90
    )
    expect(main(page)).to_contain_text(
        "64 images → 128 views → 126 negatives per anchor"
    )

    # A switch thrown during the run is seen in the pairs within seconds.
    pairs = page.locator('img[alt^="Pairs of augmented views"]')
    expect(pairs).to_have_attribute("alt", re.compile("hue"))
    page.locator(".st-key-hue label").click()
    expect(pairs).not_to_have_attribute("alt", re.compile("hue"), timeout=20_000)
    assert query(page)["hue"] == "false"

    # So is another batch size, and the link carries it.
    slide(page, "batch_size", "ArrowLeft")
    expect(main(page)).to_contain_text(
        "32 images → 64 views → 62 negatives per anchor", timeout=20_000
    )
    eventually(lambda: query(page).get("batch_size") == "32", "32 in the link")

    # Paused, a run stands still; one press is one step.
    stands = pause(page)
    seen = settled(canvas)
    time.sleep(1.5)  # standing still can only be seen by looking for a while
    assert step(page) == stands
    assert drawn(canvas) == seen
    press(page, "Step")
    wait_for_step(page, stands + 1)
    expect(main(page).get_by_role("button", name="Step", exact=True)).to_be_enabled()
    press(page, "Step")
    wait_for_step(page, stands + 2)
    expect(main(page).get_by_role("button", name="Step", exact=True)).to_be_enabled()
    assert step(page) == stands + 2

    # A refresh finds a paused run where it was, and a moving one on its way.
    page.reload()
    eventually(lambda: state(page) == "Paused", "the paused run")
    assert step(page) == stands + 2
    press(page, "Resume")
    there = wait_for_step(page, stands + 10)
    page.reload()
    eventually(lambda: step(page) >= there, "the run after a refresh")
    assert state(page) == "Training"
    assert query(page)["batch_size"] == "32"


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
    pause(page)
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


def test_own_images(page: Page) -> None:
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
    pause(page)

    # A zip that is none gets one sentence as well.
    upload(page, "broken.zip", b"PK\x03\x04 and then nothing of the kind")
    expect(main(page)).to_contain_text("waiting for the next start: data")
    press(page, "Reset")
    expect(main(page)).to_contain_text(re.compile("zip", re.I))
    expect(main(page)).to_contain_text(re.compile("damaged|not a zip|corrupt", re.I))
    assert "Traceback" not in said(page)
    expect(main(page).get_by_role("button", name="Train", exact=True)).to_be_enabled()


def test_the_link_that_the_app_writes_opens_as_it_was(page: Page) -> None:
    page.goto("/playground")
    choose(page, "method", "BYOL")
    eventually(lambda: "method" in query(page), "the method in the link")
    page.reload()
    press(page, "Train")
    expect(main(page)).to_contain_text("no negatives for any anchor")
    assert "In this link" not in said(page)


def test_frames_of_a_run_that_is_not_ones_own_are_not_found(page: Page) -> None:
    page.goto("/playground")
    assert page.request.get("/frames/guessed/pca").status == 404


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


def test_on_a_phone_train_is_on_the_page(phone: Page) -> None:
    phone.goto("/playground")
    train = main(phone).get_by_role("button", name="Train", exact=True)
    expect(train).to_be_in_viewport()
    sidebar = phone.get_by_test_id("stSidebar")
    assert sidebar.get_attribute("aria-expanded") != "true"
    train.tap()
    wait_for_step(phone, 3)
    expect(phone.locator("canvas.points").first).to_be_visible()
    wide = phone.evaluate("document.scrollingElement.scrollWidth")
    assert wide <= 390, "the page scrolls sideways"
