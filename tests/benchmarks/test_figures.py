"""Figures of benchmarks: quantiles, tables and files."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.figures import Figure, keep, table


@pytest.mark.parametrize(("at", "value"), [(0.5, 50.5), (0.95, 95), (1.0, 100)])
def test_a_figure_is_a_quantile(at: float, value: float) -> None:
    assert Figure("waiting", "s", range(100, 0, -1), at=at).value == value


def test_a_table_has_the_spread_and_how_often_it_was_measured() -> None:
    waiting = Figure("waiting", "s", [3.0, 1.0, 2.0], "<= 4 s")
    assert "| waiting | 2 s | 1 to 3 | 3 | <= 4 s |" in table(
        [{"figures": [waiting.about()]}]
    )


def test_figures_not_measured_again_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    keep(file, {"idle": 1, "aha": 2})
    keep(file, {"aha": 3})
    assert json.loads(file.read_text()) == {"idle": 1, "aha": 3}
