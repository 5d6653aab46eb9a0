"""Checkpoints: resuming is exact, and damaged or foreign files are refused."""

import hashlib
import io
import json
import shutil
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import safetensors.torch
import torch

from ssl_core import checkpoints
from ssl_core.data import ImageSet
from ssl_core.data.shapes import shapes
from ssl_core.methods import METHODS
from ssl_core.train import Budget, Fit, RunConfig, Watch
from tests.tiers import variants

EVERY_STEP = Watch(tick_seconds=0, probe_seconds=1000, bank=60, asked=30, mapped=30)
MODEL, CARD = "model.safetensors", "card.json"


def make(data: ImageSet, steps: int = 6, **values) -> Fit:
    plain = {"batch_size": 64, "device": "cpu", "precision": "float32"}
    config = RunConfig.of(plain | values)
    return Fit(config, data, Budget(steps=steps), EVERY_STEP)


def losses(fit: Fit, until: int | None = None) -> list[float]:
    found: list[float] = []
    for tick in fit:
        found += tick.losses
        if tick.step == until:
            break
    return found


@pytest.fixture(scope="module")
def saved(small_shapes, tmp_path_factory) -> Path:
    fit = make(small_shapes, hidden_dim=32)
    losses(fit, until=3)
    return checkpoints.save(tmp_path_factory.mktemp("run") / "ck", fit, [{"loss": 1.5}])


@pytest.fixture
def copy(saved, tmp_path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


@pytest.mark.parametrize(
    "method", variants(["simclr", "moco", "byol", "simsiam"], ["moco"])
)
def test_resuming_is_the_same_run_bit_for_bit(method, small_shapes, tmp_path):
    whole = make(small_shapes, method=method)
    expected = losses(whole)
    first = make(small_shapes, method=method)
    found = losses(first, until=3)
    checkpoints.save(tmp_path / "ck", first)
    second = make(small_shapes, method=method)
    checkpoints.load(tmp_path / "ck").restore(second)
    found += losses(second)
    assert found == expected and len(found) == 6
    ours, theirs = whole.state(), second.state()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[k], theirs[k]) for k in ours)


@pytest.mark.slow
def test_a_resumed_run_raises_the_collapse_alarm_at_the_same_step(
    small_shapes, tmp_path
):
    """Without stop-gradient from step 110 on, SimSiam collapses."""
    simsiam = {"method": "simsiam", "learning_rate": 0.02, "batch_size": 16}
    whole = make(small_shapes, steps=400, **simsiam)
    for tick in whole:
        if tick.step == 110:
            whole.adjust({"stop_gradient": False})
        # The counter is above its start, and the alarm is half-way.
        if tick.step == whole.last_healthy_step + 30 > 130:
            checkpoints.save(tmp_path / "ck", whole)
            saved = tick.step
        if tick.collapsed:
            break
    assert tick.step == whole.last_healthy_step + 60 == saved + 30
    checkpoint = checkpoints.load(tmp_path / "ck")
    assert checkpoint.counters["last_healthy_step"] == saved - 30
    again = Fit(checkpoint.config, small_shapes, Budget(steps=400), EVERY_STEP)
    checkpoint.restore(again)
    assert next(t.step for t in again if t.collapsed) == tick.step


def test_the_alarms_counter_is_saved_and_older_checkpoints_load(small_shapes, tmp_path):
    fit = make(small_shapes)
    losses(fit, until=1)
    fit.last_healthy_step = 140
    place = checkpoints.save(tmp_path / "ck", fit)
    again = make(small_shapes)
    checkpoints.load(place).restore(again)
    assert again.last_healthy_step == 140
    card = json.loads((place / CARD).read_text())
    del card["last_healthy_step"]
    (place / CARD).write_text(json.dumps(card))
    older = checkpoints.load(place)
    older.restore(again)
    assert "last_healthy_step" not in older.counters and again.last_healthy_step == 100


DAY = 350_000  # ticks of a run of 24 hours


def test_the_history_of_a_day_is_thinned_until_the_card_is_small(
    small_shapes, tmp_path
):
    fit = make(small_shapes)
    losses(fit, until=1)
    names = ("epoch", "seconds", "loss", "feature_std", "effective_rank")
    day = ({"step": i} | dict.fromkeys(names, i / 7) for i in range(DAY))
    place = checkpoints.save(tmp_path / "ck", fit, day)
    assert (place / CARD).stat().st_size < 400_000
    card = checkpoints.load(place).card
    steps = [entry["step"] for entry in card["history"]]
    assert steps[0] == 0 and steps[-1] == DAY - 1 and 900 < len(steps) <= 1000
    strides = {b - a for a, b in pairwise(steps[:-1])}
    assert strides == {351} and steps[-1] - steps[-2] <= 351
    assert card["loss"] == (DAY - 1) / 7


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 1001, 1999])
def test_a_history_keeps_its_first_and_last_entries(count, saved, small_shapes):
    fit = make(small_shapes)
    history = [{"loss": float(i)} for i in range(count)]
    card = checkpoints.load(checkpoints.save(saved.parent / "n", fit, history)).card
    kept = card["history"]
    assert len(kept) <= 1000 and (count > 1000 or kept == history)
    assert kept[:1] == history[:1] and kept[-1:] == history[-1:]


