"""Many learners, one worker: whose turn it is, what is refused, what makes room.

The workers are stubs and the clock is set by hand; what real workers do at their limits
stands at the end, in the slow tier.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from service_contract import started
from stub_worker import StubWorker

from ssl_core.data import shapes
from ssl_core.service import Service
from ssl_core.service.limits import Watchman
from ssl_core.service.line import UNTOLD_SECONDS, Line
from ssl_core.service.link import Heard, Lost
from ssl_core.service.records import RunAbout
from ssl_core.service.run import Run
from ssl_core.service.session import Session, Start
from ssl_core.service.settings import Settings
from ssl_core.service.store import RunFolder, new_id
from ssl_core.train import Budget, RunConfig
from tests.polling import START_LIMIT_S, wait_until

SMALL = RunConfig(batch_size=8, seed=1)


class Scheduler:
    """A service with one stub worker, and a clock that the test sets."""

    def __init__(self, root: Path, **settings: float) -> None:
        self.root, self.now = root, 1_000.0
        self.workers: list[StubWorker] = []
        self.service = Service(
            root,
            Settings(workers=1, **settings),  # type: ignore[arg-type]
            umap=False,
            hire=self._start_worker,
            clock=lambda: self.now,
        )
        wait_until(self.service.ready, "the stub worker")

    def _start_worker(self, heard: Heard, lost: Lost) -> StubWorker:
        self.workers.append(StubWorker(self.root, heard, lost))
        return self.workers[-1]

    def submit(self, owner: str, config: RunConfig = SMALL) -> str:
        return self.service.submit(config, owner=owner)

    def started(self, owner: str) -> str:
        """A run that has the worker."""
        run = self.submit(owner)
        self.wait_for_state(run, "running")
        return run

    def wait_for_state(self, run: str, state: str) -> None:
        """Wait without looking at the run: that would keep it from being idle."""
        folder = RunFolder(self.root, run)
        wait_until(lambda: folder.state().state == state, f"the state {state}")


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    made = Scheduler(
        tmp_path,
        queue=3,
        max_batch=512,
        idle_timeout_contended_s=60,
        idle_timeout_s=3_600,
    )
    yield made
    made.service.close()


@pytest.fixture
def service(scheduler: Scheduler) -> Service:
    return scheduler.service


@pytest.fixture
def training(scheduler: Scheduler) -> str:
    """A run of another learner that has the only worker."""
    return scheduler.started("zoe")


# --- the queue -------------------------------------------------------------------------


def run_of(owner: str) -> Run:
    about = RunAbout({}, owner, {}, 0.0)
    return Run(RunFolder(Path("nowhere"), new_id()), about, {})


def order(line: Line, *training: Run) -> list[str]:
    return [r.about.owner for r in line.order(training)]


def test_a_second_run_waits_for_everybodys_first() -> None:
    line = Line()
    for owner in ("ann/left", "ann/right", "bob", "cid"):
        line.add(run_of(owner))
    assert order(line) == ["ann/left", "bob", "cid", "ann/right"]
    # Ann trains already: both of hers come after the others.
    assert order(line, run_of("ann")) == ["bob", "cid", "ann/left", "ann/right"]
    assert line.pop([run_of("ann")]).about.owner == "bob"


def test_the_waiting_time_is_estimated_from_earlier_runs() -> None:
    line = Line()
    assert line.wait(1, [], 1) == 0
    assert line.wait(1, [0.0], 1) == UNTOLD_SECONDS
    for seconds in (10.0, 20.0, 60.0):
        line.took(seconds)
    assert line.typical_seconds == 20
    # One worker that began 5 s ago: 15 s, then 20 s more for each before.
    assert [line.wait(p, [5.0], 1) for p in (1, 2, 3)] == [15, 35, 55]
    # Two workers: they are free after 15 and after 20 s.
    assert [line.wait(p, [5.0, 0.0], 2) for p in (1, 2, 3)] == [15, 20, 35]
    assert line.wait(1, [500.0], 1) == 0


def test_the_service_measures_how_long_a_run_has_its_worker(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    scheduler.now += 90
    scheduler.workers[0].finish(training)
    assert service.report().typical_seconds == 90
    scheduler.started("ann")
    scheduler.now += 30
    assert service.status(scheduler.submit("bob")).wait == 60


# --- what a learner meets --------------------------------------------------------------


def test_position_and_waiting_time_are_reported(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    first, second = scheduler.submit("ann"), scheduler.submit("bob")
    now, later = service.status(first), service.status(second)
    assert (now.state, now.position, later.position) == ("queued", 1, 2)
    assert (now.wait, later.wait) == (UNTOLD_SECONDS, 2 * UNTOLD_SECONDS)
    assert service.status(training).wait is None


def test_a_resubmitted_run_keeps_its_place_in_the_queue(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    changed = RunConfig(batch_size=8, seed=2)
    scheduler.submit("ann")
    bob = scheduler.submit("bob")
    again = scheduler.submit("bob", changed)
    assert service.status(bob).state == "stopped"
    assert service.status(again).position == 2  # not before Ann
    mine = scheduler.submit("ann", changed)
    assert service.status(mine).position == 1


def test_a_learner_has_at_most_two_runs(scheduler: Scheduler, training: str) -> None:
    scheduler.submit("ann/left")
    scheduler.submit("ann/right")
    with pytest.raises(ValueError, match="You have 2 runs on their way"):
        scheduler.submit("ann")
    # Another click on the same is no third.
    scheduler.submit("ann/left", RunConfig(batch_size=8, seed=5))


def test_a_full_queue_refuses_a_run(scheduler: Scheduler, training: str) -> None:
    for owner in ("ann", "bob", "cid"):
        scheduler.submit(owner)
    with pytest.raises(ValueError, match=r"3 runs wait already.*about \d+ minutes"):
        scheduler.submit("dan")


def test_too_large_a_batch_is_refused(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    with pytest.raises(ValueError, match=r"batch_size is 1024; allowed .* at most 512"):
        scheduler.submit("ann", RunConfig(batch_size=1024))
    with pytest.raises(ValueError, match=r"batch_size is 1024; allowed .* at most 512"):
        service.adjust(training, {"batch_size": 1024})
    assert service.status(training).config["batch_size"] == 8


def test_a_run_belongs_to_its_learner(service: Service, training: str) -> None:
    assert service.owns("zoe", training) and service.owns("zoe/left", training)
    assert not service.owns("ann", training) and not service.owns("zoe", "a" * 16)
    assert not service.owns("zo", training) and not service.owns("", training)


# --- limits, and what makes room -------------------------------------------------------


def test_a_worker_is_told_the_limits_of_its_run(tmp_path: Path) -> None:
    scheduler = Scheduler(tmp_path, max_seconds=60, max_steps=7, max_images=100)
    try:
        scheduler.started("ann")
        (start,) = [m["start"] for m in scheduler.workers[0].messages]
        assert start["limits"] == {"seconds": 60, "steps": 7, "images": 100}
    finally:
        scheduler.service.close()


def trained(root: Path, **start: object) -> tuple[Session, str]:
    """Run a session in this process; returns it and the state in which it ends."""
    folder = RunFolder(root, new_id())
    folder.write_about(RunAbout({}, "ann", {}, 0.0))
    known: dict = {"config": SMALL.flat(), "budget": {}, "resume": None, "hold": False}
    session = Session(
        folder, Start(**known | start), lambda name, progress: shapes(60, held_out=20)
    )
    return session, session.run()


def test_a_run_stops_at_the_limit_of_steps(tmp_path: Path) -> None:
    session, state = trained(tmp_path, limits={"steps": 7})
    assert state == session.folder.state().state == "stopped"
    assert session.folder.state().step >= 7
    assert session.error == "It took 7 steps, the most on this server"
    within, state = trained(tmp_path, limits={"steps": 7}, budget={"steps": 3})
    assert state == "finished" and within.error is None


def test_a_run_on_too_many_images_fails(tmp_path: Path) -> None:
    session, state = trained(tmp_path, limits={"images": 59})
    assert state == "failed"
    assert "has 60 images or clips; allowed on this server are at most 59" in (
        session.folder.state().error or ""
    )


def test_a_run_that_takes_too_much_memory_is_ended(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    waiting = scheduler.submit("ann")
    scheduler.workers[0].resident_mb = 1e6
    scheduler.wait_for_state(training, "failed")
    now = service.status(training)
    assert "MB of memory, the most on this server" in (now.error or "")
    assert not now.resumable and scheduler.workers[0].killed
    scheduler.wait_for_state(waiting, "running")  # on a new worker


class Watched:
    """What the watchman sees of a service: one run with a worker, and those that wait."""

    def __init__(self, folder: RunFolder, *waiting: str) -> None:
        self.run, self.now = run_of("ann"), 1_000.0
        self.run.folder = folder
        self.run.seen = self.run.held_since = self.now
        self.line = Line()
        for owner in waiting:
            self.line.add(run_of(owner))
            list(self.line)[-1].seen = 1e9  # its learner is there
        self.link = Mock(memory_mb=lambda: 0.0)
        self.busy = {self.link: self.run}
        self.dismissed: list[str] = []

    def clock(self) -> float:
        return self.now

    def dismiss(self, run: Run, why: str) -> None:
        assert run is self.run
        self.dismissed.append(why)


def sweep(watched: Watched, **settings: float) -> None:
    Watchman(watched, Settings(**settings)).look()  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["starting", "running", "paused"])
def test_a_worker_that_writes_nothing_is_killed(state: str, tmp_path: Path) -> None:
    """Reading a hostile file or one step of an enormous network may never end."""
    folder = RunFolder(tmp_path, new_id())
    folder.path.mkdir()
    record = {"state": state, "updated": time.time() - 100}
    (folder.path / "state.json").write_text(json.dumps(record))
    watched = Watched(folder)
    watched.now += 59
    sweep(watched, max_seconds=60)
    assert not watched.link.kill.called
    watched.now += 41
    sweep(watched, max_seconds=60)
    if state == "paused":  # it waits for its learner
        assert not watched.link.kill.called and watched.run.why is None
    else:
        assert watched.link.kill.called
        assert "no sign of life for 60 seconds" in (watched.run.why or "")


@pytest.mark.parametrize(
    ("seconds", "waiting", "ends"),
    [
        (59, ("bob",), False),
        (61, ("bob",), True),
        (61, (), False),
        (61, ("ann/right",), False),  # one's own second run
        (301, (), True),
    ],
)
def test_a_run_that_nobody_looks_at_ends_sooner_if_others_wait(
    seconds: float, waiting: tuple[str, ...], ends: bool, tmp_path: Path
) -> None:
    watched = Watched(RunFolder(tmp_path, new_id()), *waiting)
    watched.now += seconds
    sweep(watched, idle_timeout_contended_s=60, idle_timeout_s=300)
    assert len(watched.dismissed) == ends
    if ends:
        assert f"Nobody had looked at it for {seconds} seconds" in watched.dismissed[0]


def test_a_run_that_does_not_stop_in_time_loses_its_worker(tmp_path: Path) -> None:
    watched = Watched(RunFolder(tmp_path, new_id()))
    watched.run.stopping, watched.run.stop_by = True, watched.now + 30
    watched.now += 30
    sweep(watched)
    assert not watched.link.kill.called
    watched.now += 1
    sweep(watched)
    assert watched.link.kill.called


def test_looking_at_a_run_keeps_it(scheduler: Scheduler, training: str) -> None:
    scheduler.submit("bob")
    for _ in range(3):
        scheduler.now += 50
        assert scheduler.service.status(training).state == "running"


def test_a_run_survives_the_loss_of_one_stub_but_not_of_two(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    scheduler.workers[-1].kill()
    wait_until(lambda: len(scheduler.workers) == 2, "a second worker")
    wait_until(lambda: scheduler.workers[1].messages, "the run's second start")
    assert "lost (signal 9); it went on" in (service.status(training).notice or "")
    scheduler.workers[-1].kill()
    scheduler.wait_for_state(training, "died")
    now = service.status(training)
    assert now.resumable and "died (signal 9), for a second time" in (now.error or "")
    service.resume(training)
    scheduler.wait_for_state(training, "running")


def test_an_idle_run_makes_room_and_can_be_resumed(
    scheduler: Scheduler, service: Service, training: str
) -> None:
    waiting = scheduler.submit("bob")
    scheduler.now += service.settings.idle_timeout_contended_s + 1
    service.status(waiting)
    scheduler.wait_for_state(waiting, "running")
    now = service.status(training)
    assert now.state == "interrupted" and now.resumable
    assert "Nobody had looked at it for 61 seconds" in (now.error or "")
    service.stop(waiting)
    service.resume(training)
    scheduler.wait_for_state(training, "running")


# --- with real workers -----------------------------------------------------------------


@pytest.fixture
def real(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    settings = Settings(workers=1, **request.param)
    made = Service(tmp_path, settings, umap=False)
    wait_until(made.ready, "a warm worker", START_LIMIT_S)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("real", "message"),
    [
        ({"max_images": 100}, "has 12,000 images or clips; allowed"),
        ({"max_memory_mb": 100}, "It took more than 100 MB of memory"),
    ],
    indirect=["real"],
)
def test_a_real_run_that_takes_too_much_is_ended(real: Service, message: str) -> None:
    run = real.submit(SMALL, owner="ann")
    wait_until(lambda: not real.status(run).active, "the refusal")
    now = real.status(run)
    assert now.state == "failed" and message in (now.error or "")
    assert not now.resumable
    wait_until(real.ready, "a worker for the next", START_LIMIT_S)


@pytest.mark.slow
@pytest.mark.parametrize("real", [{"max_steps": 7}], indirect=True)
def test_a_real_run_stops_at_the_limit_of_steps(real: Service) -> None:
    run = real.submit(SMALL, owner="ann", budget=Budget(steps=5_000))
    wait_until(lambda: real.status(run).state == "stopped", "the limit")
    now = real.status(run)
    assert now.step >= 7 and now.error == "It took 7 steps, the most on this server"


@pytest.mark.slow
@pytest.mark.parametrize(
    "real", [{"idle_timeout_contended_s": 5, "idle_timeout_s": 3_600}], indirect=True
)
def test_a_real_idle_run_is_saved_and_goes_on_when_resumed(real: Service) -> None:
    idle = started(real, SMALL, "ann")
    waiting = started(real, SMALL, "bob")
    now = real.status(idle)
    assert now.state == "interrupted" and now.resumable
    assert real.checkpoint(idle) is not None
    real.stop(waiting)
    real.resume(idle)
    wait_until(lambda: real.status(idle).step > now.step, "more steps")
