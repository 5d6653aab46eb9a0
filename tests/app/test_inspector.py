"""The matrix inspector: what it says is what the core computes of the batch it shows."""

import json
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.features.matrix_inspector import batch_source
from pages.shell import resources
from pages.widgets.matrix.cell_text import format_number, format_percent, view_name
from ssl_core.similarity import SimilarityMatrix

PAGE = "pages/11_matrix_inspector.py"


def text(shown: AppTest) -> str:
    return "\n".join(m.value for m in shown.main.markdown)


def steps(shown: AppTest) -> dict[str, str]:
    """The table of the chosen cell, step -> value."""
    table = next(m.value for m in shown.main.markdown if "| Step |" in m.value)
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {name: value.replace("*", "") for name, value in rows}


def value(shown: AppTest, start: str) -> float:
    """The number of the step whose name starts so."""
    said = next(v for name, v in steps(shown).items() if name.startswith(start))
    found = re.match(r"(−?[\d.]+)", said)
    assert found, said
    return float(found[1].replace("−", "-"))


def canvas(shown: AppTest) -> dict[str, Any]:
    """What the matrix component was given."""
    one = next(
        c
        for c in shown.get("bidi_component")
        if c.proto.component_name == "ssl_lab_matrix"
    )
    return json.loads(one.proto.json)


def floats(packed: str, rows: int) -> torch.Tensor:
    import base64

    flat = np.frombuffer(base64.b64decode(packed), "<f4").copy()
    return torch.from_numpy(flat).view(rows, rows)


def test_the_numbers_are_those_of_the_matrix_on_the_page(alone: Any) -> None:
    shown = alone(PAGE, matrix_n="6", matrix_row="2a", matrix_column="4b")
    assert not shown.exception
    sent = canvas(shown)
    assert (sent["row"], sent["column"], len(sent["names"])) == (2, 7, 12)
    matrix = SimilarityMatrix(floats(sent["cosines"], 12), 0.2)
    cell = matrix.cell(2, 7)
    assert value(shown, "Cosine") == pytest.approx(cell.cosine, rel=2e-3)
    assert value(shown, "exp") == pytest.approx(cell.exp, rel=2e-3)
    assert value(shown, "Gradient") == pytest.approx(cell.gradient, rel=2e-3)
    assert value(shown, "Row’s loss") == pytest.approx(cell.loss, rel=2e-3)
    assert value(shown, "Batch’s loss") == pytest.approx(matrix.loss, rel=2e-3)
    assert f"NT-Xent of this batch is {matrix.loss:.3f} nats" in sent["title"]
    weights = floats(sent["weights"], 12).double()
    assert torch.allclose(weights, matrix.weights, atol=1e-6)


def test_the_steps_lead_from_the_dot_product_to_the_gradient(alone: Any) -> None:
    shown = alone(PAGE, matrix_column="1b")
    assert value(shown, "÷ τ") == pytest.approx(value(shown, "Cosine") / 0.2, rel=2e-3)
    assert value(shown, "exp") == pytest.approx(math.exp(value(shown, "÷ τ")), rel=5e-3)
    weight = value(shown, "÷ row’s sum")
    assert value(shown, "Row’s loss") == pytest.approx(-math.log(weight), rel=2e-3)
    assert value(shown, "Gradient") == pytest.approx((weight - 1) / 0.2, rel=2e-3)


def test_with_pencil_and_paper_the_table_leads_to_the_batch_s_loss(alone: Any) -> None:
    shown = alone(PAGE, matrix_n="2", matrix_tau="0.5")
    names = ("1a", "1b", "2a", "2b")
    losses = []
    for row in names:
        exps = {}
        for column in (name for name in names if name != row):
            shown.selectbox(key="matrix_row").set_value(row)
            shown.selectbox(key="matrix_column").set_value(column).run()
            logit = value(shown, "Cosine") / 0.5
            assert value(shown, "÷ τ") == pytest.approx(logit, rel=2e-3)
            assert value(shown, "exp") == pytest.approx(math.exp(logit), rel=2e-3)
            exps[column] = value(shown, "exp")
        partner = row[0] + ("b" if row[1] == "a" else "a")
        losses.append(-math.log(exps[partner] / sum(exps.values())))
    stated = value(shown, "Batch’s loss")
    assert sum(losses) / 4 == pytest.approx(stated, rel=2e-3)


