"""Real processes, real files: what a page may ask of the service, and what it gets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ssl_core.service import RootInUse, Service, UnknownRun
from ssl_core.service.expiry import expire_runs, expire_uploads
from ssl_core.service.link import Link
from ssl_core.service.pictures import read_snapshot
from ssl_core.service.settings import Settings
from ssl_core.service.store import RunAbout, RunFolder, RunState, folders, new_id
from ssl_core.train import Budget, RunConfig

PATIENCE = 120.0  # other work on the machine may slow a run down, not break it


def wait_for(claim: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < until, f"waited {PATIENCE:g} s in vain for: {what}"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of images, so that looking at a run costs little."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for i in range(120):
        path = root / f"class{i % 3}" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        noise = rng.integers(0, 90, (32, 32, 3)) + 80 * (i % 3)
        Image.fromarray(noise.astype(np.uint8)).save(path)
    return root


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("runs"), Settings(workers=1))
    wait_for(made.ready, "a warm worker")
    yield made
    made.close()


@pytest.fixture
def config(pictures: Path) -> RunConfig:
    return RunConfig(data=str(pictures), batch_size=16)


def started(service: Service, config: RunConfig, owner: str) -> str:
    run = service.submit(config, owner=owner)
    wait_for(lambda: service.status(run).step >= 1, "the first step")
    return run


def wait_for_state(service: Service, run: str, state: str) -> None:
    wait_for(lambda: service.status(run).state == state, f"the state {state}")


def worker_of(service: Service, run: str) -> Link:
    """The worker that trains a run."""
    busy = service._crew.busy.items()
    return next(link for link, held in busy if held.folder.run_id == run)


def test_a_run_from_start_to_stop(service: Service, config: RunConfig) -> None:
    run = started(service, config, "ann")
    assert service.status(run).state == "running"
    assert service.active_run("ann") == run

    service.pause(run)
    assert service.status(run).state in ("pausing", "paused")
    wait_for_state(service, run, "paused")
    before = service.status(run).step
    time.sleep(0.5)
    assert service.status(run).step == before, "a paused run took a step"

    service.step(run)
    wait_for(lambda: service.status(run).step > before, "one step")
    time.sleep(0.3)
    assert service.status(run).step == before + 1
    assert len(service.history(run)[-1]["losses"]) == 1

    service.resume(run)
    wait_for(lambda: service.status(run).step > before + 3, "more steps")
    service.stop(run)
    assert service.status(run).state in ("stopping", "stopped")
    wait_for_state(service, run, "stopped")
    assert service.active_run("ann") == run, "a stopped run can still be shown"
    card = json.loads((service.checkpoint(run) / "card.json").read_text())
    assert card["step"] == service.status(run).step
    with pytest.raises(ValueError, match="is stopped; start a new one"):
        service.pause(run)


def test_what_a_viewer_sees(service: Service, config: RunConfig) -> None:
    run = service.submit(config, owner="bea", budget=Budget(steps=6))
    wait_for_state(service, run, "finished")
    ticks = service.history(run)
    assert ticks[0]["step"] == 0 and ticks[-1]["step"] == 6 and ticks[-1]["done"]
    assert sum(len(t["losses"]) for t in ticks) == 6
    assert ticks[0]["scores"]["knn"]["chance"] == pytest.approx(1 / 3, abs=0.2)
    assert service.history(run, since=len(ticks) - 1) == ticks[-1:]

    shown, images = service.latest(run), service.map_set(run)
    assert shown is not None and images is not None
    assert service.latest(run) is shown, "an unchanged file was read again"
    assert shown.scalars["step"] == 6
    assert shown.scalars["config"] == config.flat()
    points = len(images.images)
    assert shown.map_xy.shape == (points, 2) == (len(shown.map_rows), 2)
    assert np.array_equal(shown.map_rows, images.rows)
    assert shown.view_a.shape == shown.view_b.shape == (16, 3, 32, 32)
    assert shown.similarity.shape == (32, 32)
    assert np.allclose(np.diag(shown.similarity), 1, atol=1e-3)
    classes = images.factors["class"]
    # Classes are told by brightness: thumbnails and labels belong together.
    means = [images.images[classes.values == c].mean() for c in range(3)]
    assert means == sorted(means) and means[2] - means[0] > 100


def test_knobs_change_in_mid_run(service: Service, config: RunConfig) -> None:
    run = started(service, config, "cat")
    service.adjust(run, {"temperature": 0.7, "augment": {"flip": 0.5}})
    wait_for(lambda: service.history(run)[-1]["temperature"] == 0.7, "the new knob")
    told = [t["changes"] for t in service.history(run) if t["changes"]]
    assert told == [{"temperature": 0.7, "augment": {"flip": 0.5}}]

    with pytest.raises(ValueError, match="temperature"):
        service.adjust(run, {"temperature": -1})
    with pytest.raises(ValueError, match="seed cannot change during a run"):
        service.adjust(run, {"seed": 3})
    service.adjust(run, {"batch_size": 4096})  # only the worker knows the data
    wait_for(lambda: service.status(run).refused, "the refusal")
    now = service.status(run)
    assert "batch_size is 4096, more than the" in now.refused
    assert now.config["batch_size"] == 16 and now.config["temperature"] == 0.7
    wait_for(lambda: service.status(run).step > now.step, "the run to go on")
    service.adjust(run, {"batch_size": 8})
    wait_for(lambda: service.history(run)[-1]["batch_size"] == 8, "the smaller batch")
    assert service.status(run).refused is None
    service.stop(run)


def test_two_clicks_start_one_run(service: Service, config: RunConfig) -> None:
    first = service.submit(config, owner="dan")
    assert service.submit(config, owner="dan") == first
    second = service.submit(replace(config, seed=1), owner="dan")
    assert second != first and service.active_run("dan") == second
    wait_for_state(service, first, "stopped")
    wait_for(lambda: service.status(second).step >= 1, "the second run")
    service.stop(second)
    third = service.submit(replace(config, seed=1), owner="dan")
    assert third != second, "a run that was stopped is not the one that Train means"
    service.stop(third)
    wait_for_state(service, third, "stopped")


def test_a_second_owner_waits_until_the_first_pauses(
    service: Service, config: RunConfig
) -> None:
    first = started(service, config, "eve")
    second = service.submit(config, owner="fay")
    third = service.submit(config, owner="gus")
    assert (service.status(second).state, service.status(second).position) == (
        "queued",
        1,
    )
    assert service.status(third).position == 2
    service.stop(third)
    assert service.status(third).state == "stopped"

    service.pause(first)
    wait_for(lambda: service.status(second).step >= 1, "the paused run's worker")
    held = service.status(first)
    assert held.state == "paused"
    service.step(first)  # it needs a worker again, and waits for it
    assert service.status(first).state == "queued"
    service.stop(second)
    wait_for(lambda: service.status(first).step == held.step + 1, "the due step")
    wait_for_state(service, first, "paused")
    assert [t["step"] for t in service.history(first)] == sorted(
        t["step"] for t in service.history(first)
    )
    service.stop(first)
    wait_for_state(service, first, "stopped")


def test_a_run_starts_from_a_checkpoint(service: Service, config: RunConfig) -> None:
    first = service.submit(config, owner="hal", budget=Budget(steps=5))
    wait_for_state(service, first, "finished")
    more = Budget(steps=3)
    second = service.submit(
        config, owner="hal", budget=more, resume=service.checkpoint(first)
    )
    wait_for_state(service, second, "finished")
    assert service.history(second)[0]["step"] == 5
    assert service.status(second).step == 8


def test_bad_data_fails_with_a_sentence(
    service: Service, config: RunConfig, tmp_path: Path
) -> None:
    bad = tmp_path / "broken.zip"
    bad.write_bytes(b"PK\x03\x04 not really")
    run = service.submit(RunConfig(data=str(bad)), owner="ida")
    wait_for_state(service, run, "failed")
    error = service.status(run).error
    assert error and "broken.zip" in error and "Traceback" not in error
    run = service.submit(replace(config, batch_size=4096), owner="ida")
    wait_for_state(service, run, "failed")
    assert "batch_size is 4096" in (service.status(run).error or "")


@pytest.mark.parametrize(
    "name", ["../x", "", "a" * 16, "..%2f", "x/../../etc/passwd", None]
)
def test_unknown_runs_are_refused(service: Service, name: str) -> None:
    asks = [service.status, service.latest, service.history, service.stop]
    asks += [service.request_umap, service.checkpoint, service.resume]
    for ask in asks:
        with pytest.raises(UnknownRun, match="is not known here"):
            ask(name)


def test_umap_is_drawn_beside_training(service: Service, config: RunConfig) -> None:
    run = started(service, config, "jan")
    assert service.umap(run) is None
    service.request_umap(run)
    wait_for(lambda: service.umap(run), "a layout")
    frame, images = service.umap(run), service.map_set(run)
    assert frame is not None and images is not None
    assert frame.xy.shape == (len(images.images), 2)
    assert np.isfinite(frame.xy).all() and frame.xy.std() > 0.5
    service.stop(run)
    wait_for_state(service, run, "stopped")


def test_a_run_outlives_one_worker_but_not_two(
    service: Service, config: RunConfig
) -> None:
    run = started(service, config, "kim")
    wait_for(lambda: service.checkpoint(run), "a checkpoint")
    os.kill(worker_of(service, run).process.pid, signal.SIGKILL)
    wait_for(lambda: service.status(run).notice, "the notice")
    saved = json.loads((service.checkpoint(run) / "card.json").read_text())["step"]
    assert "lost (signal 9); it went on" in (service.status(run).notice or "")
    wait_for(lambda: service.status(run).state == "running", "the new worker")
    wait_for(lambda: service.status(run).step > saved, "steps after the checkpoint")
    steps = [t["step"] for t in service.history(run)]
    assert steps == sorted(steps) and steps[0] == 0  # nothing twice, nothing lost

    os.kill(worker_of(service, run).process.pid, signal.SIGKILL)
    wait_for_state(service, run, "died")
    now = service.status(run)
    assert now.resumable and "died (signal 9), for a second time" in (now.error or "")
    assert service.history(run) and service.latest(run) is not None

    service.resume(run)
    wait_for(lambda: service.status(run).step > now.step, "steps after a click")
    assert service.status(run).error is None
    service.stop(run)
    wait_for_state(service, run, "stopped")
    with pytest.raises(ValueError, match="is stopped; start a new one"):
        service.resume(run)


def test_the_end_of_the_server_saves_the_run(
    service: Service, config: RunConfig
) -> None:
    """A worker's standard input ends when the server is killed; so it does here."""
    run = started(service, config, "lee")
    link = worker_of(service, run)
    link.close()
    assert link.process.wait(PATIENCE) == 0
    assert service.status(run).state == "interrupted"
    card = json.loads((service.checkpoint(run) / "card.json").read_text())
    assert card["step"] == service.status(run).step >= 1


