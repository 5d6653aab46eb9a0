"""Every lab is predicted, run and read; its arms train for two steps on little data."""

import re
import runpy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from thread_worker import ThreadWorker

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Lab, Outcome
from pages.shell import resources
from pages.shell.user_runs import LAB_RUNS
from ssl_core.service import Service, Settings
from tests.polling import wait_until
from tests.tiers import variants

REPOSITORY = Path(__file__).parents[2]
LABS = sorted(p for p in (REPOSITORY / "pages").glob("2[0-9]_*.py"))
LAST_STEP = 2
OUTCOME = re.compile(r"In this run(?: it was)?: \*\*(.+?)\*\*\.")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """In place of the server's: its worker is a thread, and labs take two steps."""
    settings = Settings(workers=1, lab_steps=LAST_STEP)
    made = Service(
        tmp_path,
        settings,
        umap=False,
        factory=lambda message, exit: ThreadWorker(tmp_path, message, exit),
    )
    monkeypatch.setattr(resources, "service", lambda: made)
    monkeypatch.setattr(resources, "settings", lambda: settings)
    yield made
    made.close()


def text_of(page: AppTest) -> str:
    """Every sentence on the page."""
    boxes = [*page.warning, *page.info, *page.success, *page.error]
    return "\n".join(m.value for m in [*page.title, *page.markdown, *boxes])


def ran(page: AppTest, lab: str, service: Service) -> list[str]:
    """Press "Run both arms", wait for their end, and return the two runs."""
    page.button(key=f"run_{lab}").click().run()
    assert not page.exception and not page.error
    runs = list(page.session_state[LAB_RUNS])
    wait_until(
        lambda: not any(service.status(run).active for run in runs), "both arms' end"
    )
    states = [(service.status(r).state, service.status(r).end_reason) for r in runs]
    assert states == [("finished", None)] * 2
    return runs


@pytest.mark.parametrize(
    "path",
    variants(LABS, [p for p in LABS if p.stem == "23_collapse"]),
    ids=lambda p: p.stem,
)
def test_a_lab_is_predicted_run_and_read(
    path: Path, alone: Any, service: Service
) -> None:
    lab = path.stem[3:]
    page = alone(f"pages/{path.name}", seed="5")
    assert not page.exception and page.title[0].value.endswith("?")
    text = text_of(page)
    assert "**Careful.**" in text and "Open with everything set" in text
    assert "What happened" not in [h.value for h in page.subheader]
    assert page.button(key=f"run_{lab}").label == "Run both arms"

    prediction = next(g for g in page.pills if g.key.startswith(f"predicted_{lab}_"))
    options = prediction.options
    prediction.set_value(options[0]).run()
    runs = ran(page, lab, service)
    configs = [service.status(run).config for run in runs]
    assert configs[0] != configs[1] and configs[0]["seed"] == 5

    page.run()
    assert not page.exception
    assert page.button(key=f"run_{lab}").label == "Run both arms"
    assert "What happened" in [h.value for h in page.subheader]
    text = text_of(page)
    if f"You predicted “{options[0]}”, and so it was" not in text:
        assert OUTCOME.findall(text)[0] in options[1:]
    assert f"You predicted “{options[0]}”" in text
    # Both arms' scores are told, as they were measured, and both maps are drawn.
    for run in runs:
        (knn, *_) = [
            t["scores"]["knn"] for t in service.history(run)[::-1] if t["scores"]
        ]
        measured = f"kNN {knn['accuracy']:.2f} (untrained {knn['random_init']:.2f})"
        assert measured in text
    components = [c.proto.component_name for c in page.get("bidi_component")]
    assert components.count("ssl_lab_map") >= 2
    assert text.count(f"step {LAST_STEP} · ") == 2
    assert all(chart.proto.alt for chart in page.get("plotly_chart"))


