"""What a page asks for: start a run, change it, look at it."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssl_core.sandbox import Sandbox
from ssl_core.service import retention, run_files
from ssl_core.service.health import ServiceHealth
from ssl_core.service.quotas import Quotas
from ssl_core.service.reaper import Reaper
from ssl_core.service.run import Run
from ssl_core.service.run_files import RunFiles, RunSpec, UnknownRun
from ssl_core.service.run_reader import RunReader
from ssl_core.service.scheduler import Scheduler
from ssl_core.service.snapshot import MapSet, Snapshot, UmapFrame
from ssl_core.service.states import RESUMABLE, State
from ssl_core.service.status import RunStatus
from ssl_core.service.umap_client import UmapClient
from ssl_core.service.uploads import UPLOADS, UploadStore
from ssl_core.service.worker_factory import WorkerFactory, pool_size, worker_factory
from ssl_core.settings import Settings

if TYPE_CHECKING:  # these import torch, which a page that only looks does not need
    from ssl_core.train import Budget, RunConfig

SWEEP_SECONDS = 0.5
RETENTION_SECONDS = 60.0
CLOSE_SECONDS = 5.0
MIN_FAILED_STARTS_TO_REPORT = 3
NO_WORKER = (
    "This server cannot start a training process now. It keeps trying; your run stays in "
    "the queue."
)
log = logging.getLogger("ssl_core.service")


class Service:
    """Runs outside the web server's process; safe to share between sessions.

    Every method that takes a run id raises :class:`UnknownRun`, a ``ValueError``, if
    there is no such run. No method waits for a worker.

    Args:
        root: where the runs are kept; made if it is missing.
        settings: an operator's choices: workers, caps, what is kept.
        umap: whether UMAP layouts can be asked for.
        factory: starts one worker; as the settings say if left out.
        clock: seconds by which idle runs, time limits and waiting times are told; for
            tests, which need not wait then.
        threads: whether threads call :meth:`sweep` and delete old runs; for tests, which
            call them.

    Raises:
        RootInUse: a ``ValueError``, if another service owns the root.
        OSError: if the root cannot be written.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings | None = None,
        umap: bool = True,
        *,
        factory: WorkerFactory | None = None,
        clock: Callable[[], float] = time.monotonic,
        threads: bool = True,
    ) -> None:
        self.root, self.settings = Path(root).resolve(), settings or Settings()
        self.root.mkdir(parents=True, exist_ok=True)
        self._root_lock = run_files.lock_root(self.root)
        self.quotas = Quotas(self.settings)
        self._started, self._clock = time.monotonic(), clock
        self._wake, self._closed = threading.Event(), threading.Event()
        run_files.finish_deletions(self.root)
        runs = (Run.from_disk(files) for files in run_files.list_runs(self.root))
        self._runs = {run.files.run_id: run for run in runs if run}
        self._scheduler = Scheduler(
            factory or worker_factory(self.root, self.settings),
            pool_size(self.settings),
            self.quotas,
            clock,
            self._wake.set,
        )
        self._lock = self._scheduler.lock
        for run in self._runs.values():
            self._scheduler.adopt(run)
        self._reaper = Reaper(self._scheduler, self.settings)
        self._last_sweep = time.monotonic()
        self._reader = RunReader()
        self._umap = UmapClient(self.root) if umap else None
        self.uploads = UploadStore(
            self.root / UPLOADS,
            self.settings.uploads_mb,
            self.settings.retention_days,
            self._files_in_use,
        )
        self.sandbox = Sandbox(
            self.root / "sandbox.log",
            self.settings.sandbox_memory_mb,
            self.settings.sandbox_seconds,
        )
        self.delete_old()
        self.sweep()
        if threads:
            for work in (self._sweep_until_closed, self._delete_until_closed):
                threading.Thread(target=work, daemon=True).start()

    # --- commands ---------------------------------------------------------------------

    def submit(
        self,
        config: "RunConfig",
        *,
        owner: str,
        budget: "Budget | None" = None,
        resume: Path | None = None,
        restart: bool = False,
        replacing: Sequence[str] = (),
    ) -> str:
        """Start a run, or queue it; an owner has one run at a time.

        Args:
            config: what to run; ``config.data`` may be the path of a folder or zip.
            owner: whose run it is, any text; what stands before its first slash is the
                learner, who may have two runs that train or wait.
            budget: when it ends by itself; after the most seconds if left out.
            resume: a checkpoint folder or zip to start from.
            restart: whether to begin anew if the owner's present run is the same.
            replacing: ids of more runs of the same learner that it takes the place of.

        Returns:
            Its id: that of the owner's present run if that one is the same, as it is
            when Train is clicked twice, and ``restart`` is off. Any other present run of
            the owner is stopped, once the new one is on the disk.

        Raises:
            ValueError: if the run is larger than this server allows, if the learner has
                two runs that train or wait, if the queue is full, or if the disk is.
        """
        self.quotas.check(config)
        limits: dict[str, float | None]
        limits = asdict(budget) if budget else {"seconds": self.settings.max_seconds}
        source = str(resume) if resume else None
        spec = RunSpec(config.flat(), owner, limits, time.time(), source)
        with self._lock:
            if not restart and (same := self._same_run(spec)):
                return same
            self._require_room(spec, self._replaced(spec, replacing))
        run = self._create(spec)
        try:
            with self._lock:
                # Another click may have been faster.
                same = None if restart else self._same_run(spec)
                if not same:
                    present = self._replaced(spec, replacing)
                    self._require_room(spec, present)
                    self._runs[run.files.run_id] = run
                    self._scheduler.enqueue(run, self._scheduler.supersede(present))
                    waiting = len(self._scheduler.queue)
        except ValueError:
            run.files.delete()
            raise
        if same:
            run.files.delete()
            return same
        log.info("run submitted", extra=_event(config, waiting))
        return run.files.run_id

    def adjust(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Change live knobs from the next step on.

        A run that has no worker takes the change as soon as it has one. What only the
        run's data can refuse is told by ``status(run_id).rejection``.

        Raises:
            ValueError: naming the knob, the value and what is allowed; nothing changes.
        """
        from ssl_core.config import RunConfig

        with self._lock:
            run = self._watched(run_id)
            wanted = run.wanted_config
            after = RunConfig.of(wanted).adjusted(changes)
            if after.flat() == wanted:
                return
            self.quotas.check(after)
            checked = {name: after.flat()[name] for name in changes}
            self._scheduler.adjust(run, checked)

    def pause(self, run_id: str) -> None:
        """Stop training at the next tick and wait; the checkpoint is saved."""
        with self._lock:
            self._scheduler.pause(self._watched(run_id))

    def step(self, run_id: str) -> None:
        """Take exactly one optimisation step, then be paused.

        Raises:
            ValueError: if it has ended, or if it needs a worker and the queue is full.
        """
        with self._lock:
            run = self._watched(run_id)
            if run.active and not run.takes_commands and run.state is not State.QUEUED:
                self._require_room(run.spec, [run])
            self._scheduler.step(run)

    def resume(self, run_id: str) -> None:
        """Go on training; also a run that was interrupted, from its last checkpoint.

        As for a new run, any other present run of its owner is stopped.

        Raises:
            ValueError: if it has ended otherwise, if the learner has two runs that train
                or wait, or if the queue is full.
        """
        with self._lock:
            run = self._watched(run_id)
            if run.training:
                self._scheduler.resume(run)
                return
            others = [r for r in self._present(run.spec.owner) if r is not run]
            if run.active or run.state in RESUMABLE:
                self._require_room(run.spec, [run, *others])
            self._scheduler.resume(run)
            self._scheduler.supersede(others)

    def stop(self, run_id: str) -> None:
        """End a run at the next tick; its checkpoint is saved."""
        with self._lock:
            self._scheduler.stop(self._known(run_id))

    # --- queries ----------------------------------------------------------------------

    def status(self, run_id: str) -> RunStatus:
        """Where a run stands; from memory, so that a slow disk holds up no page."""
        with self._lock:
            run = self._watched(run_id)
            status = RunStatus.of(run, *self._scheduler.queue_position(run))
            if status.position and self._pool_is_failing():
                status = replace(status, notice=NO_WORKER)
            return status

    def knows(self, run_id: str) -> bool:
        """Whether there is such a run; it may have expired."""
        with self._lock:
            return run_id in self._runs

    def owns(self, owner: str, run_id: str) -> bool:
        """Whether a run is the learner's own; False also for a run that is not known."""
        with self._lock:
            run = self._runs.get(run_id)
        return run is not None and run.user_id == owner.partition("/")[0]

    def active_run(self, owner: str) -> str | None:
        """The owner's present run, else their last one, else None."""
        with self._lock:
            runs = [r for r in self._runs.values() if r.spec.owner == owner]
            runs.sort(key=lambda r: (_is_present(r), r.spec.created))
            return runs[-1].files.run_id if runs else None

    def latest(self, run_id: str) -> Snapshot | None:
        """The last tick, None before the first; cheap while nothing changed."""
        return self._reader.latest(self._files(run_id))

    def history(self, run_id: str, since: int = 0) -> list[dict[str, Any]]:
        """Ticks from index ``since`` on, oldest first; do not edit them."""
        return self._reader.history(self._files(run_id), since)

    def map_set(self, run_id: str) -> MapSet | None:
        """The images on the map, None before the run began."""
        return self._reader.map_set(self._files(run_id))

    def umap(self, run_id: str) -> UmapFrame | None:
        """The last background layout, None before the first."""
        return self._reader.umap(self._files(run_id))

    def request_umap(self, run_id: str) -> bool:
        """Have the latest features laid out; asking again meanwhile is free.

        Returns:
            Whether a layout is on its way: what could not be laid out once is not tried
            again.
        """
        files = self._files(run_id)
        return self._umap is not None and self._umap.request(files)

    def checkpoint(self, run_id: str) -> Path | None:
        """The folder of the run's last checkpoint, None before the first."""
        return self._files(run_id).checkpoint

    def report(self) -> ServiceHealth:
        """State of the service, for its operator."""
        return ServiceHealth.of(
            self._scheduler,
            self.root,
            self.settings,
            len(self._runs),
            self._started,
            self._last_sweep,
        )

    def ready(self) -> bool:
        """Whether a worker is warm."""
        with self._lock:
            return bool(self._scheduler.pool.ready)

    # --- supervision ------------------------------------------------------------------

    def sweep(self) -> None:
        """Replace lost workers, stop what takes too much, give out work, save changes.

        A thread calls it twice a second, and at once when something has changed.
        """
        scheduler = self._scheduler
        scheduler.pool.sweep()
        with self._lock:
            busy = list(scheduler.busy.items())
        memory_mb = {run: worker.memory_mb() for worker, run in busy}
        with self._lock:
            scheduler.reconcile(self._runs.values())
            self._reaper.sweep(memory_mb)
            scheduler.dispatch()
        scheduler.save_changes()
        self._last_sweep = time.monotonic()

    def delete_old(self) -> None:
        """Delete old runs and uploads, but none that trains or that somebody watches."""
        most, days = self.settings.retention_runs, self.settings.retention_days
        for files in retention.expired_runs(self.root, most, days):
            with self._lock:
                run = self._runs.get(files.run_id)
                if run and self._is_needed(run):
                    continue
                if run:
                    del self._runs[files.run_id]
                    self._scheduler.forget(run)
            files.delete()
        self.uploads.sweep()

    def close(self) -> None:
        """End all processes; runs under way are saved and marked interrupted."""
        self._closed.set()
        self._wake.set()
        with self._lock:
            workers = self._scheduler.pool.close()
            self._scheduler.interrupt_waiting()
            for worker in workers:
                worker.close()
                if worker not in self._scheduler.busy:  # there is nothing to save
                    worker.kill()
        until = time.monotonic() + CLOSE_SECONDS
        for worker in workers:
            worker.wait(max(0.1, until - time.monotonic()))
        self._scheduler.save_changes()
        if self._umap:
            self._umap.close()
        self.sandbox.close()
        self._root_lock.release()

    def _sweep_until_closed(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(SWEEP_SECONDS)
            self._wake.clear()
            try:
                self.sweep()
            except Exception:  # supervision must go on, whatever one sweep met
                log.exception("the supervision of runs met a problem")

    def _delete_until_closed(self) -> None:
        while not self._closed.wait(RETENTION_SECONDS):
            try:
                self.delete_old()
            except Exception:
                log.exception("the deletion of old runs met a problem")

    # --- runs -------------------------------------------------------------------------

    def _create(self, spec: RunSpec) -> Run:
        """A new run on disk; the server does not know it yet."""
        files = RunFiles(self.root, run_files.new_id())
        run = Run(files, spec, spec.config, last_viewed_at=self._clock())
        try:
            files.write_spec(spec)
            files.write_record(run.record())
        except OSError as problem:
            files.delete()
            self._scheduler.disk_full = True
            raise ValueError(run_files.disk_error("a new run", problem)) from None
        return run

    def _same_run(self, spec: RunSpec) -> str | None:
        """The owner's present run, if it is what is asked for."""
        for run in self._present(spec.owner):
            same = run.wanted_config == spec.config and run.spec.resume == spec.resume
            if same and run.state is not State.STOPPING:
                return run.files.run_id
        return None

    def _present(self, owner: str) -> list[Run]:
        return [r for r in self._runs.values() if r.spec.owner == owner and r.active]

    def _is_needed(self, run: Run) -> bool:
        """Whether somebody trains or watches it."""
        seen = self._clock() - run.last_viewed_at < self.settings.idle_timeout_s
        return bool(run.worker) or run.training or (run.active and seen)

    def _files_in_use(self) -> set[str]:
        """Data and checkpoints of the runs that are under way or can be resumed."""
        with self._lock:
            runs = [r for r in self._runs.values() if r.active or r.state in RESUMABLE]
            paths = {
                p for r in runs for p in (r.config.get("data"), r.spec.resume) if p
            }
        return {path for path in paths if Path(path).is_absolute()}

    def _replaced(self, spec: RunSpec, more: Sequence[str]) -> list[Run]:
        """The runs that a new one takes the place of."""
        named = [run for i in more if (run := self._runs.get(i)) and run.active]
        mine = [run for run in named if run.user_id == spec.user_id]
        present = self._present(spec.owner)
        return [*present, *(run for run in mine if run not in present)]

    def _require_room(self, spec: RunSpec, leaving: Sequence[Run]) -> None:
        if self._closed.is_set():
            raise ValueError("This server is shutting down. Try again in a minute")
        others = [run for run in self._runs.values() if run not in leaving]
        self.quotas.require_room(spec.user_id, others, self._scheduler, leaving)

    def _pool_is_failing(self) -> bool:
        pool = self._scheduler.pool
        return pool.failed_starts >= MIN_FAILED_STARTS_TO_REPORT and not pool.ready

    def _files(self, run_id: str) -> RunFiles:
        with self._lock:
            return self._known(run_id).files

    def _watched(self, run_id: str) -> Run:
        """A run that its owner looks at just now."""
        run = self._known(run_id)
        run.last_viewed_at = self._clock()
        return run

    def _known(self, run_id: str) -> Run:
        run = self._runs.get(run_files.checked_id(run_id))
        if run is None:
            raise UnknownRun(f"run {run_id!r} is not known here; start a new one")
        return run


def _is_present(run: Run) -> bool:
    return run.active and run.state is not State.STOPPING


def _event(config: "RunConfig", waiting: int) -> dict[str, Any]:
    """What a log may say of a run: never whose it is, nor what a file is called."""
    from ssl_core.data import SOURCES

    return {
        "event": "run_submitted",
        "method": config.method,
        "data": config.data if config.data in SOURCES else "own",
        "waiting": waiting,
    }