def test_runs_of_an_earlier_server_are_found(tmp_path: Path) -> None:
    about = RunAbout({"seed": 1}, "mia", {}, 5.0)
    left, damaged = RunFolder(tmp_path, new_id()), RunFolder(tmp_path, new_id())
    for folder in (left, damaged):
        folder.write_about(about)
        folder.write_state(RunState("running", step=7))
    (damaged.path / "state.json").write_text('{"state": ')
    damaged.latest.write_bytes(b"PK\x03\x04 torn")
    damaged.ticks.write_text('{"step": 0}\nnonsense\n')
    service = Service(tmp_path, Settings(workers=1), mapper=False)
    try:
        assert service.status(left.run_id).state == "interrupted"
        assert service.status(left.run_id).step == 7
        for ask in (service.status, service.latest, service.history):
            with pytest.raises(ValueError, match=r"damaged; start a new run"):
                ask(damaged.run_id)
    finally:
        service.close()


def test_a_folder_of_runs_has_one_service(tmp_path: Path) -> None:
    """A second would take the first one's runs for interrupted."""
    first = Service(tmp_path, Settings(workers=1), mapper=False)
    left = RunFolder(tmp_path, new_id())
    left.write_about(RunAbout({}, "mia", {}, 5.0))
    left.write_state(RunState("paused"))
    try:
        with pytest.raises(RootInUse, match="another server keeps its runs in"):
            Service(tmp_path, Settings(workers=1), mapper=False)
        assert left.state().state == "paused"
    finally:
        first.close()
    Service(tmp_path, Settings(workers=1), mapper=False).close()
    assert left.state().state == "interrupted"


