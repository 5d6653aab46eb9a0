"""Measured figures with their number and spread."""

import json
import math
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from ssl_core.report import processor

PACKAGES = ("streamlit", "torch", "umap-learn", "playwright")


@dataclass(frozen=True)
class Figure:
    """One measured quantity.

    Args:
        what: in words.
        unit: of its values.
        values: one for each time it was measured, in that order.
        target: what is wanted, in words; empty if nothing is.
        at: the share of the values that may lie below what is told: 0.5, the median.
    """

    what: str
    unit: str
    values: Sequence[float]
    target: str = ""
    at: float = 0.5

    @property
    def value(self) -> float:
        """The reported quantile of all values."""
        if self.at == 0.5:
            return median(self.values)
        return sorted(self.values)[math.ceil(self.at * len(self.values)) - 1]

    def about(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "what": self.what,
            "unit": self.unit,
            "n": len(self.values),
            "at": self.at,
            "value": round(self.value, 4),
            "low": round(min(self.values), 4),
            "high": round(max(self.values), 4),
            "target": self.target,
            "values": [round(value, 4) for value in self.values],
        }


def machine() -> dict[str, Any]:
    """The machine, and how busy it was with other work."""
    return {
        "device": processor(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def table(reports: Iterable[dict[str, Any]]) -> str:
    """Figures of all benchmarks as a table in markdown."""
    rows = [
        "| measured | value | spread | n | target |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| {f['what']} | {_short(f['value'])} {f['unit']} "
        f"| {_short(f['low'])} to {_short(f['high'])} "
        f"| {f['n']} | {f['target'] or '-'} |"
        for report in reports
        for f in report["figures"]
    ]
    return "\n".join(rows)


def keep(path: Path, reports: dict[str, Any]) -> None:
    """Write reports by name; others in the file are kept."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(before | reports, indent=1) + "\n", encoding="utf-8")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
