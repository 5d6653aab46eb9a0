"""What a page asks for: start a run, change it, look at it."""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssl_core.service import store
from ssl_core.service.cartographer import Cartographer
from ssl_core.service.crew import Crew, Run, cores
from ssl_core.service.link import ACK_SECONDS
from ssl_core.service.pictures import MapSet, Snapshot, UmapFrame
from ssl_core.service.reader import Reader
from ssl_core.service.store import ACTIVE, RunAbout, RunFolder, UnknownRun

if TYPE_CHECKING:  # these import torch, which a page that only looks does not need
    from ssl_core.train import Budget, RunConfig

RUN_SECONDS = 600.0  # so that a run that nobody watches ends
MOST_WORKERS = 4


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Args:
        state: queued, starting, running, pausing, paused, stopping, or how it ended:
            stopped, finished, failed, died, interrupted.
        position: 1 for the next run in the queue, 0 if it does not wait.
        error: why it failed or died, one sentence.
        refused: why the last changed knob was not taken, one sentence.
        step, seconds: how far training is; seconds exclude pauses.
        config: the knobs in force, by flat name.
        loaded: the part of the data that is read or downloaded, in [0, 1].
    """

    state: str
    position: int
    error: str | None
    refused: str | None
    step: int
    seconds: float
    config: dict[str, Any]
    loaded: float

    @property
    def active(self) -> bool:
        """Whether the run has not ended."""
        return self.state in ACTIVE


class Service:
    """Runs outside the web server's process; safe to share between sessions.

    Every method that takes a run id raises :class:`UnknownRun`, a ``ValueError``, if
    there is no such run.

    Args:
        root: where the runs are kept; made if it is missing.
        workers: how many runs train at a time; left out, a core less than there are,
            and at most four.
        mapper: whether UMAP layouts can be asked for.

    Raises:
        RootInUse: a ``ValueError``, if another service owns the root.
    """

    def __init__(
        self, root: Path, workers: int | None = None, mapper: bool = True
    ) -> None:
        self.root = Path(root).resolve()
        self.root.mkdir(parents=True, exist_ok=True)
        self._claim = store.claim(self.root)
        store.prune(self.root)
        self._runs = {
            f.run_id: run for f in store.folders(self.root) if (run := _found(f))
        }
        self._reader = Reader()
        self._crew = Crew(self.root, workers or max(1, min(MOST_WORKERS, cores() - 1)))
        self._lock = self._crew.lock
        self._cartographer = Cartographer(self.root) if mapper else None

    def submit(
        self,
        config: "RunConfig",
        *,
        owner: str,
        budget: "Budget | None" = None,
        resume: Path | None = None,
    ) -> str:
        """Start a run, or queue it; an owner has one run at a time.

        Args:
            config: what to run; ``config.data`` may be the path of a folder or zip.
            owner: whose run it is, any text.
            budget: when it ends by itself; ten minutes if left out.
            resume: a checkpoint folder or zip to start from.

        Returns:
            Its id: that of the owner's present run if that one is the same, as it is
            when Train is clicked twice. Any other present run of the owner is stopped.
        """
        flat, source = config.flat(), str(resume) if resume else None
        limits: dict[str, float | None]
        limits = asdict(budget) if budget else {"seconds": RUN_SECONDS}
        with self._lock:
            present = [r for r in self._of(owner) if r.active]
            for run in present:
                same = run.config == flat and run.about.resume == source
                if same and not run.stopping:
                    return run.folder.run_id
            for run in present:
                self._crew.command(run, {"do": "stop"})
            about = RunAbout(flat, owner, limits, time.time(), source)
            run = self._create(about)
            # Who changes a knob and clicks Train keeps the worker that they had.
            self._crew.add(run, first=bool(present))
            return run.folder.run_id

    def adjust(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Change live knobs from the next tick on.

        What only the run's data can refuse is told by ``status(run_id).refused``.

        Raises:
            ValueError: naming the knob, the value and what is allowed; nothing changes.
        """
        from ssl_core.config import RunConfig

        with self._lock:
            run = self._live(run_id)
            after = RunConfig.of(run.config).adjusted(changes).flat()
            if after == run.config:
                return
            run.config = after
            message = {"do": "adjust", "changes": {n: after[n] for n in changes}}
            heard = self._crew.command(run, message)
        _wait(heard)

    def pause(self, run_id: str) -> None:
        """Stop training at the next tick and wait; the checkpoint is saved."""
        self._command(run_id, "pause")

    def step(self, run_id: str) -> None:
        """Take exactly one optimisation step, then be paused."""
        self._command(run_id, "step")

    def resume(self, run_id: str) -> None:
        """Go on training."""
        self._command(run_id, "resume")

    def stop(self, run_id: str) -> None:
        """End a run at the next tick; its checkpoint is saved."""
        with self._lock:
            run = self._known(run_id)
            heard = self._crew.command(run, {"do": "stop"}) if run.active else None
        _wait(heard)

    def status(self, run_id: str) -> RunStatus:
        """Where a run stands.

        Raises:
            ValueError: if its state on disk is damaged.
        """
        with self._lock:
            run = self._known(run_id)
            position = self._crew.position(run)
        now = run.folder.state()
        return RunStatus(
            now.state,
            position,
            now.error,
            now.refused,
            now.step,
            now.seconds,
            now.config,
            now.loaded,
        )

    def active_run(self, owner: str) -> str | None:
        """The owner's present run, else their last one, else None."""
        with self._lock:
            runs = self._of(owner)
            runs.sort(key=lambda r: (r.active and not r.stopping, r.about.created))
            return runs[-1].folder.run_id if runs else None

    def latest(self, run_id: str) -> Snapshot | None:
        """The last tick, None before the first; cheap while nothing changed."""
        return self._reader.latest(self._folder(run_id))

    def history(self, run_id: str, since: int = 0) -> list[dict[str, Any]]:
        """Ticks from index ``since`` on, oldest first; do not edit them."""
        return self._reader.history(self._folder(run_id), since)

    def map_set(self, run_id: str) -> MapSet | None:
        """The images on the map, None before the run began."""
        return self._reader.map_set(self._folder(run_id))

    def umap(self, run_id: str) -> UmapFrame | None:
        """The last background layout, None before the first."""
        return self._reader.umap(self._folder(run_id))

    def request_umap(self, run_id: str) -> bool:
        """Have the latest features laid out; asking again meanwhile is free.

        Returns:
            Whether a layout is on its way: what could not be laid out once is not tried
            again.
        """
        folder = self._folder(run_id)
        return self._cartographer is not None and self._cartographer.request(folder)

    def checkpoint(self, run_id: str) -> Path | None:
        """The folder of the run's last checkpoint, None before the first."""
        path = self._folder(run_id).checkpoint
        return path if (path / "card.json").is_file() else None

    def ready(self) -> bool:
        """Whether a worker is warm."""
        with self._lock:
            return any(link.ready for link in self._crew.links)

    def close(self) -> None:
        """End all processes; runs under way are saved and marked interrupted."""
        self._crew.close()
        if self._cartographer:
            self._cartographer.close()
        self._claim.release()

    def _create(self, about: RunAbout) -> Run:
        run = Run(RunFolder(self.root, store.new_id()), about, about.config)
        run.folder.write_about(about)
        self._runs[run.folder.run_id] = run
        for gone in store.prune(self.root):
            self._runs.pop(gone, None)
        return run

    def _command(self, run_id: str, do: str) -> None:
        with self._lock:
            heard = self._crew.command(self._live(run_id), {"do": do})
        _wait(heard)

    def _of(self, owner: str) -> list[Run]:
        return [r for r in self._runs.values() if r.about.owner == owner]

    def _folder(self, run_id: str) -> RunFolder:
        return self._known(run_id).folder

    def _known(self, run_id: str) -> Run:
        with self._lock:
            run = self._runs.get(store.checked_id(run_id))
        if run is None:
            raise UnknownRun(f"run {run_id!r} is not known here; start a new one")
        return run

    def _live(self, run_id: str) -> Run:
        run = self._known(run_id)
        if not run.active or run.stopping:
            raise ValueError(
                f"run {run_id} is {run.folder.state().state}; start a new one to go on"
            )
        return run


def _found(folder: RunFolder) -> Run | None:
    """A run of an earlier server; what was under way then has been interrupted."""
    try:
        run = Run(folder, folder.about(), {})
    except ValueError:
        return None
    with contextlib.suppress(ValueError):
        run.config = folder.state().config
        if folder.state().state in ACTIVE:
            run.end("interrupted", "The server stopped while this run was under way")
    return run


def _wait(heard: threading.Event | None) -> None:
    if heard:
        heard.wait(ACK_SECONDS)
