"""Making what ships: every recipe with several seeds, the median one written."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch

from ssl_core.checkpoints.files import MODEL, write_pair
from ssl_core.checkpoints.index import SHELF
from ssl_core.checkpoints.reading import load
from ssl_core.checkpoints.shipped import RECIPES, TERMS, Recipe, fingerprint
from ssl_core.checkpoints.writing import save
from ssl_core.data import ImageSet
from ssl_core.probes import K_NEIGHBOURS
from ssl_core.train import Budget, Fit, Watch

# All training rows a set of 12,000 has, and all held-out ones, or all that a smaller set
# has: no choice of rows.
BANK, ASKED = 10_000, 2_000
NEVER = float("inf")
ONCE = Watch(tick_seconds=NEVER, probe_seconds=NEVER, bank=BANK, asked=ASKED, mapped=0)
UNFINISHED = ".making"  # under the target, so that a stopped make goes on there
# What decides weights and scores; a changed page makes no encoder another one.
DECIDES = (
    *("augment", "data", "methods"),
    *("batches.py", "config.py", "device.py", "encoders.py", "probes.py"),
    *("train.py", "watch.py"),
)
MEASURED = (
    f"kNN (k = {K_NEIGHBOURS}) and linear probes on the encoder's features h, not on z; "
    "the bank is the set's {bank:,} training images, asked are its {asked:,} held-out "
    "ones"
)


def is_current(recipe: Recipe, seeds: Sequence[int], into: Path) -> bool:
    """Whether this recipe, with these seeds, already lies there undamaged."""
    try:
        lies = load(into / recipe.slug)
    except ValueError:
        return False
    about = lies.card.get("recipe")
    with_seeds = isinstance(about, dict) and about.get("seeds") == sorted(seeds)
    return with_seeds and recipe.made(lies)


def make(
    recipe: Recipe,
    data: ImageSet,
    seeds: Sequence[int],
    into: Path = SHELF,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a recipe with every seed and write the one whose kNN is the median.

    Seeds that an earlier, stopped call finished are not trained again.

    Args:
        recipe: what to train.
        data: its images.
        seeds: at least one.
        into: where ``<slug>/`` goes.
        say: told of every seed that is done.

    Returns:
        The folder written.
    """
    work = into / UNFINISHED / recipe.slug
    code = commit()
    runs: dict[int, Mapping[str, Any]] = {}
    for seed in sorted(seeds):
        folder = work / f"seed-{seed}"
        runs[seed] = _finished(recipe, folder) or _train(
            recipe, data, seed, folder, code
        )
        say(f"{recipe.slug}, seed {seed}: kNN {_knn(runs[seed]):.4f}")
    best = median_seed({seed: _knn(card) for seed, card in runs.items()})
    model = (work / f"seed-{best}" / MODEL).read_bytes()
    target = into / recipe.slug
    write_pair(target, model, _card(recipe, data, best, runs))
    shutil.rmtree(work)
    with contextlib.suppress(OSError):  # others may be unfinished
        work.parent.rmdir()
    return target


def median_seed(accuracies: Mapping[int, float]) -> int:
    """The seed in the middle; of an even number, the lower of the two."""
    ranked = sorted(accuracies, key=lambda seed: (accuracies[seed], seed))
    return ranked[(len(ranked) - 1) // 2]


def commit() -> str:
    """The commit of the code that decides a result, ``-dirty`` if that was changed."""
    root = SHELF.parent
    paths = [f"ssl_core/{name}" for name in DECIDES]
    try:
        head = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--", *paths)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changed else head


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _finished(recipe: Recipe, folder: Path) -> Mapping[str, Any] | None:
    try:
        lies = load(folder)
    except ValueError:
        return None
    return lies.card if recipe.made(lies) else None


def _train(
    recipe: Recipe, data: ImageSet, seed: int, folder: Path, code: str
) -> Mapping[str, Any]:
    fit = Fit(recipe.config(seed), data, Budget(steps=recipe.steps), ONCE)
    *_, last = fit
    if last.diverged:
        raise ValueError(f"{recipe.slug}, seed {seed}: {last.problem}")
    save(folder, fit, weights_only=True, about={"commit": code})
    return load(folder).card


def _card(
    recipe: Recipe, data: ImageSet, best: int, runs: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    """The best run's card, and what makes it one of a shelf."""
    scores = [run["scores"] for run in runs.values()]
    probes = {
        name: _spread(s["probes"][name]["accuracy"] for s in scores)
        for name in scores[0]["probes"]
    }
    return dict(runs[best]) | {
        "shipped": {
            "slug": recipe.slug,
            "label": recipe.label,
            "about": recipe.about,
            "views": recipe.views,
            "order": list(RECIPES).index(recipe.slug) if recipe.slug in RECIPES else -1,
        },
        "recipe": {
            "command": recipe.command(best),
            "threads": torch.get_num_threads(),
            "seeds": list(runs),
            "chosen": f"seed {best}: its kNN accuracy is the median of {len(runs)} seeds",
        },
        "measured": MEASURED.format_map(scores[0]),
        "spread": {"knn": _spread(map(_knn, runs.values())), "probes": probes},
        "terms": TERMS[recipe.data],
        "fingerprint": fingerprint(data),
    }


def _knn(card: Mapping[str, Any]) -> float:
    return float(card["scores"]["knn"]["accuracy"])


def _spread(values: Iterable[float]) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) over the seeds, and every value."""
    values = list(values)
    std = stdev(values) if len(values) > 1 else None
    return {"mean": fmean(values), "std": std, "n": len(values), "values": values}
