"""The contract of every backend: the same tests, wherever its workers run.

A backend's test module has one class of these tests, with the fixtures ``service``,
``workers``, ``pid_of`` and ``killed``.
"""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ssl_core.service import Service, Settings
from ssl_core.service.connection import OnExit, OnMessage, WorkerConnection
from ssl_core.service.worker_factory import WorkerFactory
from ssl_core.train import Budget, RunConfig
from tests.polling import START_LIMIT_S, wait_until

PidOf = Callable[[WorkerConnection], int]


class Workers:
    """Starts the workers of a service, and keeps them in the order of their start."""

    def __init__(self, start: WorkerFactory) -> None:
        self.start = start
        self.started: list[WorkerConnection] = []

    def __call__(self, on_message: OnMessage, on_exit: OnExit) -> WorkerConnection:
        self.started.append(self.start(on_message, on_exit))
        return self.started[-1]

    @property
    def newest(self) -> WorkerConnection:
        """The worker that was started last: the only one of a service with one worker."""
        return self.started[-1]


def service_with(
    workers: Workers, root: Path, settings: Settings, *, umap: bool = False
) -> Service:
    """A service whose first worker is warm."""
    service = Service(root, settings, umap, factory=workers)
    wait_until(service.ready, "a warm worker", START_LIMIT_S)
    return service


def started(service: Service, config: RunConfig, owner: str) -> str:
    run = service.submit(config, owner=owner)
    # Its worker may have to start first, in place of one that a test has ended.
    wait_until(lambda: service.status(run).step >= 1, "the first step", START_LIMIT_S)
    return run


def saved_step(service: Service, run: str) -> int:
    """The step of a run's checkpoint, -1 if there is none."""
    folder = service.checkpoint(run)
    return (
        -1 if folder is None else json.loads((folder / "card.json").read_text())["step"]
    )


def wait_for_state(service: Service, run: str, state: str) -> None:
    wait_until(lambda: service.status(run).state == state, f"the state {state}")


