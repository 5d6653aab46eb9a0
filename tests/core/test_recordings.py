"""Recordings of runs: exact, small, and read without trust."""

import dataclasses
import io
import json
import math
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ssl_core.__main__ import main
from ssl_core.data.shapes import shapes
from ssl_core.recordings import FRAMES, Recorder, load, probe_due, watch_for, write
from ssl_core.recordings.recorder import thinned
from ssl_core.train import Budget, Fit, RunConfig, Watch

ROOT = Path(__file__).parents[2]
SHIPPED = {
    "simclr": {"method": "simclr"},
    "crop_only": {"method": "simclr"},
    "simsiam_collapse": {"method": "simsiam", "stop_gradient": False},
    "byol": {"method": "byol"},
    "voices": {"method": "simclr", "data": "voices"},
}
LOOK = Watch(tick_seconds=0, probe_seconds=0.05, bank=40, asked=20, mapped=20)


def small_fit(watch=LOOK, steps=12):
    config = RunConfig(batch_size=8, device="cpu", seed=3)
    data = shapes(count=80, held_out=20)
    return Fit(config, data, Budget(steps=steps), watch)


@pytest.fixture(scope="module")
def run():
    """The ticks of a small run, and its recording."""
    fit = small_fit()
    recorder = Recorder(fit.data, fit.observer.map_rows, "make me again")
    ticks = []
    for tick in fit:
        recorder.add(tick)
        ticks.append(tick)
    return ticks, recorder.recording({"torch": "x"})


