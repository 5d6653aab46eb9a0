"""``checkpoint verify`` and ``checkpoint make``: the encoders that ship with the app."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ssl_core import checkpoints
from ssl_core.checkpoints.index import SHELF
from ssl_core.checkpoints.making import is_current, make
from ssl_core.checkpoints.shipped import PHOTOGRAPHS, RECIPES, Recipe, images_of
from ssl_core.checkpoints.verifying import TOLERANCE, Verdict, same_pictures, verify
from ssl_core.cli.screen import columns
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet
from ssl_core.knobs import knobs_of

DEFAULT_SEEDS = "0,1,2,3,4"
OWN = ("shapes", "voices")  # drawn or spoken by this program


def add_verify(actions: Any) -> None:
    """The arguments of ``verify``, as one more action."""
    about = f"Measure scores again; more than {TOLERANCE} off is an error (status 1)."
    one = actions.add_parser("verify", help=about, description=about)
    one.add_argument(
        "names", metavar="SLUG|DIR", nargs="*", help="All that ship if left out."
    )
    one.set_defaults(act=_prepare_verify)
    _add_photos(one)


def add_make(actions: Any) -> None:
    """The arguments of ``make``, as one more action."""
    about = "Train what ships; a stopped make goes on where it was."
    one = actions.add_parser("make", help=about, description=about)
    one.add_argument(
        "names", metavar="SLUG", nargs="*", help=f"Of {', '.join(RECIPES)}."
    )
    one.add_argument("--seeds", default=DEFAULT_SEEDS, help="Comma-separated.")
    one.add_argument("--into", metavar="DIR", help="Default: the app's checkpoints/.")
    one.add_argument("--again", action="store_true", help="Also what is up to date.")
    one.set_defaults(act=_prepare_make)
    _add_photos(one)


def _add_photos(parser: argparse.ArgumentParser) -> None:
    about = "CIFAR-10's training images as JPEG files, one folder a class."
    parser.add_argument("--photos", metavar="DIR", help=about)


def _prepare_verify(args: argparse.Namespace) -> Callable[[], int]:
    made = {p.name for p in SHELF.glob("*/") if not p.name.startswith(".")}
    # What is declared but not there is missing, which loading it will say.
    known = [*RECIPES, *sorted(made - RECIPES.keys())]
    for name in args.names:
        if name not in known and not Path(name).exists():
            allowed = ", ".join(known)
            raise ValueError(
                f"SLUG|DIR is {name!r}; allowed are {allowed}, or a checkpoint's folder"
            )
    paths = [SHELF / n if n in known else Path(n) for n in args.names or known]
    photos = _photos(args.photos)
    card = _any_card_of_photographs()
    if photos is not None and card is not None and not same_pictures(card, photos):
        raise ValueError(
            f"--photos is {args.photos!r}, which holds other pictures than those that "
            "were learned from; allowed are CIFAR-10's training images"
        )
    return lambda: _verify(paths, photos)


def _verify(paths: Sequence[Path], photos: ImageSet | None) -> int:
    images = {name: images_of(name) for name in OWN}
    if photos is not None:
        images[PHOTOGRAPHS] = photos
    verdicts = []
    for path in paths:
        print(f"verifying {path.name}", file=sys.stderr, flush=True)
        verdicts.append(verify(path, images))
    print(_table(verdicts))
    return int(any(verdict.failed for verdict in verdicts))


def _table(verdicts: Sequence[Verdict]) -> str:
    """kNN of each, the other score that is furthest off, and whatever is too far."""
    lines = [["", "score", "card", "recomputed", "difference", ""]]
    for verdict in verdicts:
        knn, others = verdict.rows[:1], verdict.rows[1:]
        furthest = sorted(others, key=lambda row: -abs(row.difference))
        shown = [*knn, *furthest[:1], *(row for row in furthest[1:] if row.off)]
        for row in shown:
            cells = (
                f"{row.card:.4f}",
                f"{row.recomputed:.4f}",
                f"{row.difference:+.4f}",
            )
            mark = "OFF" if row.off else "ok"
            lines.append([verdict.name, row.measure, *cells, mark])
    count = sum(len(v.rows) for v in verdicts)
    notes = [v.problem for v in verdicts if v.problem]
    told = (
        f"{count} scores recomputed; of each checkpoint kNN, the furthest other and all "
        f"that are off by more than {TOLERANCE}"
    )
    table = [columns(lines), ""] if count else []
    return "\n".join([*table, *map(_printable, notes), told])


def _prepare_make(args: argparse.Namespace) -> Callable[[], int]:
    for name in args.names:
        if name not in RECIPES:
            raise ValueError(f"SLUG is {name!r}; allowed are {', '.join(RECIPES)}")
    seeds = _seeds(args.seeds)
    into = Path(args.into) if args.into else SHELF
    wanted = [RECIPES[name] for name in args.names or RECIPES]
    todo = [r for r in wanted if args.again or not is_current(r, seeds, into)]
    for recipe in wanted:
        if recipe not in todo:
            print(f"{recipe.slug}: up to date", file=sys.stderr)
    needy = [r.slug for r in todo if r.data == PHOTOGRAPHS]
    if needy and args.photos is None:
        raise ValueError(
            f"--photos is missing, which {', '.join(needy)} learns from; allowed is a "
            "folder of CIFAR-10's training images"
        )
    photos = _photos(args.photos) if needy else None
    return lambda: _make(todo, photos, seeds, into)


def _make(
    todo: Sequence[Recipe], photos: ImageSet | None, seeds: Sequence[int], into: Path
) -> int:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        images = {name: images_of(name) for name in OWN}
        for recipe in todo:
            data = images.get(recipe.data, photos)
            assert data is not None
            place = make(recipe, data, seeds, into, _say)
            _say(f"{recipe.slug}: written to {place}")
    finally:
        torch.set_num_threads(before)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _photos(path: str | None) -> ImageSet | None:
    if path is None:
        return None
    try:
        return images_of(PHOTOGRAPHS, path)
    except ValueError as error:
        raise ValueError(f"--photos is {path!r}: {error}") from None


def _any_card_of_photographs() -> dict[str, Any] | None:
    for recipe in RECIPES.values():
        if recipe.data == PHOTOGRAPHS:
            try:
                return dict(checkpoints.load(SHELF / recipe.slug).card)
            except ValueError:
                continue
    return None


def _seeds(text: str) -> tuple[int, ...]:
    knob = knobs_of(RunConfig)["seed"]
    seeds = tuple(knob.check("--seeds", part.strip()) for part in text.split(","))
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"--seeds is {text!r}; allowed is every seed once")
    return seeds


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
