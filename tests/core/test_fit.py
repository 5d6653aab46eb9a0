"""The training loop: determinism, live changes, refusals and ticks."""

import math
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ssl_core.augment import as_float
from ssl_core.config import RunConfig
from ssl_core.data import LIMITS, Factor, ImageSet, load
from ssl_core.methods import METHODS
from ssl_core.train import Budget, Fit, Tick, Watch, fit
from tests.tiers import variants

EVERY_STEP = Watch(tick_seconds=0, probe_seconds=1e9, bank=200, asked=100, mapped=100)
AT_THE_END = Watch(tick_seconds=1e9, probe_seconds=1e9, bank=50, asked=20, mapped=20)
BATCH = 16  # few enough that a tick shows the whole batch


def config_of(**values: Any) -> RunConfig:
    small = {"batch_size": BATCH, "device": "cpu", "precision": "float32"}
    return RunConfig.of(small | values)


def start(
    data: ImageSet, watch: Watch = EVERY_STEP, steps: int = 5, **values: Any
) -> Fit:
    return fit(config_of(**values), data=data, budget=Budget(steps=steps), watch=watch)


def losses(run: Fit) -> list[float]:
    return [loss for tick in run for loss in tick.losses]


# ---- Repeats.


@pytest.mark.parametrize("method", variants(METHODS, ("simclr", "byol")))
def test_same_config_and_seed_same_losses_bit_for_bit(
    small_shapes: ImageSet, method: str
) -> None:
    first = losses(start(small_shapes, method=method))
    # Looking more or less often must not change what is learned.
    second = losses(start(small_shapes, AT_THE_END, method=method))
    assert len(first) == 5
    assert len(set(first)) == 5
    assert first == second


@pytest.mark.slow
def test_a_run_on_two_threads_is_deterministic(small_shapes: ImageSet) -> None:
    bare = ImageSet("photos", small_shapes.images, split=small_shapes.split)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        first, second = (
            losses(start(bare, AT_THE_END, steps=2, batch_size=64)) for _ in range(2)
        )
    finally:
        torch.set_num_threads(threads)
    assert first == second


def test_a_run_does_not_depend_on_the_global_generator(small_shapes: ImageSet) -> None:
    first = losses(start(small_shapes, AT_THE_END))
    torch.manual_seed(12345)
    torch.rand(7)
    assert losses(start(small_shapes, AT_THE_END)) == first


def test_another_seed_is_another_run(small_shapes: ImageSet) -> None:
    first = losses(start(small_shapes, AT_THE_END))
    other = losses(start(small_shapes, AT_THE_END, seed=1))
    assert not set(first) & set(other)


@pytest.mark.slow
def test_two_runs_side_by_side_do_not_disturb_each_other(
    small_shapes: ImageSet,
) -> None:
    alone = losses(start(small_shapes, steps=3))
    one, two = start(small_shapes, steps=3), start(small_shapes, steps=3, seed=9)
    seen = []
    for tick, _ in zip(one, two, strict=True):
        seen.extend(tick.losses)
    assert seen == alone


@pytest.mark.parametrize("method", variants(["simclr", "moco", "byol"], ["moco"]))
def test_a_stored_state_continues_bit_for_bit(
    small_shapes: ImageSet, method: str
) -> None:
    whole = losses(start(small_shapes, AT_THE_END, steps=6, method=method))
    half = start(small_shapes, AT_THE_END, steps=3, method=method)
    first = losses(half)
    rest = start(small_shapes, AT_THE_END, steps=6, method=method)
    rest.restore(half.state(), half.counters())
    assert first + losses(rest) == whole


# ---- Ends.


@pytest.mark.parametrize("steps", [1, 7])
def test_a_budget_of_steps_is_exact(small_shapes: ImageSet, steps: int) -> None:
    ticks = list(start(small_shapes, AT_THE_END, steps=steps))
    assert ticks[-1].step == steps
    assert sum(len(t.losses) for t in ticks) == steps
    assert [t.done for t in ticks] == [False] * (len(ticks) - 1) + [True]


def test_a_budget_of_epochs_is_exact(small_shapes: ImageSet) -> None:
    run = fit(
        config_of(batch_size=40),
        data=small_shapes,
        budget=Budget(epochs=1.5),
        watch=AT_THE_END,
    )
    last = list(run)[-1]
    assert (last.step, last.epoch) == (15, 1.5)


