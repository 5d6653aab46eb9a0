"""One run, from its folder into the mirror and back."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ssl_core.service.manifest import CHECKPOINT, FILES, HISTORY, Manifest, Vault
from ssl_core.service.marks import Copied, Mark, mark, marks
from ssl_core.service.records import ACTIVE
from ssl_core.service.store import SAVED, SLOTS, RunFolder

STATE, ASIDE = "state.json", ".pulled-"
ELSEWHERE = "It trained on another server of this app; it can go on here"


def put(
    vault: Vault, before: Manifest, folder: RunFolder, known: Mapping[str, Mark]
) -> tuple[Manifest, dict[str, Mark]]:
    """Copy what has changed.

    Args:
        vault: the run's place in the store.
        before: what is there.
        folder: the run.
        known: the marks of what is there.

    Returns:
        The new list, which does not count yet, and the marks of what it names.

    Raises:
        FileNotFoundError: if the folder goes meanwhile.
    """
    # The state before all else: what is looked at after it is at least as new.
    mark_of_state = mark(folder.path / STATE)
    state, after = (folder.path / STATE).read_bytes(), before
    now = marks(folder) | {STATE: mark_of_state}
    for name in [n for n in now if now[n] != known.get(n)]:
        if name in FILES and name != STATE:
            after = after.having(name, vault.put((folder.path / name).read_bytes()))
        elif name == HISTORY:
            text = folder.ticks.read_bytes()
            after = vault.put_history(after, text[: text.rfind(b"\n") + 1])
        elif name not in FILES:
            slot = folder.checkpoint
            parts = [(slot / Path(part).name).read_bytes() for part in CHECKPOINT]
            if marks(folder).get(name) != now[name]:  # a new one came; next time
                del now[name]
                continue
            for part, content in zip(CHECKPOINT, parts, strict=True):
                after = after.having(part, vault.put(content))
    return after.having(STATE, vault.put(state)), now


def unpack(vault: Vault, manifest: Manifest, folder: RunFolder) -> None:
    """Put a run of another server in its folder; under way there, it has ended here.

    Raises:
        FileNotFoundError: if the store holds newer objects by now.
        ValueError: if what was stored is damaged.
    """
    root = folder.path.parent
    aside = root / f"{ASIDE}{secrets.token_hex(8)}"
    made = RunFolder(aside, folder.run_id)
    try:
        (made.path / SLOTS[0]).mkdir(parents=True)
        for name in manifest.files:
            part = Path(name)
            place = (
                SLOTS[0] / part.relative_to("checkpoint") if part.parent.name else part
            )
            (made.path / place).write_bytes(vault.get(manifest, name))
        (made.path / SAVED).write_text(SLOTS[0], encoding="utf-8")
        _settle(made)
        Copied(manifest.writer, marks(made), manifest.hash()).write(made)
        if folder.path.exists():
            folder.path.rename(aside / "before")
        made.path.rename(folder.path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _settle(folder: RunFolder) -> None:
    folder.about()
    state = folder.state()
    if state.state in ACTIVE:
        folder.write_state(replace(state, state="interrupted", error=ELSEWHERE))
    if not any((folder.path / SLOTS[0]).iterdir()):
        (folder.path / SLOTS[0]).rmdir()
        (folder.path / SAVED).unlink()


def may_replace(folder: RunFolder, me: str) -> bool:
    """Whether a run is not here, or only as another server's copy, as it was pulled."""
    if not folder.path.exists():
        return True
    known = Copied.read(folder)
    return known.writer not in ("", me) and known.marks == marks(folder)
