"""Damaged files of one run: a sentence where they are asked for, and no harm to others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import damage
import pytest

from ssl_core.service import RESUMABLE, RunStatus, Service, Settings

SPOILINGS = 4
TRIED = (
    "half",
    "garbage",
    "missing",
    "json",
)  # when a run is resumed: that takes longer


@pytest.fixture(scope="module")
def room(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, str, list[damage.Damaged]]:
    root = tmp_path_factory.mktemp("runs")
    run = damage.interrupted(root)
    return root, run, damage.damaged(root, run, SPOILINGS, seed=1)


@pytest.fixture(scope="module")
def service(room: tuple[Path, str, list[damage.Damaged]]) -> Iterator[Service]:
    made = Service(room[0], Settings(workers=1), mapper=False)
    yield made
    made.close()


def asked(service: Service, hurt: damage.Damaged) -> dict[str, Callable[[], Any]]:
    """Whatever a page may ask of a run."""
    run = hurt.run
    return {
        "status": lambda: service.status(run),
        "history": lambda: service.history(run),
        "history from": lambda: service.history(run, 3),
        "latest": lambda: service.latest(run),
        "map_set": lambda: service.map_set(run),
        "umap": lambda: service.umap(run),
        "checkpoint": lambda: service.checkpoint(run),
        "owns": lambda: service.owns(hurt.owner, run),
        "active_run": lambda: service.active_run(hurt.owner),
        "adjust": lambda: service.adjust(run, {"temperature": 0.3}),
        "pause": lambda: service.pause(run),
        "step": lambda: service.step(run),
        "stop": lambda: service.stop(run),
        "request_umap": lambda: service.request_umap(run),
        "report": service.report,
    }


def sensible(answer: object) -> bool:
    """Whether a page can show it."""
    if isinstance(answer, RunStatus):
        told = (answer.state, answer.step, answer.seconds, answer.config)
        kinds = (str, int, int | float, dict)
        return all(isinstance(t, k) for t, k in zip(told, kinds, strict=True))
    if isinstance(answer, list):  # a history
        return all(isinstance(tick, dict) and "step" in tick for tick in answer)
    return True


def test_what_is_damaged_is_told_in_one_sentence(
    service: Service, room: tuple[Path, str, list[damage.Damaged]]
) -> None:
    wrong = []
    for hurt in room[2]:
        for name, ask in asked(service, hurt).items():
            about = f"{hurt.file} {hurt.how}: {name}"
            try:
                if not sensible(ask()):
                    wrong.append(f"{about}: it is shown as it is")
            except ValueError as refusal:
                if not str(refusal).strip() or "\n" in str(refusal):
                    wrong.append(f"{about}: {refusal}")
                if not type(refusal).__module__.startswith(("builtins", "ssl_core")):
                    wrong.append(f"{about}: {type(refusal)}: {refusal}")
            except Exception as problem:
                wrong.append(f"{about}: {type(problem).__name__}: {problem}")
    assert not wrong, "\n".join([f"{len(wrong)} answers", *wrong])


def test_what_is_damaged_is_resumed_or_ends_with_a_sentence(
    service: Service, room: tuple[Path, str, list[damage.Damaged]]
) -> None:
    wrong, before = [], {link.process.pid for link in service._crew.links}
    for hurt in room[2]:
        if hurt.how not in TRIED:
            continue
        try:
            if service.status(hurt.run).state not in RESUMABLE:
                continue
            service.resume(hurt.run)
        except ValueError:
            continue
        step = service.status(hurt.run).step
        damage.wait_for(
            lambda: not (now := service.status(hurt.run)).active or now.step > step,  # noqa: B023
            f"what comes of {hurt}",
        )
        now = service.status(hurt.run)
        if now.active:
            service.stop(hurt.run)
            damage.wait_for(lambda: not service.status(hurt.run).active, "the end")  # noqa: B023
        elif "unexpected" in (now.error or "unexpected") or now.state == "died":
            wrong.append(f"{hurt.file} {hurt.how}: {now.state}: {now.error}")
    assert not wrong, "\n".join([f"{len(wrong)} ends", *wrong])
    assert {link.process.pid for link in service._crew.links} == before, (
        "a worker was lost"
    )


def test_the_others_are_as_they_were(
    service: Service, room: tuple[Path, str, list[damage.Damaged]]
) -> None:
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
    damage.wait_for(lambda: service.status(run).step > ticks[-1]["step"], "it to go on")
    service.stop(run)
