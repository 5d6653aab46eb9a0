"""Scenarios: a class at work, an idle class, and learners who come and go."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.load.asyncio_thread import run
from tests.load.learner import PAGES, Learner, Log, name
from tests.load.server import Server
from tests.load.tab import Tab, Visit

LIMIT_S = 60.0
SAMPLE_SECONDS = 5.0
FORGOTTEN_SECONDS = 130.0  # Streamlit keeps a closed tab's session for two minutes
Pace = tuple[float, float]


@contextlib.asynccontextmanager
async def learner(
    server: Server, log: Log, seed: int, think: Pace
) -> AsyncIterator[Learner]:
    """A learner who has just opened the app."""
    async with Tab(server.address, name()) as tab:
        one = Learner(tab, log, random.Random(seed), think)
        await one.arrive()
        yield one
        log.close(tab)


async def warm(server: Server) -> dict[str, float]:
    """Open every page once, as the first visitor after a start; seconds of each."""
    cold: dict[str, float] = {}
    log = Log()
    async with learner(server, log, 0, (0, 0)) as one:
        for page in dict.fromkeys(PAGES):
            await one.open(page)
            cold[page] = round(log.visits[-1].seconds, 3)
            if one.asks():  # behind its first question, a lesson begins
                await one.answer()
                cold[page] = max(cold[page], round(log.visits[-1].seconds, 3))
    assert not log.errors, log.errors
    return cold


async def a_class(
    server: Server,
    *,
    learners: int,
    training: int,
    waiting: int,
    seconds: float,
    baseline: float,
    think: Pace,
    answers: int = 0,
) -> dict[str, Any]:
    """``learners`` browse and answer while ``training`` runs train and ``waiting`` wait.

    It takes ``seconds``, and on a slow machine as long as ``answers`` questions need.

    Those whose runs train or wait sit before their playground beside the others.
    """
    busy, owners = Log(), Log()
    async with contextlib.AsyncExitStack() as door:

        async def enter(log: Log, seed: int) -> Learner:
            return await door.enter_async_context(learner(server, log, seed, think))

        async def own(count: int, state: str) -> list[str]:
            before = set(states(server.runs))
            for i in range(count):
                await (await enter(owners, 1_000 + i)).train()
            await until(
                lambda: count_of(server.runs, state) == count, f"{count} {state}"
            )
            return sorted(set(states(server.runs)) - before)

        trained = await own(training, "running")
        async with cores(server) as cores_alone:
            alone = await speed(server.runs, trained, baseline)
        await own(waiting, "queued")
        class_ = []
        for i in range(learners):
            class_.append(await enter(busy, i))
        at_work = [asyncio.create_task(one.live()) for one in class_]
        arrived, began = len(busy.visits), time.monotonic()
        async with cores(server) as cores_crowded:
            crowded = await speed(server.runs, trained, seconds)
            await until(lambda: busy.answers >= answers, f"{answers} answers")
        took = time.monotonic() - began
        for task in at_work:
            task.cancel()
        ended = await asyncio.gather(*at_work, return_exceptions=True)
        broken = [repr(e) for e in ended if not isinstance(e, asyncio.CancelledError)]
        kept = Counter(states(server.runs).values())
    return {
        "learners": learners,
        "clicks": clicks(busy.visits[arrived:]),
        "answers": busy.answers,
        "clicks_per_second": round((len(busy.visits) - arrived) / took, 2),
        "owners": clicks(owners.visits),
        "frames": owners.frames,
        "errors": [*busy.errors, *owners.errors, *broken],
        "runs": dict(kept),
        "images_per_second_alone": alone,
        "images_per_second_with_class": crowded,
        "speed_kept": round(sum(crowded) / max(sum(alone), 1e-9), 3),
        "cores_alone": cores_alone,
        "cores_with_class": cores_crowded,
        "memory_mb": server.memory_mb(),
    }


async def idle(server: Server, *, learners: int) -> dict[str, Any]:
    """Memory of learners who opened pages, answered, and are idle now."""
    log = Log()
    before = server.memory_mb()["web"]
    async with contextlib.AsyncExitStack() as door:
        at = []
        for i in range(learners):
            one = await door.enter_async_context(learner(server, log, i, (0, 0)))
            await one.open("lesson_negatives")
            await one.open("playground")
            await one.open("quiz")
            if one.asks():
                await one.answer()
            at.append(server.memory_mb()["web"])
        await asyncio.sleep(2)
        after = server.memory_mb()["web"]
    half = at[len(at) // 2 - 1] if len(at) > 1 else before
    rest = len(at) - len(at) // 2
    return {
        "learners": learners,
        "mb_per_learner": round((after - before) / learners, 2),
        "mb_per_learner_of_the_second_half": round((after - half) / rest, 2),
        "web_mb": [round(before), round(after)],
        "errors": log.errors,
    }


async def churn(
    server: Server, *, at_a_time: int, seconds: float, think: Pace, trains: float
) -> dict[str, Any]:
    """Learners come, click a few times, some train, and go; is memory flat?

    Args:
        trains: the part of them who press Train before they go.
    """
    log, samples, end = Log(), [], time.monotonic() + seconds
    came = 0

    async def seat(number: int) -> None:
        nonlocal came
        rng = random.Random(number)
        while time.monotonic() < end:
            came += 1
            async with learner(server, log, rng.randrange(10**9), think) as one:
                for _ in range(rng.randint(2, 8)):
                    await asyncio.sleep(rng.uniform(*think))
                    await one.act()
                if rng.random() < trains:
                    await one.train()

    seats = [asyncio.create_task(seat(i)) for i in range(at_a_time)]
    began = time.monotonic()
    while not all(task.done() for task in seats):
        samples.append((round(time.monotonic() - began), server.memory_mb()))
        await asyncio.sleep(min(SAMPLE_SECONDS, seconds / 20))
    ended = await asyncio.gather(*seats, return_exceptions=True)
    settled = [m for t, m in samples if t >= min(FORGOTTEN_SECONDS, seconds / 3)]
    tenth = max(1, len(settled) // 10)
    growth = {
        kind: round(
            median(m[kind] for m in settled[-tenth:])
            / max(1.0, median(m[kind] for m in settled[:tenth]))
            - 1,
            4,
        )
        for kind in ("web", "workers")
    }
    return {
        "seconds": seconds,
        "learners": came,
        "clicks": clicks(log.visits),
        "answers": log.answers,
        "growth": growth,
        "memory_mb": [
            {"at": t} | {kind: round(mb) for kind, mb in m.items()}
            for t, m in samples[:: max(1, len(samples) // 30)]
        ],
        "errors": [*log.errors, *(repr(e) for e in ended if e is not None)],
    }


def clicks(visits: list[Visit]) -> dict[str, Any]:
    """Seconds until a page is complete, over all pages and page by page."""
    pages = sorted({visit.page for visit in visits})
    return _spread(visits) | {
        "megabytes": round(sum(v.megabytes for v in visits), 1),
        "pages": {p: _spread([v for v in visits if v.page == p]) for p in pages},
    }


def _spread(visits: list[Visit]) -> dict[str, float]:
    took = sorted(visit.seconds for visit in visits)
    if not took:
        return {"count": 0}
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    places = {n: min(len(took) - 1, int(part * len(took))) for n, part in at.items()}
    return {"count": len(took)} | {n: round(took[i], 3) for n, i in places.items()}


def states(runs: Path) -> dict[str, str]:
    """Every run's state, read from its folder."""
    found = {}
    for path in runs.glob("*/state.json"):
        with contextlib.suppress(OSError):
            found[path.parent.name] = str(json.loads(path.read_bytes())["state"])
    return found


