"""The matrix inspector under a visitor's mouse, keys and thumb."""

import math
import re
from typing import Any

from lab import drawn, eventually, main, press, query, said, wait_for_step
from playwright.sync_api import Locator, Page, expect

ADDRESS = "/matrix_inspector"


def matrix(page: Page) -> Locator:
    """The canvas, as soon as it says what it shows."""
    canvas = page.locator("canvas.cells")
    expect(canvas).to_have_attribute("aria-label", re.compile("Similarity matrix"))
    return canvas


def chosen(page: Page, row: str, column: str) -> None:
    """Wait until the page's numbers are those of this cell."""
    words = re.compile(f"Chosen: row {row}, column {column},")
    expect(matrix(page)).to_have_attribute("aria-label", words)


def click_cell(page: Page, row: int, column: int, count: int) -> None:
    """Click where the cell is, as far as a visitor can see it: pictures at the edges."""
    canvas = matrix(page)
    box = canvas.bounding_box()
    assert box is not None
    gutter = min(box["width"] / (count + 1), 40)
    cell = (box["width"] - 2 - gutter) / count
    x, y = (gutter + (i + 0.5) * cell for i in (column, row))
    canvas.click(position={"x": x, "y": y})


def table(page: Page) -> dict[str, str]:
    """The chosen cell's steps."""
    rows = main(page).locator("table tr").all()[1:]
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {name: value for name, value in cells}


