"""The loss by hand: what a link may say, what Python checks, and what the page says."""

import json
import math
import re
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.features import loss_by_hand as by_hand_words
from pages.widgets.loss_by_hand import arrangements, loss_canvas, points
from pages.widgets.loss_by_hand.arrangements import Arrangement
from ssl_core.methods.simclr import nt_xent

PAGE = "pages/10_loss_by_hand.py"
EVERY = [
    (space, images, name)
    for space in ("circle", "sphere")
    for images in (2, 3, 4)
    for name in ("start", "perfect", "collapse", "even")
]


def sent_to_browser(shown: AppTest) -> dict[str, Any]:
    """What the page hands to its component."""
    components = shown.get("bidi_component")
    found = [c for c in components if c.proto.component_name == "ssl_lab_by_hand"]
    assert len(found) == 1
    return json.loads(found[0].proto.json)


def prose(shown: AppTest) -> str:
    return "\n".join(m.value for m in shown.main.markdown)


def cosine(a: Any, b: Any) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_the_page_opens_alone_with_question_code_and_equation(alone: Any) -> None:
    shown = alone(PAGE)
    assert not shown.exception and not shown.warning
    assert shown.title[0].value.endswith("?")
    assert "def nt_xent" in shown.code[0].value
    assert "temperature" in shown.latex[0].value
    state = sent_to_browser(shown)["state"]
    assert (state["images"], state["tau"], state["space"]) == (2, 0.5, "circle")


def test_a_link_decides_everything(alone: Any) -> None:
    link = {
        "images": "3",
        "tau": "0.1",
        "anchor": "C2",
        "points": "0_30_60_90_180_270.5",
    }
    shown = alone(PAGE, **link)
    assert not shown.exception and not shown.warning
    state = sent_to_browser(shown)["state"]
    assert (state["images"], state["tau"], state["anchor"]) == (3, 0.1, 5)
    expected = [0, 30, 60, 90, 180, 270.5]
    for (x, y), degrees in zip(state["points"], expected, strict=True):
        assert math.degrees(math.atan2(y, x)) % 360 == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("link", "named", "allowed"),
    [
        ({"tau": "0"}, "tau is 0", "at least 0.05"),
        ({"tau": "nan"}, "tau is nan", "at most 1"),
        ({"tau": "warm"}, "tau is 'warm'", "at least 0.05"),
        ({"images": "9"}, "images is 9", "at most 4"),
        ({"images": "2.5"}, "images is '2.5'", "at least 2"),
        ({"space": "cube"}, "space is 'cube'", "circle, sphere"),
        ({"anchor": "Z9"}, "anchor is 'Z9'", "A1"),
        ({"anchor": "C1"}, "anchor is C1", "A1 to B2"),
        ({"arrangement": "own"}, "arrangement is 'own'", "perfect"),
        ({"points": "1_2_3"}, "points is '1_2_3'", "4 angles"),
        ({"points": "1_2_3_nan"}, "points is '1_2_3_nan'", "4 angles"),
        ({"points": "1_2_3_1e9"}, "points is '1_2_3_1e9'", "4 angles"),
        ({"points": "<b>_2_3_4"}, r"points is '<b>\_2_3_4'", "4 angles"),
        ({"points": "0_91" * 4, "space": "sphere"}, "points is", "8 longitudes"),
        ({"points": "0_91_0_0_0_0_0_0", "space": "sphere"}, "points is", "8 longit"),
    ],
)
def test_nonsense_in_a_link_is_one_sentence(
    alone: Any, link: dict[str, str], named: str, allowed: str
) -> None:
    shown = alone(PAGE, **link)
    assert not shown.exception
    assert len(shown.warning) == 1
    said = shown.warning[0].value
    assert said.startswith(named) and allowed in said and "instead" in said
    assert sent_to_browser(shown)["state"]["tau"] == 0.5


def test_a_very_long_value_is_not_repeated_in_full(alone: Any) -> None:
    shown = alone(PAGE, points="7" * 100_000)
    assert len(shown.warning) == 1
    assert len(shown.warning[0].value) < 300


def test_several_wrong_values_are_all_named(alone: Any) -> None:
    said = [w.value for w in alone(PAGE, tau="7", space="cube", images="3").warning]
    assert len(said) == 2


@pytest.mark.parametrize(("space", "images", "name"), EVERY)
def test_arrangements_are_what_they_are_called(
    space: str, images: int, name: str
) -> None:
    found = points.arrangement_points(name, images, space)
    assert len(found) == 2 * images
    assert all(math.hypot(*p) == pytest.approx(1) for p in found)
    partners = [cosine(found[i], found[i + 1]) for i in range(0, 2 * images, 2)]
    others = [
        cosine(a, b)
        for i, a in enumerate(found)
        for k, b in enumerate(found)
        if k // 2 > i // 2
    ]
    if name == "perfect":
        assert partners == pytest.approx([1] * images) and max(others) < 0.01
    elif name == "collapse":
        assert [*partners, *others] == pytest.approx([1] * len([*partners, *others]))
    elif name == "even":
        nearest = [
            max(cosine(a, b) for k, b in enumerate(found) if k != i)
            for i, a in enumerate(found)
        ]
        assert nearest == pytest.approx([nearest[0]] * len(found))