def test_long_entries_are_thinned_further_and_huge_ones_left_out(
    small_shapes, tmp_path
):
    fit = make(small_shapes)
    for length, kept in ((5_000, range(20, 200)), (1 << 20, range(1))):
        history = [{"loss": 1.0, "note": "x" * length}] * 40
        place = checkpoints.save(tmp_path / "ck", fit, history)
        assert (place / CARD).stat().st_size < 400_000
        assert len(checkpoints.load(place).card["history"]) in kept


def test_every_method_can_be_saved_and_checked(small_shapes, tmp_path):
    for method in METHODS:
        fit = make(small_shapes, method=method, hidden_dim=16, output_dim=8)
        losses(fit, until=1)
        back = checkpoints.load(checkpoints.save(tmp_path / method, fit))
        assert all(torch.equal(v, back.tensors[k]) for k, v in fit.state().items())


def test_the_zip_holds_what_the_folder_holds(saved, tmp_path):
    packed = tmp_path / "ck.zip"
    packed.write_bytes(checkpoints.to_zip(saved))
    a, b = checkpoints.load(saved), checkpoints.load(packed)
    assert a.card == b.card and a.config == b.config
    assert all(torch.equal(a.tensors[k], b.tensors[k]) for k in a.tensors)


def test_the_card_describes_the_run(saved):
    card = checkpoints.load(saved).card
    assert (card["step"], card["images"], card["loss"]) == (3, 192, 1.5)
    assert card["config"]["hidden_dim"] == 32
    assert card["data"]["name"] == "shapes" and card["data"]["label"] == "shape"
    assert (
        card["data"]["shape"] == [3, 32, 32]
        and "star" in card["data"]["factors"]["shape"]
    )
    assert 0 <= card["scores"]["knn"]["accuracy"] <= 1
    assert card["versions"].keys() == {"ssl_core", "torch", "python"}
    digest = hashlib.sha256((saved / MODEL).read_bytes()).hexdigest()
    assert card["sha256"] == digest


def test_the_encoder_gives_the_runs_own_features(small_shapes, tmp_path):
    fit = make(small_shapes, encoder="tiny")
    losses(fit, until=2)
    x = small_shapes.images[:8].float() / 255
    fit.method.encoder.eval()
    with torch.no_grad():
        expected = fit.method.encoder(x)
        encoder = checkpoints.load(checkpoints.save(tmp_path / "ck", fit)).encoder()
        assert torch.equal(encoder(x), expected) and not encoder.training


def test_saving_again_replaces_and_leaves_no_temporary_files(
    small_shapes, saved, tmp_path
):
    folder = Path(shutil.copytree(saved, tmp_path / "ck"))
    fit = make(small_shapes)
    losses(fit, until=1)
    checkpoints.save(folder, fit)
    assert checkpoints.load(folder).counters["step"] == 1
    assert {p.name for p in folder.iterdir()} == {MODEL, CARD}


def test_saving_never_mixes_with_other_files(small_shapes, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"thesis\.txt"):
        checkpoints.save(tmp_path, make(small_shapes))
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_diverged_run_is_not_saved(small_shapes, tmp_path):
    fit = make(small_shapes)
    with torch.no_grad():
        next(fit.method.parameters())[0] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        checkpoints.save(tmp_path / "ck", fit)
    assert not (tmp_path / "ck").exists()


def test_another_run_or_other_images_are_refused(saved, small_shapes):
    checkpoint = checkpoints.load(saved)
    with pytest.raises(ValueError, match=r"ck: tensor .* has shape"):
        checkpoint.restore(make(small_shapes, hidden_dim=64))
    with pytest.raises(ValueError, match="600"):
        checkpoint.restore(make(shapes(count=300, held_out=100)))


# Each of these edits the pair of files; a refusal must name the file and the reason.


def sealed(folder: Path, tensors: dict | None = None, **card) -> None:
    """Write changed tensors or card entries with the SHA-256 an attacker would give."""
    if tensors is not None:
        (folder / MODEL).write_bytes(safetensors.torch.save(tensors))
    old = json.loads((folder / CARD).read_text())
    card = {"sha256": hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()} | card
    (folder / CARD).write_text(json.dumps(old | card))


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load((folder / MODEL).read_bytes())


