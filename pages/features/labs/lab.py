"""A lab as a record: its cases, its texts, and how an arm ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """How one arm stands at its last tick.

    Args:
        name: of the arm.
        steps: taken.
        loss, effective_rank, feature_std, uniformity: of the last tick.
        knn, random_init, chance: accuracies in [0, 1] on held-out images.
        probes: factor -> accuracy, and ``untrained`` factor -> accuracy.
        negatives: per anchor.
        collapsed: whether the alarm was up.
    """

    name: str
    steps: int
    loss: float
    effective_rank: float
    feature_std: float
    uniformity: float
    knn: float
    random_init: float
    chance: float
    probes: Mapping[str, float]
    untrained: Mapping[str, float]
    negatives: int
    collapsed: bool

    def __str__(self) -> str:
        return (
            f"**{self.name}**: kNN {self.knn:.2f} (untrained {self.random_init:.2f}), "
            f"effective rank {self.effective_rank:.1f}, loss {self.loss:.2f}, "
            f"{self.negatives:,} negatives"
        )


@dataclass(frozen=True)
class Case:
    """Two arms that differ in one thing, and what to predict of them.

    Args:
        label: of the menu and of the gallery's link.
        changed: the one knob that differs, in words, as "stop-gradient".
        left, right: name and flat config of each arm; ``steps`` in it overrides the case's.
        question, options: what to predict; the options are the measures' answers.
        answer: index of the option that this run's outcomes give.
        explain: what this run's outcomes mean, in a sentence or two.
        steps: optimisation steps of each arm.
    """

    label: str
    changed: str
    left: tuple[str, Mapping[str, Any]]
    right: tuple[str, Mapping[str, Any]]
    question: str
    options: tuple[str, ...]
    answer: Callable[[Outcome, Outcome], int]
    explain: Callable[[Outcome, Outcome], str]
    steps: int = 250


@dataclass(frozen=True)
class Lab:
    """One page.

    Args:
        slug: of the page's address and its session keys.
        question: the title.
        about: two short paragraphs; ``{slug|arm|quantity}`` becomes a measured number.
        cases: slug -> case; the first is open at first.
        curves: measures drawn over steps for both arms: "knn", "effective_rank",
            "feature_std", "loss", "uniformity".
        evidence: draws what ships, below what this run gave.
        careful: the misreading to avoid, with measured numbers as in ``about``.
        code: functions or classes whose source ran.
        also: links beyond the cases: label -> (page, parameters).
        recording: slug of a recorded run that plays until the learner runs the first
            case; "" for none.
        opening, closing: drawn before the prediction and after the evidence, if given.
    """

    slug: str
    question: str
    about: tuple[str, str]
    cases: Mapping[str, Case]
    curves: tuple[str, ...]
    evidence: Callable[[], None]
    careful: str
    code: tuple[Any, ...]
    also: Mapping[str, tuple[str, Mapping[str, str]]]
    recording: str = ""
    opening: Callable[[], None] | None = None
    closing: Callable[[], None] | None = None


def keeps_better(factor: str, least: float = 0.05) -> Callable[[Outcome, Outcome], int]:
    """Which arm keeps a factor better: 0 the left, 1 the right, 2 neither by ``least``."""

    def answer(left: Outcome, right: Outcome) -> int:
        gap = right.probes[factor] - left.probes[factor]
        return 2 if abs(gap) < least else int(gap > 0)

    return answer
