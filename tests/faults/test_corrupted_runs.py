"""Damaged files of one run: a readable error for it, and no harm to the other runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import corruption
import pytest

from ssl_core.service import RESUMABLE, RunStatus, Service, Settings
from tests.polling import START_LIMIT_S, wait_until

pytestmark = pytest.mark.slow
Room = tuple[Path, str, list[corruption.Damaged]]

MUTATIONS = 4
WAITING = ("queued", "starting")
TRIED = (
    "half",
    "garbage",
    "missing",
    "json",
)  # when a run is resumed: that takes longer


@pytest.fixture(scope="module")
def room(
    tmp_path_factory: pytest.TempPathFactory,
) -> Room:
    root = tmp_path_factory.mktemp("runs")
    run = corruption.interrupted(root)
    return root, run, corruption.damaged(root, run, MUTATIONS, seed=1)


@pytest.fixture(scope="module")
def service(room: Room) -> Iterator[Service]:
    made = Service(room[0], Settings(workers=1), umap=False)
    yield made
    made.close()


def queries(
    service: Service, damaged: corruption.Damaged
) -> dict[str, Callable[[], Any]]:
    """Everything that a page may call for a run."""
    run = damaged.run
    return {
        "status": lambda: service.status(run),
        "history": lambda: service.history(run),
        "history from": lambda: service.history(run, 3),
        "latest": lambda: service.latest(run),
        "map_set": lambda: service.map_set(run),
        "umap": lambda: service.umap(run),
        "checkpoint": lambda: service.checkpoint(run),
        "owns": lambda: service.owns(damaged.owner, run),
        "active_run": lambda: service.active_run(damaged.owner),
        "adjust": lambda: service.adjust(run, {"temperature": 0.3}),
        "pause": lambda: service.pause(run),
        "step": lambda: service.step(run),
        "stop": lambda: service.stop(run),
        "request_umap": lambda: service.request_umap(run),
        "report": service.report,
    }


def is_displayable(answer: object) -> bool:
    """Whether a page can show it."""
    if isinstance(answer, RunStatus):
        values = (answer.state, answer.step, answer.seconds, answer.config)
        kinds = (str, int, int | float, dict)
        return all(isinstance(t, k) for t, k in zip(values, kinds, strict=True))
    if isinstance(answer, list):  # a history
        return all(isinstance(tick, dict) and "step" in tick for tick in answer)
    return True


def test_every_query_answers_or_refuses_in_one_sentence(
    service: Service, room: Room
) -> None:
    wrong = []
    for damaged in room[2]:
        for name, query in queries(service, damaged).items():
            about = f"{damaged.file} {damaged.how}: {name}"
            try:
                if not is_displayable(query()):
                    wrong.append(f"{about}: it is shown as it is")
            except ValueError as refusal:
                if not str(refusal).strip() or "\n" in str(refusal):
                    wrong.append(f"{about}: {refusal}")
                if not type(refusal).__module__.startswith(("builtins", "ssl_core")):
                    wrong.append(f"{about}: {type(refusal)}: {refusal}")
            except Exception as problem:
                wrong.append(f"{about}: {type(problem).__name__}: {problem}")
    assert not wrong, "\n".join([f"{len(wrong)} answers", *wrong])


def test_a_damaged_run_resumes_or_ends_with_a_sentence(
    service: Service, room: Room
) -> None:
    wrong = []
    for damaged in room[2]:
        if damaged.how not in TRIED:
            continue
        try:
            if service.status(damaged.run).state not in RESUMABLE:
                continue
            service.resume(damaged.run)
        except ValueError:
            continue
        # Not by its step: the damaged file may have told a large one.
        wait_until(
            lambda: service.status(damaged.run).state not in WAITING,  # noqa: B023
            f"what comes of {damaged}",
            START_LIMIT_S,
        )
        now = service.status(damaged.run)
        if now.active:
            service.stop(damaged.run)
            wait_until(lambda: not service.status(damaged.run).active, "the end")  # noqa: B023
        elif "unexpected" in (now.end_reason or "unexpected"):
            wrong.append(f"{damaged.file} {damaged.how}: {now.state}: {now.end_reason}")
    assert not wrong, "\n".join([f"{len(wrong)} ends", *wrong])
    lost = [e for e in service.report().errors if "a worker ended" in e]
    assert not lost, "a damaged file must not end its worker"


def test_an_undamaged_run_is_unaffected(service: Service, room: Room) -> None:
    run = room[1]
    assert service.status(run).state == "interrupted"
    ticks = service.history(run)
    assert (
        ticks
        and service.latest(run)
        and service.map_set(run)
        and service.checkpoint(run)
    )
    service.resume(run)
    wait_until(
        lambda: service.status(run).step > ticks[-1]["step"],
        "it to go on",
        START_LIMIT_S,
    )
    service.stop(run)
