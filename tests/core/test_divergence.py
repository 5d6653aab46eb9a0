"""A run whose loss, weights or optimiser state stop being finite ends as diverged."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ssl_core import checkpoints, embed, measures, probes, recordings
from ssl_core.__main__ import main
from ssl_core.cli.experiment import table
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet
from ssl_core.divergence import all_finite, divergence_advice
from ssl_core.experiments import trials
from ssl_core.experiments.base import Experiment, Quantity, exceeds
from ssl_core.experiments.conduct import Plan, conduct
from ssl_core.experiments.markdown import section
from ssl_core.methods import METHODS
from ssl_core.report import Report
from ssl_core.train import Budget, Fit, Tick, Watch
from tests.tiers import variants

EVERY_STEP = Watch(tick_seconds=0, probe_seconds=1e9, bank=60, asked=30, mapped=30)
AT_THE_END = replace(EVERY_STEP, tick_seconds=1e9)
MEASURED = ("alignment", "contrastive_top1", "uniformity", "feature_std")
OVERFLOWING = 1e-38  # a temperature: similarities over it exceed float32
Change = Callable[[Fit], None]


def start(
    data: ImageSet, watch: Watch = EVERY_STEP, steps: int = 9, **values: Any
) -> Fit:
    small = {"batch_size": 16, "device": "cpu", "precision": "float32"}
    return Fit(RunConfig.of(small | values), data, Budget(steps=steps), watch)


@torch.no_grad()
def nan_weight(run: Fit) -> None:
    next(run.method.encoder.parameters())[0, 0] = torch.nan


@torch.no_grad()
def huge_weights(run: Fit) -> None:
    for weight in run.method.encoder.parameters():
        weight.fill_(3e38)


def infinite_statistic(run: Fit) -> None:
    norms = (m for m in run.method.modules() if isinstance(m, torch.nn.BatchNorm2d))
    norm = next(norms)
    assert norm.running_var is not None
    norm.running_var[0] = torch.inf


def infinite_moment(run: Fit) -> None:
    next(iter(run.optimizer.state.values()))["exp_avg_sq"][0, 0] = torch.inf


def cold(run: Fit) -> None:
    run.adjust({"temperature": OVERFLOWING})


def ticks_with(run: Fit, change: Change, after: int) -> list[Tick]:
    """All ticks of a run that is changed after so many steps."""
    ticks = []
    for tick in run:
        ticks.append(tick)
        if tick.step == after and not tick.done:
            change(run)
    return ticks


def assert_diverged(ticks: list[Tick], step: int) -> Tick:
    """The last tick says so, at this step, and shows what was measured before."""
    *_, before, last = ticks
    assert (last.done, last.diverged, last.step) == (True, True, step)
    assert f" at step {step}. Try " in last.problem
    assert last.map is before.map and last.batch is before.batch
    assert last.scores is before.scores and last.scores is not None
    for name in (*MEASURED, "effective_rank", "collapsed"):
        known = pytest.approx(getattr(before, name), rel=0, nan_ok=True)
        assert getattr(last, name) == known, name
    assert not any(t.diverged or t.done or t.problem for t in ticks[:-1])
    return last


# ---- Detection.


@pytest.mark.parametrize("method", variants(METHODS, ("simclr", "vicreg")))
def test_a_nan_weight_ends_the_run_at_the_next_step(
    small_shapes: ImageSet, method: str
) -> None:
    run = start(small_shapes, method=method)
    last = assert_diverged(ticks_with(run, nan_weight, 3), 4)
    assert not math.isfinite(last.loss) and last.losses == (
        pytest.approx(last.loss, nan_ok=True),
    )
    assert run.problem == last.problem
    with pytest.raises(StopIteration):
        next(run)


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        (cold, "loss"),
        (huge_weights, "loss"),
        (infinite_statistic, "network's weights or statistics"),
        (infinite_moment, "optimiser's averages of the gradients"),
    ],
)
def test_what_stopped_being_finite_is_named(
    small_shapes: ImageSet, change: Change, quantity: str
) -> None:
    run = start(small_shapes)
    last = assert_diverged(ticks_with(run, change, 3), 4)
    assert last.problem.startswith(f"The {quantity} stopped being finite at step 4.")
    assert math.isfinite(last.loss) == (quantity != "loss")


def test_where_only_the_loss_overflows_the_weights_stay_as_they_were(
    small_shapes: ImageSet,
) -> None:
    run = start(small_shapes)
    kept: list[Tensor] = []

    def change(run: Fit) -> None:
        cold(run)
        kept.extend(p.detach().clone() for p in run.method.parameters())

    assert_diverged(ticks_with(run, change, 3), 4)
    assert all(map(torch.equal, kept, run.method.parameters()))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_rates_and_temperatures_at_their_limits_end_in_words(
    small_shapes: ImageSet, method: str, precision: str
) -> None:
    """Nothing raises, whether the run diverges or not."""
    sharp = {"encoder": "tiny_no_norm", "head_norm": "none", "l2_normalize": False}
    for temperature in (1e-6, 1e-20, OVERFLOWING, 1e-45):
        values = {"learning_rate": 1.0, "method": method, "precision": precision}
        if "temperature" in RunConfig.of(values).flat():
            values["temperature"] = temperature
        for more in ({}, sharp):
            run = start(small_shapes, **values, **more)
            *_, last = run
            assert last.diverged == bool(last.problem)
            assert last.diverged == (not all_finite(run.state().values())) or (
                not math.isfinite(last.loss)
            )
            json.dumps(Report(run).result(last), allow_nan=False)


def poisoned(run: Fit, call: int) -> None:
    """Put NaN into a weight before the given step, without a tick between."""
    step, calls = run._train_step, [0]

    def train_step(batch: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            nan_weight(run)
        return step(batch)

    run._train_step = train_step  # type: ignore[method-assign]


def test_a_cpu_stops_at_the_step_without_waiting_for_a_tick(
    small_shapes: ImageSet,
) -> None:
    run = start(small_shapes, AT_THE_END, steps=30)
    poisoned(run, 5)
    last = assert_diverged(list(run), 5)
    assert len(last.losses) == 5 and all(map(math.isfinite, last.losses[:4]))


def test_a_gpu_finds_the_step_at_the_next_tick(
    small_shapes: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU's losses are not waited for; here a CPU does not look either."""
    monkeypatch.setattr(Fit, "_overflowed", lambda self, loss: False)
    run = start(small_shapes, AT_THE_END, steps=30)
    poisoned(run, 5)
    last = assert_diverged(list(run), 5)
    assert len(last.losses) == 5 and all(map(math.isfinite, last.losses[:4]))
    assert (run.step, run.images) == (5, 80) and last.epoch == 80 / 400


