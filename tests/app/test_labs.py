"""The labs: question, prediction, two arms, evidence, and prose without numbers of its own."""

import ast
import re
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import resources
from pages.shell.user_runs import LAB_RUNS
from pages.widgets import evidence
from ssl_core.experiments import EXPERIMENTS

REPOSITORY = Path(__file__).parents[2]
LABS = sorted(p for p in (REPOSITORY / "pages").glob("2[0-9]_*.py"))
DECIMAL = re.compile(r"(?<![\w.|])\d+\.\d+(?![\w|])")


def text_of(page: AppTest) -> str:
    """Every sentence on the page."""
    return "\n".join(
        m.value for m in [*page.title, *page.markdown, *page.warning, *page.info]
    )


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
def test_a_lab_opens_alone_and_says_what_it_is_about(path: Path, alone: Any) -> None:
    page = alone(f"pages/{path.name}")
    assert not page.exception
    assert page.title[0].value.endswith("?")
    said = text_of(page)
    assert "**Careful.**" in said and "Open with everything set" in said
    assert page.button(key=f"run_{path.stem[3:]}").label == "Run both arms"
    assert page.get("button_group"), "there is a prediction to tap"


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
def test_every_case_opens_by_its_link(path: Path, alone: Any) -> None:
    code = path.read_text()
    if "sound_cases.CASES" in code:
        code = (REPOSITORY / "pages/features/labs/sound_cases.py").read_text()
    cases = re.findall(
        r'^    "([a-z-]+)": (?:Case|compare_with_all_views)\(', code, re.M
    )
    assert len(cases) >= 3
    for case in cases:
        page = alone(f"pages/{path.name}", case=case, seed="7")
        assert not page.exception and not page.warning[:-1]
        assert page.selectbox(key="case").value == case
        assert page.number_input(key=f"seed_{path.stem[3:]}").value == 7


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"case": "nonsense"}, "case is 'nonsense'; allowed are"),
        ({"seed": "-3"}, "seed is -3; allowed is"),
        ({"seed": "x"}, "seed is 'x'; allowed is"),
        ({"seed": "123456"}, "seed is 123456; allowed is at least 0 and at most 9999"),
        ({"seed": "²"}, "seed is '²'; allowed is"),
        ({"seed": "9" * 5000}, "seed is '9999"),
        ({"seed": "1.5"}, "seed is '1.5'; allowed is"),
        ({"seed": "inf"}, "seed is 'inf'; allowed is"),
        ({"seed": "1e999"}, "seed is '1e999'; allowed is"),
    ],
)
def test_a_nonsense_link_gets_one_sentence(link, sentence, alone: Any) -> None:
    page = alone("pages/23_collapse.py", **link)
    assert not page.exception
    assert sum(sentence in w.value for w in page.warning) == 1
    assert page.number_input(key="seed_collapse").value == 0
    # Whoever sets the seed by hand has seen the complaint.
    page.number_input(key="seed_collapse").set_value(5).run()
    seed_complaints = [w for w in page.warning if "seed is" in w.value]
    assert not page.exception and not seed_complaints


def test_a_link_may_write_its_seed_as_any_whole_number(alone: Any) -> None:
    page = alone("pages/23_collapse.py", seed="1e3")
    assert page.number_input(key="seed_collapse").value == 1000
    assert not [w for w in page.warning if "In this link" in w.value]


def test_both_arms_run_from_one_seed_and_the_outcome_is_told(alone: Any) -> None:
    page = alone("pages/23_collapse.py", seed="3")
    page.button(key="run_collapse").click().run()
    assert not page.exception
    started = page.session_state[LAB_RUNS]
    service = resources.service()
    configs = [service.status(run).config for run in started]
    differing = {k for k in configs[0] if configs[0][k] != configs[1][k]}
    assert differing == {"stop_gradient"} and configs[0]["seed"] == 3
    page.button(key="run_collapse").click().run()  # now it says Stop
    deadline = time.monotonic() + 40
    while any(service.status(run).active for run in started):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert page.run().button(key="run_collapse").label == "Run both arms"


def test_a_prediction_is_compared_with_what_happened() -> None:
    from pages.features.labs.lab import Arm, Case, Outcome

    def outcome(name: str, loss: float) -> Outcome:
        return Outcome(name, 9, loss, 5.0, 1.0, -2.0, 0.5, 0.3, 0.1, {}, {}, 0, False)

    def script() -> None:
        import streamlit as st

        from pages.features.labs import lab_prediction

        case, left, right = st.session_state["given"]
        lab_prediction.ask("lab", "one", case, started=False)
        lab_prediction.compare("lab", "one", case, left, right)

    case = Case(
        "label",
        "loss",
        Arm("a", {}),
        Arm("b", {}),
        "Which?",
        ("a", "b"),
        lambda x, y: int(y.loss < x.loss),
        lambda x, y: "",
    )
    page = AppTest.from_function(script)
    page.session_state["given"] = (case, outcome("a", 1.0), outcome("b", 0.5))
    assert page.run().info[0].value == "In this run: **b**."
    page.session_state["predicted_lab_one"] = "a"
    assert "You predicted “a”. In this run it was: **b**." in page.run().info[0].value
    page.session_state["predicted_lab_one"] = "b"
    assert "so it was" in page.run().success[0].value


# ---- Prose quotes what the evidence holds, and nothing else.


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
def test_every_measured_number_in_prose_comes_from_the_evidence(path: Path) -> None:
    for text in _strings(path):
        for place in evidence.PLACEHOLDER.finditer(text):
            filled = evidence.fill_numbers(place[0])
            assert filled != evidence.NOT_MEASURED, f"{place[0]} is in no evidence"


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
def test_prose_holds_no_number_that_is_neither_published_nor_set(path: Path) -> None:
    """A literal decimal in a sentence is a paper's number or a knob's value."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {float(n.value) for n in ast.walk(tree) if _is_number(n)}
    for one in EXPERIMENTS.values():
        known |= {p.value for p in one.published}
        names = [*one.arms, *(p.label for p in one.published)]
        known |= {float(d) for name in names for d in DECIMAL.findall(name)}
    for text in _strings(path):
        for found in DECIMAL.findall(evidence.PLACEHOLDER.sub("", text)):
            assert float(found) in known, f"{found} in {text[:60]!r}"


def test_a_number_that_no_evidence_holds_would_be_seen() -> None:
    assert evidence.fill_numbers("{collapse|No such arm|knn}") == evidence.NOT_MEASURED
    assert evidence.fill_numbers("{collapse|SimSiam|no_such}") == evidence.NOT_MEASURED
    assert DECIMAL.findall("kNN 0.93 at τ = 0.2, {a|b|c}") == ["0.93", "0.2"]


def test_there_are_seven_themes() -> None:
    assert len(LABS) == 7


def _strings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(n.body[0].value)
        for n in ast.walk(tree)
        if isinstance(n, ast.Module | ast.FunctionDef)
        and n.body
        and isinstance(n.body[0], ast.Expr)
    }
    return [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant)
        and isinstance(n.value, str)
        and id(n) not in docs
    ]


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
def test_a_lab_opens_from_a_page_with_a_seed_of_its_own(
    path: Path, routed: Any
) -> None:
    # The first page's sidebar owns the address's seed until that page is gone.
    assert not routed(f"pages/{path.name}", seed="7").exception
