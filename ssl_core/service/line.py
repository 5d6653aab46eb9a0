"""Who is next: first come, first served, but nobody's second before another's first."""

import heapq
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl_core.service.run import Run

UNTOLD_SECONDS = 60.0  # what a run is taken to need before one has ended here
REMEMBERED = 20


class Line:
    """The runs that wait for a worker, and how long they are likely to.

    A run's turn comes after those of all learners who have fewer runs before it, so one
    learner's second run never waits in front of another's first. Ties go by arrival.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._took: deque[float] = deque(maxlen=REMEMBERED)

    def __len__(self) -> int:
        return len(self._runs)

    def __contains__(self, run: "Run") -> bool:
        return run in self._runs

    def __iter__(self) -> "Iterator[Run]":
        return iter(self._runs)

    def add(self, run: "Run", place: int | None = None) -> None:
        """Put a run at the end, or at a place by arrival."""
        self._runs.insert(len(self._runs) if place is None else place, run)

    def remove(self, run: "Run") -> int:
        """Take a run out; returns the place that it had by arrival."""
        place = self._runs.index(run)
        del self._runs[place]
        return place

    def order(self, training: "Collection[Run]") -> "list[Run]":
        """The runs in the order of their turns.

        Args:
            training: the runs that have a worker now.
        """
        before = Counter(run.learner for run in training)
        ranks = []
        for run in self._runs:
            ranks.append(before[run.learner])
            before[run.learner] += 1
        return [self._runs[i] for i in sorted(range(len(ranks)), key=ranks.__getitem__)]

    def pop(self, training: "Collection[Run]") -> "Run":
        """Take out the run whose turn it is."""
        run = self.order(training)[0]
        self._runs.remove(run)
        return run

    def took(self, seconds: float) -> None:
        """Remember for how long a run had its worker."""
        self._took.append(seconds)

    @property
    def typical_seconds(self) -> float:
        """For how long a run has its worker: the median of the last ones."""
        return median(self._took) if self._took else UNTOLD_SECONDS

    def wait(self, position: int, held: Sequence[float], workers: int) -> float:
        """Seconds until the run at a position is likely to get a worker.

        Args:
            position: 1 for the next run.
            held: for how long each busy worker has had its run.
            workers: how many there are.
        """
        typical = self.typical_seconds
        free = [max(0.0, typical - seconds) for seconds in held]
        free += [0.0] * max(0, workers - len(free))
        heapq.heapify(free)
        for _ in range(position - 1):
            heapq.heapreplace(free, free[0] + typical)
        return free[0]
