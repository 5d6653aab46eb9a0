"""What several tests look at: a few drawn pictures, and runs small enough to repeat."""

import pytest
import torch

from ssl_core.data import ImageSet, load

pytest.register_assert_rewrite("service_contract")


@pytest.fixture(scope="session")
def small_shapes() -> ImageSet:
    """600 drawn pictures, 200 of them held out; no test may change it."""
    return load("shapes", count=600, held_out=200)


@pytest.fixture
def g() -> torch.Generator:
    """A generator with a fixed seed: what a test draws, it draws every time."""
    return torch.Generator().manual_seed(20)