def test_diagonal_positive_and_negative_are_told_apart(alone: Any) -> None:
    shown = alone(PAGE)
    assert "**A positive.** :orange[**1a**] and :green[**1b**]" in text(shown)
    shown.button(key="matrix_to_itself").click().run()
    assert "**The diagonal.**" in text(shown)
    assert steps(shown)["softmax, loss, gradient"] == "masked out"
    shown.button(key="matrix_to_hardest").click().run()
    assert "**A negative.**" in text(shown)
    assert "the hardest of its 14 negatives" in text(shown)
    shown.button(key="matrix_to_partner").click().run()
    assert shown.selectbox(key="matrix_column").value == "1b"


def test_temperature_sharpens_without_another_embedding(alone: Any) -> None:
    shown = alone(PAGE)
    before = canvas(shown)
    shown.slider(key="matrix_tau").set_value(0.05).run()
    after = canvas(shown)
    assert after["cosines"] == before["cosines"]
    hardest = [floats(c["weights"], 16)[0].max() for c in (before, after)]
    assert hardest[1] > hardest[0]
    assert "at τ = 0.05" in after["title"]
    assert "÷ τ = 0.05" in steps(shown)


def test_labels_stay_hidden_until_asked_for(alone: Any) -> None:
    shown = alone(PAGE, matrix_n="32", matrix_column="2a")
    assert "Training never saw" not in text(shown)
    assert canvas(shown)["same"] is None
    shown.toggle(key="matrix_labels").set_value(True).run()
    marked = canvas(shown)["same"]
    count = sum(i // 64 == 0 for i in marked)
    assert f"Of this anchor's 62 negatives **{count}** show the same shape" in text(
        shown
    )
    assert "Training never saw these labels." in text(shown)
    # Symmetric, and never a view with itself or with its partner.
    cells = {divmod(i, 64) for i in marked}
    assert cells == {(j, i) for i, j in cells}
    assert not {(i, j) for i, j in cells if i // 2 == j // 2}


def test_every_prediction_gets_its_feedback(alone: Any) -> None:
    shown = alone(PAGE)
    plain = canvas(shown)
    strongest, weakest = SimilarityMatrix(floats(plain["cosines"], 16), 0.2).extremes()
    for option, start in (
        ("The most alike", "**Yes.**"),
        ("The least alike", "**The other way round.**"),
        ("All alike", "**Only at a high temperature.**"),
    ):
        shown.pills(key="matrix_guess").set_value(option).run()
        said = next(m.value for m in shown.markdown if m.value.startswith(start))
        assert format_percent(strongest) in said and format_percent(weakest) in said


def test_crop_only_and_seed_give_another_batch(alone: Any) -> None:
    sent = [
        canvas(alone(PAGE, **link))["cosines"]
        for link in (
            {},
            {"matrix_views": "Crop only"},
            {"matrix_seed": "5"},
            {"matrix_n": "8"},
        )
    ]
    assert len(set(sent)) == 3
    assert sent[0] == sent[3], "eight images are the default"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"matrix_n": "99"}, "matrix_n is 99; allowed is at least 2 and at most 32"),
        (
            {"matrix_seed": "x"},
            "matrix_seed is 'x'; allowed is a whole number, at least 0",
        ),
        ({"matrix_tau": "7"}, "matrix_tau is 7; allowed is at least 0.01"),
        ({"matrix_row": "9a"}, "matrix_row is '9a'; allowed are 1a, 1b"),
        ({"matrix_column": "<b>"}, "matrix_column is '<b>'; allowed are 1a, 1b"),
        ({"matrix_from": "moon"}, "matrix_from is 'moon'; allowed are Untrained"),
        ({"matrix_labels": "maybe"}, "matrix_labels is 'maybe'; allowed is true"),
        ({"matrix_encoder": "nope"}, "matrix_encoder is 'nope'; allowed are "),
        (
            {"matrix_encoder": "nope", "matrix_from": batch_source.TRAINED},
            "; shapes-simclr is used instead.",
        ),
    ],
)
def test_a_link_s_nonsense_is_named(
    alone: Any, link: dict[str, str], said: str
) -> None:
    shown = alone(PAGE, **link)
    assert not shown.exception
    warnings = [w.value for w in shown.warning]
    assert len(warnings) == 1 and said in warnings[0]
    assert len(canvas(shown)["names"]) == 16


