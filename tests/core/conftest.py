"""One thread: the tensors of these tests are too small for a second one to pay."""

from collections.abc import Iterator

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def all_floats() -> Iterator[None]:
    """Undo the flushing of denormal numbers that a fit switches on."""
    yield
    torch.set_flush_denormal(False)