@pytest.mark.slow
def test_every_prediction_is_compared_with_the_outcome(
    alone: Any, service: Service
) -> None:
    page = alone("pages/23_collapse.py", seed="3")
    runs = ran(page, "collapse", service)
    configs = [service.status(run).config for run in runs]
    differing = {k for k in configs[0] if configs[0][k] != configs[1][k]}
    assert differing == {"stop_gradient"} and {c["seed"] for c in configs} == {3}
    losses = [service.history(run)[-1]["loss"] for run in runs]
    gap = losses[0] - losses[1]
    options = ("SimSiam", "no stop-gradient", "about the same")
    truth = options[2 if abs(gap) < 0.05 else int(gap > 0)]

    assert f"In this run: **{truth}**." in text_of(page.run()), "without a prediction"
    for option in options:
        page.session_state["predicted_collapse_stop-gradient"] = option
        text = text_of(page.run())
        if option == truth:
            assert f"You predicted “{option}”, and so it was" in text
        else:
            told = f"You predicted “{option}”. In this run it was: **{truth}**."
            assert told in text

    # Another session of this learner finds the arms, another learner does not.
    again = alone("pages/23_collapse.py", seed="3")
    assert "What happened" not in [h.value for h in again.subheader]
    again.session_state["learner"] = page.session_state["learner"]
    assert "What happened" in [h.value for h in again.run().subheader]


def test_an_arm_that_was_stopped_is_not_compared(
    alone: Any, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Settings(workers=1, lab_steps=100_000)
    monkeypatch.setattr(resources, "settings", lambda: endless)
    page = alone("pages/23_collapse.py", seed="4")
    page.button(key="run_collapse").click().run()
    runs = page.session_state[LAB_RUNS]
    button = page.button(key="stop_collapse")
    assert button.label == "Stop"
    button.click().run()
    wait_until(
        lambda: not any(service.status(run).active for run in runs), "both arms' end"
    )
    page.run()
    assert not page.exception
    assert page.button(key="run_collapse").label == "Run both arms"
    assert "An arm ended before its last step" in text_of(page)
    assert "What happened" not in [h.value for h in page.subheader]


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
def test_arms_that_are_about_the_same_are_called_neither_better_nor_worse(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labs: list[Lab] = []
    monkeypatch.setattr(lab_page, "draw", labs.append)
    runpy.run_path(str(path))
    (lab,) = labs
    for case in lab.cases.values():
        left, right = (
            outcome_of(arm, knn=0.80 + gap, loss=2.0 + gap)
            for arm, gap in zip(case.arms, (0.0, 0.01), strict=True)
        )
        told = case.explain(left, right)
        assert case.answer(left, right) == 2 and case.options[2] == "about the same"
        assert not re.search(r"worse|better (?:features|arm)|lower loss", told), told


def test_an_arm_with_the_lower_loss_and_worse_features_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labs: list[Lab] = []
    monkeypatch.setattr(lab_page, "draw", labs.append)
    runpy.run_path(str(REPOSITORY / "pages/20_shortcuts.py"))
    case = labs[0].cases["colour"]
    left, right = (
        outcome_of(arm, knn=knn, loss=loss)
        for arm, knn, loss in zip(case.arms, (0.6, 0.8), (1.0, 2.0), strict=True)
    )
    note = "**crop only** has the lower loss *and* the worse features"
    assert case.answer(left, right) == 1 and note in case.explain(left, right)
    swapped = replace(left, loss=3.0)
    assert "worse" not in case.explain(swapped, right)


def outcome_of(arm: Arm, knn: float, loss: float) -> Outcome:
    """Measurements of an arm; every probe is as accurate as kNN."""
    probes = defaultdict(lambda: knn)
    return Outcome(
        name=arm.name,
        loss=loss,
        effective_rank=10.0,
        feature_std=1.0,
        uniformity=-2.0,
        knn=knn,
        random_init=0.3,
        chance=0.125,
        probes=probes,
        untrained=probes,
        negatives=126,
        collapsed=False,
    )