def test_a_run_that_begins_with_nan_has_one_tick(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    nan_weight(run)
    [only] = list(run)
    assert (only.done, only.diverged, only.step) == (True, True, 0)
    assert only.problem == (
        "The network's weights or statistics stopped being finite at step 0. "
        "Start a new run."
    )
    assert only.scores is None and only.map is not None
    assert np.isfinite(only.map.xy).all() and math.isnan(only.effective_rank)


def test_a_restored_run_that_explodes_ends_as_diverged(
    small_shapes: ImageSet, tmp_path: Path
) -> None:
    run = start(small_shapes)
    while next(run).step < 3:
        pass
    huge_weights(run)
    checkpoints.save(tmp_path / "ck", run)
    again = start(small_shapes)
    checkpoints.load(tmp_path / "ck").restore(again)
    assert_diverged(list(again), 4)


def test_large_finite_numbers_are_finite() -> None:
    assert all_finite([torch.full((9,), 3e38), torch.zeros(0), torch.arange(3)])
    assert not all_finite([torch.ones(3), torch.tensor([1.0, torch.nan])])
    assert not all_finite([torch.tensor([torch.inf, -torch.inf])])
    assert all_finite([])


# ---- Advice.


@pytest.mark.parametrize(
    ("values", "step", "advice"),
    [
        (
            {"learning_rate": 1.0, "temperature": 0.001},
            37,
            "Try a smaller learning rate than 1, or a higher temperature than 0.001.",
        ),
        ({"learning_rate": 1.0}, 37, "Try a smaller learning rate than 1."),
        ({"temperature": 1e-9}, 37, "Try a higher temperature than 1e-09."),
        # No learning rate has changed the weights of the first step.
        (
            {"learning_rate": 1.0, "temperature": 1e-9},
            1,
            "Try a higher temperature than 1e-09.",
        ),
        (
            {},
            37,
            "Try a smaller learning rate than 0.003, or a higher temperature than 0.2.",
        ),
        ({"method": "byol"}, 37, "Try a smaller learning rate than 0.003."),
        ({"method": "byol", "l2_normalize": False}, 37, "Try L2 normalisation."),
        (
            {"method": "vicreg", "covariance_weight": 100},
            37,
            "Try a smaller covariance weight than 100.",
        ),
        ({"method": "byol"}, 1, "Start a new run."),
    ],
)
def test_advice_names_only_knobs_that_may_be_the_cause(
    values: dict[str, Any], step: int, advice: str
) -> None:
    found = divergence_advice(RunConfig.of(values), step)
    assert found == f"The loss stopped being finite at step {step}. {advice}"


# ---- Measures, probes and maps.

NORMAL = torch.randn(40, 8, generator=torch.Generator().manual_seed(0))
BAD = {
    "nan": torch.full((40, 8), torch.nan),
    "one nan": NORMAL.clone().index_fill_(0, torch.tensor([3]), torch.nan),
    "one infinity": NORMAL.clone().index_fill_(0, torch.tensor([3]), torch.inf),
}
LABELS = torch.arange(40) % 3


def of_views(measure: Callable[..., float], *more: Any) -> Callable[[Tensor], float]:
    return lambda z: measure(*z.chunk(2), *more)


@pytest.mark.parametrize("kind", BAD)
def test_measures_of_features_that_are_not_finite_are_nan(kind: str) -> None:
    found = {
        "alignment": of_views(measures.alignment),
        "uniformity": measures.uniformity,
        "feature_std": measures.feature_std,
        "effective_rank": measures.effective_rank,
        "tolerance": lambda z: measures.tolerance(z, LABELS),
        "hardest_weight": of_views(measures.hardest_weight, 0.2),
        "contrastive_top1": of_views(measures.contrastive_top1),
    }
    assert all(math.isfinite(measure(NORMAL)) for measure in found.values())
    for name, measure in found.items():
        assert math.isnan(measure(BAD[kind])), name
    assert measures.spectrum(BAD[kind]).isnan().all()
    assert not measures.collapsed(math.nan, math.nan)


@pytest.mark.parametrize("kind", BAD)
def test_probes_of_features_that_are_not_finite_are_accuracies(kind: str) -> None:
    for probe in (probes.knn_accuracy, probes.linear_probe):
        for bank, asked in ((BAD[kind], NORMAL), (NORMAL, BAD[kind])):
            assert 0 <= probe(bank, LABELS, asked, LABELS) <= 1


@pytest.mark.parametrize("kind", BAD)
def test_maps_of_features_that_are_not_finite_show_the_frame_before(kind: str) -> None:
    before = embed.pca(NORMAL)
    for layout in (embed.pca, embed.umap_layout):
        assert np.array_equal(layout(BAD[kind], before), before)
        assert np.array_equal(layout(BAD[kind]), np.zeros((40, 2)))
    nearest = embed.nearest(BAD[kind])
    assert nearest.max() < 40 and all(i not in row for i, row in enumerate(nearest))


@pytest.mark.parametrize("size", [1e25, 3e38])
def test_features_whose_squares_overflow_raise_nothing(size: float) -> None:
    huge = NORMAL.sign() * size
    assert math.isnan(measures.effective_rank(huge))
    assert np.isfinite(embed.pca(huge, embed.pca(NORMAL))).all()
    assert 0 <= probes.knn_accuracy(huge, LABELS, huge, LABELS) <= 1
    assert 0 <= probes.linear_probe(huge, LABELS, huge, LABELS) <= 1


# ---- Checkpoints.


def test_a_diverged_run_leaves_its_last_checkpoint_alone(
    small_shapes: ImageSet, tmp_path: Path
) -> None:
    """Also if its weights are finite: the step after them is not."""
    run = start(small_shapes)
    while next(run).step < 3:
        pass
    place = checkpoints.save(tmp_path / "ck", run)
    cold(run)
    assert next(run).diverged and all_finite(run.method.parameters())
    with pytest.raises(ValueError, match=r"diverged and is not saved: .* at step 4\."):
        checkpoints.save(place, run)
    back = checkpoints.load(place)
    assert back.counters["step"] == 3
    run.restore(back.tensors, back.counters)
    assert run.problem == "" and checkpoints.save(place, run)


# ---- The command line.

LINE = ["train", "simclr", "--batch-size", "16", "--device", "cpu", "--steps", "9"]


def test_the_command_ends_with_status_3_one_line_and_all_its_files(
    small_shapes: ImageSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("ssl_core.cli.train.load", lambda source: small_shapes)
    words = ["--temperature", str(OVERFLOWING), "--json", str(tmp_path / "run.json")]
    words += ["--save", str(tmp_path / "ck"), "--record", str(tmp_path / "run.npz")]
    assert main([*LINE, *words]) == 3
    out, err = capsys.readouterr()
    *_, progress, line = err.splitlines()
    assert progress.endswith("DIVERGED") and "Traceback" not in err
    assert line == (
        "The loss stopped being finite at step 1. "
        f"Try a higher temperature than {OVERFLOWING:g}."
    )
    assert "probe shape" in out and "DIVERGED at step 1" in out
    assert "checkpoint of step 0, the last healthy one measured, in" in out
    result = json.loads((tmp_path / "run.json").read_text())
    assert result["diverged"] is True and result["loss"] is None
    assert (result["steps"], result["history"][-1]["loss"]) == (1, None)
    assert result["knn"]["accuracy"] == result["knn"]["random_init"]
    assert checkpoints.load(tmp_path / "ck").counters["step"] == 0
    assert len(recordings.load(tmp_path / "run.npz").frames) == 1


def test_the_command_saves_the_last_healthy_state(
    small_shapes: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssl_core.cli.train.load", lambda source: small_shapes)
    monkeypatch.setattr("ssl_core.cli.record.LIVE", EVERY_STEP)
    step = Fit._train_step

    def train_step(self: Fit, batch: Any) -> Any:
        if self.step == 5:
            nan_weight(self)
        return step(self, batch)

    whole = start(small_shapes, steps=5)
    for _ in whole:
        pass
    monkeypatch.setattr(Fit, "_train_step", train_step)
    words = ["--precision", "float32", "--save", str(tmp_path / "ck")]
    assert main([*LINE, *words]) == 3
    saved = checkpoints.load(tmp_path / "ck")
    assert (saved.counters["step"], saved.card["history"][-1]["step"]) == (5, 5)
    state = whole.state()
    assert saved.tensors.keys() == state.keys()
    assert all(torch.equal(saved.tensors[k], state[k]) for k in state)


# ---- Experiments.

TOY = Experiment(
    slug="toy",
    claim="Cold is worse.",
    arms={
        "warm": {"batch_size": 16},
        "cold": {"batch_size": 16, "temperature": OVERFLOWING},
    },
    quantities={"knn": Quantity("kNN"), "loss": Quantity("loss")},
    expected=(exceeds("knn", "warm", "cold"),),
    steps=2,
)


def test_an_arm_that_diverges_is_recorded_and_the_experiment_goes_on(
    small_shapes: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "_load", lambda source: small_shapes)
    store = tmp_path / "toy.json"
    told = []
    found = conduct(
        TOY, Plan((3,), store), lambda trial, seconds, values: told.append(values)
    )
    runs = {(r["arm"], r["seed"]): r for r in json.loads(store.read_text())["runs"]}
    assert runs["cold", 3]["values"] == {} and runs["cold", 3]["diverged_step"] == 1
    assert "diverged_step" not in runs["warm", 3] and runs["warm", 3]["values"]["knn"]
    assert told[1] == {"diverged_step": 1}
    sentence = "cold: 1 of 1 runs diverged and are left out (seed 3 at step 1)."
    assert found.diverged == [sentence]
    assert sentence in table(found) and sentence in section(found)
    assert found.at("cold", "knn") is None and found.effects == []
    # They are done: the next call runs nothing.
    conduct(TOY, Plan((3,), store), lambda *told: pytest.fail("it ran again"))