def count_of(runs: Path, state: str) -> int:
    """How many runs are in a state."""
    return list(states(runs).values()).count(state)


@contextlib.asynccontextmanager
async def cores(server: Server) -> AsyncIterator[dict[str, float]]:
    """Processor cores in use during the block, and by whom; what others take is a
    measure of how far the rest of a report can be trusted."""
    found: dict[str, float] = {}
    before, began = server.cpu_seconds(), time.monotonic()
    yield found
    took, after = time.monotonic() - began, server.cpu_seconds()
    found |= {who: round((after[who] - before[who]) / took, 2) for who in after}


async def speed(runs: Path, ids: list[str], seconds: float) -> list[float]:
    """Images per second of each run from now on, by the ticks in its folder."""
    before = [_images(runs / run) for run in ids]
    await asyncio.sleep(seconds)
    after = [_images(runs / run) for run in ids]
    return [
        round((b[1] - a[1]) / (b[0] - a[0]), 1) if b[0] > a[0] else 0.0
        for a, b in zip(before, after, strict=True)
    ]


def _images(run: Path) -> tuple[float, float]:
    """When the last whole tick was written, and how many images were seen until then."""
    seen = step = 0.0
    path = run / "ticks.jsonl"
    if not path.exists():
        return time.time(), 0.0
    at = path.stat().st_mtime
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            tick = json.loads(line)
            seen += (tick["step"] - step) * tick["batch_size"]
            step = tick["step"]
    return at, seen


async def until(claim: Callable[[], bool], what: str) -> None:
    """Wait as ``wait_until`` does, while the other learners go on."""
    end = time.monotonic() + LIMIT_S
    while not claim():
        assert time.monotonic() < end, f"not within {LIMIT_S:g} s: {what}"
        await asyncio.sleep(0.2)


def run_on(server: Server, scenario: Callable[[], Awaitable[Any]]) -> Any:
    """Run a scenario to its end; a traceback that the server printed is an error."""

    async def played() -> Any:
        return await scenario()

    found = run(played())
    _, traceback, rest = server.log.read_text().partition("Traceback")
    if traceback:
        found.setdefault("errors", []).append(
            f"the server printed {traceback}{rest[:4000]}"
        )
    return found
