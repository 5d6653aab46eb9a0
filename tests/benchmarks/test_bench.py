"""Comparisons with peers: they run and report correctly; speed is not tested."""

import json
import math
import re
import sys
from pathlib import Path

import pytest
import torch

from ssl_core.__main__ import main
from ssl_core.bench import BENCHES, Comparison, Setting, Skipped, kept
from ssl_core.bench.lightly_loop import LightlyLoop
from ssl_core.bench.timing import in_turns, peer
from ssl_core.bench.train import recipe
from ssl_core.methods import METHODS
from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.figures import table

QUICK = Setting(quick=True)
# One part of each way of measuring; wide and float32 are tiny's with other words.
RUN = [
    ("augment", "torchvision", "torchvision"),
    ("augment", "kornia", "kornia"),
    ("nt_xent", "seconds", "lightly"),
    ("nt_xent_large", "memory", "lightly"),
    ("nt_xent_large", "seconds", "lightly"),
    ("startup", "seconds", "lightly"),
    ("train", "tiny", "lightly"),
    ("train", "tiny, its views alone", None),
]


def measured(name: str, part: str) -> Comparison:
    try:
        return BENCHES[name].parts[part](QUICK)
    except Skipped as reason:
        pytest.skip(str(reason))


def test_the_comparisons_are_found_and_described() -> None:
    assert BENCHES.keys() == {"augment", "nt_xent", "nt_xent_large", "startup", "train"}
    assert all(len(b.about) > 40 and b.parts for b in BENCHES.values())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "part", "against"), RUN)
def test_every_comparison_runs(name: str, part: str, against: str | None) -> None:
    got = measured(name, part)
    assert len(got.ours) == len(got.theirs) == 1
    assert all(math.isfinite(c) and c > 0 for c in (*got.ours, *got.theirs))
    if against:
        assert re.fullmatch(rf"{against} \d\S*", got.peer)


@pytest.mark.parametrize(("name", "part", "against"), [r for r in RUN if r[2]])
def test_a_comparison_without_its_peer_is_skipped_with_a_reason(
    name: str, part: str, against: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, against, None)  # as where it is not installed
    with pytest.raises(Skipped, match=f"{against} is not installed; pip install"):
        BENCHES[name].parts[part](QUICK)


@pytest.mark.slow
def test_a_missing_peer_skips_one_part_and_the_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "kornia", None)
    path = tmp_path / "bench.json"
    assert main(["bench", "augment", "--quick", "--json", str(path)]) == 0
    out, err = capsys.readouterr()
    parts = json.loads(path.read_text())["benches"]["augment"]["parts"]
    assert parts["kornia"]["skipped"] in err
    assert parts["kornia"]["skipped"] in out
    assert parts["torchvision"]["n"] == 1


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    got = Comparison(
        (1.0, 2.0, 4.0), (2.0, 8.0, 4.0), "somebody 1", items=8, item="dogs"
    )
    assert got.ratios == (2.0, 4.0, 1.0)
    report = got.as_dict()
    assert (report["ratio"], report["ratio_min"], report["ratio_max"]) == (
        2.0,
        1.0,
        4.0,
    )
    assert (report["ours"], report["theirs"], report["n"]) == (2.0, 4.0, 3)
    assert report["ours_dogs_per_second"] == 4.0
    cells = kept.row("race", "all", report)
    assert cells[1:4] == ("4 dogs/s", "somebody 1: 2 dogs/s", "2 (1 to 4)")


def test_measurements_alternate_and_so_does_the_first() -> None:
    calls: list[str] = []

    def contestant(name: str) -> object:
        return lambda: calls.append(name) or len(calls)

    ours, theirs = in_turns(contestant("a"), contestant("b"), rounds=3, warm_up=2)
    assert "".join(calls) == "abab" + "ab" + "ba" + "ab"
    assert (ours, theirs) == ((5, 8, 9), (6, 7, 10))


@pytest.mark.slow
def test_the_command_writes_every_round(tmp_path: Path) -> None:
    peer("lightly")
    path = tmp_path / "bench.json"
    assert main(["bench", "nt_xent", "--quick", "--json", str(path)]) == 0
    report = json.loads(path.read_text())["benches"]["nt_xent"]
    assert report["command"] == "python -m ssl_core bench nt_xent --quick"
    assert {"commit", "date", "device", "versions", "about"} <= report.keys()
    part = report["parts"]["seconds"]
    assert part["ratio"] == part["theirs_rounds"][0] / part["ours_rounds"][0]


@pytest.mark.slow
def test_both_train_the_same_encoder_on_views_of_one_kind() -> None:
    peer("lightly")
    config = recipe("tiny", "auto", QUICK)
    pictures = torch.randint(256, (16, 3, 32, 32), dtype=torch.uint8)
    loop = LightlyLoop(config, pictures, settling=0)
    encoder, head = loop.model
    ours = METHODS["simclr"](encoder, config.options)
    sizes = [tuple(p.shape) for p in ours.projector.parameters() if p.dim() == 2]
    assert [tuple(p.shape) for p in head.parameters() if p.dim() == 2] == sizes
    view_a, view_b = loop.loader.dataset[0]
    assert view_a.shape == view_b.shape == (3, 32, 32)
    assert view_a.min() >= 0 and view_a.max() <= 1
    assert not torch.equal(view_a, view_b)


# ---- The figures that ship.

SHIPPED = kept.shipped()
DOCUMENT = Path(__file__).parents[1] / "README.md"


def test_every_comparison_ships_its_figures() -> None:
    assert [p.stem.removeprefix("bench-") for p in SHIPPED] == sorted(BENCHES)


def test_the_document_has_the_figures_of_the_app() -> None:
    reports = json.loads(kept.OF_THE_APP.read_text())
    assert reports.keys() == BENCHMARKS.keys()
    assert table(reports.values()) in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_figures_that_ship_say_how_they_were_made(path: Path) -> None:
    report = kept.read(path)
    assert kept.path_of(report["name"]) == path
    assert report["command"].startswith("python -m ssl_core bench")
    assert report["commit"] and not report["commit"].endswith("-dirty")
    assert report["date"] and report["device"] and report["versions"]["torch"]
    assert report["parts"].keys() == BENCHES[report["name"]].parts.keys()
    for part in report["parts"].values():
        ours, theirs = part["ours_rounds"], part["theirs_rounds"]
        names = ("peer", "unit", "items", "item", "wanted", "facts")
        again = Comparison(tuple(ours), tuple(theirs), *(part[n] for n in names))
        assert json.loads(json.dumps(again.as_dict())) == part
        assert part["n"] == len(ours) == len(theirs) >= 5


def test_no_figure_in_the_document_is_stale() -> None:
    """Its table is what ``bench --save`` prints."""
    assert kept.table() in DOCUMENT.read_text(encoding="utf-8")


def test_evidence_of_an_experiment_is_not_read_as_figures() -> None:
    with pytest.raises(ValueError, match=r"collapse\.json holds no figures"):
        kept.read(kept.FOLDER / "collapse.json")
