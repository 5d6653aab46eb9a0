"""A learner's own recordings: a folder or a zip, one spoken thing to a file."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ssl_core.data.archive import entries
from ssl_core.data.audio import decode, missing
from ssl_core.data.base import HELD_OUT, Factor, held_out_split
from ssl_core.data.files import SOUNDS, Entry, Skipped
from ssl_core.data.limits import LIMITS, Limits
from ssl_core.data.sound import RATE, SAMPLES, SoundSet, log_mel
from ssl_core.data.takes import known
from ssl_core.knobs import Knob

THREADS = min(4, os.cpu_count() or 1)  # each may hold the head of one large file
REASONS_TOLD = 3

Progress = Callable[[int, int], None]


def clips(
    path: str | Path,
    held_out: int | None = None,
    seed: int = 0,
    limit: int = 20_000,
    speakers_out: tuple[str, ...] | str = (),
    *,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> SoundSet:
    """Load a folder or a zip of WAV, FLAC or OGG files; nothing in it is trusted.

    Files are named ``<label>_<speaker>_<take>.wav`` with a number as the take, or lie in
    one subfolder a label; if neither, nothing is known of them. Each gives one clip of
    1.024 seconds, see :func:`ssl_core.data.audio.decode`. Files that cannot be used are
    named in ``skipped`` with the reason and never stop the rest.

    Args:
        path: of the folder or zip.
        held_out: rows that training never hears; None takes a fifth, at least 2 and at
            most 2,000.
        seed: chooses the held-out rows, and which files are taken beyond ``limit``.
        limit: most files taken; of more, this many at random.
        speakers_out: hold out every clip of these speakers, and no other.
        progress: called with (files read, files in all); may raise to stop.
        limits: what is refused or skipped.

    Returns:
        A :class:`SoundSet` with ``images [N, 1, 32, 64]`` in the order of the names, and
        the factors said (the label) and speaker where they are known.

    Raises:
        ValueError: naming an option out of range, or why the whole cannot be used.
    """
    path = Path(path).expanduser().resolve()
    seed = Knob(0, low=0, high=2**31 - 1).check("seed", seed)
    limit = Knob(20_000, low=limits.fewest, high=100_000).check("limit", limit)
    if reason := missing():
        raise ValueError(f"{path.name} cannot be read: {reason}")
    with entries(path, limits, SOUNDS) as (found, skipped):
        chosen = _thinned(found, limit, seed)
        waves, kept = _decode_all(chosen, limits, skipped, progress)
    names = [chosen[row].name for row in kept]
    rows, factors, strays = known(names)
    skipped += strays
    if len(rows) < limits.fewest:
        raise ValueError(_too_few(path.name, len(rows), skipped, limits))
    split = _split(len(rows), held_out, seed, factors.get("speaker"), speakers_out)
    label = "said" if "said" in factors else None
    sound = waves[torch.tensor(rows)] if len(rows) < len(waves) else waves
    return SoundSet(
        path.name,
        log_mel(sound),
        factors,
        label,
        split,
        tuple(sorted(skipped)),
        clips=sound,
        rate=RATE,
    )


def _split(
    count: int,
    held_out: int | None,
    seed: int,
    speaker: Factor | None,
    out: tuple[str, ...] | str,
) -> Tensor:
    out = (out,) if isinstance(out, str) else tuple(out)
    if out and held_out is not None:
        raise ValueError(
            f"held_out is {held_out} and speakers_out is {', '.join(out)}; allowed is "
            "one of them"
        )
    if out:
        return HELD_OUT * _spoken_by(out, speaker).long()
    default = max(2, min(2_000, count // 5))
    rows = Knob(default, low=1, high=count - 2).check(
        "held_out", default if held_out is None else held_out
    )
    return held_out_split(count, rows, seed)


def _spoken_by(out: tuple[str, ...], speaker: Factor | None) -> Tensor:
    """Which rows are of these speakers, ``[N]`` bool."""
    names = speaker.names if speaker else ()
    if speaker is None or not set(out) < set(names):
        some = f"are some, not all, of {', '.join(names)}"
        none = "is none: the files' names tell of no two speakers"
        raise ValueError(
            f"speakers_out is {', '.join(out)}; allowed {some if names else none}"
        )
    return torch.isin(speaker.values, torch.tensor([names.index(o) for o in out]))


def _thinned(found: list[Entry], limit: int, seed: int) -> list[Entry]:
    """At most ``limit`` entries at random, in their old order."""
    if len(found) <= limit:
        return found
    rows = random.Random(seed).sample(range(len(found)), limit)
    return [found[row] for row in sorted(rows)]


def _decode_all(
    chosen: list[Entry], limits: Limits, skipped: Skipped, progress: Progress | None
) -> tuple[Tensor, list[int]]:
    """Clips ``[n, SAMPLES]`` int16 of the entries that could be read, and which."""

    def one(entry: Entry) -> np.ndarray | str:
        try:
            return decode(entry.read(), limits)
        except ValueError as error:
            return str(error)

    waves = torch.empty(len(chosen), SAMPLES, dtype=torch.int16)
    kept: list[int] = []
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for row, result in enumerate(pool.map(one, chosen)):
                if isinstance(result, str):
                    skipped.append((chosen[row].name, result))
                else:
                    waves[len(kept)] = torch.from_numpy(result)
                    kept.append(row)
                if progress and (row % 100 == 99 or row + 1 == len(chosen)):
                    progress(row + 1, len(chosen))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return waves[: len(kept)], kept


def _too_few(name: str, count: int, skipped: Skipped, limits: Limits) -> str:
    told = [f"{file} ({reason})" for file, reason in skipped[:REASONS_TOLD]]
    more = len(skipped) - len(told)
    why = f"; skipped: {', '.join(told)}" if told else ""
    rest = f" and {more} more" if more else ""
    return (
        f"{name} holds {count} usable recording{'' if count == 1 else 's'}; "
        f"allowed is at least {limits.fewest}{why}{rest}"
    )
