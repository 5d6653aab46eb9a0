"""One thread: the tensors of these tests are too small for a second one to pay."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from data_files import on_disk, zipped

Make = Callable[[dict[str, bytes]], Path]

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def all_floats() -> Iterator[None]:
    """Undo the flushing of denormal numbers that a fit switches on."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(params=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Turns a name -> bytes mapping into the path of a folder, then of a zip."""

    def make(files: dict[str, bytes]) -> Path:
        if request.param == "zip":
            return zipped(tmp_path / "mine.zip", files)
        return on_disk(tmp_path / "mine", files)

    yield make
    assert {p.name for p in tmp_path.iterdir()} <= {"mine", "mine.zip"}