class Contract:
    """What a page may call, and what it gets.

    Needs fixtures: ``service``, whose one worker is ready; ``workers``, which started
    it; ``pid_of``, which gives a worker's process id; ``killed``, how the service
    describes a worker whose process was killed.
    """

    @pytest.fixture(scope="class")
    def pictures(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A small folder of images, so that evaluating a run costs little."""
        root = tmp_path_factory.mktemp("pictures")
        rng = np.random.default_rng(0)
        for i in range(120):
            path = root / f"class{i % 3}" / f"{i}.png"
            path.parent.mkdir(exist_ok=True)
            noise = rng.integers(0, 90, (32, 32, 3)) + 80 * (i % 3)
            Image.fromarray(noise.astype(np.uint8)).save(path)
        return root

    @pytest.fixture
    def config(self, pictures: Path) -> RunConfig:
        return RunConfig(data=str(pictures), batch_size=16)

    def test_a_run_from_start_to_stop(
        self, service: Service, config: RunConfig
    ) -> None:
        run = started(service, config, "ann")
        assert service.status(run).state == "running"
        assert service.active_run("ann") == run

        service.pause(run)
        assert service.status(run).state in ("pausing", "paused")
        wait_for_state(service, run, "paused")
        before = service.status(run).step
        wait_until(lambda: saved_step(service, run) == before, "its checkpoint")
        assert service.status(run).step == before, "a paused run took a step"

        for count in (
            1,
            2,
        ):  # a worker that overruns the first step is found by the second
            service.step(run)
            wait_until(lambda: service.status(run).step >= before + count, "one step")  # noqa: B023
            wait_until(lambda: saved_step(service, run) >= before + count, "its end")  # noqa: B023
            assert service.status(run).step == before + count
            assert len(service.history(run)[-1]["losses"]) == 1

        service.resume(run)
        wait_until(lambda: service.status(run).step > before + 3, "more steps")
        service.stop(run)
        assert service.status(run).state in ("stopping", "stopped")
        wait_for_state(service, run, "stopped")
        assert service.active_run("ann") == run, "a stopped run can still be shown"
        card = json.loads((service.checkpoint(run) / "card.json").read_text())
        assert card["step"] == service.status(run).step
        with pytest.raises(ValueError, match="is stopped; start a new one"):
            service.pause(run)

    def test_ticks_snapshot_and_map_agree(
        self, service: Service, config: RunConfig
    ) -> None:
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

    def test_hyperparameters_change_during_a_run(
        self, service: Service, config: RunConfig
    ) -> None:
        run = started(service, config, "cat")
        service.adjust(run, {"temperature": 0.7, "augment": {"flip": 0.5}})
        wait_until(
            lambda: service.history(run)[-1]["temperature"] == 0.7,
            "the new temperature",
        )
        changes = [t["changes"] for t in service.history(run) if t["changes"]]
        assert changes == [{"temperature": 0.7, "augment": {"flip": 0.5}}]

        with pytest.raises(ValueError, match="temperature"):
            service.adjust(run, {"temperature": -1})
        with pytest.raises(ValueError, match="seed cannot change during a run"):
            service.adjust(run, {"seed": 3})
        service.adjust(run, {"batch_size": 4096})  # only the worker knows the data
        wait_until(lambda: service.status(run).rejection, "the refusal")
        now = service.status(run)
        assert "batch_size is 4096, more than the" in now.rejection
        assert now.config["batch_size"] == 16 and now.config["temperature"] == 0.7
        wait_until(lambda: service.status(run).step > now.step, "the run to go on")
        service.adjust(run, {"batch_size": 8})
        wait_until(
            lambda: service.history(run)[-1]["batch_size"] == 8, "the smaller batch"
        )
        assert service.status(run).rejection is None
        service.stop(run)

    def test_submitting_twice_starts_one_run(
        self, service: Service, config: RunConfig
    ) -> None:
        first = service.submit(config, owner="dan")
        assert service.submit(config, owner="dan") == first
        second = service.submit(replace(config, seed=1), owner="dan")
        assert second != first and service.active_run("dan") == second
        wait_for_state(service, first, "stopped")
        wait_until(lambda: service.status(second).step >= 1, "the second run")
        service.stop(second)
        third = service.submit(replace(config, seed=1), owner="dan")
        assert third != second, "a run that was stopped is not the one that Train means"
        service.stop(third)
        wait_for_state(service, third, "stopped")

    def test_a_second_owner_waits_until_the_first_pauses(
        self, service: Service, config: RunConfig
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
        wait_until(lambda: service.status(second).step >= 1, "the paused run's worker")
        held = service.status(first)
        assert held.state == "paused"
        service.step(first)  # it needs a worker again, and waits for it
        assert service.status(first).state == "queued"
        service.stop(second)
        wait_until(
            lambda: service.status(first).step == held.step + 1, "the requested step"
        )
        wait_for_state(service, first, "paused")
        assert [t["step"] for t in service.history(first)] == sorted(
            t["step"] for t in service.history(first)
        )
        service.stop(first)
        wait_for_state(service, first, "stopped")

    def test_a_run_starts_from_a_checkpoint(
        self, service: Service, config: RunConfig
    ) -> None:
        first = service.submit(config, owner="hal", budget=Budget(steps=5))
        wait_for_state(service, first, "finished")
        more = Budget(steps=3)
        second = service.submit(
            config, owner="hal", budget=more, resume=service.checkpoint(first)
        )
        wait_for_state(service, second, "finished")
        assert service.history(second)[0]["step"] == 5
        assert service.status(second).step == 8

    def test_bad_data_fails_with_a_readable_error(
        self, service: Service, config: RunConfig, tmp_path: Path
    ) -> None:
        bad = tmp_path / "broken.zip"
        bad.write_bytes(b"PK\x03\x04 not really")
        run = service.submit(RunConfig(data=str(bad)), owner="ida")
        wait_for_state(service, run, "failed")
        error = service.status(run).end_reason
        assert error and "broken.zip" in error and "Traceback" not in error
        run = service.submit(replace(config, batch_size=4096), owner="ida")
        wait_for_state(service, run, "failed")
        assert "batch_size is 4096" in (service.status(run).end_reason or "")

    @pytest.mark.slow
    def test_a_run_survives_the_loss_of_one_worker_but_not_of_two(
        self,
        service: Service,
        config: RunConfig,
        workers: Workers,
        pid_of: PidOf,
        killed: str,
    ) -> None:
        run = started(service, config, "kim")
        wait_until(lambda: service.checkpoint(run), "a checkpoint")
        os.kill(pid_of(workers.newest), signal.SIGKILL)
        wait_until(lambda: service.status(run).notice, "the notice")
        saved = saved_step(service, run)
        assert f"unexpectedly ({killed}); training continued" in (
            service.status(run).notice or ""
        )
        wait_until(
            lambda: service.status(run).state == "running",
            "the new worker",
            START_LIMIT_S,
        )
        wait_until(
            lambda: service.status(run).step > saved, "steps after the checkpoint"
        )
        steps = [t["step"] for t in service.history(run)]
        assert steps == sorted(steps) and steps[0] == 0  # nothing twice, nothing lost

        os.kill(pid_of(workers.newest), signal.SIGKILL)
        wait_for_state(service, run, "interrupted")
        now = service.status(run)
        assert now.resumable and f"unexpectedly ({killed}), twice" in (
            now.end_reason or ""
        )
        assert service.history(run) and service.latest(run) is not None

        service.resume(run)
        wait_until(
            lambda: service.status(run).step > now.step,
            "steps after a click",
            START_LIMIT_S,
        )
        assert service.status(run).end_reason is None
        service.stop(run)
        wait_for_state(service, run, "stopped")
        with pytest.raises(ValueError, match="is stopped; start a new one"):
            service.resume(run)
