"""What a page asks for: start a run, change it, look at it."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssl_core.service import expiry, store
from ssl_core.service.cartographer import Cartographer
from ssl_core.service.crew import Crew
from ssl_core.service.elsewhere import Elsewhere
from ssl_core.service.hiring import Hire, cores, hiring
from ssl_core.service.limits import Limits
from ssl_core.service.link import ACK_SECONDS
from ssl_core.service.looks import Looks
from ssl_core.service.quarantine import Quarantine
from ssl_core.service.records import ACTIVE, RESUMABLE, RunAbout
from ssl_core.service.report import Report
from ssl_core.service.run import Run
from ssl_core.service.settings import Settings
from ssl_core.service.status import RunStatus
from ssl_core.service.store import RunFolder, UnknownRun
from ssl_core.service.uploads import UPLOADS, UploadStore

if TYPE_CHECKING:  # these import torch, which a page that only looks does not need
    from ssl_core.train import Budget, RunConfig

MOST_WORKERS = 4
log = logging.getLogger("ssl_core.service")


class Service(Looks):
    """Runs outside the web server's process; safe to share between sessions.

    Every method that takes a run id raises :class:`UnknownRun`, a ``ValueError``, if
    there is no such run.

    Args:
        root: where the runs are kept; made if it is missing.
        settings: an operator's choices: workers, caps, what is kept.
        mapper: whether UMAP layouts can be asked for.
        hire: starts one worker; as the settings say if left out.
        clock: seconds by which idle runs, time limits and waiting times are told; for
            tests, which need not wait then.

    Raises:
        RootInUse: a ``ValueError``, if another service owns the root.
        OSError: if the root cannot be written.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings | None = None,
        mapper: bool = True,
        *,
        hire: Hire | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root, self.settings = Path(root).resolve(), settings or Settings()
        self.root.mkdir(parents=True, exist_ok=True)
        self._claim = store.claim(self.root)
        self.limits = Limits(self.settings)
        self._started, self._clock = time.monotonic(), clock
        self._runs: dict[str, Run] = {}
        self._elsewhere = Elsewhere(self.root, self.settings.mirror)
        self._expire()
        self._runs = {
            f.run_id: run for f in store.folders(self.root) if (run := Run.found(f))
        }
        count = self.settings.workers or max(1, min(MOST_WORKERS, cores() - 1))
        hire = hire or hiring(self.root, self.settings, count)
        self._crew = Crew(hire, count, self.limits, clock)
        self._lock = self._crew.lock
        self.uploads = UploadStore(
            self.root / UPLOADS,
            self.settings.uploads_mb,
            self.settings.retention_days,
            self._files_in_use,
        )
        self.uploads.sweep()
        self.quarantine = Quarantine(
            self.root / "opener.log",
            self.settings.sandbox_memory_mb,
            self.settings.sandbox_seconds,
        )
        super().__init__(Cartographer(self.root) if mapper else None)

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
            owner: whose run it is, any text; what stands before its first slash is the
                learner, who may have one run that trains and one that waits.
            budget: when it ends by itself; after the most seconds if left out.
            resume: a checkpoint folder or zip to start from.

        Returns:
            Its id: that of the owner's present run if that one is the same, as it is
            when Train is clicked twice. Any other present run of the owner is stopped.

        Raises:
            ValueError: if the run is larger than this server allows, if the learner has
                enough runs on their way, or if too many wait already.
        """
        self.limits.check(config)
        flat, source = config.flat(), str(resume) if resume else None
        limits: dict[str, float | None]
        limits = asdict(budget) if budget else {"seconds": self.settings.max_seconds}
        with self._lock:
            present = [r for r in self._of(owner) if r.active]
            for run in present:
                same = run.config == flat and run.about.resume == source
                # On disk it may have ended a moment before its worker tells us.
                if same and not run.stopping and run.is_in(*ACTIVE):
                    return run.folder.run_id
            about = RunAbout(flat, owner, limits, time.time(), source)
            self._require_room(about, leaving=present)
            place = self._crew.clear(present)
            run = self._create(about)
            self._crew.add(run, place=place)
            log.info("run submitted", extra=_event(config, len(self._crew.line)))
        self.uploads.sweep()
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
            self.limits.check(RunConfig.of(after))
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
        """Go on training; also a run that was interrupted, from its last checkpoint.

        Raises:
            ValueError: if it has ended otherwise, or if too many wait already.
        """
        with self._lock:
            run = self._known(run_id)
            if run.active or run.state().state not in RESUMABLE:
                heard = self._crew.command(self._live(run_id), {"do": "resume"})
            else:
                self._require_room(run.about)
                run.revive(self._clock())
                self._crew.add(run)
                return
        _wait(heard)

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
            run.seen = self._clock()
            turn, now = self._crew.turn(run), run.state()
        return RunStatus.of(now, *turn)

    def knows(self, run_id: str) -> bool:
        """Whether there is such a run; it may have expired."""
        with self._lock:
            return run_id in self._runs

    def owns(self, owner: str, run_id: str) -> bool:
        """Whether a run is the learner's own; False also for a run that is not known."""
        with self._lock:
            run = self._runs.get(run_id)
        return run is not None and run.learner == owner.partition("/")[0]

    def report(self) -> Report:
        """How the service fares, for its operator."""
        with self._lock:
            return Report.of(
                self.root, self.settings.backend, self._crew, self._runs, self._started
            )

    def active_run(self, owner: str) -> str | None:
        """The owner's present run, else their last one, else None.

        Who has none here may have one in the mirror, from another server.
        """
        found = self._newest_of(owner)
        if found is None:
            # Not under the lock: it may wait for the network.
            for folder in self._elsewhere.runs_of(owner):
                run = Run.found(folder)
                if run and run.about.owner == owner:
                    with self._lock:
                        self._runs.setdefault(folder.run_id, run)
            found = self._newest_of(owner)
        return found

    def ready(self) -> bool:
        """Whether a worker is warm."""
        with self._lock:
            return any(link.ready for link in self._crew.links)

    def close(self) -> None:
        """End all processes; runs under way are saved and marked interrupted."""
        self._crew.close()
        if self._cartographer:
            self._cartographer.close()
        self.quarantine.close()
        self._elsewhere.close()
        self._claim.release()

    def _newest_of(self, owner: str) -> str | None:
        with self._lock:
            runs = self._of(owner)
            runs.sort(key=lambda r: (r.active and not r.stopping, r.about.created))
            return runs[-1].folder.run_id if runs else None

    def _require_room(self, about: RunAbout, leaving: Sequence[Run] = ()) -> None:
        others = [r for r in self._runs.values() if r not in leaving]
        self.limits.require_room(about.learner, others, self._crew, leaving)

    def _create(self, about: RunAbout) -> Run:
        folder = RunFolder(self.root, store.new_id())
        run = Run(folder, about, about.config, seen=self._clock())
        try:
            run.folder.write_about(about)
        except OSError as problem:
            raise ValueError(store.refused("a new run", problem)) from None
        self._runs[run.folder.run_id] = run
        self._expire()
        return run

    def _expire(self) -> None:
        """Delete old runs, but none that is under way or was looked at."""
        now, idle = self._clock(), self.settings.idle_timeout_s
        held = {
            i
            for i, r in self._runs.items()
            if r.link or (r.active and now - r.seen < idle)
        }
        most, days = self.settings.retention_runs, self.settings.retention_days
        gone = expiry.expire_runs(self.root, most, days, held)
        for run_id in gone:
            self._runs.pop(run_id, None)
        self._elsewhere.forget(gone)

    def _files_in_use(self) -> set[str]:
        """Data and checkpoints of the runs that are under way or can be resumed."""
        with self._lock:
            runs = list(self._runs.values())
        return {
            path
            for run in runs
            for path in (
                run.about.config.get("data"),
                run.config.get("data"),
                run.about.resume,
            )
            # The state is on disk, so it is read only for runs that have a file.
            if isinstance(path, str) and os.path.isabs(path)
            if run.active or run.is_in(*ACTIVE, *RESUMABLE)
        }

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
                f"run {run_id} is {run.state().state}; start a new one to go on"
            )
        return run


def _event(config: "RunConfig", waiting: int) -> dict[str, Any]:
    """What a log may say of a run: never whose it is, nor what a file is called."""
    from ssl_core.data import SOURCES

    return {
        "event": "run_submitted",
        "method": config.method,
        "data": config.data if config.data in SOURCES else "own",
        "waiting": waiting,
    }


def _wait(heard: threading.Event | None) -> None:
    if heard:
        heard.wait(ACK_SECONDS)
