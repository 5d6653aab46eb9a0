"""Evidence: an experiment's runs in one file, from which all its numbers are read."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ssl_core.checkpoints import write_whole
from ssl_core.config import all_knobs
from ssl_core.experiments.base import Experiment
from ssl_core.experiments.fingerprint import fingerprint
from ssl_core.experiments.statistics import (
    Effect,
    Estimate,
    effects,
    estimate,
    overall,
    tally,
)
from ssl_core.experiments.trials import Trial

FOLDER = Path(__file__).parents[2] / "assets" / "evidence"
FORMAT = "ssl_core evidence 1"
DIVERGED_STEP = "diverged_step"  # of a run that has no values, because it diverged


@dataclass
class Evidence:
    """What the runs of an experiment gave so far.

    Args:
        experiment: the claim.
        arms: name -> ``config`` (flat knobs), ``steps`` and ``code`` that its runs had.
        runs: one mapping a run: arm, seed, values, steps, seconds, commit; if it diverged
            also diverged_step, and no values.
        about: where they were made: command, versions, device, photographs.
    """

    experiment: Experiment
    arms: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def at(self, arm: str, quantity: str) -> Estimate | None:
        """A number over its seeds; None if the arm has not been run."""
        found = self.values(arm, quantity)
        return estimate(found) if found else None

    def values(self, arm: str, quantity: str) -> list[float]:
        """One number a seed, in the order of the seeds."""
        runs = sorted(self._runs(arm), key=lambda r: r["seed"])
        return [r["values"][quantity] for r in runs if quantity in r["values"]]

    def series(self, arm: str, quantity: str) -> list[Estimate]:
        """A list of numbers over its seeds, place by place."""
        runs = self._runs(arm)
        lists = [r["values"][quantity] for r in runs if quantity in r["values"]]
        return [estimate(place) for place in zip(*lists, strict=False)]

    @property
    def diverged(self) -> list[str]:
        """One sentence for each arm of which runs diverged: nothing else counts them."""
        sentences = []
        for arm in self.arms:
            runs = self._runs(arm)
            steps = [
                f"seed {r['seed']} at step {r[DIVERGED_STEP]}"
                for r in sorted(runs, key=lambda r: r["seed"])
                if DIVERGED_STEP in r
            ]
            if steps:
                sentences.append(
                    f"{arm}: {len(steps)} of {len(runs)} runs diverged and are left out "
                    f"({', '.join(steps)})."
                )
        return sentences

    @property
    def effects(self) -> list[Effect]:
        """What became of each expectation."""
        return effects(self.experiment, self.runs)

    @property
    def verdict(self) -> str:
        """Reproduced, not at this scale, or contradicted."""
        return overall(self.effects)

    @property
    def tally(self) -> str:
        """How many of the claim's sentences hold."""
        return tally(self.effects)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that every arm has."""
        done = [{r["seed"] for r in self._runs(arm)} for arm in self.arms]
        return tuple(sorted(set.intersection(*done))) if done else ()

    def has(self, arm: str, seed: int) -> bool:
        """Whether this run is there."""
        return any(r["seed"] == seed for r in self._runs(arm))

    def add(
        self, trial: Trial, values: Mapping[str, Any], facts: Mapping[str, Any]
    ) -> None:
        """Keep the declared quantities of one run, those that this arm has.

        One that is NaN or infinite was not measured.
        """
        names = [n for n in self.experiment.quantities if n in values]
        kept = {n: values[n] for n in names if _is_finite(values[n])}
        run = {"arm": trial.arm, "seed": trial.seed, "values": _short(kept)}
        self.runs.append(run | dict(facts))

    def doubted(
        self, now: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Runs by arm that another code made of the same config, more than one an arm.

        Args:
            now: the arms as they would be run now (:func:`arm_now`).
        """
        found = {}
        for arm, then in self.arms.items():
            code = now.get(arm, {}).get("code", then["code"])
            same = still_valid(self, arm, {**now.get(arm, then), "code": then["code"]})
            runs = [r for r in self.runs if r["arm"] == arm]
            if code != then["code"] and same and len(runs) > 1:
                found[arm] = runs
        return found

    def confirm(
        self, trial: Trial, before: Sequence[dict[str, Any]], commit: str | None
    ) -> None:
        """Take an arm's earlier runs back, if the one just added repeats one of them."""
        again = self.runs[-1]["values"]
        then = next(r for r in before if r["seed"] == trial.seed)
        if again == then["values"]:
            self.runs[-1:] = before
            self.arms[trial.arm]["confirmed"] = {"seed": trial.seed, "commit": commit}

    def _runs(self, arm: str) -> Sequence[Mapping[str, Any]]:
        return [r for r in self.runs if r["arm"] == arm]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: claim, verdict, summary, effects, published numbers and every run."""
        one = self.experiment
        return {
            "format": FORMAT,
            "slug": one.slug,
            "claim": one.claim,
            "note": one.note,
            "verdict": self.verdict,
            "seeds": self.seeds,
            "effects": [_short(asdict(e)) for e in self.effects],
            "summary": {
                arm: {q: self._summed(arm, q) for q in one.quantities}
                for arm in self.arms
            },
            "published": [asdict(p) for p in one.published],
            "about": self.about,
            "arms": self.arms,
            "runs": self.runs,
        }

    def _summed(self, arm: str, quantity: str) -> Any:
        if self.experiment.quantities[quantity].series:
            return _short([e.mean for e in self.series(arm, quantity)])
        found = self.at(arm, quantity)
        return _short(asdict(found)) if found else None

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        # One line a run: a diff of evidence stays readable.
        write_whole(path, (_short_lists(text) + "\n").encode())


def path_of(slug: str) -> Path:
    """Where the evidence that ships with the app lies."""
    return FOLDER / f"{slug}.json"


def read(experiment: Experiment, path: Path | None = None) -> Evidence | None:
    """The evidence of an experiment as it lies on disk; None if there is none.

    Raises:
        ValueError: if the file is damaged or another experiment's.
    """
    path = path or path_of(experiment.slug)
    try:
        said = json.loads(path.read_bytes())
        if (said["format"], said["slug"]) != (FORMAT, experiment.slug):
            raise ValueError
        return Evidence(experiment, said["arms"], said["runs"], said["about"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"{path.name} is damaged or not evidence of {experiment.slug}; "
            "delete it to start over"
        ) from None


def still_valid(evidence: Evidence, arm: str, now: Mapping[str, Any]) -> bool:
    """Whether an arm's runs were made by what would run now.

    A knob that did not exist then is no difference while it has its default.
    """
    then = evidence.arms.get(arm)
    if then is None or (then["code"], then["steps"]) != (now["code"], now["steps"]):
        return False
    config: Mapping[str, Any] = now["config"]
    knobs = all_knobs(config["method"])
    added = {k: v for k, v in config.items() if k not in then["config"]}
    neutral = all(k in knobs and v == knobs[k].default for k, v in added.items())
    return neutral and all(config.get(k) == v for k, v in then["config"].items())


def arm_now(
    experiment: Experiment, arm: str, quick: bool, photos: str | None
) -> dict[str, Any]:
    """What a run of this arm would be made by: config, steps, code."""
    steps = experiment.steps_of(arm, quick)
    trial = Trial(arm, experiment.arms[arm], 0, steps, None, photos)
    config = trial.config().flat() | dict(trial.settings)
    for moving in ("seed", "data"):
        config.pop(moving)
    config["data"] = experiment.arms[arm].get("data", "shapes")
    # Through JSON, so that it compares with what a file holds.
    config = json.loads(json.dumps(config))
    return {"config": config, "steps": steps, "code": fingerprint(experiment, arm)}


def _is_finite(value: float | list[float]) -> bool:
    return all(map(math.isfinite, value if isinstance(value, list) else [value]))


def _short(value: Any) -> Any:
    """Numbers to five digits, which is more than their noise allows."""
    if isinstance(value, dict):
        return {k: _short(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_short(v) for v in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _short_lists(text: str) -> str:
    """Numbers of a list on one line."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.strip().rstrip(",")
        number = bare.replace(".", "").replace("-", "").replace("e", "").isdigit()
        if lines and number and (lines[-1].endswith("[") or lines[-1].endswith(",")):
            lines[-1] += ("" if lines[-1].endswith("[") else " ") + line.strip()
        else:
            lines.append(line)
    return "\n".join(lines)
