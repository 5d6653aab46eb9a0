"""Every page runs, alone and through the router, and says in words what it draws."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import resources
from pages.widgets import run_text

PAGES = [
    f"pages/{p.name}" for p in sorted(Path(__file__).parents[2].glob("pages/[0-9]*.py"))
]
# Lessons and labs are opened, and described, in test_lessons.py and test_lab_outcomes.py;
# there is no operators' page without a key: test_hosting.py.
ALONE = [p for p in PAGES if not re.search(r"/2\d_|_lesson_", p)]
ROUTED = [p for p in PAGES if not re.search(r"_lesson_|_operators", p)]


def described(shown: AppTest) -> Iterator[tuple[str, str]]:
    """Everything that is looked at, as (what, its words)."""
    for chart in shown.get("plotly_chart"):
        yield "chart", chart.proto.alt
    for image in shown.get("image"):
        yield from (("image", one.alt) for one in image.proto.imgs)
    for table in shown.get("dataframe"):
        yield "table", table.proto.alt
    for component in shown.get("bidi_component"):
        if component.proto.component_name == "ssl_lab_map":
            yield "map", json.loads(component.proto.json).get("alt", "")


def text(shown: AppTest) -> str:
    """All prose of the main area."""
    return "\n".join(m.value for m in shown.main.markdown)


def test_there_are_pages() -> None:
    assert len(ALONE) >= 8 and len(ROUTED) >= 15


@pytest.mark.parametrize("page", ROUTED)
def test_a_page_runs_through_the_router_and_describes_what_it_draws(
    routed: Any, page: str
) -> None:
    # The sidebar of the page before owns the link's seed until that page is gone.
    shown = routed(page, seed="7")
    assert not shown.exception
    assert len(shown.title) == 1
    # The playground's sidebar would steer a run that other pages do not show.
    trains = [b for b in shown.button if b.key == "sidebar_train"]
    steered = {"playground", "augmentations"}
    assert bool(trains) is (Path(page).stem.partition("_")[2] in steered)
    assert [what for what, alt in described(shown) if not alt.strip()] == []


@pytest.mark.parametrize("page", ALONE)
def test_a_page_runs_alone(alone: Any, page: str) -> None:
    shown = alone(page)
    assert not shown.exception
    assert len(shown.title) == 1


def test_the_landing_page_is_the_welcome(alone: Any) -> None:
    assert "contrastive" in alone("pages/router.py").title[0].value


def test_welcome_computes_the_loss_that_its_slider_asks_for(routed: Any) -> None:
    shown = routed("pages/00_welcome.py")
    before = [m.value for m in shown.markdown if "NT-Xent is" in m.value]
    shown.slider(key="pair_angle").set_value(180).run()
    after = [m.value for m in shown.markdown if "NT-Xent is" in m.value]
    assert len(before) == len(after) == 1
    assert "worse than knowing nothing" in after[0] != before[0]


@pytest.mark.parametrize("turn", [0, 40, 90, 180])
@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0])
def test_welcome_says_the_loss_that_the_core_computes(
    turn: float, temperature: float
) -> None:
    import torch

    from pages.widgets.two_pairs import two_pairs
    from ssl_core.methods.simclr import nt_xent

    half = turn / 2
    angles = torch.tensor([90 + half, 270 + half, 90 - half, 270 - half]).deg2rad()
    z = torch.stack([angles.cos(), angles.sin()], 1).double()
    loss = nt_xent(z[:2], z[2:], temperature).item()
    _, says = two_pairs(turn, temperature)
    assert f"NT-Xent is **{loss:.3f}** nats" in says


@pytest.mark.parametrize(
    ("data", "medium"), [("shapes", "pictures"), ("voices", "sound")]
)
def test_augmentations_page_draws_every_augmentation_of_the_medium(
    routed: Any, data: str, medium: str
) -> None:
    from ssl_core.augment import AUGMENTATIONS, offered

    shown = routed("pages/02_augmentations.py", data=data)
    assert not shown.exception
    labels = {a.label for a in AUGMENTATIONS.values()}
    drawn = {alt.partition(":")[0] for _, alt in described(shown)} & labels
    assert drawn == {a.label for a in offered(medium).values()}
    assert list(shown.selectbox(key="source_of").options) == [
        a.label for a in offered(medium).values()
    ]


def test_augmentations_page_lets_sounds_be_heard(routed: Any) -> None:
    shown = routed("pages/02_augmentations.py", data="voices")
    players = shown.get("audio")
    assert len(players) == 3, "the sound and its two views"
    shown.segmented_control(key="syllable").set_value("mu").run()
    assert not shown.exception
    assert any("“mu”" in c.value for c in shown.caption)
    before = dict_of_views(shown)
    assert len(before) == 2
    shown.button(key="roll").click().run()
    assert dict_of_views(shown) != before


def test_augmentations_page_takes_its_syllable_from_the_link(routed: Any) -> None:
    page = "pages/02_augmentations.py"
    shown = routed(page, data="voices", syllable="mu")
    assert not shown.exception and any(
        "“mu”, said by" in c.value for c in shown.caption
    )
    shown = routed(page, data="voices", syllable="ba")
    assert any("syllable is 'ba'; allowed are da" in w.value for w in shown.warning)


def test_augmentations_page_survives_a_change_of_medium(routed: Any) -> None:
    shown = routed("pages/02_augmentations.py")
    shown.selectbox(key="source_of").set_value("solarize").run()
    for data in ("voices", "shapes"):
        shown.selectbox(key="data").set_value(data).run()
        assert not shown.exception
        assert len(dict_of_views(shown)) == 2


def test_augmentations_page_follows_switches_and_dice(routed: Any) -> None:
    shown = routed("pages/02_augmentations.py")
    first = dict_of_views(shown)
    shown.button(key="roll").click().run()
    rolled = dict_of_views(shown)
    assert rolled != first
    shown.checkbox(key="crop").uncheck().run()
    assert not shown.exception
    on = next(c.value for c in shown.caption if c.value.startswith("On: "))
    assert "crop" not in on.lower()
    assert dict_of_views(shown) != rolled


def dict_of_views(shown: AppTest) -> list[str]:
    """The dice of the two composed views, as their alt texts hold them."""
    return [alt for _, alt in described(shown) if alt.startswith("View ")]


def test_augmentations_page_shows_the_source_that_ran(routed: Any) -> None:
    shown = routed("pages/02_augmentations.py")
    shown.selectbox(key="source_of").set_value("solarize").run()
    assert "class Solarize" in shown.code[0].value


def test_playground_without_a_run_invites(routed: Any) -> None:
    shown = routed("pages/01_playground.py")
    assert "Press **Train**" in text(shown)
    assert [shown.button(key=f"main_{b}").disabled for b in ("step", "reset")] == [
        True,
        True,
    ]


def test_a_trained_run_is_drawn_and_described(trained: AppTest) -> None:
    assert not trained.exception
    drawn = list(described(trained))
    assert [what for what, alt in drawn if not alt.strip()] == []
    assert {what for what, _ in drawn} >= {"chart", "image", "map"}
    assert len(trained.get("plotly_chart")) == 4


def test_the_counting_sentence(trained: AppTest) -> None:
    said = "64 images → 128 views → **126** :red[negatives] per :orange[anchor]"
    assert said in text(trained)


def test_the_sentences_quote_the_last_tick(trained: AppTest) -> None:
    tick = resources.service().latest(trained.session_state["run"]).scalars
    knn = tick["scores"]["knn"]
    assert f"step {tick['step']:,}" in text(trained)
    assert f"Loss {tick['loss']:.2f}; " in text(trained)
    assert f"kNN accuracy {knn['accuracy']:.2f}" in text(trained)
    assert f"untrained {knn['random_init']:.2f}" in text(trained)


def test_the_drawn_loss_is_the_run_s(trained: AppTest) -> None:
    history = resources.service().history(trained.session_state["run"])
    losses = [loss for tick in history for loss in tick["losses"]]
    spec = json.loads(trained.get("plotly_chart")[0].proto.spec)
    curve = next(trace for trace in spec["data"] if trace.get("name") == "loss")
    assert len(losses) == history[-1]["step"]
    assert values(curve["y"])[0] == pytest.approx(losses[0])


def values(column: Any) -> list[float]:
    """A column of a Plotly figure; arrays travel as base64."""
    import base64

    import numpy as np

    if isinstance(column, list):
        return column
    return np.frombuffer(base64.b64decode(column["bdata"]), column["dtype"]).tolist()


def test_a_paused_run_offers_step_and_resume(trained: AppTest) -> None:
    labels = {b.key: (b.label, b.disabled) for b in trained.main.button}
    assert labels["main_resume"] == ("Resume", False)
    assert labels["main_step"] == ("Step", False)
    assert trained.button(key="sidebar_resume").label == "Resume"


@pytest.mark.parametrize(
    ("negatives", "said"), [(0, "**no** :red[negatives]"), (4096, "**4,096**")]
)
def test_counting_knows_methods_without_and_with_a_queue(
    negatives: int, said: str
) -> None:
    sentence = run_text.batch_counts({"batch_size": 1024, "negatives": negatives})
    assert sentence.startswith("1,024 images → 2,048 views → ")
    assert said in sentence


def test_sounds_are_counted_in_clips() -> None:
    tick = {"batch_size": 64, "negatives": 126, "step": 3, "effective_rank": 5.0}
    assert run_text.batch_counts(tick, "clips").startswith("64 clips → 128 views")
    assert run_text.map_title(tick, 300, "clips").startswith("300 clips this encoder")
    told = [run_text.map_alt(tick, 300, "clips"), run_text.no_augmentation_note()]
    told += [
        run_text.pairs_caption(),
        run_text.collapse_warning(tick | {"feature_std": 0.1}),
    ]
    assert not any("image" in one or "picture" in one for one in told)


def test_another_learners_run_cannot_be_reached(trained: AppTest) -> None:
    """Even who has learned its id, which nobody can guess, does not get it."""
    theirs = trained.session_state["run"]
    before = resources.service().status(theirs)
    page = AppTest.from_file(
        Path(__file__).parents[2] / "pages" / "router.py", default_timeout=40
    )
    page.session_state["learner"] = "b" * 22
    page.session_state["run"] = page.session_state["pin"] = theirs
    page.switch_page("01_playground.py").run()
    assert not page.exception
    assert page.session_state["run"] is None
    assert any("This encoder never saw a label" in m.value for m in page.markdown)
    now = resources.service().status(theirs)
    assert (now.state, now.config) == (before.state, before.config)


def test_a_link_cannot_write_on_the_page(routed: Any) -> None:
    """Whoever sends a link chooses what is quoted from it, and gets it as plain text."""
    evil = (
        "[Sign in](https://evil.example) ![x](https://evil.example/x.png) **www.a.b**"
    )
    for page, name in [
        ("pages/01_playground.py", "method"),
        ("pages/01_playground.py", "recording"),
        ("pages/20_shortcuts.py", "case"),
        ("pages/26_sound.py", "said"),
        ("pages/50_quiz.py", "lesson"),
        ("pages/52_for_teachers.py", "lesson"),
    ]:
        shown = routed(page, **{name: evil})
        assert not shown.exception
        told = [w.value for w in shown.warning if "In this link" in w.value]
        assert told, f"{page}: {name}"
        for text in told:
            assert "[Sign" not in text.replace("\\[", "") and "://" not in text
            assert "**" not in text.replace("\\*", "") and "www." not in text
