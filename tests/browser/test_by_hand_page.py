"""The loss by hand in a real browser: its numbers are autograd's, wherever points go."""

import math
import re
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from page_actions import assert_fits, eventually, main, query, tap
from playwright.sync_api import Locator, Page, expect
from torch import Tensor

from ssl_core.measures import alignment, uniformity
from ssl_core.methods.simclr import nt_xent

WITHIN = 1e-5
# What the lab holds; false while it is being drawn anew.
COMPLETE = """lab => {
  const points = [...lab.querySelectorAll(".point")].map(p => p.dataset);
  return points.every(p => p.z && p.gradient) && {
    z: points.map(p => p.z),
    gradient: points.map(p => p.gradient),
    loss: lab.querySelector("data.loss").value,
    tau: lab.querySelector("input.tau").value,
  };
}"""
AGREES = re.compile(r"^autograd agrees: \d+\.\d{4} ")


@dataclass
class Seen:
    """What the page holds at one moment, with every digit."""

    z: Tensor
    gradient: Tensor
    loss: float
    tau: float


def points(page: Page) -> Locator:
    return page.locator(".lab .point")


def seen(page: Page) -> Seen:
    """Points, gradient and loss of one and the same frame."""
    read = eventually(lambda: page.locator(".lab").evaluate(COMPLETE), "a whole frame")
    z, gradient = map(numbers, (read["z"], read["gradient"]))
    return Seen(z, gradient, float(read["loss"]), float(read["tau"]))


def numbers(rows: list[str]) -> Tensor:
    """Rows of numbers joined by commas."""
    read = [[float(v) for v in row.split(",")] for row in rows]
    return torch.tensor(read, dtype=torch.float64)


def check(page: Page) -> Seen:
    """The browser's loss and gradient are those of the core and of autograd."""
    now = seen(page)
    z = now.z.clone().requires_grad_(True)
    loss = nt_xent(z[0::2], z[1::2], now.tau)
    loss.backward()
    assert z.grad is not None
    assert now.loss == pytest.approx(loss.item(), abs=WITHIN)
    assert (now.gradient - z.grad).abs().max().item() < WITHIN
    assert (now.z.norm(dim=1) - 1).abs().max().item() < 1e-9
    return now


def rested(page: Page) -> Seen:
    """Wait until Python has checked what lies there, and check it ourselves."""
    expect(page.locator(".lab .verdict")).to_have_text(AGREES)
    return check(page)


def place(page: Page, point: int, part: str = "dot") -> tuple[float, float]:
    """Where a point's dot, or the chip with its name, is on the screen."""
    box = points(page).nth(point).locator(f".{part}").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def carry(page: Page, point: int, right: float, up: float) -> None:
    """Drag a point by so many pixels; while it is held, the numbers are checked too.

    It is taken by its name: where points coincide, only the names stand apart.
    """
    points(page).nth(point).scroll_into_view_if_needed()
    x, y = place(page, point, "chip")
    before = seen(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y - up / 2, steps=4)
    eventually(lambda: not torch.equal(seen(page).z[point], before.z[point]), "a move")
    check(page)
    page.mouse.move(x + right, y - up, steps=4)
    page.mouse.up()


def angle(a: Tensor, b: Tensor) -> float:
    """Degrees between two unit vectors."""
    return math.degrees(math.acos(max(-1.0, min(1.0, (a @ b).item()))))


# A sweep over sizes, temperatures and arrangements runs without a browser, in tests/js.
@pytest.mark.parametrize(
    "link",
    [
        "?images=3&tau=0.05&anchor=C1",
        pytest.param(
            "?space=sphere&images=4&tau=0.5&anchor=B2", marks=pytest.mark.slow
        ),
    ],
)
def test_loss_and_arrows_are_autograd_s_wherever_points_go(
    page: Page, link: str
) -> None:
    page.goto(f"/loss_by_hand{link}")
    before = rested(page)

    carry(page, 1, right=60, up=-45)
    dragged = rested(page)
    assert angle(before.z[1], dragged.z[1]) > 3
    assert torch.equal(before.z[2:], dragged.z[2:])

    points(page).nth(3).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "Shift+ArrowLeft"):
        start = seen(page).z[3]
        page.keyboard.press(key)
        eventually(lambda z=start: not torch.equal(seen(page).z[3], z), f"{key} to act")
        check(page)
    moved = rested(page)
    assert torch.equal(moved.z[:3], dragged.z[:3])


