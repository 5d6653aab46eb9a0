"""Experiments: running, storing and concluding; and the evidence that ships."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from ssl_core.__main__ import main
from ssl_core.experiments import EXPERIMENTS
from ssl_core.experiments import colour_shortcut as shortcut
from ssl_core.experiments import dimensional_collapse as jing
from ssl_core.experiments import evidence as evidence_room
from ssl_core.experiments import fingerprint as prints
from ssl_core.experiments.base import Expected, Experiment, Quantity, exceeds
from ssl_core.experiments.conduct import Plan, conduct
from ssl_core.experiments.evidence import FOLDER, Evidence, arm_now, read
from ssl_core.experiments.statistics import (
    CONTRADICTED,
    REPRODUCED,
    UNSEEN,
    effects,
    estimate,
    mean_interval,
    overall,
    tally,
)
from ssl_core.experiments.trials import Trial

THIRTEEN = {
    *("composition", "colour_shortcut", "negatives", "moco_queue", "temperature"),
    *("collapse", "no_negatives", "meaning", "projection_head"),
    *("dimensional_collapse", "false_negatives", "label_efficiency"),
    "mutual_information",
}
ran: list[tuple[str, int]] = []


def counting(trial: Trial) -> dict[str, float]:
    """A trial with a known result that records its calls."""
    ran.append((trial.arm, trial.seed))
    return {"score": trial.steps + trial.seed / 10, "unused": 0.0}


TOY = Experiment(
    slug="toy",
    claim="More steps, more score.",
    arms={"short": {"steps": 10}, "long": {"steps": 20, "batch_size": 8}},
    quantities={"score": Quantity("score")},
    expected=(exceeds("score", "long", "short"),),
    trial=counting,
)


@pytest.fixture(autouse=True)
def fresh() -> None:
    ran.clear()


# ---- The thirteen claims.


def test_every_claim_of_the_syllabus_has_its_experiment(capsys) -> None:
    assert EXPERIMENTS.keys() >= THIRTEEN
    assert main(["experiment", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{slug} (" in listed for slug in THIRTEEN)


@pytest.mark.parametrize("one", EXPERIMENTS.values(), ids=lambda e: e.slug)
def test_a_claim_declares_arms_seeds_signs_and_published_numbers(one) -> None:
    assert len(one.arms) >= 2 and len(one.seeds) >= 5
    assert one.expected and one.published
    assert set(one.quick) <= set(one.arms)
    for published in one.published:
        assert published.source and (published.arm is None or published.arm in one.arms)
        assert published.quantity is None or published.quantity in one.quantities
    for arm in one.arms:
        now = arm_now(one, arm, quick=True, photos="shapes")
        assert now["steps"] <= one.steps_of(arm) and now["code"]


@pytest.mark.parametrize("one", EXPERIMENTS.values(), ids=lambda e: e.slug)
def test_arms_differ_and_only_declared_quantities_are_expected(one) -> None:
    known = [
        json.dumps(values, sort_keys=True, default=str) for values in one.arms.values()
    ]
    assert len(set(known)) == len(known)
    seeded = {arm: dict.fromkeys(one.quantities, 0.5) for arm in one.arms}
    for expected in one.expected:
        assert math.isfinite(expected.effect(seeded)), expected.sentence


# ---- Conducting: what is missing is run, and nothing else.


def test_a_stopped_experiment_continues(tmp_path) -> None:
    store = tmp_path / "toy.json"
    conduct(TOY, Plan((0,), store))
    assert ran == [("short", 0), ("long", 0)]
    found = conduct(TOY, Plan((0, 1), store))
    assert ran[2:] == [("short", 1), ("long", 1)]
    assert found.seeds == (0, 1) and len(found.runs) == 4
    assert found.at("long", "score").mean == pytest.approx(20.05)
    assert found.values("short", "score") == [10.0, 10.1]


def test_every_run_is_saved_as_soon_as_it_ends(tmp_path) -> None:
    store = tmp_path / "toy.json"

    def interrupted(trial: Trial) -> dict[str, float]:
        if (trial.arm, trial.seed) == ("long", 1):
            raise KeyboardInterrupt
        return counting(trial)

    with pytest.raises(KeyboardInterrupt):
        conduct(replace(TOY, trial=interrupted), Plan((0, 1), store))
    kept = json.loads(store.read_text())["runs"]
    assert [(r["arm"], r["seed"]) for r in kept] == [
        ("short", 0),
        ("long", 0),
        ("short", 1),
    ]


def test_only_the_arm_whose_config_changed_is_run_again(tmp_path) -> None:
    store = tmp_path / "toy.json"
    conduct(TOY, Plan((0, 1), store))
    ran.clear()
    changed = replace(TOY, arms=TOY.arms | {"long": {"steps": 20, "batch_size": 16}})
    found = conduct(changed, Plan((0, 1), store))
    assert ran == [("long", 0), ("long", 1)]
    assert found.arms["long"]["config"]["batch_size"] == 16


def test_only_the_arm_whose_code_changed_is_run_again(tmp_path, monkeypatch) -> None:
    store = tmp_path / "toy.json"
    conduct(TOY, Plan((0,), store))
    ran.clear()
    monkeypatch.setattr(
        evidence_room, "fingerprint", lambda one, arm: "new" if arm == "short" else "x"
    )
    known = json.loads(store.read_text())
    known["arms"]["long"]["code"] = "x"
    store.write_text(json.dumps(known))
    conduct(TOY, Plan((0,), store))
    assert ran == [("short", 0)]


def with_other_code(store: Path, arm: str) -> None:
    """As if the code had changed since an arm was run."""
    known = json.loads(store.read_text())
    known["arms"][arm]["code"] = "another"
    store.write_text(json.dumps(known))


def test_code_that_computes_the_same_keeps_the_other_seeds(tmp_path) -> None:
    store = tmp_path / "toy.json"
    before = conduct(TOY, Plan((3, 4, 5), store)).runs
    ran.clear()
    with_other_code(store, "long")
    found = conduct(TOY, Plan((3, 4, 5, 6), store))
    assert ran[0] == ("long", 3) and sorted(ran[1:]) == [("long", 6), ("short", 6)]
    assert {(r["arm"], r["seed"]) for r in found.runs} == {
        (arm, seed) for arm in ("short", "long") for seed in (3, 4, 5, 6)
    }
    assert [r for r in found.runs if r["seed"] < 6] == sorted(
        before, key=lambda r: r["arm"], reverse=True
    )
    assert found.arms["long"]["confirmed"]["seed"] == 3
    ran.clear()
    conduct(TOY, Plan((3, 4, 5, 6), store))
    assert ran == []


def test_code_that_computes_something_else_is_run_again_in_full(tmp_path) -> None:
    store = tmp_path / "toy.json"
    conduct(TOY, Plan((0, 1, 2), store))
    ran.clear()
    with_other_code(store, "long")
    other = replace(TOY, trial=lambda trial: {"score": counting(trial)["score"] + 1e-3})
    found = conduct(other, Plan((0, 1, 2), store))
    assert ran == [("long", 0), ("long", 1), ("long", 2)]
    assert found.values("long", "score") == [20.001, 20.101, 20.201]
    assert "confirmed" not in found.arms["long"]


def test_a_new_knob_does_not_make_old_runs_invalid(tmp_path) -> None:
    store = tmp_path / "toy.json"
    conduct(TOY, Plan((0,), store))
    known = json.loads(store.read_text())
    for arm in known["arms"].values():
        del arm["config"]["weight_decay"]  # as if that knob had not existed then
    store.write_text(json.dumps(known))
    ran.clear()
    conduct(TOY, Plan((0,), store))
    assert ran == []


def test_texts_do_not_change_a_fingerprint_but_numbers_do(tmp_path) -> None:
    first = tmp_path / "a.py"
    first.write_text('"""Doc."""\nx = knob(0.5, low=0, help="One.")  # why\n')
    words = tmp_path / "b.py"
    words.write_text('"""Other."""\nx = knob(0.5, low=0, help="Two.")\n')
    number = tmp_path / "c.py"
    number.write_text('"""Doc."""\nx = knob(0.6, low=0, help="One.")  # why\n')
    assert prints._digest([first]) == prints._digest([words])
    assert prints._digest([first]) != prints._digest([number])


def test_a_damaged_store_is_refused_by_name(tmp_path, capsys) -> None:
    store = tmp_path / "toy.json"
    store.write_text("{")
    with pytest.raises(ValueError, match=r"toy\.json is damaged"):
        read(TOY, store)
    assert main(["experiment", "meaning", "--json", str(store)]) == 2
    assert "damaged" in capsys.readouterr().err


def test_the_command_line_runs_continues_and_judges(
    tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setitem(EXPERIMENTS, "toy", TOY)
    store = tmp_path / "toy.json"
    line = ["experiment", "toy", "--workers", "1", "--json", str(store)]
    assert main([*line, "--seeds", "11"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("seed 11") == 2
    assert "one seed: the sign only" in printed.out
    assert main([*line, "--seeds", "11,12"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("seed 11") == 0 and printed.err.count("seed 12") == 2
    kept = json.loads(store.read_text())
    assert kept["verdict"] == REPRODUCED and kept["about"]["command"]
    assert kept["summary"]["long"]["score"]["n"] == 2


REFUSED = [
    ("experiment meaning --photos /nowhere", "--photos is '/nowhere'; allowed are"),
    ("experiment meaning --photos voices", "--photos is 'voices'; allowed are"),
    (
        "experiment speakers --digits voices",
        "--digits is 'voices'; allowed is a folder",
    ),
    ("experiment speakers --quick --digits voicez", "<digit>_<speaker>_<take>.wav"),
    (
        "experiment speakers --photos voicez",
        "--photos is 'voicez'; allowed is a folder",
    ),
    (
        f"experiment composition --quick --photos {__file__}",
        "test_experiments.py is damaged or no zip",
    ),
    ("experiment meaning --workers 0", "--workers is 0; allowed is"),
    ("experiment meaning --quick --seeds 1,2", "allowed with --quick is one seed"),
]


@pytest.mark.parametrize(("line", "expected"), REFUSED)
def test_bad_options_get_one_line(line, expected, capsys) -> None:
    assert main(line.split()) == 2
    printed = capsys.readouterr().err
    assert expected in printed and printed.count("\n") == 1


# ---- From runs to a verdict.


def runs(arm_values: dict[str, list[float]]) -> list[dict]:
    return [
        {"arm": arm, "seed": seed, "values": {"score": value}}
        for arm, values in arm_values.items()
        for seed, value in enumerate(values)
    ]


def test_the_interval_is_students() -> None:
    # scipy.stats.t.interval(0.95, 2, mean, sem) of 1, 2, 4 gives 2.3333 +- 3.7949.
    assert mean_interval([1.0, 2.0, 4.0]) == pytest.approx((7 / 3, 3.7949), abs=1e-4)
    assert mean_interval([5.0]) == (5.0, None)
    assert estimate([1.0, 2.0, 4.0]).sd == pytest.approx(1.5275, abs=1e-4)


def test_a_mean_of_nothing_has_no_sign() -> None:
    assert str(estimate([-0.0004, -0.0003, 0.0006])).startswith("0.000 ±")


@pytest.mark.parametrize(
    ("long", "verdict"),
    [
        ([2.0, 2.1, 2.2], REPRODUCED),
        ([1.0, 1.2, 0.9], UNSEEN),
        ([0.1, 0.2, 0.1], CONTRADICTED),
    ],
)
def test_a_verdict_depends_on_the_whole_interval(long, verdict) -> None:
    found = effects(TOY, runs({"short": [1.0, 1.1, 1.0], "long": long}))
    assert overall(found) == verdict


def test_effects_are_paired_by_seed() -> None:
    # Seeds differ a lot, the arms always by one: only pairing sees it.
    found = effects(TOY, runs({"short": [0.0, 10.0, 20.0], "long": [1.0, 11.0, 21.1]}))
    assert found[0].verdict == REPRODUCED and found[0].size.half < 0.2


def test_too_small_an_effect_is_not_reproduced_and_not_contradicted() -> None:
    wanted = replace(TOY, expected=(exceeds("score", "long", "short", 5.0),))
    found = effects(wanted, runs({"short": [1.0, 1.1], "long": [2.0, 2.1]}))
    assert found[0].verdict == UNSEEN


def test_the_worst_expectation_decides_the_verdict() -> None:
    two = replace(
        TOY,
        expected=(
            exceeds("score", "long", "short"),
            Expected("never", lambda v: -v["long"]["score"]),
        ),
    )
    found = effects(two, runs({"short": [1.0, 1.1], "long": [2.0, 2.1]}))
    assert [e.verdict for e in found] == [REPRODUCED, CONTRADICTED]
    assert overall(found) == CONTRADICTED and overall([]) == UNSEEN
    assert tally(found) == "1 of 2 reproduced, 1 contradicted"


# ---- What experiments measure by themselves, against what is known.


def test_an_image_is_retrieved_by_its_histogram() -> None:
    trial = Trial("none", {"augment": "none", "settings": {"by": "histogram"}}, 0, 1)
    assert shortcut.retrieval(trial) > 0.99


@pytest.mark.slow
def test_the_bound_never_exceeds_log_k() -> None:
    one = EXPERIMENTS["mutual_information"]
    values = one.trial(Trial("K = 8", one.arms["K = 8"], 3, 1))
    estimates = [values[f"true_{mi}"] for mi in (1, 2, 4, 8, 16, 100)]
    assert estimates == sorted(estimates) and max(estimates) <= math.log(8) + 1e-9


def test_infonce_on_distances_of_identical_points_is_log_n() -> None:
    import torch

    same = torch.zeros(8, 4)
    assert jing.squared_info_nce(same, same).item() == pytest.approx(math.log(8))


def test_same_class_negatives_are_counted_as_the_formula_says() -> None:
    one = EXPERIMENTS["false_negatives"]
    arm = "counted, N = 64"
    values = one.trial(Trial(arm, one.arms[arm], 0, 1))
    # Eight equally likely classes, both views of 63 other images.
    assert values["same_class"] == pytest.approx(2 * 63 / 8, abs=1.0)


# ---- The evidence that ships.

# What bench-*.json says, tests/benchmarks reads.
SHIPPED = sorted(p for p in FOLDER.glob("*.json") if not p.stem.startswith("bench-"))


def test_every_experiment_ships_its_evidence() -> None:
    assert {p.stem for p in SHIPPED} >= THIRTEEN


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_evidence_has_seeds_a_commit_and_a_command(path: Path) -> None:
    one = EXPERIMENTS[path.stem]
    found = read(one)
    assert found is not None and len(found.seeds) >= 5
    assert set(found.arms) == set(one.arms), "an arm is missing or no longer exists"
    assert found.about["command"].startswith(
        f"python -m ssl_core experiment {one.slug}"
    )
    assert not found.about["quick"]
    commits = {run["commit"] for run in found.runs}
    assert all(c and not c.endswith("-dirty") for c in commits)
    assert len({(r["arm"], r["seed"]) for r in found.runs}) == len(found.runs)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_summary_is_what_the_runs_give(path: Path) -> None:
    one, stored = EXPERIMENTS[path.stem], json.loads(path.read_text())
    again = Evidence(one, stored["arms"], stored["runs"], stored["about"]).as_dict()
    assert json.loads(json.dumps(again)) == stored


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_evidence_matches_the_current_config(path: Path) -> None:
    one, found = EXPERIMENTS[path.stem], read(EXPERIMENTS[path.stem])
    assert found is not None
    for arm, then in found.arms.items():
        now = arm_now(one, arm, quick=False, photos="cifar10")["config"]
        same = {k: now.get(k) for k in then["config"]}
        assert same == then["config"], f"{arm}: run the experiment again"


def test_the_document_has_the_evidence_that_ships(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["experiment", "--table"]) == 0
    printed = capsys.readouterr().out.strip()
    assert all(f"### {slug}\n" in printed for slug in EXPERIMENTS)
    document = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert printed in document, (
        "put what `python -m ssl_core experiment --table` prints there"
    )


def test_published_numbers_are_the_papers() -> None:
    """A few numbers, copied from the papers a second time."""
    published = {
        (slug, p.label): p.value for slug, e in EXPERIMENTS.items() for p in e.published
    }
    assert published["collapse", "SimSiam"] == 67.7
    assert published["collapse", "frozen random target"] == 18.8
    assert published["projection_head", "no head"] == 51.5
    assert published["mutual_information", "estimate"] == 4.85
    assert published["moco_queue", "m = 0.999"] == 59.0
