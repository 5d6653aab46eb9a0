"""Many learners, one worker: whose turn it is, what is refused, what makes room."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from service_contract import wait_for

from ssl_core.data import shapes
from ssl_core.service import Service
from ssl_core.service.limits import Watchman
from ssl_core.service.line import UNTOLD_SECONDS, Line
from ssl_core.service.records import RunAbout
from ssl_core.service.run import Run
from ssl_core.service.settings import Settings
from ssl_core.service.store import RunFolder, new_id
from ssl_core.train import Budget, RunConfig

SMALL = RunConfig(batch_size=8, seed=1)


def serving(root: Path, **settings: float) -> Service:
    made = Service(root, Settings(workers=1, **settings), mapper=False)  # type: ignore[arg-type]
    wait_for(made.ready, "a warm worker")
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = serving(tmp_path_factory.mktemp("runs"), queue=3, most_batch=512)
    yield made
    made.close()


@pytest.fixture
def held(service: Service) -> Iterator[str]:
    """A run of somebody else that has the only worker."""
    run = service.submit(SMALL, owner="zoe")
    wait_for(lambda: service.status(run).step >= 1, "the first step")
    yield run
    for r in list(service._runs):
        service.stop(r)
    wait_for(lambda: not any(r.active for r in service._runs.values()), "the end")


# --- the line --------------------------------------------------------------------------


def run_of(owner: str) -> Run:
    about = RunAbout({}, owner, {}, 0.0)
    return Run(RunFolder(Path("nowhere"), new_id()), about, {})


def order(line: Line, *training: Run) -> list[str]:
    return [r.about.owner for r in line.order(training)]


def test_nobodys_second_comes_before_anothers_first() -> None:
    line = Line()
    for owner in ("ann/left", "ann/right", "bob", "cid"):
        line.add(run_of(owner))
    assert order(line) == ["ann/left", "bob", "cid", "ann/right"]
    # Ann trains already: both of hers come after the others.
    assert order(line, run_of("ann")) == ["bob", "cid", "ann/left", "ann/right"]
    assert line.pop([run_of("ann")]).about.owner == "bob"


def test_the_wait_is_told_from_how_long_runs_took() -> None:
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


# --- what a learner meets --------------------------------------------------------------


def test_position_and_wait_are_told(service: Service, held: str) -> None:
    first = service.submit(SMALL, owner="ann")
    second = service.submit(SMALL, owner="bob")
    now, later = service.status(first), service.status(second)
    assert (now.state, now.position, later.position) == ("queued", 1, 2)
    assert now.wait is not None and later.wait is not None and now.wait < later.wait
    assert service.status(held).wait is None


def test_changing_a_knob_keeps_the_place_in_line(service: Service, held: str) -> None:
    service.submit(SMALL, owner="ann")
    bob = service.submit(SMALL, owner="bob")
    again = service.submit(RunConfig(batch_size=8, seed=2), owner="bob")
    assert service.status(bob).state == "stopped"
    assert service.status(again).position == 2  # not before Ann
    mine = service.submit(RunConfig(batch_size=8, seed=2), owner="ann")
    assert service.status(mine).position == 1


def test_a_learner_has_two_runs_on_their_way(service: Service, held: str) -> None:
    service.submit(SMALL, owner="ann/left")
    service.submit(SMALL, owner="ann/right")
    with pytest.raises(ValueError, match="You have 2 runs on their way"):
        service.submit(SMALL, owner="ann")
    # Another click on the same is no third.
    service.submit(RunConfig(batch_size=8, seed=5), owner="ann/left")


def test_a_full_line_is_told(service: Service, held: str) -> None:
    for owner in ("ann", "bob", "cid"):
        service.submit(SMALL, owner=owner)
    with pytest.raises(ValueError, match=r"3 runs wait already.*about \d+ minutes"):
        service.submit(SMALL, owner="dan")


def test_what_is_too_large_is_refused(service: Service, held: str) -> None:
    with pytest.raises(ValueError, match=r"batch_size is 1024; allowed .* at most 512"):
        service.submit(RunConfig(batch_size=1024), owner="ann")
    with pytest.raises(ValueError, match=r"batch_size is 1024; allowed .* at most 512"):
        service.adjust(held, {"batch_size": 1024})
    assert service.status(held).config["batch_size"] == 8


def test_a_run_belongs_to_its_learner(service: Service, held: str) -> None:
    assert service.owns("zoe", held) and service.owns("zoe/left", held)
    assert not service.owns("ann", held) and not service.owns("zoe", "a" * 16)
    assert not service.owns("zo", held) and not service.owns("", held)


# --- caps, and what makes room ---------------------------------------------------------


def test_a_run_ends_at_the_caps(tmp_path: Path) -> None:
    service = serving(tmp_path, most_steps=7)
    try:
        run = service.submit(SMALL, owner="ann", budget=Budget(steps=5_000))
        wait_for(lambda: service.status(run).state == "stopped", "the cap")
        now = service.status(run)
        assert now.step >= 7 and now.error == "It took 7 steps, the most on this server"
        within = service.submit(SMALL, owner="ann", budget=Budget(steps=3))
        wait_for(lambda: service.status(within).state == "finished", "the end")
        assert service.status(within).error is None
    finally:
        service.close()


@pytest.mark.parametrize(
    ("cap", "told"),
    [
        ({"most_images": 100}, f"has {len(shapes()):,} images or clips; allowed"),
        ({"most_memory_mb": 100}, "It took more than 100 MB of memory"),
    ],
)
def test_what_takes_too_much_is_ended(
    cap: dict[str, float], told: str, tmp_path: Path
) -> None:
    service = serving(tmp_path, **cap)
    try:
        run = service.submit(SMALL, owner="ann")
        wait_for(lambda: not service.status(run).active, "the refusal")
        now = service.status(run)
        assert now.state == "failed" and told in (now.error or "")
        assert not now.resumable
        # Another learner's turn comes all the same.
        wait_for(service.ready, "a new worker")
    finally:
        service.close()


@pytest.mark.parametrize("state", ["starting", "running", "paused"])
def test_a_worker_without_a_sign_of_life_is_ended(state: str, tmp_path: Path) -> None:
    """Reading a hostile file, or one step of an enormous network, may never end."""
    settings = Settings(most_seconds=60)
    run = run_of("ann")
    run.folder = RunFolder(tmp_path, new_id())
    run.folder.write_about(run.about)
    old = time.time() - 100
    record = {"state": state, "updated": old}
    (run.folder.path / "state.json").write_text(json.dumps(record))
    run.held_since, killed = time.monotonic() - 100, []
    link = Mock(memory_mb=lambda: 0.0, kill=lambda: killed.append(1))
    crew = SimpleNamespace(busy={link: run}, line=Line())
    Watchman(crew, settings).look()  # type: ignore[arg-type]
    if state == "paused":  # it waits for its learner
        assert not killed and run.why is None
    else:
        assert killed and "no sign of life for 60 seconds" in (run.why or "")


def test_what_nobody_looks_at_makes_room_and_is_kept(tmp_path: Path) -> None:
    service = serving(tmp_path, patience_seconds=5, idle_seconds=3_600)
    try:
        left = service.submit(SMALL, owner="ann")
        wait_for(lambda: service.status(left).step >= 1, "the first step")
        waiting = service.submit(SMALL, owner="bob")
        wait_for(lambda: service.status(waiting).step >= 1, "room")
        now = service.status(left)
        assert now.state == "interrupted" and now.resumable
        assert "Nobody had looked at it for" in (now.error or "")
        assert service.checkpoint(left) is not None
        service.stop(waiting)
        service.resume(left)
        wait_for(lambda: service.status(left).step > now.step, "it goes on")
    finally:
        service.close()


def test_who_is_looked_at_stays(tmp_path: Path) -> None:
    service = serving(tmp_path, patience_seconds=5, idle_seconds=5)
    try:
        run = service.submit(SMALL, owner="ann")
        until = time.monotonic() + 8
        while time.monotonic() < until:
            assert service.status(run).active
            time.sleep(0.2)
        wait_for(
            lambda: service._runs[run].state().state == "interrupted",  # nobody looks
            "the end of an idle run",
        )
    finally:
        service.close()
