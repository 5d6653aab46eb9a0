"""The figures that ship: one file a comparison, and the table of tests/README.md."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from ssl_core.bench.timing import Comparison, Skipped
from ssl_core.report import processor, versions

FOLDER = Path(__file__).parents[2] / "assets" / "evidence"
FORMAT = "ssl_core bench 1"
HEAD = ("Compared", "Ours", "Peer", "Times less (from to)", "n", "Wanted")


def path_of(name: str) -> Path:
    """Where the figures of a comparison that ship lie."""
    return FOLDER / f"bench-{name}.json"


OF_THE_APP = path_of("app")  # made by ``python -m tests.benchmarks``, in a browser


def shipped() -> list[Path]:
    """The figures of all comparisons that ship."""
    return sorted(set(FOLDER.glob(path_of("*").name)) - {OF_THE_APP})


def record(
    name: str,
    about: str,
    parts: Mapping[str, Comparison | Skipped],
    command: str,
    commit: str | None,
) -> dict[str, Any]:
    """Everything about one comparison, for its file.

    Args:
        name, about: of the comparison.
        parts: what each part gave.
        command: how to make these figures.
        commit: of the code that made them.
    """
    return {
        "format": FORMAT,
        "name": name,
        "about": about,
        "command": command,
        "commit": commit,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "device": processor(),
        "versions": versions(),
        "parts": {
            part: {"skipped": str(got)} if isinstance(got, Skipped) else got.as_dict()
            for part, got in parts.items()
        },
    }


def read(path: Path) -> dict[str, Any]:
    """The figures of one comparison.

    Raises:
        ValueError: if the file is damaged or another's.
    """
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{path.name} holds no figures of a comparison") from None
    return said


def table() -> str:
    """All figures that ship as a table for tests/README.md, and what measured them."""
    rows, by = [HEAD, ("---",) * len(HEAD)], set[str]()
    for path in shipped():
        said = read(path)
        rows += [row(said["name"], part, got) for part, got in said["parts"].items()]
        by.add(f"{said['device']}, torch {said['versions']['torch']}, {said['date']}")
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([*lines, "", f"Measured on {'; '.join(sorted(by))}."])


def row(name: str, part: str, got: Mapping[str, Any]) -> tuple[str, ...]:
    """One part in words.

    Args:
        name: of the comparison.
        part: its name.
        got: of :meth:`ssl_core.bench.Comparison.as_dict`, or why it was skipped.
    """
    title = f"`{name}`: {part}"
    if "skipped" in got:
        return title, "–", "–", f"skipped: {got['skipped']}", "0", "–"
    least, most = _digits(got["ratio_min"]), _digits(got["ratio_max"])
    return (
        title,
        _cost(got, "ours"),
        f"{got['peer']}: {_cost(got, 'theirs')}",
        f"{_digits(got['ratio'])} ({least} to {most})",
        str(got["n"]),
        got["wanted"] or "–",
    )


def _cost(got: Mapping[str, Any], who: str) -> str:
    """The median of a contestant's rounds, as a rate if it has one."""
    cost = median(got[f"{who}_rounds"])
    if got["items"]:
        return f"{_digits(got['items'] / cost)} {got['item']}/s"
    return (
        f"{_digits(cost)} MB" if got["unit"] == "MB" else f"{_digits(1000 * cost)} ms"
    )


def _digits(value: float) -> str:
    """Three digits, which is more than the noise allows."""
    return f"{float(f'{value:.3g}'):,.10g}"
