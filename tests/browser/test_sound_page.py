"""Sound on the pages that pictures have: its own views, in its own shape."""

import io
import re
import wave
from pathlib import Path

import numpy as np
import pytest
from page_actions import (
    assert_fits,
    at_rest,
    choose,
    eventually,
    main,
    newest_run,
    pause,
    press,
    query,
    said,
    tap,
    wait_for_step,
)
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.slow


def uncheck(page: Page, key: str) -> None:
    """Switch a view off in the sidebar."""
    page.locator(f".st-key-{key} label").first.click()


def wider(picture: Locator) -> float:
    """Width over height of what is shown inside a picture's border."""
    size = "e => [e.clientWidth, e.clientHeight]"
    width, height = picture.evaluate(size)
    return float(width / height)


def test_the_link_follows_from_pictures_to_sound_and_back(page: Page) -> None:
    page.goto("/playground?batch_size=32&hue=false&crop_strength=0.3")
    expect(page.locator(".st-key-hue")).to_be_visible()
    choose(page, "data", "Voices")
    expect(page.locator(".st-key-time_mask")).to_be_visible()
    at_rest(page)
    assert query(page) == {"batch_size": "32", "data": "voices"}

    uncheck(page, "gain")
    eventually(lambda: query(page).get("gain") == "false", "gain in the link")
    page.reload()
    expect(page.locator(".st-key-time_mask")).to_be_visible()
    at_rest(page)
    assert query(page) == {"batch_size": "32", "data": "voices", "gain": "false"}
    assert not page.locator(".st-key-gain input").first.is_checked()
    assert "In this link" not in said(page)

    choose(page, "data", "Shapes")
    expect(page.locator(".st-key-hue")).to_be_visible()
    expect(page.locator(".st-key-time_mask")).to_have_count(0)
    at_rest(page)
    assert query(page) == {"batch_size": "32"}


def test_a_link_with_hue_for_voices_says_so_and_drops_it(page: Page) -> None:
    page.goto("/playground?data=voices&hue=true")
    expect(main(page)).to_contain_text("'hue' is for pictures, but voices is sound")
    eventually(lambda: "hue" not in query(page), "a link without hue")
    assert query(page)["data"] == "voices"


def test_voices_train_and_a_chosen_point_of_the_map_is_heard(
    page: Page, runs: Path
) -> None:
    page.goto("/playground?data=voices&batch_size=16")
    press(page, "Train")
    wait_for_step(page, 3)
    assert "clips/s" in said(page) and "images/s" not in said(page)
    pause(page, newest_run(runs))
    hint = main(page).get_by_text("Select a sound on the map to hear it")
    expect(hint.first).to_be_visible()

    # Spectrograms keep their shape, twice as wide as high.
    canvas = page.locator("canvas.points").first
    canvas.focus()
    page.keyboard.press("ArrowRight")
    tip = page.locator(".tip canvas.picture")
    expect(tip).to_be_visible()
    assert abs(wider(tip) - 2) < 0.1
    with page.expect_response(re.compile(r"/sounds/[^/]+/\d+$")) as answered:
        page.keyboard.press("Enter")
    slots = page.locator(".slot canvas.picture")
    expect(slots).to_have_count(7)
    assert abs(wider(slots.first) - 2) < 0.1
    pairs = page.locator('img[alt^="Pairs of augmented views"]')
    natural = "e => e.naturalWidth / e.naturalHeight - e.clientWidth / e.clientHeight"
    assert abs(pairs.evaluate(natural)) < 0.05

    reply = answered.value
    assert reply.ok and reply.headers["content-type"] == "audio/wav"
    address = reply.url.rpartition("/")[0]
    heard = page.request.get(f"{address}/0").body()
    with wave.open(io.BytesIO(heard)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(1.024)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert samples.std() > 50
    for missing in (f"{address}/100000", f"{address}x/0", "/sounds/simclr/0"):
        assert page.request.get(missing).status == 404


def test_the_augmentations_page_shows_and_plays_voices(page: Page) -> None:
    page.goto("/augmentations?data=voices")
    expect(page.locator('img[alt^="View A"]')).to_be_visible()
    expect(main(page).locator("audio")).to_have_count(3)
    seconds = """e => new Promise(tell => e.duration ? tell(e.duration)
        : e.onloadedmetadata = () => tell(e.duration))"""
    lasts = main(page).locator("audio").first.evaluate(seconds)
    assert abs(lasts - 1.024) < 0.01
    shown = main(page).get_by_text(re.compile("said by"))
    before = page.locator('img[alt^="View A"]').get_attribute("src")
    tap(page, "mu")
    expect(shown).to_contain_text("“mu”")
    eventually(
        lambda: page.locator('img[alt^="View A"]').get_attribute("src") != before,
        "another spectrogram",
    )


def test_voices_fit_a_phone(phone: Page) -> None:
    phone.goto("/augmentations?data=voices")
    expect(phone.locator('img[alt^="View A"]')).to_be_visible()
    at_rest(phone)
    assert_fits(phone)
