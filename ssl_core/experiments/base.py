"""What an experiment is: arms that differ in one thing, seeds, and what is read off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ssl_core.experiments.trials import Trial, train_and_probe

# Data of an arm that a learner has to give: photographs, or recordings of spoken digits.
GIVEN = ("photos", "digits")
# quantity -> a number, or a list of numbers that belong to one figure (a spectrum).
Values = Mapping[str, float | list[float]]
# What one seed's runs gave: arm -> quantity -> number.
Seeded = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Quantity:
    """Something that is measured in every run.

    Args:
        label: what a table and an axis call it.
        unit: "" for what has none; accuracies are in [0, 1].
        series: whether a run gives a list of numbers instead of one.
    """

    label: str
    unit: str = ""
    series: bool = False


@dataclass(frozen=True)
class Expected:
    """One sentence of the claim as a number that must be larger than ``least``.

    Args:
        sentence: what is expected, in words.
        effect: of one seed's runs; positive means the direction that is claimed.
        least: how large it must be to speak of the claim as reproduced.
    """

    sentence: str
    effect: Callable[[Seeded], float]
    least: float = 0.0


@dataclass(frozen=True)
class Published:
    """A number that a paper printed, to stand beside ours.

    Args:
        label: what was measured, and how.
        value: as printed, in ``unit``.
        source: paper and table.
        arm, quantity: of ours that it corresponds to, if there is one.
        unit: of ``value``.
    """

    label: str
    value: float
    source: str
    arm: str | None = None
    quantity: str | None = None
    unit: str = "% top-1"


@dataclass(frozen=True)
class Experiment:
    """A claim and the runs that test it.

    Args:
        slug: its name on the command line and of its evidence file.
        claim: one sentence, with the paper that makes it.
        arms: name -> flat config values (see :meth:`RunConfig.of`), or whatever
            ``trial`` reads; ``steps`` among them overrides the experiment's, and ``data``
            may be ``"photos"``, or ``"digits"`` for a trial that reads recordings.
        quantities: name -> what is measured.
        expected: what the claim says of them.
        published: numbers of papers.
        steps: optimisation steps of a run: not seconds, so that a result does not depend
            on how fast or busy a machine is.
        seeds: one run of every arm for each.
        trial: does one run; returns at least the declared quantities.
        quick: arms of a quick look; all if left out.
        quick_steps: steps of each run of a quick look.
        note: what a reader must know to read the table.
    """

    slug: str
    claim: str
    arms: Mapping[str, Mapping[str, Any]]
    quantities: Mapping[str, Quantity]
    expected: tuple[Expected, ...]
    published: tuple[Published, ...] = ()
    steps: int = 400
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    trial: Callable[[Trial], Values] = field(default=train_and_probe)
    quick: tuple[str, ...] = ()
    quick_steps: int = 150
    note: str = ""

    def steps_of(self, arm: str, quick: bool = False) -> int:
        """Steps of a run of this arm."""
        steps = int(self.arms[arm].get("steps", self.steps))
        return min(steps, self.quick_steps) if quick else steps

    def arms_of(self, quick: bool = False, photos: bool = True) -> tuple[str, ...]:
        """Arms to run; those on photographs need some."""
        names = (self.quick or tuple(self.arms)) if quick else tuple(self.arms)
        return tuple(n for n in names if photos or not self.needs_photos(n))

    def needs_photos(self, arm: str) -> bool:
        """Whether an arm learns from files that do not come with the program."""
        return self.arms[arm].get("data") in GIVEN


def exceeds(
    quantity: str, more: str, less: str, by: float = 0.0, sentence: str = ""
) -> Expected:
    """One arm has more of a quantity than another, paired by seed."""
    return Expected(
        sentence or f"{quantity}: {more} exceeds {less}",
        lambda v: v[more][quantity] - v[less][quantity],
        by,
    )
