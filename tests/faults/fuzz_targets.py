"""What a user can hand in, and the function that has to cope with it."""

import hashlib
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutations import WORDS, anything, mutated, mutated_json, mutated_text
from PIL import Image

from ssl_core import checkpoints
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import ImageSet, audio, load
from ssl_core.data.clips import clips
from ssl_core.data.folder import folder
from ssl_core.methods import METHODS
from ssl_core.quiz import bank, judging, results, review, serialization
from ssl_core.quiz.progress import Attempt, Progress
from ssl_core.quiz.sets import Set
from ssl_core.train import Budget, Fit, Watch

HOME = Path(__file__).parents[2]
WATCH = Watch(bank=64, asked=32, mapped=32)
Target = Callable[[random.Random, Path], object]


@dataclass(frozen=True)
class Given:
    """Valid inputs, made once; each fuzzed input is a mutation of one of them."""

    images: Mapping[str, bytes]
    sounds: Mapping[str, bytes]
    images_zip: bytes
    sounds_zip: bytes
    model: bytes
    card: Mapping[str, Any]
    progress: str
    banks: tuple[str, ...]
    library: bank.Library
    data: ImageSet

    @classmethod
    def made(cls) -> "Given":
        """All of them."""
        images, sounds, library = _images(), _sounds(), bank.shipped()
        model, card = checkpoint()
        files = sorted((HOME / "assets" / "quiz").glob("*.toml"))
        return cls(
            images,
            sounds,
            packed(images),
            packed(sounds),
            model,
            card,
            serialization.dumps(_progress(library)),
            tuple(f.read_text(encoding="utf-8") for f in files if f.stem != "concepts"),
            library,
            load("shapes", count=300, held_out=100),
        )


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def targets(given: Given) -> dict[str, Target]:
    """Name -> a function that hands in one mutated input; only ValueError is allowed."""

    def links(rng: random.Random, _: Path) -> object:
        names = ("lesson", "concept", "difficulty", "kind", "count", "exam", "q")
        query = {n: _word(rng, given) for n in names if rng.random() < 0.5}
        chosen = Set.of(query, given.library)
        return chosen.ids(given.library), Set.of(
            chosen.query(), given.library
        ) == chosen

    def knobs(rng: random.Random, _: Path) -> object:
        method = rng.choice(list(METHODS))
        names = [*all_knobs(method), "augment", "nonsense"]
        values: dict[str, Any] = {"method": method}
        for name in rng.sample(names, rng.randint(1, 5)):
            values[name] = anything(rng)
        if rng.random() < 0.5:  # a valid config with one thing changed
            flat = RunConfig.of({"method": method}).flat()
            values = {"all": flat} if rng.random() < 0.02 else _within(flat, rng)
        text = values.get("augment")
        if isinstance(text, str | int):  # quoted whole: only its writer reads it
            values["augment"] = text[:200] if isinstance(text, str) else text % 10**9
        config = RunConfig.of(values)
        return RunConfig.of(json.loads(json.dumps(config.flat())))

    def one_knob(rng: random.Random, _: Path) -> object:
        known = all_knobs(rng.choice(list(METHODS)))
        name = rng.choice(list(known))
        return known[name].check(name, anything(rng))

    def progress(rng: random.Random, _: Path) -> object:
        if rng.random() < 0.6:
            changed = mutated_json(json.loads(given.progress), rng)
            read = serialization.loads(json.dumps(changed, default=str))
        else:
            read = serialization.loads(mutated(given.progress.encode(), rng))
        return _used(read, given.library)

    def banks(rng: random.Random, _: Path) -> object:
        text = rng.choice(given.banks)
        if rng.random() < 0.6:
            return bank.parse(mutated_text(text, rng), "mine.toml")
        return bank.parse(mutated(text.encode(), rng), "mine.toml")

    def zips_of_images(rng: random.Random, place: Path) -> object:
        return folder(_file(place, "a.zip", mutated(given.images_zip, rng)))

    def zips_of_mutated_images(rng: random.Random, place: Path) -> object:
        files = {n: _maybe(d, rng) for n, d in given.images.items()}
        name = rng.choice(WORDS)[:200].encode("utf-8", "replace").decode()
        files["x" + name] = rng.choice(list(files.values()))
        files[name.lstrip("\0") or "x"] = rng.choice(list(files.values()))
        return folder(_file(place, "a.zip", packed(files)))

    def folders_of_images(rng: random.Random, place: Path) -> object:
        for name, data in given.images.items():
            _file(place, name, _maybe(data, rng))
        return folder(place)

    def sounds(rng: random.Random, _: Path) -> object:
        return audio.decode(mutated(rng.choice(list(given.sounds.values())), rng))

    def zips_of_sounds(rng: random.Random, place: Path) -> object:
        if rng.random() < 0.5:
            return clips(_file(place, "a.zip", mutated(given.sounds_zip, rng)))
        files = {n: _maybe(d, rng) for n, d in given.sounds.items()}
        return clips(_file(place, "a.zip", packed(files)))

    def zips_of_checkpoints(rng: random.Random, place: Path) -> object:
        parts = {
            "model.safetensors": given.model,
            "card.json": json.dumps(given.card).encode(),
        }
        whole = packed(parts, zipfile.ZIP_STORED)
        return checkpoints.load(_file(place, "a.zip", mutated(whole, rng)))

    def sealed_checkpoints(rng: random.Random, place: Path) -> object:
        """Mutated, but with the right checksum, as an attacker would compute it."""
        model = mutated(given.model, rng) if rng.random() < 0.5 else given.model
        card = dict(given.card)
        if rng.random() < 0.7:
            card = mutated_json(card, rng)
        if isinstance(card, dict):
            card["sha256"] = hashlib.sha256(model).hexdigest()
        _file(place, "c/model.safetensors", model)
        _file(place, "c/card.json", json.dumps(card, default=str).encode())
        loaded = checkpoints.load(place / "c")
        # As a worker does, which takes the data from its own server.
        loaded.restore(Fit(loaded.config, given.data, Budget(steps=3), WATCH))
        return loaded

    return {name: target for name, target in locals().items() if name != "given"}