def test_a_smaller_batch_brings_the_cell_back_inside(alone: Any) -> None:
    shown = alone(PAGE, matrix_row="8a", matrix_column="7b")
    assert (canvas(shown)["row"], canvas(shown)["column"]) == (14, 13)
    shown.slider(key="matrix_n").set_value(2).run()
    assert not shown.exception
    assert (canvas(shown)["row"], canvas(shown)["column"]) == (0, 1)
    assert "4 views" in canvas(shown)["title"]


def test_the_gallery_sets_the_whole_page(alone: Any) -> None:
    shown = alone(PAGE, matrix_n="5", matrix_tau="0.6", matrix_labels="true")
    two = next(b for b in shown.button if b.label.startswith("N = 2"))
    two.click().run()
    assert "2 images, 4 views" in canvas(shown)["title"]
    assert "at τ = 0.2" in canvas(shown)["title"]
    assert canvas(shown)["same"] is None
    cold = next(b for b in shown.button if b.label.startswith("τ = 0.05"))
    cold.click().run()
    assert "at τ = 0.05" in canvas(shown)["title"]
    assert canvas(shown)["show"] == "softmax"


def test_everything_drawn_is_described(alone: Any) -> None:
    shown = alone(PAGE)
    assert canvas(shown)["alt"].startswith("Similarity matrix of 16 views.")
    assert all(one.alt for image in shown.get("image") for one in image.proto.imgs)
    chart = shown.get("plotly_chart")[0]
    assert "its partner 1b gets" in chart.proto.alt


def test_the_code_that_ran_is_shown(alone: Any) -> None:
    assert "class SimilarityMatrix" in alone(PAGE).code[0].value


def test_without_a_run_none_is_offered(alone: Any) -> None:
    offered = alone(PAGE).segmented_control(key="matrix_from").options
    assert batch_source.FROM_RUN not in offered
    assert batch_source.UNTRAINED in offered


def test_a_trained_encoder_finds_partners_better(alone: Any) -> None:
    links = ({}, {"matrix_from": batch_source.TRAINED})
    shown = [alone(PAGE, matrix_n="16", matrix_tau="0.2", **link) for link in links]
    losses = [
        SimilarityMatrix(floats(canvas(one)["cosines"], 32), 0.2).loss for one in shown
    ]
    assert losses[1] < losses[0] - 0.5


@pytest.mark.slow
def test_the_learner_s_own_batch_is_held_and_named(
    alone: Any, trained: AppTest
) -> None:
    run = trained.session_state["run"]
    shown = alone(PAGE)
    shown.session_state["learner"] = trained.session_state["learner"]
    shown.session_state["run"] = run
    shown.run().segmented_control(key="matrix_from").set_value(batch_source.FROM_RUN)
    shown.run()
    assert not shown.exception
    snapshot = resources.service().latest(run)
    sent = canvas(shown)
    assert np.array_equal(floats(sent["cosines"], 64).numpy(), snapshot.similarity)
    said = " ".join(c.value for c in shown.caption)
    assert f"Step {snapshot.scalars['step']:,} of your SimCLR run." in said
    assert "These are the first 32 of its 64 pairs" in said
    shown.toggle(key="matrix_labels").set_value(True).run()
    labels = snapshot.labels.repeat(2)
    count = int((labels == labels[0]).sum()) - 2
    assert f"62 negatives **{count}** show the same shape" in text(shown)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.65149, "0.6515"),
        (-4.342, "−4.342"),
        (11.0, "11.00"),
        (1234.0, "1234"),
        (6.4311e-8, "6.431 × 10⁻⁸"),
        (2.6881e43, "2.688 × 10⁴³"),
        (0.0, "0.000"),
    ],
)
def test_numbers_are_written_for_readers(value: float, said: str) -> None:
    assert format_number(value) == said


def test_parts_and_names_are_written_for_readers() -> None:
    assert [format_percent(p) for p in (0, 1e-6, 0.0022, 0.132, 1)] == [
        "0.00 %",
        "under 0.01 %",
        "0.22 %",
        "13.2 %",
        "100.0 %",
    ]
    assert [view_name(i) for i in (0, 1, 2, 63)] == ["1a", "1b", "2a", "32b"]
