"""A learner's own images: a folder or a zip, one subfolder a class or no classes."""

import os
import random
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from ssl_core.data.archive import entries
from ssl_core.data.base import Factor, ImageSet, held_out_split
from ssl_core.data.files import Entry, Skipped
from ssl_core.data.limits import LIMITS, Limits
from ssl_core.data.picture import decode
from ssl_core.knobs import Knob

THREADS = min(4, os.cpu_count() or 1)  # each may hold one large decoded picture
REASONS_TOLD = 3

Progress = Callable[[int, int], None]


def folder(
    path: str | Path,
    size: int = 32,
    held_out: int | None = None,
    seed: int = 0,
    limit: int = 50_000,
    *,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> ImageSet:
    """Load a folder or a zip of images; nothing in it is trusted.

    The first folder below the one that all images share is the class. Files that cannot
    be used are named in ``skipped`` with the reason and never stop the rest.

    Args:
        path: of the folder or zip.
        size: side of the pictures made of them, in pixels.
        held_out: rows training never sees; None takes a fifth, at least 2 and at most
            2,000.
        seed: chooses the held-out rows, and which images are taken beyond ``limit``.
        limit: most images taken; more are thinned at random, the largest classes first.
        progress: called with (files read, files in all); may raise to stop.
        limits: what is refused or skipped.

    Returns:
        An :class:`ImageSet` with ``images [N, 3, size, size]`` in the order of the
        names, and the factor "class" unless there are no subfolders.

    Raises:
        ValueError: naming an option out of range, or why the whole cannot be used.
    """
    path = Path(path).expanduser().resolve()
    size = Knob(32, low=8, high=128).check("size", size)
    seed = Knob(0, low=0, high=2**31 - 1).check("seed", seed)
    limit = Knob(50_000, low=limits.fewest, high=200_000).check("limit", limit)
    with entries(path, limits) as (found, skipped):
        chosen = _thinned(found, limit, seed)
        images, kept = _decode_all(chosen, size, limits, skipped, progress)
    names = [chosen[i].name for i in kept]
    classes = class_names(names)
    if classes is not None:
        inside = [row for row, name in enumerate(classes) if name is not None]
        outside = sorted(set(range(len(names))) - set(inside))
        skipped += [(names[row], "outside the class folders") for row in outside]
        images, classes = images[inside], [classes[row] for row in inside]
    count = len(images)
    if count < limits.fewest:
        raise ValueError(_too_few(path.name, count, skipped, limits))
    default = max(2, min(2_000, count // 5))
    rows = Knob(default, low=1, high=count - 2).check(
        "held_out", default if held_out is None else held_out
    )
    factors = {"class": _factor(classes)} if classes is not None else {}
    label = "class" if factors else None
    split = held_out_split(count, rows, seed)
    return ImageSet(
        path.name,
        torch.from_numpy(images),
        factors,
        label,
        split,
        tuple(sorted(skipped)),
    )


def class_names(names: Sequence[str]) -> list[str | None] | None:
    """The class of each file: its first folder below the one that all files share.

    Args:
        names: file names with "/" between the parts.

    Returns:
        A class per name, None for a stray file beside the class folders; or None if
        there are no classes, because most files lie in no folder, or all in one.
    """
    folders = [tuple(name.split("/")[:-1]) for name in names]
    while True:
        heads = [f[0] if f else None for f in folders]
        inside = [h for h in heads if h is not None]
        if not inside or 2 * len(inside) < len(heads):
            return None
        if len(set(inside)) > 1:
            return heads
        folders = [f[1:] for f in folders]  # one folder wraps them all: step into it


def _thinned(found: list[Entry], limit: int, seed: int) -> list[Entry]:
    """At most ``limit`` entries, the classes as even as can be, in their old order."""
    if len(found) <= limit:
        return found
    classes = class_names([e.name for e in found]) or [None] * len(found)
    order = list(range(len(found)))
    random.Random(seed).shuffle(order)
    turns: dict[str | None, int] = {}
    ranked = []
    for row in order:
        turn = turns.get(classes[row], 0)
        turns[classes[row]] = turn + 1
        ranked.append((turn, row))
    # Every class gives its first before any gives its second: small ones stay whole.
    ranked.sort(key=lambda pair: pair[0])
    return [found[row] for row in sorted(row for _, row in ranked[:limit])]


def _decode_all(
    chosen: list[Entry],
    size: int,
    limits: Limits,
    skipped: Skipped,
    progress: Progress | None,
) -> tuple[np.ndarray, list[int]]:
    """Pictures ``[n, 3, size, size]`` of the entries that could be read, and which."""

    def one(entry: Entry) -> np.ndarray | str:
        try:
            return decode(entry.read(), size, limits)
        except ValueError as error:
            return str(error)

    images = np.empty((len(chosen), 3, size, size), dtype=np.uint8)
    kept: list[int] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        # Pillow warns of broken EXIF and large pictures; both are dealt with by name.
        warnings.filterwarnings("ignore", module="PIL")
        try:
            for row, result in enumerate(pool.map(one, chosen)):
                if isinstance(result, str):
                    skipped.append((chosen[row].name, result))
                else:
                    images[len(kept)] = result
                    kept.append(row)
                if progress and (row % 100 == 99 or row + 1 == len(chosen)):
                    progress(row + 1, len(chosen))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return images[: len(kept)], kept


def _factor(classes: Sequence[str | None]) -> Factor:
    names = tuple(sorted({c for c in classes if c is not None}))
    index = {name: i for i, name in enumerate(names)}
    return Factor(torch.tensor([index[c] for c in classes if c]), "class", names)


def _too_few(name: str, count: int, skipped: Skipped, limits: Limits) -> str:
    told = [f"{file} ({reason})" for file, reason in skipped[:REASONS_TOLD]]
    more = len(skipped) - len(told)
    why = f"; skipped: {', '.join(told)}" if told else ""
    rest = f" and {more} more" if more else ""
    return (
        f"{name} holds {count} usable image{'' if count == 1 else 's'}; "
        f"allowed is at least {limits.fewest}{why}{rest}"
    )