def number(text: str) -> float:
    """A number as the page writes it."""
    found = re.match(r"(−?[\d.]+)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert found, text
    plain = (found[2] or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(found[1].replace("−", "-")) * 10.0 ** int(plain)


def numbers(page: Page) -> dict[str, float]:
    """The steps that have one."""
    eventually(lambda: len(table(page)) == 9, "the table of a cell")
    return {k: number(v) for k, v in table(page).items() if v[0] in "−0123456789"}


def test_click_and_keys_choose_a_cell_and_the_link_keeps_it(page: Page) -> None:
    page.goto(ADDRESS)
    chosen(page, "1a", "1b")
    expect(main(page)).to_contain_text("A positive. 1a and 1b are two views")
    click_cell(page, 4, 9, 16)
    chosen(page, "3a", "5b")
    expect(main(page)).to_contain_text("A negative. 5b comes from another picture")
    assert query(page)["matrix_row"] == "3a"
    assert query(page)["matrix_column"] == "5b"

    canvas = matrix(page)
    for _ in range(3):
        canvas.press("ArrowRight")
    canvas.press("ArrowDown")
    chosen(page, "3b", "7a")
    canvas.press("p")
    chosen(page, "3b", "3a")
    canvas.press("Home")
    chosen(page, "3b", "1a")
    canvas.press("ArrowLeft")  # there is nothing beyond the edge
    canvas.press("ArrowUp")
    canvas.press("ArrowUp")
    canvas.press("End")
    chosen(page, "2b", "8b")

    page.goto(page.url)
    chosen(page, "2b", "8b")
    press(page, "Itself")
    chosen(page, "2b", "2b")
    expect(main(page)).to_contain_text("The diagonal. 2b with itself")


def test_the_numbers_on_the_page_lead_to_the_stated_loss(page: Page) -> None:
    """With pencil and paper: nothing but what the table says."""
    names = ("1a", "1b", "2a", "2b")
    batch = f"{ADDRESS}?matrix_n=2&matrix_tau=0.5"
    losses, stated = [], 0.0
    for row in names:
        exps = {}
        for column in (v for v in names if v != row):
            page.goto(f"{batch}&matrix_row={row}&matrix_column={column}")
            chosen(page, row, column)
            step = numbers(page)
            logit = step["Cosine: dot product"] / 0.5
            assert math.isclose(step["÷ τ = 0.5"], logit, rel_tol=2e-3)
            assert math.isclose(step["exp"], math.exp(logit), rel_tol=2e-3)
            exps[column] = step["exp"]
            stated = step["Batch’s loss: mean of 4 rows"]
        partner = row[0] + ("b" if row[1] == "a" else "a")
        losses.append(-math.log(exps[partner] / sum(exps.values())))
    assert math.isclose(sum(losses) / 4, stated, rel_tol=2e-3)


def test_hidden_labels_appear_only_on_demand(page: Page) -> None:
    page.goto(f"{ADDRESS}?matrix_n=16")
    canvas = matrix(page)
    expect(page.locator(".legend")).not_to_contain_text("same class")
    hidden = eventually(lambda: drawn(canvas), "a drawn matrix")
    main(page).get_by_text("Reveal hidden labels").click()
    expect(main(page)).to_contain_text("Training never saw these labels.")
    expect(page.locator(".legend")).to_contain_text("negative of the same class")
    eventually(lambda: drawn(canvas) != hidden, "marks in the matrix")
    assert query(page)["matrix_labels"] == "true"


def test_temperature_moves_the_numbers_and_not_the_pictures(page: Page) -> None:
    page.goto(ADDRESS)
    chosen(page, "1a", "1b")
    before = numbers(page)
    thumb = page.locator(".st-key-matrix_tau input[type=range]")
    for _ in range(10):
        thumb.press("ArrowRight")
    expect(main(page)).to_contain_text("at τ = 0.3")
    eventually(lambda: "÷ τ = 0.3" in table(page), "numbers at the new temperature")
    after = numbers(page)
    assert after["Cosine: dot product"] == before["Cosine: dot product"]
    assert after["exp"] != before["exp"]


def test_hover_reads_a_cell_without_choosing_it(page: Page) -> None:
    page.goto(ADDRESS)
    canvas = matrix(page)
    tip = page.locator(".tip")
    expect(tip).to_be_hidden()
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(position={"x": box["width"] * 0.8, "y": box["height"] * 0.3})
    expect(tip).to_contain_text(re.compile(r"cosine −?\d\.\d\d.*softmax [\d.]+ %"))
    chosen(page, "1a", "1b")


def test_a_run_s_own_batch_is_held_still_while_it_trains(page: Page) -> None:
    page.goto("/playground")
    press(page, "Train")
    wait_for_step(page, 3)
    page.goto(ADDRESS)  # another session: the cookie finds the run again
    main(page).get_by_text("Your run", exact=True).click()
    expect(main(page)).to_contain_text("These are the first 32 of its 64 pairs")
    title = page.locator("p.title")
    expect(title).to_contain_text("32 images, 64 views")
    held = title.inner_text()
    assert "Training never saw these labels" not in said(page)
    main(page).get_by_text("Reveal hidden labels").click()
    expect(main(page)).to_contain_text(re.compile(r"Of this anchor's 62 negatives \d+"))
    press(page, "Itself")
    chosen(page, "1a", "1a")
    assert title.inner_text() == held
    press(page, "Take the newest batch")
    expect(title).not_to_have_text(held)
    page.goto("/playground")  # where a run can be paused
    expect(main(page).get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_a_phone_shows_the_whole_page(phone: Page) -> None:
    phone.goto(ADDRESS)
    canvas = matrix(phone)
    box = canvas.bounding_box()
    assert box is not None and box["width"] <= 390
    wide = "document.documentElement.scrollWidth"
    assert phone.evaluate(wide) <= 390
    canvas.tap(position={"x": box["width"] * 0.9, "y": box["height"] * 0.3})
    expect(main(phone)).to_contain_text("A negative.")
    assert query(phone)["matrix_column"] != "1b"


def test_dark_and_light_draw_the_matrix_in_their_own_colours(
    browser: Any, server: str
) -> None:
    lows = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, base_url=server)
        opened = context.new_page()
        opened.goto(ADDRESS)
        matrix(opened)
        first = "ramp => [...ramp.getContext('2d').getImageData(0, 0, 1, 1).data]"
        lows.append(sum(opened.locator("canvas.ramp").evaluate(first)[:3]))
        context.close()
    light, dark = lows
    assert light > 600 and dark < 150
