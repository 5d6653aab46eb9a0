"""Which image sets a worker keeps in memory for the next run."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from data_files import on_disk, zipped
from test_data_folder import GOOD, GREEN, RED, plain

from ssl_core.data import SOURCES, ImageSet
from ssl_core.data.shapes import shapes
from ssl_core.service import worker as worker_module
from ssl_core.service.uploads import UploadStore
from ssl_core.service.worker import Worker

RED_FILES, GREEN_FILES = (
    {f"{i}.png": plain(colour) for i in range(4)} for colour in (RED, GREEN)
)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path, lambda message: None)


def loaded(worker: Worker, data: Path | str) -> ImageSet:
    return worker.load(str(data), lambda done, total: None)


def test_an_upload_that_is_used_again_is_read_once(
    worker: Worker, tmp_path: Path
) -> None:
    store = UploadStore(tmp_path / "uploads", 1.0, 7, lambda: ())
    content = zipped(tmp_path / "a.zip", GOOD).read_bytes()
    path = store.save("ann", "images", content)
    first = loaded(worker, path)
    store.save("ann", "images", content)
    with store.protect(path):
        assert loaded(worker, path) is first
    store.sweep()
    assert loaded(worker, path) is first


def test_a_file_that_was_replaced_or_changed_is_read_again(
    worker: Worker, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "a.zip", RED_FILES)
    first = loaded(worker, path)
    about = path.stat()
    other = zipped(tmp_path / "b.zip", GREEN_FILES)
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    os.replace(other, path)  # with the times of the one before
    second = loaded(worker, path)
    assert second is not first and not second.images.equal(first.images)
    path.write_bytes(zipped(tmp_path / "c.zip", RED_FILES).read_bytes())
    assert loaded(worker, path).images.equal(first.images)


@pytest.mark.parametrize("change", ["edit", "replace", "add", "delete"])
def test_a_folder_in_which_a_file_changed_is_read_again(
    worker: Worker, tmp_path: Path, change: str
) -> None:
    files = {f"{c}/{i}.png": plain() for c in ("a", "b") for i in range(4)}
    folder = on_disk(tmp_path / "mine", files)
    first = loaded(worker, folder)
    assert loaded(worker, folder) is first
    file, before = folder / "a" / "0.png", folder.stat().st_mtime_ns
    if change == "edit":
        file.write_bytes(plain(GREEN))
    elif change == "replace":
        other = on_disk(tmp_path, {"other.png": plain(GREEN)}) / "other.png"
        os.utime(other, ns=(0, file.stat().st_mtime_ns))
        os.replace(other, file)
    elif change == "add":
        (folder / "a" / "4.png").write_bytes(plain(GREEN))
    else:
        file.unlink()
    assert folder.stat().st_mtime_ns == before, "the folder itself tells nothing"
    assert loaded(worker, folder) is not first


def test_a_drawn_set_is_kept_whatever_lies_in_the_working_directory(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(SOURCES["shapes"], load=partial(shapes, count=60, held_out=20))
    monkeypatch.setitem(SOURCES, "shapes", few)
    monkeypatch.chdir(tmp_path)
    first = loaded(worker, "shapes")
    (tmp_path / "shapes").mkdir()
    assert loaded(worker, "shapes") is first


def test_sets_are_kept_up_to_a_number_and_a_size(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [zipped(tmp_path / f"{i}.zip", GOOD) for i in range(4)]
    sets = [loaded(worker, path) for path in paths]
    assert [s in list(worker.sets.values()) for s in sets] == [False, True, True, True]
    each = sets[0].images.nbytes + sets[0].split.nbytes
    monkeypatch.setattr(worker_module, "KEPT_BYTES", 2 * each + each // 2)
    assert loaded(worker, paths[2]) is sets[2]
    assert len(worker.sets) == 2
    monkeypatch.setattr(worker_module, "KEPT_BYTES", 1)
    assert loaded(worker, paths[3]) is sets[3]
    assert list(worker.sets.values()) == [sets[3]], "the newest stays in any case"
