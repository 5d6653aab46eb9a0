"""One sound run, and copies of it of which one file each is damaged."""

import json
import random
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutants import spoiled, spoiled_json

from ssl_core.service import Service, Settings
from ssl_core.service.store import new_id
from ssl_core.train import RunConfig

PATIENCE = 120.0
FILES = (
    *("config.json", "state.json", "ticks.jsonl", "latest.npz", "map_set.npz"),
    *("saved", "checkpoint/card.json", "checkpoint/model.safetensors"),
)
Harm = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Damaged:
    """A run with a damaged file.

    Args:
        run: its id.
        owner: whose it is, as the file said before.
        file: what is damaged, how what was done to it.
    """

    run: str
    owner: str
    file: str
    how: str


def interrupted(root: Path) -> str:
    """The id of a run that trained a little before its server was closed."""
    service = Service(root, Settings(workers=1), mapper=False)
    try:
        run = service.submit(RunConfig(batch_size=8), owner=secrets.token_urlsafe(16))
        wait_for(lambda: service.checkpoint(run), "a checkpoint")
        wait_for(lambda: len(service.history(run)) > 5, "some ticks")
    finally:
        service.close()
    return run


def damaged(root: Path, run: str, spoilings: int, seed: int) -> list[Damaged]:
    """Copies of a run; every file is damaged in every way once."""
    dice, made = random.Random(seed), []
    for file in FILES:
        for how, harm in (*_WAYS.items(), *[("spoiled", spoiled)] * spoilings):
            made.append(_copy(root, run, file, how, harm, dice))
        if file.endswith(".json"):
            made += [
                _copy(root, run, file, "json", _json, dice) for _ in range(spoilings)
            ]
    return made


def sound_copy(root: Path, run: str) -> Damaged:
    """A copy with nothing wrong."""
    return _copy(root, run, "config.json", "nothing", lambda data, _: data, None)


def wait_for(claim: Callable[[], object], what: str) -> None:
    """Wait for what must come."""
    until = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < until, f"waited {PATIENCE:g} s in vain for: {what}"
        time.sleep(0.02)


def _copy(
    root: Path, run: str, file: str, how: str, harm: Harm, dice: random.Random | None
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
    content = harm(path.read_bytes(), dice)  # type: ignore[arg-type]
    if how == "missing":
        path.unlink()
    elif how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(content)
    return Damaged(made, owner, file, how)


def _json(data: bytes, dice: random.Random) -> bytes:
    return json.dumps(spoiled_json(json.loads(data), dice), default=str).encode()


_WAYS: dict[str, Harm] = {
    "missing": lambda data, _: data,
    "a folder": lambda data, _: data,
    "empty": lambda data, _: b"",
    "half": lambda data, _: data[: len(data) // 2],
    "garbage": lambda data, dice: dice.randbytes(len(data)),
    "zeros": lambda data, _: bytes(len(data)),
    "a list": lambda data, _: b"[1, 2]",
    "null": lambda data, _: b"null\nnull\n",
}