def test_a_budget_of_seconds_ends_the_run(small_shapes: ImageSet) -> None:
    run = fit(
        config_of(), data=small_shapes, budget=Budget(seconds=0.3), watch=AT_THE_END
    )
    last = list(run)[-1]
    assert last.done
    assert last.step > 0
    assert last.seconds >= 0.3


def test_the_first_limit_reached_ends_the_run(small_shapes: ImageSet) -> None:
    budget = Budget(steps=3, seconds=1e6, epochs=1e6)
    run = fit(config_of(), data=small_shapes, budget=budget, watch=AT_THE_END)
    assert list(run)[-1].step == 3


@pytest.mark.parametrize("name", ["steps", "seconds", "epochs"])
@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_an_empty_budget_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*more than 0"):
        Budget(**{name: value})


def test_progress_is_the_largest_used_part() -> None:
    assert Budget().progress(100, 100.0, 100.0) == 0
    assert Budget(steps=10, seconds=100.0).progress(5, 80.0, 0.0) == 0.8
    assert Budget(steps=10).progress(50, 0.0, 0.0) == 1


def test_stop_makes_the_next_tick_the_last(small_shapes: ImageSet) -> None:
    run = start(small_shapes, AT_THE_END, steps=1000)
    next(run)
    run.stop()
    last = next(run)
    assert (last.done, last.step) == (True, 1)
    with pytest.raises(StopIteration):
        next(run)


