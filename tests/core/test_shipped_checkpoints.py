"""The encoders that ship: small, as their cards claim, usable without the run."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import mean, median, stdev

import pytest
import safetensors.torch
import torch

from ssl_core import checkpoints
from ssl_core.__main__ import main
from ssl_core.checkpoints.index import SHELF, shipped
from ssl_core.checkpoints.making import is_current, make, median_seed
from ssl_core.checkpoints.shipped import RECIPES, Recipe, first_of_each
from ssl_core.checkpoints.verifying import verify
from ssl_core.cli import shipped as cli_shipped
from ssl_core.data import ImageSet, load
from ssl_core.methods import METHODS
from ssl_core.train import Budget, Fit, RunConfig, Watch

ROOT = Path(__file__).parents[2]
MODEL, CARD = "model.safetensors", "card.json"
LOOK = Watch(tick_seconds=0, probe_seconds=1000, bank=60, asked=30, mapped=30)
QUICK = Recipe("quick", "simclr", steps=2)


def trained(data: ImageSet, **values) -> Fit:
    config = RunConfig.of({"device": "cpu", "precision": "float32"} | values)
    fit = Fit(config, data, Budget(steps=2), LOOK)
    for _ in fit:
        pass
    return fit


@pytest.fixture(scope="module")
def light(small_shapes, tmp_path_factory) -> Path:
    fit = trained(small_shapes, hidden_dim=32)
    return checkpoints.save(tmp_path_factory.mktemp("w") / "ck", fit, weights_only=True)


@pytest.fixture
def copy(light, tmp_path) -> Path:
    return Path(shutil.copytree(light, tmp_path / "copy"))


def card_of(folder: Path) -> dict:
    return json.loads((folder / CARD).read_text())


def reseal(folder: Path, tensors: dict | None = None, **entries) -> None:
    """Change a checkpoint and its SHA-256, as a forger would."""
    if tensors is not None:
        (folder / MODEL).write_bytes(safetensors.torch.save(tensors))
    seal = {"sha256": hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()}
    (folder / CARD).write_text(json.dumps(card_of(folder) | seal | entries))


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load((folder / MODEL).read_bytes())


# Weights only: of use, as strict as a whole run, and no run to continue.


@pytest.mark.slow
@pytest.mark.parametrize("method", list(METHODS))
def test_z_is_what_the_run_itself_computes(method, small_shapes, tmp_path):
    fit = trained(small_shapes, method=method, hidden_dim=16, output_dim=8)
    folder = checkpoints.save(tmp_path / "ck", fit, weights_only=True)
    light = checkpoints.load(folder)
    images = small_shapes.images[:40]
    fit.method.eval()
    with torch.no_grad():
        expected = fit.method.embed(images.float() / 255)
    assert torch.allclose(light.embed(images), expected, atol=1e-5)
    assert torch.allclose(light.embed(images[:1]), expected[:1], atol=1e-5)
    assert all(k.startswith(checkpoints.checks.WEIGHTS) for k in light.tensors)


@pytest.mark.slow
@pytest.mark.parametrize("head", ["linear", "none"])
def test_other_heads_are_kept_too(head, small_shapes, tmp_path):
    fit = trained(small_shapes, projection_head=head, output_dim=8)
    light = checkpoints.load(checkpoints.save(tmp_path, fit, weights_only=True))
    z = light.embed(small_shapes.images[:4])
    assert z.shape == (4, 8 if head == "linear" else 96)
    if head == "none":
        with torch.no_grad():
            assert torch.equal(z, light.encoder()(small_shapes.images[:4] / 255))


@pytest.mark.slow
def test_a_whole_run_embeds_as_its_weights_do(light, small_shapes, tmp_path):
    fit = trained(small_shapes, hidden_dim=32)
    whole = checkpoints.load(checkpoints.save(tmp_path, fit))
    assert not whole.weights_only and checkpoints.load(light).weights_only
    images = small_shapes.images[:9]
    assert torch.equal(whole.embed(images), checkpoints.load(light).embed(images))


@pytest.mark.slow
def test_embedding_refuses_other_channels(light):
    with pytest.raises(ValueError, match=r"\(5, 1, 8, 8\); allowed is \[N, 3, H, W\]"):
        checkpoints.load(light).embed(torch.zeros(5, 1, 8, 8))


@pytest.mark.slow
def test_weights_only_cannot_be_continued(light, small_shapes, capsys, tmp_path):
    before = trained(small_shapes, hidden_dim=32).state()
    fit = trained(small_shapes, hidden_dim=32)
    with pytest.raises(ValueError, match="weights only and cannot be continued"):
        checkpoints.load(light).restore(fit)
    assert all(torch.equal(before[k], v) for k, v in fit.state().items())
    out = tmp_path / "out.json"
    assert main(["train", "--resume", str(light), "--json", str(out)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("--resume is refused: ") and err.count("\n") == 1
    assert "weights only" in err and not out.exists()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("method.encoder.layers.0.weight", None),
        ("method.projector.3.bias", None),
        ("method.projector.3.bias", lambda t: t[:1]),
        ("method.projector.3.bias", lambda t: t * torch.nan),
        ("method.encoder.layers.0.weight", lambda t: t.double()),
        ("optimizer.0.step", lambda t: torch.zeros(())),
        ("method.backdoor", lambda t: torch.zeros(3)),
        ("rng.order", lambda t: torch.Generator().get_state()),
    ],
)
def test_weights_are_checked_against_their_config(copy, name, change):
    tensors = tensors_of(copy)
    if change is None:
        del tensors[name]
    else:
        tensors[name] = change(tensors.get(name)).contiguous()
    reseal(copy, tensors)
    with pytest.raises(ValueError, match=re.escape(f"{copy}: ") + f".*{name}"):
        checkpoints.load(copy)


@pytest.mark.slow
def test_the_two_formats_are_not_confused(copy, small_shapes, tmp_path):
    whole = checkpoints.save(tmp_path / "whole", trained(small_shapes, hidden_dim=32))
    kinds = card_of(whole)["format"], card_of(copy)["format"]
    for folder, other in ((whole, kinds[1]), (copy, kinds[0])):
        reseal(folder, format=other)
        with pytest.raises(ValueError, match="tensor"):
            checkpoints.load(folder)


# Making: seed by seed, and the median of them.


def test_the_median_seed_is_chosen():
    assert median_seed({0: 0.9, 1: 0.5, 2: 0.7}) == 2
    assert median_seed({4: 0.1, 5: 0.2, 6: 0.3, 7: 0.4}) == 5
    assert median_seed({3: 0.5}) == 3


class Power(Exception):
    """Stands for a power failure."""


@pytest.mark.slow
def test_a_stopped_build_continues(small_shapes, tmp_path):
    first = tmp_path / ".making" / "quick"

    def pull(line: str) -> None:
        raise Power

    with pytest.raises(Power):
        make(QUICK, small_shapes, (0, 1, 2), tmp_path, pull)
    (finished,) = first.glob("seed-0")
    assert not (tmp_path / "quick").exists()
    stamps, lines = [(finished / MODEL).stat().st_mtime_ns], []

    def note(line: str) -> None:
        stamps.append((finished / MODEL).stat().st_mtime_ns)
        lines.append(line)

    folder = make(QUICK, small_shapes, (0, 1, 2), tmp_path, note)
    assert len(lines) == 3 and len(set(stamps)) == 1
    assert {p.name for p in folder.iterdir()} == {MODEL, CARD}
    assert [p.name for p in tmp_path.iterdir()] == ["quick"]
    card = checkpoints.load(folder).card
    values = card["spread"]["knn"]["values"]
    assert card["scores"]["knn"]["accuracy"] == median(values) and len(values) == 3
    assert card["spread"]["knn"]["mean"] == pytest.approx(mean(values))
    assert card["spread"]["knn"]["std"] == pytest.approx(stdev(values))


@pytest.mark.slow
def test_the_same_seed_makes_the_same_encoder(small_shapes, tmp_path):
    folders = [
        make(QUICK, small_shapes, (seed,), tmp_path / str(i), lambda line: None)
        for i, seed in enumerate((3, 3, 4))
    ]
    first, again, other = (tensors_of(folder) for folder in folders)
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert not all(torch.equal(first[k], other[k]) for k in first)


@pytest.mark.slow
def test_only_changed_checkpoints_are_rebuilt(small_shapes, tmp_path):
    folder = make(QUICK, small_shapes, (1, 0), tmp_path, lambda line: None)
    assert is_current(QUICK, (0, 1), tmp_path)
    assert not is_current(QUICK, (0, 1, 2), tmp_path)
    assert not is_current(replace(QUICK, steps=3), (0, 1), tmp_path)
    assert not is_current(replace(QUICK, augment={"crop": 0.5}), (0, 1), tmp_path)
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:-1])
    assert not is_current(QUICK, (0, 1), tmp_path)


# Verifying: the numbers of the card, measured again.


@pytest.fixture(scope="module")
def quick(small_shapes, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("made")
    return make(QUICK, small_shapes, (0,), place, lambda line: None)


@pytest.mark.slow
def test_every_score_of_a_card_is_recomputed(quick, small_shapes):
    verdict = verify(quick, {"shapes": small_shapes})
    assert not verdict.failed and not verdict.problem
    assert all(abs(row.difference) < 1e-6 for row in verdict.rows)
    measures = [row.measure for row in verdict.rows]
    wanted = ["kNN accuracy", "kNN random init", "kNN chance", "kNN raw input"]
    assert measures[:4] == wanted and "probe fill hue accuracy" in measures
    assert len(measures) == 4 + 3 * len(small_shapes.factors)


@pytest.mark.slow
def test_a_users_own_run_can_be_verified(small_shapes, tmp_path):
    folder = checkpoints.save(tmp_path / "mine", trained(small_shapes, seed=5))
    verdict = verify(folder, {"shapes": small_shapes})
    assert verdict.rows and not verdict.failed


def changed_scores(folder: Path, *path: str) -> dict:
    scores = card_of(folder)["scores"]
    place = scores
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = 1 - place[path[-1]]
    return scores


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        ("knn", "accuracy"),
        ("knn", "raw_input"),
        ("knn", "random_init"),
        ("probes", "fill_hue", "accuracy"),
        ("probes", "shape", "chance"),
    ],
)
def test_a_tampered_score_is_detected(quick, small_shapes, tmp_path, path):
    folder = Path(shutil.copytree(quick, tmp_path / "forged"))
    reseal(folder, scores=changed_scores(folder, *path))
    verdict = verify(folder, {"shapes": small_shapes})
    assert verdict.failed and [row.off for row in verdict.rows].count(True) == 1


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"scores": None}, "not the scores of a run"),
        ({"scores": {"knn": None, "probes": {}, "bank": 9, "asked": 9}}, "not the"),
        ({"scores": {"knn": {"accuracy": "0.9"}}}, "not the scores"),
        ({"scores": {"knn": None, "probes": [], "bank": 9, "asked": 9}}, "not the"),
        ({"data": {"name": "x", "images": 9, "shape": [3, 9, 9]}}, "no 'factors'"),
        ({"fingerprint": [0.99] * 16}, "other pictures"),
        ({"fingerprint": {"0": 0.5}}, "other pictures"),
        ({"fingerprint": ["a"] * 16}, "other pictures"),
        ({"sha256": "0" * 64}, "SHA-256"),
    ],
)
def test_a_card_without_valid_scores_fails(
    quick, small_shapes, tmp_path, entries, reason
):
    folder = Path(shutil.copytree(quick, tmp_path / "odd"))
    reseal(folder, **entries)
    verdict = verify(folder, {"shapes": small_shapes})
    assert (
        verdict.failed and reason in verdict.problem and str(folder) in verdict.problem
    )


@pytest.mark.parametrize("bank", [0, -5, 10.5, "60", None, True, float("inf")])
def test_an_invalid_size_of_the_knn_bank_fails(quick, small_shapes, tmp_path, bank):
    folder = Path(shutil.copytree(quick, tmp_path / "odd"))
    reseal(folder, scores=card_of(folder)["scores"] | {"bank": bank})
    # 1e999 is how JSON can spell infinity without naming it.
    (folder / CARD).write_text((folder / CARD).read_text().replace("Infinity", "1e999"))
    verdict = verify(folder, {"shapes": small_shapes})
    assert verdict.failed and "not the scores of a run" in verdict.problem


@pytest.mark.slow
def test_a_missing_probe_is_named(quick, small_shapes, tmp_path):
    folder = Path(shutil.copytree(quick, tmp_path / "less"))
    scores = card_of(folder)["scores"]
    del scores["probes"]["fill_hue"]
    reseal(folder, scores=scores)
    verdict = verify(folder, {"shapes": small_shapes})
    assert verdict.failed and "probe fill hue" in verdict.problem


# The command line.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("verify wobble", "SLUG|DIR is 'wobble'; allowed are shapes-simclr"),
        ("verify --photos {tmp}/none", "--photos is"),
        ("verify --photos {pictures}", "allowed are CIFAR-10's 10 classes"),
        ("make wobble", "SLUG is 'wobble'; allowed are shapes-simclr"),
        (
            "make shapes-byol --seeds 0,x",
            "--seeds is 'x'; allowed is a whole number, at least 0",
        ),
        (
            "make shapes-byol --seeds 1,1",
            "--seeds is '1,1'; allowed is every seed once",
        ),
        (
            "make photographs-simclr --again",
            "--photos is missing, which photographs-simclr",
        ),
        ("wobble", "invalid choice: 'wobble'"),
        ("", "required: ACTION"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(
    line, expected, small_shapes, tmp_path, capsys
):
    from PIL import Image

    for i in range(12):
        place = tmp_path / "pictures" / str(i % 3)
        place.mkdir(parents=True, exist_ok=True)
        pixels = small_shapes.images[i].permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(place / f"{i}.png")
    places = {"tmp": tmp_path, "pictures": tmp_path / "pictures"}
    assert main(["checkpoint", *line.format(**places).split()]) == 2
    out, err = capsys.readouterr()
    assert expected in err and err.count("\n") == 1 and out == ""


@pytest.fixture
def small_data(small_shapes, monkeypatch) -> None:
    """``verify`` scores on the small set; drawing the full ones takes seconds."""
    monkeypatch.setattr(cli_shipped, "images_of", lambda name: small_shapes)


def test_photographs_are_skipped_without_their_images(small_data, capsys):
    assert main(["checkpoint", "verify", "photographs-simclr"]) == 0
    out = capsys.readouterr().out
    assert "photographs-simclr: not checked: give --photos DIR" in out


def test_a_damaged_and_a_missing_one_are_named(quick, small_data, tmp_path, capsys):
    folder = Path(shutil.copytree(quick, tmp_path / "cut"))
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:100])
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["checkpoint", "verify", str(folder), str(empty)]) == 1
    out = capsys.readouterr().out
    assert f"{folder}: " in out and "SHA-256" in out
    assert f"{empty}: " in out and "model.safetensors is missing" in out


# The checkpoints that ship.


def test_every_declared_checkpoint_ships_and_is_small():
    assert {entry.slug for entry in shipped()} == set(RECIPES)
    files = [p for p in SHELF.rglob("*") if p.is_file() and ".making" not in p.parts]
    assert {p.name for p in files} == {MODEL, CARD} and len(files) == 2 * len(RECIPES)
    assert sum(p.stat().st_size for p in files) <= 10_000_000


def test_every_method_and_the_instructive_augmentations_ship():
    listed = {(e.data, e.method): e for e in reversed(shipped())}
    assert {m for d, m in listed if d == "shapes"} == METHODS.keys()
    assert {m for d, m in listed if d in ("photographs", "voices")} == {"simclr"}
    shapes = {e.slug: set(e.augment) for e in shipped() if e.data == "shapes"}
    default = shapes["shapes-simclr"]
    assert shapes["shapes-simclr-crop-only"] == {"crop"}
    assert shapes["shapes-simclr-no-rotation"] == default - {"rotation"}
    assert shapes["shapes-simclr-no-colour"] == {"crop", "flip", "rotation"} < default


@pytest.mark.parametrize("slug", RECIPES)
def test_a_shipped_card_is_complete(slug):
    loaded, recipe = checkpoints.load(SHELF / slug), RECIPES[slug]
    card, config = loaded.card, loaded.config
    assert loaded.weights_only and is_current(recipe, card["recipe"]["seeds"], SHELF)
    assert config == recipe.config(config.seed) and card["step"] == recipe.steps
    assert card["recipe"]["command"] == recipe.command(config.seed)
    counts = (card["scores"]["bank"], card["scores"]["asked"])
    assert counts == ((3_200, 800) if recipe.data == "voices" else (10_000, 2_000))
    assert all(f"{count:,} " in card["measured"] for count in counts)
    spread, seeds = card["spread"]["knn"], card["recipe"]["seeds"]
    assert spread["n"] == len(seeds) == len(spread["values"]) >= 5
    assert spread["mean"] == pytest.approx(mean(spread["values"]))
    assert spread["std"] == pytest.approx(stdev(spread["values"]))
    knn = card["scores"]["knn"]
    assert knn["accuracy"] == median(spread["values"])
    assert knn["accuracy"] == spread["values"][seeds.index(config.seed)]
    assert card["spread"]["probes"].keys() == card["data"]["factors"].keys()
    assert card["scores"]["probes"].keys() == card["data"]["factors"].keys()
    assert all(0 < knn[name] < 1 for name in ("random_init", "raw_input", "chance"))
    assert datetime.fromisoformat(card["created"]).tzinfo is not None
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", card["commit"])
    assert card["device"] == "cpu" and config.precision == "float32"
    assert card["versions"].keys() >= {"torch", "python", "ssl_core"}
    assert (
        "no image is contained" in card["terms"] or "by this program" in card["terms"]
    )
    assert len(card["fingerprint"]) == 16


def test_a_cards_command_is_its_recipe():
    """The command line parses the printed command into the same config."""
    for recipe in RECIPES.values():
        words = recipe.command(3).split()
        assert words[:4] == ["python", "-m", "ssl_core", "train"]
        given = dict(zip(words[5::2], words[6::2], strict=True))
        steps = given.pop("--steps")
        values = {name.removeprefix("--"): value for name, value in given.items()}
        assert values.pop("data") in (recipe.data, "DIR")
        again = RunConfig.of(values | {"method": words[4], "data": recipe.data})
        assert again == recipe.config(3) and int(steps) == recipe.steps


def test_shipped_encoders_beat_an_untrained_encoder():
    by_slug = {entry.slug: entry for entry in shipped()}
    for slug, entry in by_slug.items():
        if entry.views == "default views":
            assert entry.spread["knn"]["mean"] > entry.scores["knn"]["random_init"], (
                slug
            )
    # Crop alone: the partner is found by the background, and the shape is not kept.
    whole, crop = by_slug["shapes-simclr"], by_slug["shapes-simclr-crop-only"]
    assert crop.knn < whole.scores["knn"]["random_init"] < whole.knn
    assert kept(crop, "background_hue") > kept(whole, "background_hue")
    # Without rotation a place stays a place: height is kept.
    upright = by_slug["shapes-simclr-no-rotation"]
    assert kept(upright, "y") > kept(whole, "y") + 0.1


def kept(entry, factor: str) -> float:
    return entry.scores["probes"][factor]["accuracy"]


@pytest.mark.slow
def test_shipped_scores_are_what_verify_measures(capsys):
    slugs = ["shapes-simclr", "shapes-simclr-crop-only"]
    assert main(["checkpoint", "verify", *slugs]) == 0
    out = capsys.readouterr().out
    assert all(f"{slug} " in out for slug in slugs) and "OFF" not in out
    for slug in slugs:
        accuracy = card_of(SHELF / slug)["scores"]["knn"]["accuracy"]
        assert re.search(rf"{slug} +kNN accuracy +{accuracy:.4f} ", out)


@pytest.mark.slow
def test_a_tampered_weight_is_detected(quick, small_data, tmp_path, capsys):
    assert " OFF" in verified_after_tampering(quick, tmp_path, capsys)


@pytest.mark.slow
def test_a_tampered_weight_of_a_shipped_checkpoint_is_detected(tmp_path, capsys):
    printed = verified_after_tampering(SHELF / "shapes-simclr", tmp_path, capsys)
    assert re.search(r"forged +kNN accuracy .* OFF", printed)


def verified_after_tampering(checkpoint: Path, place: Path, capsys) -> str:
    """Negate the first filters of a copy, verify it, and return what is printed."""
    folder = Path(shutil.copytree(checkpoint, place / "forged"))
    tensors = tensors_of(folder)
    name = "method.encoder.layers.0.weight"
    tensors[name] = -tensors[name]
    reseal(folder, tensors)
    assert main(["checkpoint", "verify", str(folder)]) == 1
    return capsys.readouterr().out


def test_projections_separate_unseen_pairs():
    """As in the matrix inspector: cosines of pairs exceed all others."""
    from ssl_core.augment import two_views

    data = load("shapes", count=300, held_out=100, seed=9)
    light = checkpoints.load(SHELF / "shapes-simclr")
    views = two_views(
        data.images[:64], light.config.policy, torch.Generator().manual_seed(0)
    )
    z_a, z_b = (torch.nn.functional.normalize(light.embed(v), dim=1) for v in views)
    cosines = z_a @ z_b.T
    own, others = cosines.diagonal(), cosines[~torch.eye(64, dtype=torch.bool)]
    assert own.mean() > others.mean() + 0.3


def test_the_index_needs_no_torch():
    code = (
        "import sys; from ssl_core.checkpoints.index import shipped\n"
        "print(len(shipped()), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(len(RECIPES)), "False"]


def test_the_index_ignores_unreadable_folders(quick, tmp_path):
    shutil.copytree(quick, tmp_path / "good")
    for name, text in {"a": "{", "b": "[]", "c": '{"shipped": 3}'}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / CARD).write_text(text)
    assert [entry.slug for entry in shipped(tmp_path)] == ["good"]
    assert shipped(tmp_path / "nowhere") == []


def test_a_larger_folder_of_photographs_gives_the_same_set(small_shapes):
    """All 50,000 photographs or only the 12,000 used: the same rows are chosen."""
    part = first_of_each(small_shapes, per_class=40, held_out=60)
    again = first_of_each(part, per_class=40, held_out=60)
    assert part.labels.bincount().tolist() == [40] * 8 and int(part.split.sum()) == 60
    assert torch.equal(part.images, again.images)
    assert torch.equal(part.labels, again.labels)
    assert torch.equal(part.split, again.split)
    first = (small_shapes.labels == 2).nonzero()[0].item()
    assert torch.equal(part.images[part.labels == 2][0], small_shapes.images[first])
    with pytest.raises(ValueError, match="allowed are at least 500"):
        first_of_each(small_shapes, per_class=500, held_out=60)
