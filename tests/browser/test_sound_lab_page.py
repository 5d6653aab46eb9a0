"""The sound lab in a real browser: look, listen, roll, predict, run, and speak yourself."""

import io
import re
import wave

import numpy as np
import pytest
from page_actions import (
    TRAINING_S,
    assert_fits,
    at_rest,
    eventually,
    main,
    press,
    said,
    tap,
)
from playwright.sync_api import Locator, Page, expect

STEP = re.compile(r"Finished · step ([\d,]+)")
VIEWS = 'img[alt^="One view"], img[alt^="Its partner"]'


def seconds(player: Locator) -> float:
    """How long a player's sound lasts."""
    look = """e => new Promise(tell => e.duration ? tell(e.duration)
        : e.onloadedmetadata = () => tell(e.duration))"""
    return float(player.evaluate(look))


def sources(page: Page) -> list[str]:
    """The pictures of both views."""
    return [str(i.get_attribute("src")) for i in page.locator(VIEWS).all()]


def tone() -> bytes:
    """A WAV file of 0.6 seconds."""
    t = np.arange(9600) / 16_000
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        wave_of = 12_000 * np.sin(2 * np.pi * 200 * t)
        out.writeframes(wave_of.astype("<i2").tobytes())
    return file.getvalue()


@pytest.mark.slow
def test_views_are_seen_heard_and_rolled(page: Page) -> None:
    page.goto("/sound")
    expect(page.locator(VIEWS)).to_have_count(2)
    players = main(page).get_by_test_id("stAudio")
    expect(players).to_have_count(3)
    for player in players.all():
        assert abs(seconds(player) - 1.024) < 0.01
    at_rest(page)
    before = sources(page)
    assert before[0] != before[1]
    press(page, "Roll the dice again")
    eventually(lambda: not set(sources(page)) & set(before), "two other views")
    assert "Both views still share what is said" in said(page)


@pytest.mark.slow
def test_predict_run_read_the_verdict_and_place_a_recording(page: Page) -> None:
    page.goto("/sound?seed=5")
    expect(page.locator(VIEWS)).to_have_count(2)
    tap(page, "noise only")
    press(page, "Run both arms")
    eventually(
        lambda: len(STEP.findall(said(page))) == 2, "both arms at their end", TRAINING_S
    )
    expect(main(page).get_by_text("What happened")).to_be_visible()
    expect(main(page).get_by_text("You predicted “noise only”")).to_be_visible()
    expect(main(page).get_by_text("Linear probes, all views against")).to_be_visible()
    told = said(page)
    assert re.search(r"said 0\.\d\d against 0\.\d\d", told)
    assert "who said it" in told

    encoder = page.locator(".st-key-sound_encoder input")
    expect(encoder).to_have_value(re.compile("just trained here"))
    page.locator(".st-key-sound_file input[type=file]").set_input_files(
        {"name": "mine.wav", "mimeType": "audio/wav", "buffer": tone()}
    )
    expect(main(page).get_by_text("Nearest of 500 held-out voices")).to_be_visible()
    expect(main(page).get_by_test_id("stAudio")).to_have_count(3 + 1 + 6)
    assert seconds(main(page).get_by_test_id("stAudio").last) > 1

    # It stands on the map, chosen, and its neighbours there can be heard.
    own = page.locator(".map").filter(has_text="Your recording (ringed)")
    expect(own.locator(".slot canvas.picture")).to_have_count(1 + 6)
    with page.expect_response(re.compile(r"/sounds/held_out/\d+$")) as answered:
        own.locator(".slot").nth(1).click()
    assert answered.value.ok
    said_alike = own.locator(".agreement")
    expect(said_alike).to_have_text(re.compile(r"^\d of 6 say the same \(by luck"))
    own.get_by_text("speaker", exact=True).first.click()
    expect(said_alike).to_have_text(re.compile(r"^\d of 6 have the same speaker"))

    # Its own look, its own word; and choosing it asks the server for no sound.
    expect(own.locator(".legend > span.swatch")).to_have_text("unknown")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/sounds/" in r.url else None)
    page.locator(".st-key-query_spectrogram").scroll_into_view_if_needed()
    canvas = own.locator("canvas.points")
    choose_own(page, own, canvas)
    expect(own.locator(".facts")).to_have_text("said unknown · speaker unknown")
    own_asked = [url for url in asked if url.endswith("/500")]
    assert own_asked == []


def choose_own(page: Page, own: Locator, canvas: Locator) -> None:
    """Step through all points with the keyboard until the own one is described."""
    canvas.focus()
    page.keyboard.press("Escape")
    for _ in range(501):
        page.keyboard.press("ArrowRight")
        if own.locator(".tip").inner_text().count("unknown") == 2:
            break
    page.keyboard.press("Enter")


@pytest.mark.slow
def test_a_file_that_is_no_sound_gets_one_sentence(page: Page) -> None:
    page.goto("/sound")
    page.locator(".st-key-sound_file input[type=file]").set_input_files(
        {"name": "mine.wav", "mimeType": "audio/wav", "buffer": b"no sound"}
    )
    expect(main(page).get_by_text("mine.wav: its content is none of")).to_be_visible()


@pytest.mark.slow
def test_the_sound_lab_fits_a_phone(phone: Page) -> None:
    phone.goto("/sound")
    expect(phone.locator(VIEWS)).to_have_count(2)
    at_rest(phone)
    assert_fits(phone)