def test_old_runs_go_and_present_ones_stay(tmp_path: Path) -> None:
    made, day = [], 86_400
    for i in range(6):
        folder = RunFolder(tmp_path, new_id())
        folder.write_about(RunAbout({}, "nan", {}, float(i)))
        folder.write_state(RunState("paused" if i == 0 else "finished"))
        os.utime(folder.path / "config.json", (i, i))
        made.append(folder.run_id)
    (tmp_path / "not a run").mkdir()
    assert sorted(expire_runs(tmp_path, 3, 7, held=made[:1])) == sorted(made[1:3])
    assert [f.run_id for f in folders(tmp_path)] == [*reversed(made[3:]), made[0]]
    then = time.time() - 8 * day
    os.utime(tmp_path / made[4] / "state.json", (then, then))
    assert expire_runs(tmp_path, 100, 7) == [made[4]]
    assert (tmp_path / "not a run").is_dir()


def test_old_and_too_many_uploads_go(tmp_path: Path) -> None:
    kept = []
    for i, name in enumerate(("new", "newer", "newest", "forgotten")):
        path = tmp_path / "uploads" / "nan" / "images" / f"{name}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(600_000))
        when = time.time() - (864_000 if name == "forgotten" else 60 - i)
        os.utime(path, (when, when))
        kept.append(path)
    expire_uploads(tmp_path, most_mb=1.3, days=7)
    assert [p.exists() for p in kept] == [False, True, True, False]


def test_arrays_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "latest.npz"
    np.savez(path, map_xy=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="damaged"):
        read_snapshot(path)


def test_looking_needs_no_torch() -> None:
    code = "import sys, ssl_core.service; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