def refused(path: Path, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        checkpoints.load(path)
    text = str(caught.value)
    assert str(path) in text and reason in text and "\n" not in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "format"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1, 2]", "format"),
        (b'{"format": "other 3"}', "other 3"),
        (b'{"format": "ssl_core checkpoint 1"}', "no 'config'"),
    ],
)
def test_a_wrong_card_is_refused(copy, content, reason):
    (copy / CARD).write_bytes(content)
    refused(copy, "not JSON" if not content else reason)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"step": "3"}, "'step'"),
        ({"step": -1}, "-1"),
        ({"seconds": float("nan")}, "NaN"),
        ({"images": True}, "'images'"),
        ({"last_healthy_step": 1.5}, "'last_healthy_step'"),
        ({"last_healthy_step": -1}, "-1"),
        ({"history": {}}, "'history'"),
        ({"config": {"method": "gpt"}}, "gpt"),
        ({"config": {"batch_size": 10**400}}, "batch_size"),
        ({"config": {"__class__": "os.system"}}, "__class__"),
        ({"config": {"augment": ["crop"]}}, "augmentation"),
        ({"sha256": "0" * 64}, "SHA-256"),
    ],
)
def test_a_card_with_a_wrong_entry_is_refused(copy, entries, reason):
    sealed(copy, **entries)
    refused(copy, reason)


def test_damaged_and_truncated_models_are_refused(copy):
    whole = (copy / MODEL).read_bytes()
    (copy / MODEL).write_bytes(whole[:-100] + bytes(100))
    refused(copy, "SHA-256")
    for content in (whole[: len(whole) // 2], b"", b"\x80\x04cos\nsystem\n."):
        (copy / MODEL).write_bytes(content)
        sealed(copy)
        refused(copy, "not a safetensors file")


def test_false_sizes_in_the_header_are_refused(copy):
    whole = (copy / MODEL).read_bytes()
    (copy / MODEL).write_bytes((2**62).to_bytes(8, "little") + whole[8:])
    sealed(copy)
    refused(copy, "not a safetensors file")
    (copy / MODEL).write_bytes(whole.replace(b'"shape":[32]', b'"shape":[99]', 1))
    sealed(copy)
    refused(copy, "not a safetensors file")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("method.encoder.layers.0.weight", lambda t: t[:1], "of shape (1, 3, 3, 3)"),
        ("method.encoder.layers.0.weight", lambda t: t.double(), "float64"),
        ("method.projector.3.bias", lambda t: t * torch.nan, "NaN"),
        ("optimizer.0.exp_avg", lambda t: t / 0, "infinite"),
        ("optimizer.0.exp_avg_sq", lambda t: t - 1, "negative"),
        ("optimizer.0.exp_avg", None, "optimizer.0.exp_avg is missing"),
        ("method.projector.3.bias", None, "is missing"),
        ("rng.queue", lambda t: t + 10_000, "rng.queue"),
        ("rng.queue", lambda t: t.view(1, -1), "rng.queue"),
        ("rng.order", lambda t: torch.full_like(t, 255), "generator"),
        ("rng.dice", lambda t: t[:7], "generator"),
        ("rng.order", None, "is missing"),
    ],
)
def test_a_wrong_tensor_is_refused_by_name(copy, name, change, reason):
    tensors = tensors_of(copy)
    if change is None:
        del tensors[name]
    else:
        tensors[name] = change(tensors[name]).contiguous()
    sealed(copy, tensors)
    refused(copy, reason)
    refused(copy, name)


def test_an_unknown_tensor_is_refused(copy):
    sealed(copy, tensors_of(copy) | {"method.backdoor": torch.ones(1)})
    refused(copy, "method.backdoor")


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_foreign_zips_are_refused(saved, tmp_path):
    model, card = (saved / MODEL).read_bytes(), (saved / CARD).read_bytes()
    pair = {MODEL: model, CARD: card}
    path = tmp_path / "a.zip"
    refused(zipped(path, {}), "nothing")
    refused(zipped(path, {CARD: card}), "exactly")
    refused(zipped(path, pair | {"setup.py": b"x"}), "setup.py")
    refused(zipped(path, pair | {"../evil": b"x"}), "../evil")
    refused(zipped(path, {f"run/{n}": c for n, c in pair.items()}), "exactly")
    path.write_bytes(zipped(path, pair).read_bytes()[:-40])
    refused(path, "not a usable zip")
    path.write_text("not a zip")
    refused(path, "not a usable zip")
    refused(tmp_path / "missing.zip", "no such")


def test_a_zip_bomb_is_not_unpacked(saved, tmp_path):
    content = bytes(40 << 20)
    path = zipped(tmp_path / "bomb.zip", {MODEL: b"", CARD: content})
    refused(path, "card.json unpacks to more than 30 times the zip")
    # The same with sizes that lie: both directories claim a small card.
    packed = bytearray(path.read_bytes())
    true = len(content).to_bytes(4, "little")
    while (at := packed.find(true)) >= 0:
        packed[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(packed)
    refused(path, "zip")


def test_a_corrupted_member_is_refused(saved):
    packed = bytearray(checkpoints.to_zip(saved))
    packed[len(packed) // 2] ^= 255
    path = saved.parent / "bad.zip"
    path.write_bytes(packed)
    assert zipfile.is_zipfile(io.BytesIO(packed))
    refused(path, "not a usable zip")
