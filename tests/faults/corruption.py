"""One intact run, and copies of it in each of which one file is damaged."""

import json
import random
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutations import mutated, mutated_json

from ssl_core.service import Service, Settings
from ssl_core.service.run_files import new_id
from ssl_core.train import RunConfig
from tests.polling import START_LIMIT_S, wait_until

FILES = (
    *("config.json", "state.json", "ticks.jsonl", "latest.npz", "map_set.npz"),
    *("saved", "checkpoint/card.json", "checkpoint/model.safetensors"),
)
Damage = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Damaged:
    """A run with a damaged file.

    Args:
        run: its id.
        owner: whose it is, by the intact file.
        file: which one is damaged.
        how: in which way.
    """

    run: str
    owner: str
    file: str
    how: str


def interrupted(root: Path) -> str:
    """The id of a run that trained a little before its server was closed."""
    service = Service(root, Settings(workers=1), umap=False)
    try:
        run = service.submit(RunConfig(batch_size=8), owner=secrets.token_urlsafe(16))
        wait_until(lambda: service.checkpoint(run), "a checkpoint", START_LIMIT_S)
        wait_until(lambda: len(service.history(run)) > 5, "some ticks")
    finally:
        service.close()
    return run


def damaged(root: Path, run: str, mutations: int, seed: int) -> list[Damaged]:
    """Copies of a run; every file is damaged in every way once."""
    rng, made = random.Random(seed), []
    for file in FILES:
        for how, damage in (*_WAYS.items(), *[("mutated", mutated)] * mutations):
            made.append(_copy(root, run, file, how, damage, rng))
        if file.endswith(".json"):
            made += [
                _copy(root, run, file, "json", _json, rng) for _ in range(mutations)
            ]
    return made


def intact_copy(root: Path, run: str) -> Damaged:
    """A copy with nothing wrong."""
    return _copy(root, run, "config.json", "nothing", lambda data, _: data, None)


def _copy(
    root: Path, run: str, file: str, how: str, damage: Damage, rng: random.Random | None
) -> Damaged:
    made, owner = new_id(), secrets.token_urlsafe(16)
    shutil.copytree(root / run, root / made)
    about = json.loads((root / made / "config.json").read_bytes())
    config = json.dumps(about | {"owner": owner}).encode()
    (root / made / "config.json").write_bytes(config)
    path = root / made / file
    if file.startswith("checkpoint"):  # the one of the two that counts
        slot = (root / made / "saved").read_text()
        path = root / made / slot / path.name
    content = damage(path.read_bytes(), rng)  # type: ignore[arg-type]
    if how == "missing":
        path.unlink()
    elif how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(content)
    return Damaged(made, owner, file, how)


def _json(data: bytes, rng: random.Random) -> bytes:
    return json.dumps(mutated_json(json.loads(data), rng), default=str).encode()


_WAYS: dict[str, Damage] = {
    "missing": lambda data, _: data,
    "a folder": lambda data, _: data,
    "empty": lambda data, _: b"",
    "half": lambda data, _: data[: len(data) // 2],
    "garbage": lambda data, rng: rng.randbytes(len(data)),
    "zeros": lambda data, _: bytes(len(data)),
    "a list": lambda data, _: b"[1, 2]",
    "null": lambda data, _: b"null\nnull\n",
}
