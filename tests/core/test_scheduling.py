"""Many learners, one worker: whose turn it is, what is refused, what makes room.

The workers are stubs and the clock is set by hand; what real workers do at their limits
stands at the end, in the slow tier.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from scheduler_driver import SMALL, SchedulerDriver
from service_contract import started

from ssl_core.data import shapes
from ssl_core.service import Service, State
from ssl_core.service.connection import Message
from ssl_core.service.fair_queue import DEFAULT_DURATION_S, FairQueue
from ssl_core.service.run import Run
from ssl_core.service.run_files import RunFiles, RunSpec, new_id
from ssl_core.service.scheduler import KILL_SECONDS
from ssl_core.service.session import Session, Start
from ssl_core.settings import Settings
from ssl_core.train import Budget, RunConfig
from tests.polling import START_LIMIT_S, wait_until


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[SchedulerDriver]:
    made = SchedulerDriver(
        tmp_path,
        queue=3,
        max_batch=512,
        idle_timeout_contended_s=60,
        idle_timeout_s=3_600,
    )
    yield made
    made.service.close()


@pytest.fixture
def service(scheduler: SchedulerDriver) -> Service:
    return scheduler.service


@pytest.fixture
def training(scheduler: SchedulerDriver) -> str:
    """A run of another learner that has the only worker."""
    return scheduler.submit("zoe")


# --- the queue -------------------------------------------------------------------------


def run_of(owner: str) -> Run:
    about = RunSpec({}, owner, {}, 0.0)
    return Run(RunFiles(Path("nowhere"), new_id()), about, {})


def order(queue: FairQueue, *training: Run) -> list[str]:
    return [r.spec.owner for r in queue.order(training)]


def test_a_second_run_waits_for_everybodys_first() -> None:
    queue = FairQueue()
    for owner in ("ann/left", "ann/right", "bob", "cid"):
        queue.add(run_of(owner))
    assert order(queue) == ["ann/left", "bob", "cid", "ann/right"]
    # Ann trains already: both of hers come after the others.
    assert order(queue, run_of("ann")) == ["bob", "cid", "ann/left", "ann/right"]
    first = queue.next([run_of("ann")])
    assert first is not None and first.spec.owner == "bob"


def test_the_waiting_time_is_estimated_from_earlier_runs() -> None:
    queue = FairQueue()
    assert queue.wait(1, [], 1) == 0
    assert queue.wait(1, [0.0], 1) == DEFAULT_DURATION_S
    for seconds in (10.0, 20.0, 60.0):
        queue.record_duration(seconds)
    assert queue.median_duration == 20
    # One worker that began 5 s ago: 15 s, then 20 s more for each before.
    assert [queue.wait(p, [5.0], 1) for p in (1, 2, 3)] == [15, 35, 55]
    # Two workers: they are free after 15 and after 20 s.
    assert [queue.wait(p, [5.0, 0.0], 2) for p in (1, 2, 3)] == [15, 20, 35]
    assert queue.wait(1, [500.0], 1) == 0


def test_the_service_measures_how_long_a_run_has_its_worker(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    scheduler.now += 90
    scheduler.worker_of(training).end("finished")
    assert service.report().median_duration_s == 90
    scheduler.submit("ann")
    scheduler.now += 30
    assert service.status(scheduler.submit("bob")).wait == 60


# --- what a learner meets --------------------------------------------------------------


def test_position_and_waiting_time_are_reported(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    first, second = scheduler.submit("ann"), scheduler.submit("bob")
    now, later = service.status(first), service.status(second)
    assert (now.state, now.position, later.position) == ("queued", 1, 2)
    assert (now.wait, later.wait) == (DEFAULT_DURATION_S, 2 * DEFAULT_DURATION_S)
    assert service.status(training).wait is None


def test_a_resubmitted_run_keeps_its_place_in_the_queue(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    changed = RunConfig(batch_size=8, seed=2)
    scheduler.submit("ann")
    bob = scheduler.submit("bob")
    again = scheduler.submit("bob", changed)
    assert service.status(bob).state == "stopped"
    assert service.status(again).position == 2  # not before Ann
    mine = scheduler.submit("ann", changed)
    assert service.status(mine).position == 1


def test_a_restart_takes_the_place_of_the_same_run_or_leaves_it(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    assert service.submit(SMALL, owner="zoe") == training
    again = service.submit(SMALL, owner="zoe", restart=True)
    scheduler.settle()
    assert again != training
    assert (scheduler.state(training), scheduler.state(again)) == ("stopped", "running")
    too_large = RunConfig(batch_size=1024)
    with pytest.raises(ValueError, match="batch_size is 1024"):
        service.submit(too_large, owner="zoe", restart=True)
    scheduler.settle()
    assert scheduler.state(again) == "running"


def test_a_run_takes_the_place_of_others_only_if_it_is_taken(tmp_path: Path) -> None:
    scheduler = SchedulerDriver(tmp_path, workers=2, max_batch=512)
    service = scheduler.service
    lab = [scheduler.submit("ann/left"), scheduler.submit("ann/right")]
    bob = scheduler.submit("bob")
    too_large = RunConfig(batch_size=1024)
    with pytest.raises(ValueError, match="batch_size"):
        service.submit(too_large, owner="ann/other", replacing=[*lab, bob])
    with pytest.raises(ValueError, match="You already have 2 runs"):
        service.submit(SMALL, owner="ann/other")
    scheduler.settle()
    assert [scheduler.state(run) for run in (*lab, bob)] == [*["running"] * 2, "queued"]
    service.submit(SMALL, owner="ann/other", replacing=[*lab, bob])
    scheduler.settle()
    assert [scheduler.state(run) for run in lab] == ["stopped"] * 2
    assert scheduler.state(bob) == "running", "it is another learner's"
    service.close()


def test_a_learner_has_at_most_two_runs(
    scheduler: SchedulerDriver, training: str
) -> None:
    scheduler.submit("ann/left")
    scheduler.submit("ann/right")
    with pytest.raises(ValueError, match="You already have 2 runs that train or wait"):
        scheduler.submit("ann")
    # Another click on the same is no third.
    scheduler.submit("ann/left", RunConfig(batch_size=8, seed=5))


def test_a_full_queue_refuses_a_run(scheduler: SchedulerDriver, training: str) -> None:
    for owner in ("ann", "bob", "cid"):
        scheduler.submit(owner)
    with pytest.raises(
        ValueError, match=r"queue is full \(3 runs\).*about \d+ minutes"
    ):
        scheduler.submit("dan")


def test_too_large_a_batch_is_refused(
    scheduler: SchedulerDriver, service: Service, training: str
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
    scheduler = SchedulerDriver(tmp_path, max_seconds=60, max_steps=7, max_images=100)
    run = scheduler.submit("ann")
    (start,) = scheduler.worker_of(run).received
    assert start["limits"] == {"seconds": 60, "steps": 7, "images": 100}
    scheduler.service.close()


def trained(root: Path, **start: object) -> tuple[Message, list[Message]]:
    """Run a session in this process; returns how it ended, and what it reported."""
    files = RunFiles(root, new_id())
    files.write_spec(RunSpec({}, "ann", {}, 0.0))
    known: dict = {"number": 1, "config": SMALL.flat(), "budget": {}}
    reports: list[Message] = []
    session = Session(
        files,
        Start(**known | start),
        lambda name, progress: shapes(60, held_out=20),
        reports.append,
    )
    return session.run(), reports


def test_a_run_stops_at_the_limit_of_steps(tmp_path: Path) -> None:
    ended, _ = trained(tmp_path, limits={"steps": 7})
    assert ended["ended"] == "limit" and ended["step"] >= 7
    assert ended["reason"] == "It reached this server's limit of 7 steps"
    within, _ = trained(tmp_path, limits={"steps": 7}, budget={"steps": 3})
    assert (within["ended"], within["reason"]) == ("finished", None)


def test_a_run_on_too_many_images_fails(tmp_path: Path) -> None:
    ended, _ = trained(tmp_path, limits={"images": 59})
    assert ended["ended"] == "failed"
    assert (
        "has 60 images or clips; allowed on this server are at most 59"
        in (ended["reason"])
    )


def test_a_run_that_takes_too_much_memory_is_ended(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    waiting = scheduler.submit("ann")
    worker = scheduler.worker_of(training)
    worker.resident_mb = 1e6
    scheduler.settle()
    now = service.status(training)
    assert now.state == "failed" and not now.resumable and worker.killed
    assert "MB of memory, the most on this server" in (now.end_reason or "")
    assert scheduler.state(waiting) == "running"  # on a new worker


@pytest.mark.parametrize("paused", [False, True])
def test_a_worker_that_says_nothing_is_killed(tmp_path: Path, paused: bool) -> None:
    """Reading a hostile file or one step of an enormous network may never end."""
    scheduler = SchedulerDriver(tmp_path, max_seconds=60)
    run = scheduler.submit("ann")
    if paused:  # it waits for its learner
        scheduler.service.pause(run)
        scheduler.settle()
    worker = scheduler.worker_of(run)
    scheduler.now += 59
    scheduler.service.sweep()
    assert not worker.killed
    scheduler.now += 2
    scheduler.service.sweep()
    assert worker.killed is not paused
    if not paused:
        reason = scheduler.service.status(run).end_reason
        assert "did not answer for 60 seconds" in (reason or "")
    scheduler.service.close()


@pytest.mark.parametrize(
    ("seconds", "waiting", "is_paused"),
    [
        (59, ("bob",), False),
        (61, ("bob",), True),
        (61, (), False),
        (61, ("ann/right",), False),  # one's own second run
        (301, (), True),
    ],
)
def test_a_run_that_nobody_looks_at_is_paused_sooner_if_others_wait(
    seconds: float, waiting: tuple[str, ...], is_paused: bool, tmp_path: Path
) -> None:
    scheduler = SchedulerDriver(
        tmp_path, idle_timeout_contended_s=60, idle_timeout_s=300
    )
    run = scheduler.submit("ann")
    others = [scheduler.submit(owner) for owner in waiting]
    scheduler.now += seconds
    for other in others:
        scheduler.service.status(other)  # its learner is there
    scheduler.settle()
    assert scheduler.state(run) == ("paused" if is_paused else "running")
    if is_paused:
        notice = scheduler.service.status(run).notice
        assert f"nobody looked at it for {seconds} seconds" in (notice or "")
        assert [scheduler.state(other) for other in others] == ["running"] * len(others)
    scheduler.service.close()


@pytest.mark.parametrize("command", ["stop", "preempt"])
def test_a_run_that_is_not_let_go_in_time_loses_its_worker(
    scheduler: SchedulerDriver, service: Service, training: str, command: str
) -> None:
    """Its worker hangs in a step: it takes no message."""
    if command == "stop":
        service.stop(training)
    else:
        service.pause(training)
        scheduler.settle()
        scheduler.worker_of(training)
        service.submit(SMALL, owner="ann")
    worker = scheduler.worker_of(training)
    scheduler.now += KILL_SECONDS
    service.sweep()
    assert not worker.killed
    scheduler.now += 1
    service.sweep()
    assert worker.killed
    worker.lose()
    assert scheduler.state(training) == ("stopped" if command == "stop" else "paused")


def test_a_run_that_was_paused_for_long_is_not_killed_when_it_is_resumed(
    tmp_path: Path,
) -> None:
    scheduler = SchedulerDriver(tmp_path, max_seconds=60, idle_timeout_s=3_600)
    run = scheduler.submit("ann")
    scheduler.service.pause(run)
    scheduler.settle()
    scheduler.now += 1_000
    scheduler.service.resume(run)
    scheduler.service.sweep()
    assert scheduler.state(run) == "running"
    assert not scheduler.worker_of(run).killed
    scheduler.service.close()


def test_a_click_after_a_long_absence_is_done(tmp_path: Path) -> None:
    scheduler = SchedulerDriver(tmp_path, idle_timeout_s=600)
    run = scheduler.submit("ann")
    scheduler.service.pause(run)
    scheduler.settle()
    before = scheduler.worker_of(run).step
    scheduler.now += 700
    scheduler.service.step(run)  # before any page has polled the status
    scheduler.settle()
    assert scheduler.worker_of(run).step == before + 1
    scheduler.service.close()


@pytest.mark.parametrize("command", ["resume", "step"])
def test_a_command_to_a_run_whose_worker_still_lets_go_is_done(
    scheduler: SchedulerDriver, service: Service, training: str, command: str
) -> None:
    service.pause(training)
    scheduler.settle()
    other = service.submit(SMALL, owner="ann")
    assert scheduler.state(training) == "preempting"
    service.resume(training)
    service.pause(training)  # as a lab does that starts
    getattr(service, command)(training)
    scheduler.settle()
    service.stop(other)
    (worker,) = scheduler.living
    before = worker.step
    scheduler.settle()
    assert scheduler.state(training) == ("running" if command == "resume" else "paused")
    assert worker.step == before + 1 or command == "resume"


def test_a_step_that_was_waiting_is_not_counted_later(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    service.pause(training)
    scheduler.settle()
    other = scheduler.submit("ann")  # takes the worker
    service.step(training)
    service.pause(training)
    service.step(training)
    service.stop(other)
    (worker,) = scheduler.living
    before = worker.step
    scheduler.settle()
    assert worker.run == training and worker.step == before + 1


def test_memory_of_the_run_before_is_not_counted_against_the_next(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    waiting = scheduler.submit("ann")
    worker = scheduler.worker_of(training)

    def end_meanwhile() -> float:
        worker.memory_mb = lambda: 50.0  # type: ignore[method-assign]
        worker.end("finished")
        return 1e6

    worker.memory_mb = end_meanwhile  # type: ignore[method-assign]
    service.sweep()
    scheduler.settle()
    assert scheduler.state(waiting) == "running" and not worker.killed


def test_looking_at_a_run_keeps_it(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    scheduler.submit("bob")
    for _ in range(3):
        scheduler.now += 50
        assert service.status(training).state == "running"
        scheduler.settle()


# --- what is lost with a worker, and what is not ----------------------------------------


def test_a_run_survives_the_loss_of_one_stub_but_not_of_two(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    scheduler.worker_of(training).lose()
    scheduler.settle()
    assert scheduler.state(training) == "running"
    assert "unexpectedly (signal 9); training continued" in (
        service.status(training).notice or ""
    )
    scheduler.worker_of(training).lose()
    now = service.status(training)
    assert now.state == "interrupted" and now.resumable
    assert "unexpectedly (signal 9), twice" in (now.end_reason or "")
    service.resume(training)
    scheduler.settle()
    assert scheduler.state(training) == "running"


def test_a_refused_knob_is_not_in_the_run_that_goes_on_after_a_loss(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    """Only the worker knows that the data has too few rows for the batch."""
    service.adjust(training, {"batch_size": 256})
    scheduler.settle()
    assert service.status(training).rejection == "batch_size is too large"
    scheduler.worker_of(training).lose()
    scheduler.settle()
    assert scheduler.worker_of(training).config["batch_size"] == 8
    assert service.status(training).config["batch_size"] == 8


def test_a_knob_that_no_worker_has_confirmed_goes_to_the_next_one(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    service.adjust(training, {"temperature": 0.7})
    scheduler.worker_of(training).lose()  # with the message in its pipe
    assert service.status(training).config["temperature"] == 0.2
    scheduler.settle()
    assert service.status(training).config["temperature"] == 0.7


def test_a_knob_that_is_moved_while_a_paused_run_is_preempted_is_not_lost(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    service.pause(training)
    scheduler.settle()
    other = service.submit(SMALL, owner="ann")
    assert scheduler.state(training) == "preempting"
    service.adjust(training, {"temperature": 0.7})
    scheduler.settle()
    assert scheduler.state(training) == "paused"
    assert scheduler.state(other) == "running"
    service.stop(other)
    service.resume(training)
    scheduler.settle()
    assert scheduler.state(training) == "running"
    assert service.status(training).config["temperature"] == 0.7


def test_a_step_is_taken_although_the_worker_is_lost_before_it(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    service.pause(training)
    scheduler.settle()
    service.step(training)
    scheduler.worker_of(training).lose()
    scheduler.settle()
    assert scheduler.state(training) == "paused"
    assert scheduler.worker_of(training).step == 1


def test_a_change_that_waits_survives_a_restart_of_the_server(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    service.pause(training)
    scheduler.settle()
    scheduler.submit("ann")  # takes the worker
    service.adjust(training, {"temperature": 0.7})
    service.close()
    after = scheduler.open()
    assert scheduler.state(training) == "paused"
    after.resume(training)
    scheduler.settle()
    assert after.status(training).config["temperature"] == 0.7
    assert after.status(training).step > 0


def test_an_idle_run_makes_room_and_can_be_resumed(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    waiting = scheduler.submit("bob")
    scheduler.now += service.settings.idle_timeout_contended_s + 1
    service.status(waiting)
    scheduler.settle()
    assert scheduler.state(waiting) == "running"
    now = service.status(training)
    assert now.state == "paused"
    assert "nobody looked at it for 61 seconds" in (now.notice or "")
    service.stop(waiting)
    service.resume(training)
    scheduler.settle()
    assert scheduler.state(training) == "running"


# --- how many runs a learner has --------------------------------------------------------


def test_pausing_is_no_way_around_the_cap(tmp_path: Path) -> None:
    scheduler = SchedulerDriver(tmp_path, workers=4)
    service = scheduler.service
    runs = []
    for side in "abcd":
        runs.append(scheduler.submit(f"ann/{side}"))
        service.pause(runs[-1])
        scheduler.settle()
    for run in runs[:2]:
        service.resume(run)
    for run in runs[2:]:
        for command in (service.resume, service.resume):
            with pytest.raises(
                ValueError, match="You already have 2 runs that train or wait"
            ):
                command(run)
    scheduler.settle()
    assert [scheduler.state(run) for run in runs] == [*["running"] * 2, *["paused"] * 2]
    service.close()


def test_an_interrupted_run_that_is_resumed_takes_the_place_of_the_owner_s_present_run(
    scheduler: SchedulerDriver, service: Service
) -> None:
    first = scheduler.submit("ann")
    for _ in range(2):
        scheduler.worker_of(first).lose()
        scheduler.settle()
    assert scheduler.state(first) == "interrupted"
    second = scheduler.submit("ann", RunConfig(batch_size=8, seed=2))
    service.resume(first)
    scheduler.settle()
    assert scheduler.state(first) == "running"
    assert scheduler.state(second) == "stopped"
    assert service.active_run("ann") == first


def test_stepping_is_no_way_around_a_full_queue(
    scheduler: SchedulerDriver, service: Service, training: str
) -> None:
    service.pause(training)
    scheduler.settle()
    for owner in ("ann", "bob", "cid", "dan"):
        scheduler.submit(owner)
    with pytest.raises(ValueError, match=r"queue is full \(3 runs\)"):
        service.step(training)
    assert scheduler.state(training) == "paused"


# --- the disk ---------------------------------------------------------------------------


def test_a_new_run_that_the_disk_refuses_leaves_the_present_one(
    scheduler: SchedulerDriver,
    service: Service,
    training: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(RunFiles, "write_spec", refuse)
        with pytest.raises(ValueError, match="its operator has to make room"):
            service.submit(RunConfig(batch_size=8, seed=2), owner="zoe")
    scheduler.settle()
    assert scheduler.state(training) == "running"
    assert service.active_run("zoe") == training
    assert [path.name for path in scheduler.root.iterdir() if path.is_dir()] == [
        training
    ]


def test_a_state_that_cannot_be_written_is_written_later(
    scheduler: SchedulerDriver,
    service: Service,
    training: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(RunFiles, "write_record", refuse)
        service.stop(training)
        scheduler.settle()
        assert service.status(training).state == "stopped"
        assert RunFiles(scheduler.root, training).record().state == "running"
    told = [e for e in service.report().errors if "cannot be written" in e]
    assert len(told) == 1, "one sentence for the operator, not two a second"
    scheduler.settle()
    assert RunFiles(scheduler.root, training).record().state == "stopped"


def test_a_status_is_told_although_the_disk_does_not_answer(
    scheduler: SchedulerDriver,
    service: Service,
    training: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the disk was asked")

    monkeypatch.setattr(Path, "open", never)
    monkeypatch.setattr(Path, "read_bytes", never)
    monkeypatch.setattr(Path, "stat", never)
    assert service.status(training).state == "running"
    service.pause(training)
    assert service.status(training).state == "pausing"


def test_runs_are_told_of_workers_that_do_not_start(tmp_path: Path) -> None:
    scheduler = SchedulerDriver(tmp_path)
    scheduler.starts_fail = True
    scheduler.workers[0].lose()
    run = scheduler.submit("ann")
    for _ in range(4):
        scheduler.now += 60
        scheduler.service.sweep()
    now = scheduler.service.status(run)
    assert now.state == "queued" and "cannot start a training process" in (
        now.notice or ""
    )
    assert scheduler.service.report().status == "degraded"
    scheduler.starts_fail = False
    scheduler.now += 60
    scheduler.settle()
    assert scheduler.service.status(run).state == "running"
    assert scheduler.service.status(run).notice is None
    assert scheduler.service.report().status == "ok"
    scheduler.service.close()


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
    assert now.state == "failed" and message in (now.end_reason or "")
    assert not now.resumable
    wait_until(real.ready, "a worker for the next", START_LIMIT_S)


@pytest.mark.slow
@pytest.mark.parametrize("real", [{"max_steps": 7}], indirect=True)
def test_a_real_run_stops_at_the_limit_of_steps(real: Service) -> None:
    run = real.submit(SMALL, owner="ann", budget=Budget(steps=5_000))
    wait_until(lambda: real.status(run).state == "stopped", "the limit")
    now = real.status(run)
    assert (
        now.step >= 7 and now.end_reason == "It reached this server's limit of 7 steps"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "real", [{"idle_timeout_contended_s": 5, "idle_timeout_s": 3_600}], indirect=True
)
def test_a_real_idle_run_is_saved_and_goes_on_when_resumed(real: Service) -> None:
    idle = started(real, SMALL, "ann")
    waiting = started(real, SMALL, "bob")
    now = real.status(idle)
    assert now.state is State.PAUSED and "nobody looked" in (now.notice or "")
    assert real.checkpoint(idle) is not None
    real.stop(waiting)
    real.resume(idle)
    wait_until(lambda: real.status(idle).step > now.step, "more steps")
