"""Core tests use tensors so small that a second thread costs more than it brings."""

from collections.abc import Iterator

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def all_floats() -> Iterator[None]:
    """A fit flushes denormal numbers to zero; the tests after it need them back."""
    yield
    torch.set_flush_denormal(False)
