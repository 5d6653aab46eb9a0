"""What a learner does in the playground, in a real browser."""

import io
import re
import zipfile

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

STATUS = re.compile(r"step [\d,]+ ·")
SLOW = 60_000


def step_of(page: Page) -> int:
    line = page.get_by_text(STATUS).first.inner_text()
    return int(re.search(r"step ([\d,]+)", line).group(1).replace(",", ""))


def loss_of(page: Page) -> float:
    line = page.get_by_text(re.compile(r"^Loss\. Loss [\d.]+;")).first.inner_text()
    return float(re.search(r"Loss ([\d.]+);", line).group(1))


def until_step(page: Page, step: int) -> None:
    page.wait_for_function(
        """least => [...document.querySelectorAll('[data-testid=stMarkdownContainer] p')]
            .some(p => { const m = p.textContent.match(/step ([0-9,]+) ·/);
                         return m && +m[1].replace(',', '') >= least })""",
        arg=step,
        timeout=SLOW,
        polling=200,
    )


def press(page: Page, button: str) -> None:
    page.locator(f".st-key-main_{button} button").first.click()


def test_train_watch_change_pause_step_and_reset(page: Page, server: str) -> None:
    page.goto(f"{server}/playground?batch_size=64")
    expect(page.locator(".st-key-main_train button")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Views: what may change")).to_be_visible()
    page.locator(".st-key-main_train button").dblclick()

    until_step(page, 3)
    first_loss = loss_of(page)
    expect(page.get_by_text("126 negatives per anchor")).to_be_visible()
    canvas = page.locator("canvas").first
    before = canvas.screenshot()
    until_step(page, 60)
    expect(page.get_by_text(re.compile(r"^Loss\. Loss"))).to_be_visible()
    page.wait_for_function(
        """first => { const p = [...document.querySelectorAll('p')]
            .find(p => p.textContent.startsWith('Loss. Loss'));
            return p && +p.textContent.match(/Loss ([0-9.]+);/)[1] < first - 0.3 }""",
        arg=first_loss,
        timeout=SLOW,
        polling=500,
    )
    assert canvas.screenshot() != before

    page.locator(".st-key-hue label").first.click()
    expect(page).to_have_url(re.compile("hue=false"))
    pairs = page.locator("img[alt^='Pairs of augmented views']")
    expect(pairs).to_have_attribute(
        "alt", re.compile(r"^(?!.*hue).*contrast"), timeout=SLOW
    )

    page.reload()
    expect(page.locator(".st-key-main_pause button")).to_be_enabled(timeout=SLOW)
    press(page, "pause")
    expect(page.get_by_text(re.compile(r"^Paused · step"))).to_be_visible(timeout=SLOW)
    stood = step_of(page)
    press(page, "step")
    until_step(page, stood + 1)
    expect(page.get_by_text(re.compile(r"^Paused · step"))).to_be_visible(timeout=SLOW)
    assert step_of(page) == stood + 1

    press(page, "reset")
    expect(page.locator(".st-key-main_pause button").first).to_be_enabled(timeout=SLOW)
    expect(page.get_by_text("seed 0")).to_be_visible(timeout=SLOW)
    press(page, "new_seed")
    expect(page).to_have_url(re.compile(r"seed=\d+"), timeout=SLOW)
    until_step(page, 2)
    page.locator(".st-key-pin_run button").first.click()
    expect(page.get_by_role("button", name="Unpin").first).to_be_visible(timeout=SLOW)
    press(page, "pause")
    expect(page.get_by_text(re.compile(r"^Paused · step"))).to_be_visible(timeout=SLOW)


def test_own_images_good_bad_and_too_few(page: Page, server: str) -> None:
    page.goto(f"{server}/playground?data=upload&batch_size=16")
    chooser = page.locator(".st-key-upload_zip input[type=file]")
    chooser.wait_for(state="attached", timeout=SLOW)
    chooser.set_input_files(
        {
            "name": "broken.zip",
            "mimeType": "application/zip",
            "buffer": b"no zip at all",
        }
    )
    expect(page.get_by_text("broken.zip")).to_be_visible(timeout=SLOW)
    page.locator(".st-key-main_train button").click()
    expect(page.get_by_text(re.compile("zip", re.I)).last).to_be_visible(timeout=SLOW)

    chooser.set_input_files(
        {"name": "mine.zip", "mimeType": "application/zip", "buffer": _zip(40)}
    )
    expect(page.get_by_text("mine.zip")).to_be_visible(timeout=SLOW)
    page.locator(".st-key-main_train button").click()
    until_step(page, 2)
    expect(page.get_by_text("1 files were skipped")).to_be_visible(timeout=SLOW)
    press(page, "pause")


def test_narrow_screens_train_from_the_main_area(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/playground")
    train = page.locator(".st-key-main_train button")
    expect(train).to_be_in_viewport(timeout=SLOW)
    train.click()
    until_step(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    press(page, "pause")
    expect(page.get_by_text(re.compile(r"^Paused · step"))).to_be_visible(timeout=SLOW)


def test_a_switched_augmentation_is_seen_at_once(page: Page, server: str) -> None:
    page.goto(f"{server}/augmentations")
    view = page.locator("img[alt^='View A']")
    expect(view).to_be_visible(timeout=SLOW)
    before = view.get_attribute("src")
    page.locator(".st-key-hue label").first.click()
    expect(view).not_to_have_attribute("src", before or "", timeout=SLOW)
    expect(page.get_by_text("On: Crop, Flip, Rotation, Brightness")).to_be_visible()


def _zip(count: int) -> bytes:
    rng = np.random.default_rng(0)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(count):
            picture = io.BytesIO()
            pixels = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
            pixels[..., i % 2] = 200
            Image.fromarray(pixels).save(picture, "PNG")
            archive.writestr(f"{('warm', 'cold')[i % 2]}/{i}.png", picture.getvalue())
        archive.writestr("warm/note.png", b"this is text")
    return file.getvalue()
