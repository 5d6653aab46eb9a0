"""Fair FIFO: a user's second run never starts before another user's first."""

import heapq
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl_core.service.run import Run

DEFAULT_DURATION_S = 60.0  # what a run is taken to need before one has ended here
MAX_DURATIONS = 20


class FairQueue:
    """The runs that wait for a worker, and an estimate of how long they wait.

    A run's turn comes after those of all users who have fewer runs before it. Ties go by
    arrival.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._durations: deque[float] = deque(maxlen=MAX_DURATIONS)

    def __len__(self) -> int:
        return len(self._runs)

    def __contains__(self, run: "Run") -> bool:
        return run in self._runs

    def __iter__(self) -> "Iterator[Run]":
        return iter(self._runs)

    def add(self, run: "Run", index: int | None = None) -> None:
        """Put a run at the end, or at an index by arrival."""
        self._runs.insert(len(self._runs) if index is None else index, run)

    def remove(self, run: "Run") -> None:
        """Take a run out, if it is there."""
        if run in self._runs:
            self._runs.remove(run)

    def index(self, run: "Run") -> int:
        """How many runs arrived before it."""
        return self._runs.index(run)

    def order(self, training: "Collection[Run]") -> "list[Run]":
        """The runs in the order of their turns.

        Args:
            training: the runs that have a worker now.
        """
        before = Counter(run.user_id for run in training)
        ranks = []
        for run in self._runs:
            ranks.append(before[run.user_id])
            before[run.user_id] += 1
        return [self._runs[i] for i in sorted(range(len(ranks)), key=ranks.__getitem__)]

    def next(self, training: "Collection[Run]") -> "Run | None":
        """The run whose turn it is; a run that a former worker still saves has to wait."""
        return next((r for r in self.order(training) if r.worker is None), None)

    def record_duration(self, seconds: float) -> None:
        """Remember for how long a run had its worker."""
        self._durations.append(seconds)

    @property
    def median_duration(self) -> float:
        """For how long a run has its worker: the median of the last ones."""
        return median(self._durations) if self._durations else DEFAULT_DURATION_S

    def wait(self, position: int, held: Sequence[float], workers: int) -> float:
        """Seconds until the run at a position is likely to get a worker.

        Args:
            position: 1 for the next run.
            held: for how long each busy worker has had its run.
            workers: how many there are.
        """
        typical = self.median_duration
        free = [max(0.0, typical - seconds) for seconds in held]
        free += [0.0] * max(0, workers - len(free))
        heapq.heapify(free)
        for _ in range(position - 1):
            heapq.heapreplace(free, free[0] + typical)
        return free[0]