def test_a_run_can_be_abandoned(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    next(run)
    run.close()
    with pytest.raises(StopIteration):
        next(run)


def test_a_pause_does_not_count_as_training_time(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    next(run)
    next(run)
    before = run.seconds  # a tick's own look is in here, not yet in the tick
    paused = time.perf_counter()
    time.sleep(0.4)
    next(run)
    elapsed = time.perf_counter() - paused
    assert run.seconds - before <= elapsed - 0.39


# ---- Obeys: knobs that change while it runs.


def paired_loss(tick: Tick, temperature: float) -> float:
    """NT-Xent by hand from what the tick shows: neighbours 2k and 2k+1 are partners."""
    similarity = tick.batch.similarity.astype(np.float64) / temperature
    total = 0.0
    for i in range(len(similarity)):
        others = np.delete(similarity[i], i)
        total += np.log(np.exp(others).sum()) - similarity[i, i ^ 1]
    return total / len(similarity)


def test_the_temperature_applies_from_the_next_step(small_shapes: ImageSet) -> None:
    run = start(small_shapes, temperature=0.5)
    next(run)
    before = next(run)
    assert before.loss == pytest.approx(paired_loss(before, 0.5), abs=1e-4)
    after = run.send({"temperature": 2.0})
    assert after.loss == pytest.approx(paired_loss(after, 2.0), abs=1e-4)
    assert after.loss != pytest.approx(paired_loss(after, 0.5), abs=1e-2)
    assert after.config.options.temperature == 2.0  # type: ignore[union-attr]


def test_the_batch_size_applies_from_the_next_step(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    next(run)
    before = next(run)
    after = run.send({"batch_size": 64})
    assert before.negatives == 2 * (BATCH - 1)
    assert after.negatives == 2 * 63
    assert after.reference.value == pytest.approx(math.log(127))
    assert (after.epoch - before.epoch) * 400 == pytest.approx(64)
    assert len(after.batch.rows) == 32, "a tick shows the first pairs"


def test_the_augmentations_apply_from_the_next_step(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    next(run)
    next(run)
    plain = run.send({"augment": "none"}).batch
    images = small_shapes.images[torch.from_numpy(plain.rows)].numpy()
    assert np.array_equal(plain.view_a, images)
    assert np.array_equal(plain.view_b, images)
    mirrored = run.send({"augment": {"flip": 1.0}}).batch
    images = small_shapes.images[torch.from_numpy(mirrored.rows)].numpy()
    gap = mirrored.view_a.astype(int) - images[..., ::-1].astype(int)
    assert np.abs(gap).max() <= 1, "bytes, rounded"


def weights(run: Fit) -> list[torch.Tensor]:
    return [p.detach().clone() for p in run.method.parameters() if p.requires_grad]


def moved(before: list[torch.Tensor], after: list[torch.Tensor]) -> float:
    gaps = zip(before, after, strict=True)
    return max((b - a).abs().max().item() for b, a in gaps)


def test_the_learning_rate_applies_from_the_next_step(small_shapes: ImageSet) -> None:
    run = start(small_shapes, steps=9)
    next(run)
    at = weights(run)
    next(run)
    assert moved(at, weights(run)) > 1e-5
    at = weights(run)
    run.send({"learning_rate": 1e-12})
    assert moved(at, weights(run)) < 1e-9
    at = weights(run)
    run.send({"learning_rate": 0.5})
    assert moved(at, weights(run)) > 1e-2


def test_the_weight_decay_applies_from_the_next_step(small_shapes: ImageSet) -> None:
    runs = [start(small_shapes, learning_rate=1.0) for _ in range(2)]
    for run in runs:
        next(run)
        next(run)
    next(runs[0])
    runs[1].send({"weight_decay": 0.1})
    assert moved(weights(runs[0]), weights(runs[1])) > 1e-5


@pytest.mark.parametrize("method", ["moco", "byol"])
def test_the_moving_averages_decay_applies_from_the_next_step(
    small_shapes: ImageSet, method: str
) -> None:
    run = start(small_shapes, method=method, steps=9)
    next(run)
    next(run)
    module: Any = run.method.key_encoder if method == "moco" else run.method.target

    def target() -> list[torch.Tensor]:
        return [p.detach().clone() for p in module.parameters()]

    at = target()
    run.send({"ema_decay": 1.0})
    assert moved(at, target()) == 0
    run.send({"ema_decay": 0.0})
    online = [*run.method.encoder.parameters(), *run.method.projector.parameters()]
    assert moved(target(), online) == 0


def test_simsiams_stop_gradient_can_be_switched_off_during_a_run(
    small_shapes: ImageSet,
) -> None:
    runs = [start(small_shapes, method="simsiam") for _ in range(2)]
    for run in runs:
        next(run)
        next(run)
    next(runs[0])
    runs[1].send({"stop_gradient": False})
    assert moved(weights(runs[0]), weights(runs[1])) > 1e-6


def test_adjusting_before_the_first_tick_is_allowed(small_shapes: ImageSet) -> None:
    run = start(small_shapes, steps=1)
    run.adjust({"batch_size": 32})
    assert list(run)[-1].negatives == 62


# ---- Refuses.


@pytest.fixture(scope="module")
def undisturbed(small_shapes: ImageSet) -> list[float]:
    """The losses of a run of three steps."""
    return losses(start(small_shapes, AT_THE_END, steps=3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 3}, "seed cannot change during a run"),
        ({"method": "byol"}, "method cannot change during a run"),
        ({"encoder": "wide"}, "encoder cannot change during a run"),
        ({"hidden_dim": 64}, "hidden_dim cannot change during a run"),
        ({"temperature": -1}, "temperature is -1"),
        ({"batch_size": 402}, "batch_size is 402"),
        ({"augment": "swirl"}, "'swirl' is unknown"),
        ({"ema_decay": 0.5}, "ema_decay is not a knob of simclr"),
        ({"batch_size": 32, "temperature": "hot"}, "temperature is 'hot'"),
    ],
)
def test_a_refused_change_changes_nothing_and_the_run_goes_on(
    small_shapes: ImageSet,
    undisturbed: list[float],
    changes: dict[str, Any],
    message: str,
) -> None:
    run = start(small_shapes, AT_THE_END, steps=3)
    next(run)
    with pytest.raises(ValueError) as refusal:
        run.send(changes)
    assert message in str(refusal.value)
    assert losses(run) == undisturbed


def test_a_batch_larger_than_the_data_is_one_sentence(small_shapes: ImageSet) -> None:
    with pytest.raises(ValueError) as refusal:
        start(small_shapes, batch_size=402)
    assert str(refusal.value) == (
        "batch_size is 402, more than the 400 training images of shapes; "
        "allowed is at most 400"
    )


def test_a_batch_of_all_the_data_and_one_of_two_run(small_shapes: ImageSet) -> None:
    for size in (400, 2):
        assert all(
            map(
                math.isfinite,
                losses(start(small_shapes, AT_THE_END, 2, batch_size=size)),
            )
        )


def test_a_run_without_augmentations_runs(small_shapes: ImageSet) -> None:
    ticks = list(start(small_shapes, augment="none", steps=2))
    assert ticks[-1].step == 2
    # Equal views agree perfectly: there is nothing to learn from.
    assert ticks[-1].alignment == pytest.approx(0, abs=1e-5)


# ---- Data.


@pytest.mark.slow
def test_training_sees_every_training_row_once_an_epoch_and_no_other(
    small_shapes: ImageSet,
) -> None:
    run = start(small_shapes, batch_size=20, steps=40)
    next(run)
    rows = [tick.batch.rows for tick in run]
    train = set(small_shapes.train_rows.tolist())
    for epoch in (rows[:20], rows[20:]):
        seen = np.concatenate(epoch).tolist()
        assert len(seen) == len(set(seen)) == 400
        assert set(seen) == train
    assert not np.array_equal(np.concatenate(rows[:20]), np.concatenate(rows[20:]))


def test_a_run_does_not_edit_the_images(small_shapes: ImageSet) -> None:
    kept = small_shapes.images.clone()
    losses(start(small_shapes, AT_THE_END, steps=2))
    assert torch.equal(small_shapes.images, kept)


def test_images_without_classes_are_learned_from(small_shapes: ImageSet) -> None:
    bare = ImageSet("photos", small_shapes.images, split=small_shapes.split)
    last = list(start(bare, steps=2))[-1]
    assert last.scores is not None
    assert last.scores.knn is None
    assert last.scores.probes == {}
    assert last.map is not None


def test_a_run_on_twelve_images_works(small_shapes: ImageSet) -> None:
    split = torch.zeros(12, dtype=torch.long)
    split[8:] = 1
    labels = Factor(torch.arange(12) % 2, "class", ("cat", "dog"))
    few = ImageSet("few", small_shapes.images[:12], {"class": labels}, "class", split)
    last = list(start(few, batch_size=4, steps=3))[-1]
    assert last.scores is not None
    assert last.scores.asked == 4


def test_a_watch_without_map_rows_gives_no_map(small_shapes: ImageSet) -> None:
    watch = Watch(tick_seconds=0, bank=50, asked=20, mapped=0)
    ticks = list(start(small_shapes, watch, steps=1))
    assert [t.map for t in ticks] == [None, None]


# ---- Tells.

EXPECTED = {
    "simclr": (30, math.log(31)),
    "moco": (64, math.log(65)),
    "byol": (0, 0.0),
    "simsiam": (0, -1.0),
    "dcl": (30, math.log(30)),
    "barlow_twins": (0, 64.0),
    "vicreg": (0, 24.75),
}


@pytest.mark.parametrize("method", EXPECTED)
def test_negatives_and_reference_are_the_methods(
    small_shapes: ImageSet, method: str
) -> None:
    values = {"queue_length": 64} if method == "moco" else {}
    tick = next(start(small_shapes, AT_THE_END, method=method, **values))
    negatives, reference = EXPECTED[method]
    assert tick.negatives == negatives
    assert tick.reference.value == pytest.approx(reference)
    assert tick.reference.meaning


def test_the_first_tick_is_the_untrained_encoder(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    at = weights(run)
    tick = next(run)
    assert moved(at, weights(run)) == 0
    assert (tick.step, tick.epoch, tick.losses, tick.done) == (0, 0, (), False)
    assert math.isfinite(tick.loss)
    assert tick.scores is not None
    assert tick.scores.step == 0
    assert tick.scores.knn is not None
    assert tick.scores.knn.accuracy == tick.scores.knn.random_init


def test_every_field_of_a_tick_is_in_range(small_shapes: ImageSet) -> None:
    ticks = list(start(small_shapes))
    assert [t.step for t in ticks] == [0, 1, 2, 3, 4, 5]
    assert all(a.seconds < b.seconds for a, b in pairwise(ticks))
    for tick in ticks:
        assert 0 <= tick.contrastive_top1 <= 1
        assert 0 <= tick.alignment <= 4
        assert -8 <= tick.uniformity <= 0
        assert 0 <= tick.feature_std < 1.5
        assert 0 <= tick.effective_rank <= 64
        assert tick.epoch == pytest.approx(tick.step * BATCH / 400)
        assert not tick.collapsed, "no alarm before batch norm has settled"
    for tick in ticks[1:]:
        assert tick.losses == (pytest.approx(tick.loss),)
        assert tick.images_per_second > 0


def test_scores_name_every_factor_beside_its_baselines(small_shapes: ImageSet) -> None:
    last = list(start(small_shapes))[-1].scores
    assert last is not None
    assert last.step == 5
    assert (last.bank, last.asked) == (200, 100)
    assert set(last.probes) == set(small_shapes.factors)
    for name, score in last.probes.items():
        for value in (score.accuracy, score.random_init, score.chance):
            assert 0 <= value <= 1, name
        assert score.chance < 0.4, name
    assert last.knn is not None
    assert last.knn.raw_input is not None
    assert last.knn.chance == last.probes["shape"].chance


def test_the_map_shows_fixed_held_out_rows(small_shapes: ImageSet) -> None:
    maps = [t.map for t in start(small_shapes)]
    held_out = set(small_shapes.held_out_rows.tolist())
    for frame in maps:
        assert frame is not None
        assert frame.xy.shape == (100, 2)
        assert np.isfinite(frame.xy).all()
        assert set(frame.rows.tolist()) <= held_out
        assert np.array_equal(frame.rows, maps[0].rows)  # type: ignore[union-attr]
        assert len(frame.features) == len(frame.neighbours) == 100
        assert frame.neighbours.max() < 100
    assert not np.array_equal(maps[0].xy, maps[-1].xy)  # type: ignore[union-attr]


def test_the_batch_is_shown_as_it_was_trained_on(small_shapes: ImageSet) -> None:
    run = start(small_shapes)
    next(run)
    batch = next(run).batch
    assert batch.view_a.shape == batch.view_b.shape == (BATCH, 3, 32, 32)
    assert batch.view_a.dtype == np.uint8
    assert not np.array_equal(batch.view_a, batch.view_b)
    assert batch.similarity.shape == (2 * BATCH, 2 * BATCH)
    assert np.allclose(batch.similarity, batch.similarity.T, atol=1e-6)
    assert np.allclose(np.diag(batch.similarity), 1, atol=1e-5)
    assert as_float(small_shapes.images[batch.rows[0]]).max() <= 1


@pytest.mark.slow
def test_collapse_is_detected_for_a_siamese_network_without_predictor_and_stop_gradient(
    small_shapes: ImageSet,
) -> None:
    """A loss that only pulls two views together collapses."""
    collapse = start(
        small_shapes,
        AT_THE_END,
        steps=220,  # the alarm waits 100 to settle and 60 to be sure
        method="simsiam",
        predictor="none",
        stop_gradient=False,
        head_norm="none",
        learning_rate=0.02,
    )
    assert list(collapse)[-1].collapsed


@pytest.mark.parametrize("count", [LIMITS.fewest, 9])
def test_the_smallest_folder_of_pictures_can_be_learned_from(
    tmp_path: Path, count: int
) -> None:
    for i in range(count):
        Image.new("RGB", (32, 32), (20 * i, 90, 30)).save(tmp_path / f"{i}.png")
    run = start(load(str(tmp_path)), steps=2, batch_size=2)
    assert all(math.isfinite(loss) for loss in losses(run))


def test_fewer_than_two_held_out_rows_are_refused() -> None:
    data = load("shapes", count=64, held_out=1)
    with pytest.raises(
        ValueError, match="held_out is 1 of shapes; allowed is at least 2"
    ):
        start(data)


# ---- Compiled.


@pytest.mark.slow
def test_a_compiled_run_has_the_same_losses_up_to_rounding(
    small_shapes: ImageSet,
) -> None:
    plain = start(small_shapes, AT_THE_END)
    expected = losses(plain)
    try:
        run = fit(
            config_of(),
            data=small_shapes,
            budget=Budget(steps=5),
            watch=AT_THE_END,
            compiled=True,
        )
    except ValueError as no_compiler:
        pytest.skip(str(no_compiler))
    assert losses(run) == pytest.approx(expected, abs=1e-3)
    assert run.state().keys() == plain.state().keys()


def test_slices_and_compiling_exclude_each_other(small_shapes: ImageSet) -> None:
    with pytest.raises(
        ValueError, match=r"slice_size is 8.*; allowed is 0, or compiled"
    ):
        fit(config_of(slice_size=8), data=small_shapes, compiled=True)


def test_without_a_compiler_a_compiled_run_is_refused(
    small_shapes: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(function: Any) -> Any:
        def fails(*args: Any) -> Any:
            raise RuntimeError("no working C++ compiler found")

        return fails

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(ValueError, match="cannot compile for cpu; it needs a C"):
        fit(config_of(), data=small_shapes, compiled=True)