def _word(rng: random.Random, given: Given) -> str:
    known = [
        *(b.lesson for b in given.library.banks),
        *("1,2", "true", "choice", "10", "concept"),
    ]
    word = rng.choice(known) if rng.random() < 0.5 else rng.choice(WORDS)
    return mutated_text(word, rng) if rng.random() < 0.3 else word


def _within(flat: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A config of which one to three values are something else."""
    changed = dict(flat)
    for name in rng.sample(list(flat), rng.randint(1, 3)):
        changed[name] = mutated_json(flat[name], rng)
    return changed


def _maybe(data: bytes, rng: random.Random) -> bytes:
    return mutated(data, rng) if rng.random() < 0.5 else data


def _file(place: Path, name: str, data: bytes) -> Path:
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _used(read: Progress, library: bank.Library) -> object:
    """What pages do with a progress file that was taken."""
    again = serialization.loads(serialization.dumps(read))
    merged = read.merged(again)
    for question in library:
        latest = merged.latest(question.id)
        if latest and judging.fits(question, latest.answer):
            judging.judge(question, latest.answer)
    review.due(merged, library, now=1_800_000_000)
    return results.by_lesson(merged, library)


def _progress(library: bank.Library) -> Progress:
    kept = Progress(seed=7)
    answers = {"true_false": True, "numeric": 0.5, "order": (0, 1), "short": "Words."}
    for at, question in enumerate(list(library)[:30]):
        answer = answers.get(question.kind, 0)
        kept = kept.with_attempt(
            Attempt(
                question=question.id, at=1_700_000_000 + at, answer=answer, score=0.5
            )
        )
    return kept


def checkpoint() -> tuple[bytes, dict[str, Any]]:
    """Weights and card of a whole run of two steps."""
    data = load("shapes", count=300, held_out=100)
    fit = Fit(RunConfig(batch_size=8), data, Budget(steps=2), WATCH)
    for _ in fit:
        pass
    with tempfile.TemporaryDirectory() as place:
        checkpoints.save(Path(place) / "c", fit)
        model = (Path(place) / "c" / "model.safetensors").read_bytes()
        return model, json.loads((Path(place) / "c" / "card.json").read_bytes())


def _images() -> dict[str, bytes]:
    kinds = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
    modes = ("RGB", "L", "P", "RGBA", "1")
    rng, made = np.random.default_rng(0), {}
    for i in range(12):
        kind, mode = kinds[i % len(kinds)], modes[i % len(modes)]
        picture = Image.fromarray(rng.integers(0, 255, (20, 24, 3), dtype=np.uint8))
        out = io.BytesIO()
        mode = "RGB" if kind in ("JPEG", "WEBP") else mode
        picture.convert(mode).save(out, kind)
        made[f"class{i % 2}/{i}.{kind.lower()}"] = out.getvalue()
    return made


def _sounds() -> dict[str, bytes]:
    rng, made = np.random.default_rng(0), {}
    kinds = (
        *(("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "ULAW"), ("WAV", "PCM_24")),
        *(
            ("FLAC", "PCM_16"),
            ("OGG", "VORBIS"),
            ("WAV", "IMA_ADPCM"),
            ("WAV", "PCM_U8"),
        ),
    )
    for i, (kind, subtype) in enumerate(kinds):
        out = io.BytesIO()
        wave = 0.3 * rng.standard_normal((2400, 1 + i % 2))
        soundfile.write(out, wave, 8000, format=kind, subtype=subtype)
        made[f"word{i % 2}_anna_{i}.{kind.lower()}"] = out.getvalue()
    return made
