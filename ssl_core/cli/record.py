"""``train --record``: a recording of the run beside its result."""

import argparse
import shlex
from pathlib import Path

from ssl_core import recordings
from ssl_core.cli.files import file_target
from ssl_core.recordings import Recorder
from ssl_core.report import LIVE, versions
from ssl_core.train import Budget, Fit, Tick, Watch

HELP = (
    "Write a recording of what a page would show: map, curves, last batch. Every step "
    "of a short run is looked at, which takes about twice as long."
)


class Record:
    """What ``--record`` asks for; does nothing if it was not given.

    Args:
        args: the parsed command line, with its ``words``.
        json_path: where ``--json`` writes.

    Raises:
        ValueError: if the file cannot be written there, or is that of ``--json``.
    """

    def __init__(self, args: argparse.Namespace, json_path: Path | None) -> None:
        self.command = shlex.join(["python", "-m", "ssl_core", *args.words])
        self.path = file_target("--record", args.record)
        self.recorder: Recorder | None = None
        if self.path and json_path and self.path.absolute() == json_path.absolute():
            raise ValueError(f"--record is {args.record!r}, which --json writes too")

    def watch(self, budget: Budget) -> Watch:
        """How often to look at the run."""
        return recordings.watch_for(budget) if self.path else LIVE

    def begin(self, fit: Fit) -> None:
        """Follow a run from here on.

        Raises:
            ValueError: if its images cannot be mapped.
        """
        if self.path is None:
            return
        self.fit, self.probed = fit, fit.progress
        try:
            self.recorder = Recorder(fit.data, fit.observer.map_rows, self.command)
        except ValueError as error:
            raise ValueError(f"--record is refused: {error}") from None

    def add(self, tick: Tick) -> None:
        """Take the next tick; one that diverged only repeats the one before."""
        if not self.recorder or tick.diverged:
            return
        self.recorder.add(tick)
        now, fit = self.fit.progress, self.fit
        if tick.scores and tick.scores.step == tick.step:
            self.probed = now
        due = recordings.probe_due(self.probed, now)
        fit.watch = recordings.watch_for(fit.budget, probe=due)

    def write(self) -> None:
        """Write what was recorded, and say so.

        Raises:
            ValueError: if the disk refuses.
        """
        if self.path and self.recorder:
            made = self.recorder.recording(versions())
            recordings.write(self.path, made)
            size = self.path.stat().st_size / 1e6
            print(f"recording in {self.path}: {len(made.frames)} frames, {size:.1f} MB")