@pytest.mark.parametrize("space", ["circle", "sphere"])
@pytest.mark.parametrize("images", [2, 3, 4])
def test_a_link_brings_own_points_back(space: str, images: int) -> None:
    generator = torch.Generator().manual_seed(images)
    z = torch.randn(2 * images, 2 + (space == "sphere"), generator=generator)
    points = tuple(map(tuple, torch.nn.functional.normalize(z.double()).tolist()))
    made = Arrangement(images, 0.37, space, "B2", "own", points)
    again, complaints = arrangements.from_link(arrangements.to_link(made))
    assert complaints == []
    assert (again.images, again.tau, again.space, again.anchor) == (
        *(images, 0.37),
        *(space, "B2"),
    )
    for a, b in zip(points, again.points, strict=True):
        assert math.dist(a, b) < math.radians(0.1)


@pytest.mark.parametrize(("space", "images", "name"), EVERY)
def test_a_named_arrangement_needs_no_points_in_its_link(
    space: str, images: int, name: str
) -> None:
    made = Arrangement(images, 0.5, space, preset=name)
    link = arrangements.to_link(made)
    assert "points" not in link
    assert arrangements.from_link(link) == (made, [])


def sent(**changed: Any) -> dict[str, Any]:
    """What the browser sends when the points rest."""
    start = Arrangement()
    loss, gradient = loss_canvas.autograd(start)
    return {
        "images": 2,
        "tau": 0.5,
        "space": "circle",
        "anchor": 0,
        "preset": "own",
        "points": [list(p) for p in start.points],
        "loss": loss,
        "gradient": gradient,
        "stamp": "1",
    } | changed


@pytest.mark.parametrize(
    "changed",
    [
        {"images": 5},
        {"images": None},
        {"tau": 0},
        {"tau": "inf"},
        {"space": "torus"},
        {"anchor": 4},
        {"anchor": -1},
        {"preset": "heap"},
        {"points": None},
        {"points": [[1, 0]] * 3},
        {"points": [[1, 0, 0]] * 4},
        {"points": [[2, 0]] * 4},
        {"points": [[math.nan, 0]] * 4},
        {"points": [["a", "b"]] * 4},
    ],
)
def test_what_cannot_be_from_the_browser_is_refused(changed: dict[str, Any]) -> None:
    assert arrangements.from_browser(sent()).points == Arrangement().points
    with pytest.raises(ValueError, match=next(iter(changed))):
        arrangements.from_browser(sent(**changed))


def judge(loss: float, gradient: Any) -> tuple[bool, str]:
    return loss_canvas.compare_with_autograd(
        Arrangement(), loss, tuple(map(tuple, gradient))
    )


def test_autograd_agrees_with_itself_and_with_no_one_else() -> None:
    loss, gradient = loss_canvas.autograd(Arrangement())
    agrees, text = judge(loss, gradient)
    assert agrees and text.startswith(f"autograd agrees: {loss:.4f}")
    for wrong in (
        judge(loss + 1e-4, gradient),
        judge(math.nan, gradient),
        judge(loss, [[a + 1e-4, b] for a, b in gradient]),
    ):
        assert not wrong[0] and "does not agree" in wrong[1]
        assert f"{loss:.4f}" in wrong[1]


def test_autograd_is_the_core_s_loss_along_the_circle() -> None:
    start = Arrangement(3, 0.2)
    loss, gradient = loss_canvas.autograd(start)
    z = torch.tensor(start.points)
    assert loss == pytest.approx(nt_xent(z[0::2], z[1::2], 0.2).item(), abs=1e-5)
    for point, slope in zip(start.points, gradient, strict=True):
        assert abs(cosine(point, slope)) < 1e-12


@pytest.mark.parametrize("tau", [0.05, 0.1, 0.5, 1.0])
def test_the_floor_is_computed_and_never_zero(tau: float) -> None:
    for images, space in ((2, "circle"), (3, "sphere"), (4, "sphere")):
        said = loss_canvas.lowest_loss(images, tau, space)
        shown = float(re.search(r"\*\*([\d.e-]+)\*\*", said)[1])  # type: ignore[index]
        worst = {2: -1, 3: -1 / 2, 4: -1 / 3}[images]
        exact = math.log1p(2 * (images - 1) * math.exp((worst - 1) / tau))
        assert shown > 0 and shown == pytest.approx(exact, rel=0.06)


def test_without_a_prediction_there_is_no_feedback(alone: Any) -> None:
    shown = alone(PAGE)
    assert "log 3 it is" not in prose(shown) and "Not 0" not in prose(shown)
    assert not shown.button


@pytest.mark.parametrize(
    ("guess", "said"),
    [("0", "Not 0:"), ("log 3", "log 3 it is:"), ("infinity", "Not infinity:")],
)
def test_a_prediction_is_answered_after_looking(
    alone: Any, guess: str, said: str
) -> None:
    shown = alone(PAGE)
    shown.get("button_group")[0].set_value(guess).run()
    assert said not in prose(shown)
    before = sent_to_browser(shown)["revision"]
    shown.button(key="by_hand_look").click().run()
    assert not shown.exception
    assert said in prose(shown) and f"{math.log(3):.4f}" in prose(shown)
    laid = sent_to_browser(shown)
    assert laid["revision"] > before
    assert laid["state"]["points"] == [laid["state"]["points"][0]] * 4


def test_places_worth_seeing_are_links_without_complaints() -> None:
    for link, name, _ in by_hand_words.EXAMPLES:
        shown, complaints = arrangements.from_link(link)
        assert complaints == [], name
        assert arrangements.to_link(shown) == link
