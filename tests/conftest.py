"""Fixtures that several tests share."""

import pytest
import torch

from ssl_core.data import ImageSet, load

pytest.register_assert_rewrite("service_contract")


@pytest.fixture(scope="session")
def small_shapes() -> ImageSet:
    """600 drawn images, 200 of them held out; tests must not change it."""
    return load("shapes", count=600, held_out=200)


@pytest.fixture
def g() -> torch.Generator:
    """A generator with a fixed seed."""
    return torch.Generator().manual_seed(20)