@pytest.fixture(scope="module")
def file(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "run.npz"
    write(path, run[1])
    return path


def test_a_frame_has_the_values_of_its_tick(run, file):
    ticks, read = run[0], load(file)
    assert [f["step"] for f in read.frames] == [t.step for t in ticks]
    for tick, frame in zip(ticks, read.frames, strict=True):
        assert frame["loss"] == tick.loss and frame["seconds"] == tick.seconds
        assert frame["effective_rank"] == tick.effective_rank
        assert frame["negatives"] == tick.negatives == 14
        assert frame["collapsed"] == tick.collapsed
        assert frame["scores"]["knn"] == dataclasses.asdict(tick.scores.knn)
        assert frame["scores"]["probes"].keys() == tick.scores.probes.keys()


def test_the_map_is_the_run_s_up_to_rounding(run, file):
    ticks, read = run[0], load(file)
    for i, tick in enumerate(ticks):
        span = np.ptp(tick.map.xy, 0).max()
        assert np.abs(read.positions(i) - tick.map.xy).max() < 2 * span / 65535
        assert (read.neighbours[i] == tick.map.neighbours).all()


def test_images_factors_and_last_batch_are_kept(run, file):
    ticks, read = run[0], load(file)
    data, last = shapes(count=80, held_out=20), read.last()
    rows = ticks[-1].map.rows
    assert (read.map_set.images == data.images[rows].numpy()).all()
    assert read.map_set.label == "shape"
    for name, factor in data.factors.items():
        assert (read.map_set.factors[name].values == factor.values[rows].numpy()).all()
    batch = ticks[-1].batch
    assert (last.similarity == batch.similarity).all()
    assert (last.view_a == batch.view_a).all() and (last.view_b == batch.view_b).all()
    assert (last.labels == batch.labels).all()
    assert last.scalars["config"]["seed"] == 3


def test_the_curve_has_the_loss_of_every_step(run, file):
    steps, losses = load(file).curve
    assert steps.tolist() == list(range(1, 13))
    assert losses.tolist() == [x for t in run[0] for x in t.losses]


def test_a_recording_states_its_command_and_versions(file):
    about = load(file).about
    assert about["command"] == "make me again" and about["versions"] == {"torch": "x"}
    assert about["config"]["batch_size"] == 8 and about["date"].endswith("+00:00")


def test_recording_changes_nothing_that_is_learned(run):
    seldom = small_fit(dataclasses.replace(LOOK, tick_seconds=1e9, probe_seconds=1e9))
    unrecorded = [loss for tick in seldom for loss in tick.losses]
    assert unrecorded == [loss for tick in run[0] for loss in tick.losses]


@pytest.mark.parametrize("last", [30, 600, 50_000])
def test_frames_are_limited_and_denser_early(last):
    steps = list(range(last + 1))
    chosen = [steps[i] for i in thinned(steps)]
    assert chosen[0] == 0 and chosen[-1] == last
    assert len(chosen) == len(set(chosen)) <= FRAMES
    gaps = np.diff(chosen)
    assert gaps[:5].sum() <= gaps[-5:].sum()
    if last >= 600:
        assert len(chosen) >= 60 and gaps[:10].sum() * 4 < gaps[-10:].sum()


@pytest.mark.slow
def test_a_run_of_any_length_takes_bounded_memory(run):
    fit, tick = small_fit(), run[0][0]
    recorder = Recorder(fit.data, fit.observer.map_rows, "")
    for step in range(4000):
        recorder.add(dataclasses.replace(tick, step=step, losses=(float(step),)))
        assert len(recorder._kept) <= 8 * FRAMES + 1
    made = recorder.recording()
    assert 60 <= len(made.frames) <= 120
    assert (made.frames[0]["step"], made.frames[-1]["step"]) == (0, 3999)
    # Stretches of means: the loss here is its own step number.
    steps, losses = made.curve
    assert len(steps) == 600 and (losses <= steps).all()
    assert losses.mean() == pytest.approx(3999 / 2, rel=0.01)


def test_a_short_budget_is_recorded_often_enough():
    watch = watch_for(Budget(steps=600))
    assert watch.tick_seconds == 0
    assert watch_for(Budget(seconds=20)).tick_seconds * FRAMES < 20 / 2
    assert watch.mapped <= 300


def test_probes_are_due_by_progress_denser_early():
    def probes_in(start, end, steps=600):
        return sum(
            probe_due(s / steps, (s + 1) / steps)
            for s in range(round(start * steps), round(end * steps))
        )

    assert 25 <= probes_in(0, 1) <= 32
    assert probes_in(0, 0.5) > 1.3 * probes_in(0.5, 1)
    assert not probe_due(0.5, 0.5) and probe_due(0, 1)


def test_a_map_of_too_few_or_too_many_images_is_refused():
    data = shapes(count=400, held_out=350)
    for count in (1, 301):
        with pytest.raises(ValueError, match=f"has {count} held-out images"):
            Recorder(data, torch.arange(count), "")


def test_reading_needs_no_torch(file):
    code = (
        "import sys; from pathlib import Path; from ssl_core.recordings import load; "
        f"load(Path({str(file)!r})); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr


# --- what is not a recording ---------------------------------------------------------


def changed(file, **arrays):
    """The file's bytes with some arrays replaced, or left out for None."""
    with np.load(file, allow_pickle=False) as known:
        kept = {n: known[n] for n in known.files} | arrays
    packed = io.BytesIO()
    np.savez(packed, **{n: a for n, a in kept.items() if a is not None})
    return packed.getvalue()


def changed_about(file, **entries):
    with np.load(file, allow_pickle=False) as known:
        about = json.loads(known["about"].tobytes()) | entries
    return changed(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8))


def lying(file):
    """An array whose header claims more than the file holds."""
    packed, out = zipfile.ZipFile(file), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in packed.namelist():
            content = packed.read(name)
            if name == "rows.npy":
                content = content.replace(b"(20,), }     ", b"(2000000000,)}")
                content = content[: len(packed.read(name))]
            archive.writestr(name, content)
    return out.getvalue()


DAMAGE = {
    "text": lambda f: b"not a recording at all",
    "empty": lambda f: b"",
    "cut": lambda f: f.read_bytes()[:-2000],
    "middle": lambda f: f.read_bytes()[:9000] + b"x" * 500 + f.read_bytes()[9500:],
    "another npz": lambda f: changed(f, about=None),
    "another kind": lambda f: changed_about(f, kind="something else"),
    "another version": lambda f: changed_about(f, version=99),
    "no frames": lambda f: changed_about(f, frames=[]),
    "too few frames": lambda f: changed_about(f, frames=[{"step": 0}] * 13),
    "a list": lambda f: changed(f, about=np.frombuffer(b"[1]", np.uint8)),
    "a pickle": lambda f: changed(f, rows=np.array([{}], dtype=object)),
    "shape": lambda f: changed(f, xy=np.zeros((3, 20, 2), np.uint16)),
    "type": lambda f: changed(f, boxes=np.zeros((13, 4), np.float64)),
    "infinite": lambda f: changed(f, boxes=np.full((13, 4), np.inf, np.float32)),
    "no point": lambda f: changed(f, neighbours=np.full((13, 20, 6), 20, np.uint16)),
    "factor": lambda f: changed(f, factor_0=np.zeros(7, np.int64)),
    "header": lying,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_file_is_refused(damage, file, tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(DAMAGE[damage](file))
    with pytest.raises(ValueError, match=r"^other\.npz is damaged or no rec") as caught:
        load(path)
    assert str(caught.value).endswith("record it again")
    assert "\n" not in str(caught.value)


def test_a_file_that_would_fill_the_memory_is_refused(file, tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", bytes(80 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ValueError, match="unpacks to more than 64 MB"):
        load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no recording gone\.npz"):
        load(tmp_path / "gone.npz")


# --- the command line ----------------------------------------------------------------

SMALL = ["--batch-size", "16", "--device", "cpu", "--steps", "3"]


def test_train_writes_a_recording(tmp_path, capsys):
    path, images = tmp_path / "r.npz", tmp_path / "images"
    for i, image in enumerate(shapes(count=60, held_out=2).images):
        place = images / f"class{i % 3}" / f"{i}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(place)
    words = ["train", "simclr", "--data", str(images), *SMALL, "--seed", "4"]
    words += ["--record", str(path)]
    assert main(words) == 0
    read = load(path)
    assert [f["step"] for f in read.frames] == [0, 1, 2, 3]
    # Probed by progress, not by the clock: first, after the first third, and last.
    assert [found["step"] for found in read.scores()] == [0, 2, 3]
    assert read.about["command"] == "python -m ssl_core " + " ".join(words)
    assert read.xy.shape[1] == 12 and read.about["config"]["seed"] == 4
    assert "recording in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("{tmp}", "--record is '{tmp}', a folder; allowed is a file to write"),
        ("{tmp}/none/r.npz", "r.npz', where nothing can be written"),
        ("{tmp}/run.json", "run.json', which --json writes too"),
    ],
)
def test_a_recording_that_cannot_be_written_is_refused_before_training(
    target, expected, tmp_path, capsys
):
    target = target.format(tmp=tmp_path)
    words = ["train", "simclr", *SMALL, "--record", target]
    assert main([*words, "--json", str(tmp_path / "run.json")]) == 2
    out, err = capsys.readouterr()
    assert expected.format(tmp=tmp_path) in err and err.count("\n") == 1
    assert out == "" and list(tmp_path.iterdir()) == []


# --- what ships ----------------------------------------------------------------------


def shipped(slug):
    return load(ROOT / "assets" / "recordings" / f"{slug}.npz")


def test_all_recordings_are_small_enough_together():
    files = list((ROOT / "assets" / "recordings").iterdir())
    assert {f.stem for f in files} == SHIPPED.keys()
    assert sum(f.stat().st_size for f in files) <= 10e6


@pytest.mark.parametrize("slug", SHIPPED)
def test_a_shipped_recording_loads_and_states_its_command(slug):
    read = shipped(slug)
    assert 60 <= len(read.frames) <= 120
    assert (read.frames[0]["step"], read.frames[-1]["step"]) == (0, 600)
    config = read.about["config"]
    assert config["seed"] == 0
    assert config.items() >= ({"data": "shapes"} | SHIPPED[slug]).items()
    command = read.about["command"]
    assert f"train {config['method']} " in command and "--seed 0" in command
    assert command.endswith(f"assets/recordings/{slug}.npz")
    assert str(Path.home()) not in command and "/tmp" not in command


def test_shipped_recordings_show_what_their_names_claim():
    knn = {slug: shipped(slug).scores()[-1]["knn"] for slug in SHIPPED}
    for slug in ("simclr", "byol", "voices"):
        assert knn[slug]["accuracy"] > knn[slug]["raw_input"] + 0.2
    crop = shipped("crop_only").scores()[-1]["probes"]
    assert list(shipped("crop_only").about["config"]["augment"]) == ["crop"]
    assert crop["background_hue"]["accuracy"] > crop["shape"]["accuracy"]
    assert shipped("simsiam_collapse").frames[-1]["collapsed"]
    assert not shipped("simclr").frames[-1]["collapsed"]
    assert all(math.isfinite(f["loss"]) for s in SHIPPED for f in shipped(s).frames)
