"""A small class on the real server; ``python -m tests.load`` is for a large one."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ssl_core.quiz import bank
from ssl_core.quiz.sets import Set
from tests.load import links, scenarios
from tests.load.asyncio_thread import run
from tests.load.learner import name
from tests.load.server import Server, serving
from tests.load.tab import Tab
from tests.polling import LIMIT_S

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("load")
    with serving(place / "runs", place / "log", workers=1) as made:
        yield made


def test_a_class_uses_the_app_while_runs_train_and_wait(server: Server) -> None:
    found = scenarios.run_on(
        server,
        partial(
            scenarios.a_class,
            server,
            learners=8,
            training=1,
            waiting=2,
            seconds=5,
            baseline=1,
            think=(0.2, 0.6),
            answers=8,
        ),
    )
    assert found["errors"] == []
    assert found["clicks"]["count"] > found["answers"] >= 8
    assert found["frames"] > 0, "nobody saw the live map move"
    # What the class does neither ends a run nor lets one jump the line.
    assert found["runs"] == {"running": 1, "queued": 2}


def test_invalid_parameters_in_a_link_leave_the_page_intact(server: Server) -> None:
    found = scenarios.run_on(server, partial(links.links, server, count=30, seed=1))
    assert found["errors"] == [] and found["parameters"] > 40


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("playground", "seed=1e999"),
        ("matrix_inspector", "matrix_seed=inf"),
        ("matrix_inspector", "matrix_shade="),
        ("matrix_inspector", "matrix_views="),
    ],
)
def test_links_that_once_broke_a_page_work(
    server: Server, page: str, query: str
) -> None:
    async def visit() -> list[str]:
        async with Tab(server.address, name()) as tab:
            opened = await tab.visit(page, query)
            assert tab.page == page
            return opened.errors

    assert run(visit()) == []


def test_another_sites_page_opens_no_session(server: Server) -> None:
    async def knock() -> None:
        address = server.address.replace("http", "ws") + "/_stcore/stream"
        async with connect(address, origin="https://elsewhere.example"):  # type: ignore[arg-type]
            pass

    with pytest.raises(InvalidStatus, match="403"):
        run(knock())


def test_two_clicks_at_once_count_twice(server: Server) -> None:
    """The server has the queue for clicks, and does not end a script for a second one."""
    ids = Set.of({"lesson": "info_nce"}, bank.shipped()).ids(bank.shipped())

    async def click() -> None:
        async with Tab(server.address, name()) as tab:
            await tab.visit("quiz", "lesson=info_nce")
            for index in range(2, len(ids), 2):
                onwards = next(b for b in tab.all("button") if b.body.shortcut == "n")
                visit = await tab.double_click(onwards, onwards)
                assert not visit.errors
                async with asyncio.timeout(LIMIT_S):
                    while not tab.query.endswith(f"q={ids[index]}"):
                        await asyncio.sleep(0.01)

    run(click())