@pytest.mark.slow
def test_a_dragged_point_goes_where_the_pointer_goes(page: Page) -> None:
    page.goto("/loss_by_hand")
    rested(page)
    rim = page.locator(".lab .rim").bounding_box()
    assert rim
    x, y = rim["x"] + rim["width"] / 2, rim["y"] + rim["height"] / 2
    at = place(page, 2)
    carry(page, 2, right=x + rim["width"] / 2 - at[0], up=at[1] - y)
    assert place(page, 2) == pytest.approx((x + rim["width"] / 2, y), abs=4)
    now = rested(page)
    assert angle(now.z[2], torch.tensor([1.0, 0.0], dtype=torch.float64)) < 2

    # An arrow key is two degrees, with Shift a fifth of one; right is clockwise.
    points(page).nth(2).focus()
    page.keyboard.press("ArrowRight")
    eventually(lambda: not torch.equal(seen(page).z[2], now.z[2]), "a move")
    there = rested(page).z[2]
    assert (
        angle(now.z[2], there) == pytest.approx(2, abs=1e-6) and there[1] < now.z[2, 1]
    )
    page.keyboard.press("Shift+ArrowLeft")
    eventually(lambda: not torch.equal(seen(page).z[2], there), "a small move")
    assert angle(there, rested(page).z[2]) == pytest.approx(0.2, abs=1e-6)


@pytest.mark.slow
def test_a_link_brings_the_points_back(page: Page) -> None:
    page.goto("/loss_by_hand?images=3&tau=0.3")
    rested(page)
    carry(page, 4, right=-70, up=60)
    points(page).nth(5).press("Enter")
    made = rested(page)
    eventually(lambda: query(page).get("anchor") == "C2", "the anchor in the link")
    link = query(page)
    assert (link["images"], link["tau"]) == ("3", "0.3")
    assert len(link["points"].split("_")) == 6

    page.reload()
    again = rested(page)
    expect(page.locator(".lab caption")).to_contain_text(
        "Anchor C2 must pick C1 among 5"
    )
    assert max(angle(a, b) for a, b in zip(made.z, again.z, strict=True)) < 0.1
    assert again.loss == pytest.approx(made.loss, abs=0.02)
    assert query(page) == link


@pytest.mark.slow
def test_a_click_chooses_the_anchor_and_moves_nothing(page: Page) -> None:
    page.goto("/loss_by_hand")
    before = rested(page)
    page.mouse.click(*place(page, 3))
    expect(page.locator(".lab caption")).to_have_text(
        "Anchor B2 must pick B1 among 3 candidates"
    )
    after = rested(page)
    assert torch.equal(before.z, after.z) and before.loss == after.loss
    eventually(lambda: query(page).get("anchor") == "B2", "the anchor in the link")

    # The row in the table is the worked loss of that anchor.
    softmax = (after.z[3] @ after.z.T / after.tau)[:3].softmax(0)
    cells = page.locator(".lab .row-table tr.positive td").all_inner_texts()
    assert float(cells[3]) == pytest.approx(softmax[2].item(), abs=6e-5)
    foot = page.locator(".lab .foot").inner_text()
    worth = float(re.findall(r"[\d.]+$", foot)[0])
    assert worth == pytest.approx(-softmax[2].log().item(), abs=6e-5)


@pytest.mark.slow
def test_knobs_and_arrangements(page: Page) -> None:
    page.goto("/loss_by_hand")
    rested(page)
    lab = page.locator(".lab")
    lab.get_by_role("button", name="Collapse all to one point").click()
    expect(lab.locator("data.loss")).to_have_text(f"{math.log(3):.4f}")
    expect(lab.locator(".arrows")).to_contain_text("no minimum")
    lab.get_by_role("radio", name="4").check()
    expect(lab.locator("data.loss")).to_have_text(f"{math.log(7):.4f}")
    rested(page)
    lab.get_by_role("radio", name="Sphere").check()
    lab.get_by_role("button", name="Spread evenly").click()
    eventually(lambda: query(page).get("arrangement") == "even", "even in the link")
    spread = rested(page)
    assert spread.z.shape == (8, 3)

    # Another temperature moves no point.
    tau = lab.get_by_label("Temperature tau")
    tau.fill("0.2")
    eventually(lambda: seen(page).loss != spread.loss, "another loss")
    colder = rested(page)
    assert colder.tau == 0.2 and torch.equal(colder.z, spread.z)
    eventually(lambda: query(page).get("tau") == "0.2", "tau in the link")
    expect(main(page)).to_contain_text("N = 4 on the sphere at τ = 0.2")


