"""The matrix inspector under a visitor's mouse, keys and thumb."""

import re

import pytest
from page_actions import Visit, assert_fits, drawn, eventually, main, press, query
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
    return dict(cells)


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_temperature_moves_the_numbers_and_not_the_pictures(page: Page) -> None:
    page.goto(ADDRESS)
    chosen(page, "1a", "1b")
    before = eventually(lambda: table(page), "the table of a cell")
    thumb = page.locator(".st-key-matrix_tau input[type=range]")
    for _ in range(10):
        thumb.press("ArrowRight")
    expect(main(page)).to_contain_text("at τ = 0.3")
    eventually(lambda: "÷ τ = 0.3" in table(page), "numbers at the new temperature")
    after = table(page)
    assert after["Cosine: dot product"] == before["Cosine: dot product"]
    assert after["exp"] != before["exp"]


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_phone_shows_the_whole_page(phone: Page) -> None:
    phone.goto(ADDRESS)
    canvas = matrix(phone)
    box = canvas.bounding_box()
    assert box is not None and box["width"] <= 390
    assert_fits(phone)
    canvas.tap(position={"x": box["width"] * 0.9, "y": box["height"] * 0.3})
    expect(main(phone)).to_contain_text("A negative.")
    assert query(phone)["matrix_column"] != "1b"


@pytest.mark.slow
def test_dark_and_light_draw_the_matrix_in_their_own_colours(visit: Visit) -> None:
    lowest = {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme)
        page.goto(ADDRESS)
        matrix(page)
        first = "ramp => [...ramp.getContext('2d').getImageData(0, 0, 1, 1).data]"
        lowest[scheme] = sum(page.locator("canvas.ramp").evaluate(first)[:3])
    assert lowest["light"] > 600 and lowest["dark"] < 150
