"""The data classes of a lab: Lab, Case, Arm and Outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Arm:
    """One of the two runs that a case compares.

    Args:
        name: shown above the run.
        config: flat knob values that differ from the defaults; ``steps`` in it overrides
            the case's.
    """

    name: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The last measurements of one arm.

    Args:
        name: of the arm.
        loss: in nats, at the last tick.
        effective_rank, feature_std, uniformity: at the last tick, as in
            :mod:`ssl_core.measures`.
        knn, random_init, chance: accuracies in [0, 1] on held-out images.
        probes: factor -> accuracy in [0, 1] of a linear probe.
        untrained: factor -> accuracy in [0, 1] with the untrained encoder.
        negatives: per anchor.
        collapsed: whether the collapse alarm is on.
    """

    name: str
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
    """Two arms that differ in one thing, and a question about their outcomes.

    Args:
        label: shown in the menu and in links.
        difference: what differs between the arms, in words: "the stop-gradient".
        left, right: the arms.
        question: what the learner predicts.
        options: possible predictions.
        answer: returns the index of the option that the outcomes give.
        explain: returns what the outcomes mean, in a sentence or two.
        steps: optimisation steps of each arm.
    """

    label: str
    difference: str
    left: Arm
    right: Arm
    question: str
    options: tuple[str, ...]
    answer: Callable[[Outcome, Outcome], int]
    explain: Callable[[Outcome, Outcome], str]
    steps: int = 250

    @property
    def arms(self) -> tuple[Arm, Arm]:
        """The left and the right arm."""
        return self.left, self.right


@dataclass(frozen=True)
class Lab:
    """One lab page.

    Args:
        slug: of the page's URL and of its session keys.
        question: the title.
        introduction: two short paragraphs; ``{slug|arm|quantity}`` becomes a measured
            number.
        cases: slug -> case; the first one is the default.
        curves: drawn over steps for both arms: measures or factors of the data that
            :mod:`pages.widgets.arm_curves` names, such as "knn" or "background_hue".
        draw_evidence: draws the recorded experiments below the learner's own run.
        caution: the misreading to avoid, with measured numbers as in ``introduction``.
        code: functions or classes whose source the page shows.
        more_links: links beyond the cases: label -> (page, URL parameters).
        recording: slug of a recorded run that plays until the learner runs the case;
            "" for none.
        draw_before_prediction, draw_after_evidence: extra parts of the page, if any.
    """

    slug: str
    question: str
    introduction: tuple[str, str]
    cases: Mapping[str, Case]
    curves: tuple[str, ...]
    draw_evidence: Callable[[], None]
    caution: str
    code: tuple[Any, ...]
    more_links: Mapping[str, tuple[str, Mapping[str, str]]]
    recording: str = ""
    draw_before_prediction: Callable[[], None] | None = None
    draw_after_evidence: Callable[[], None] | None = None


def higher_arm(
    measure: Callable[[Outcome], float], tolerance: float = 0.05
) -> Callable[[Outcome, Outcome], int]:
    """Make a case's ``answer``: which arm has the higher value of a measure.

    Args:
        measure: returns the value of one outcome.
        tolerance: a smaller difference counts as none.

    Returns:
        A function of both outcomes: 0 for the left arm, 1 for the right, 2 for neither.
    """

    def answer(left: Outcome, right: Outcome) -> int:
        difference = measure(right) - measure(left)
        return 2 if abs(difference) < tolerance else int(difference > 0)

    return answer