@pytest.mark.slow
@pytest.mark.parametrize("link", ["?images=3", "?images=3&space=sphere"])
def test_following_the_gradient_aligns_and_spreads(page: Page, link: str) -> None:
    page.goto(f"/loss_by_hand{link}")
    start = rested(page)
    lab = page.locator(".lab")
    losses = [start.loss]
    for _ in range(5):
        lab.get_by_role("button", name="Step", exact=True).click()
        eventually(lambda: seen(page).loss != losses[-1], "a step")
        losses.append(check(page).loss)
    assert losses == sorted(losses, reverse=True)
    expect(lab.locator(".descent")).to_contain_text("5 steps")

    # One step is z - rate * gradient, made unit length again.
    before = rested(page)
    rate = 0.05 * 2 * 3 * before.tau
    lab.get_by_role("button", name="Step", exact=True).click()
    eventually(lambda: seen(page).loss != before.loss, "a step")
    expected = torch.nn.functional.normalize(before.z - rate * before.gradient)
    assert (rested(page).z - expected).abs().max().item() < 1e-9

    lab.get_by_role("button", name="Play", exact=True).click()
    expect(lab.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(lab.locator(".descent")).to_contain_text("no arrow is left")
    end = rested(page)
    perfect = math.log1p(4 * math.exp((-0.5 - 1) / end.tau))
    assert end.loss == pytest.approx(perfect, abs=1e-4)
    assert (
        alignment(end.z[0::2], end.z[1::2])
        < 1e-3
        < alignment(start.z[0::2], start.z[1::2])
    )
    said = lab.locator(".measures").inner_text().replace("−", "-")
    shown = [float(v) for v in re.findall(r"-?\d\.\d\d", said)]
    assert shown == pytest.approx(
        [alignment(end.z[0::2], end.z[1::2]), uniformity(end.z)], abs=0.006
    )


@pytest.mark.slow
def test_the_sphere_turns_and_no_number_changes(page: Page) -> None:
    page.goto("/loss_by_hand?space=sphere")
    before, at = rested(page), place(page, 0)
    page.locator(".lab .scene").focus()
    page.keyboard.press("ArrowRight")
    eventually(lambda: place(page, 0) != at, "another view")
    at = place(page, 0)
    rim = page.locator(".lab .rim").bounding_box()
    assert rim
    page.mouse.move(rim["x"] + 4, rim["y"] + 4)
    page.mouse.down()
    page.mouse.move(rim["x"] + 60, rim["y"] + 30, steps=4)
    page.mouse.up()
    eventually(lambda: place(page, 0) != at, "a third view")
    after = check(page)
    assert torch.equal(before.z, after.z) and before.loss == after.loss


@pytest.mark.slow
def test_a_place_worth_seeing_comes_by_its_link(page: Page) -> None:
    page.goto("/loss_by_hand")
    rested(page)
    carry(page, 0, right=30, up=-10)
    rested(page)
    main(page).get_by_role("link", name="Perfect partners").click()
    eventually(lambda: query(page).get("arrangement") == "perfect", "the link")
    expect(points(page)).to_have_count(6)
    now = rested(page)
    assert (now.z[0] - now.z[1]).abs().max().item() < 1e-12
    main(page).get_by_role("link", name="One false partner").click()
    expect(points(page)).to_have_count(4)
    expect(page.locator(".lab caption")).to_contain_text("Anchor B2")
    rested(page)


@pytest.mark.slow
def test_a_prediction_is_answered_by_looking(page: Page) -> None:
    page.goto("/loss_by_hand")
    rested(page)
    tap(page, "infinity")
    main(page).get_by_role("button", name="Collapse all points and look").click()
    expect(main(page)).to_contain_text("Not infinity: the core computes 1.0986")

    def coincide() -> bool:
        return abs(rested(page).loss - math.log(3)) < 1e-5

    # The points glide there: at rest they coincide.
    eventually(coincide, "coinciding points")


@pytest.mark.slow
def test_on_a_phone_a_finger_drags_a_point_and_nothing_scrolls_sideways(
    phone: Page,
) -> None:
    phone.goto("/loss_by_hand?images=4")
    before = rested(phone)
    points(phone).nth(0).scroll_into_view_if_needed()
    scroll = "document.querySelector('[data-testid=stMain]').scrollTop"
    stands, (x, y) = phone.evaluate(scroll), place(phone, 0)
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, *at: tuple[float, float]) -> Any:
        spots = [{"x": a, "y": b} for a, b in at]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    touch("touchStart", (x, y))
    for share in range(1, 9):
        touch("touchMove", (x + 8 * share, y + 8 * share))
    touch("touchEnd")
    eventually(lambda: angle(seen(phone).z[0], before.z[0]) > 20, "a dragged point")
    rested(phone)
    assert phone.evaluate(scroll) == stands
    assert_fits(phone)
    table = phone.locator(".lab .table-room")
    assert table.evaluate("room => room.scrollWidth <= room.clientWidth")
