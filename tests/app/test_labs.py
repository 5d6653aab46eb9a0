"""Labs: links to their cases, and prose without numbers of its own.

A prediction, its run and its outcome are in test_lab_outcomes.py.
"""

import ast
import re
import statistics
from pathlib import Path
from typing import Any

import pytest

from pages.shell import url_params
from pages.widgets import evidence
from ssl_core.experiments import EXPERIMENTS
from tests.tiers import variants

REPOSITORY = Path(__file__).parents[2]
LABS = sorted(p for p in (REPOSITORY / "pages").glob("2[0-9]_*.py"))
DECIMAL = re.compile(r"(?<![\w.|])\d+\.\d+(?![\w|])")


@pytest.mark.parametrize(
    "path",
    variants(LABS, [p for p in LABS if p.stem == "23_collapse"]),
    ids=lambda p: p.stem,
)
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
        assert page.selectbox(key=f"case_{path.stem[3:]}").value == case
        assert page.number_input(key=f"seed_{path.stem[3:]}").value == 7


def test_nonsense_in_a_link_gets_a_sentence_until_it_is_set(alone: Any) -> None:
    """Every kind of bad value is in test_url_params.py; here, each has its widget."""
    page = alone("pages/23_collapse.py", case="nonsense", seed="123456")
    assert not page.exception
    case, seed = [w.value for w in page.warning if "In this link" in w.value]
    assert "case is 'nonsense'; allowed are stop-gradient, predictor" in case
    assert "seed is 123456; allowed is at least 0 and at most 9999" in seed
    assert page.number_input(key="seed_collapse").value == 0
    # Whoever sets the seed by hand has seen the complaint.
    page.number_input(key="seed_collapse").set_value(5).run()
    assert not page.exception
    assert [w.value for w in page.warning if "In this link" in w.value] == [case]


def test_the_seed_of_a_lab_is_not_the_playground_s(
    alone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is written while the parameter belongs to a widget of the page that was left.
    monkeypatch.setattr(url_params, "write", lambda *_: None)
    page = alone("pages/23_collapse.py", seed="1e3")
    assert page.number_input(key="seed_collapse").value == 1000
    assert "seed" not in page.session_state


def test_a_page_that_opens_again_computes_no_number_of_the_evidence_again(
    alone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = alone("pages/23_collapse.py")
    monkeypatch.delattr(statistics, "stdev")
    again = alone("pages/23_collapse.py")
    assert not again.exception
    assert [m.value for m in again.markdown] == [m.value for m in shown.markdown]


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


def test_there_are_seven_labs() -> None:
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
