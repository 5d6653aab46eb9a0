"""Fixtures that several tests share."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ssl_core.data import ImageSet, load

pytest.register_assert_rewrite("service_contract")

HERE = Path(__file__).parent
FIRST = ("browser", "app")  # the longest groups begin first


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares a server, a service or data in one process of pytest-xdist.

    All tests of the browser are a group, and all of the app; elsewhere a file is one.
    """

    def place(item: pytest.Item) -> tuple[str, str]:
        folder, *_, file = item.path.relative_to(HERE).parts
        return folder, "" if folder in ("browser", "app") else file

    items.sort(key=lambda item: (*FIRST, place(item)[0]).index(place(item)[0]))
    for item in items:
        item.add_marker(pytest.mark.xdist_group("/".join(place(item))))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: modules and tests."""
    gc.freeze()


@pytest.fixture(scope="session")
def small_shapes() -> ImageSet:
    """600 drawn images, 200 of them held out; tests must not change it.

    Two of its factors: every factor costs a probe at the start and the end of each run.
    """
    drawn = load("shapes", count=600, held_out=200)
    return replace(drawn, factors={n: drawn.factors[n] for n in ("shape", "fill_hue")})


@pytest.fixture
def g() -> torch.Generator:
    """A generator with a fixed seed."""
    return torch.Generator().manual_seed(20)
