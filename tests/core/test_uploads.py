"""Uploads: nothing that somebody needs is deleted, and nothing is written in part."""

import contextlib
import os
import random
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scheduler_driver import SchedulerDriver

from ssl_core.service import Service
from ssl_core.service.run_files import RunFiles, RunRecord, RunSpec, new_id
from ssl_core.service.states import State
from ssl_core.service.uploads import UploadStore
from ssl_core.train import RunConfig

DAY = 86_400


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that no other seed gives."""
    return random.Random(seed).randbytes(size)


def store_of(root: Path, max_mb: float = 1.0, *in_use: Path) -> UploadStore:
    return UploadStore(root / "uploads", max_mb, 7, lambda: in_use)


def age(path: Path, days: float) -> None:
    """Let an upload be used for the last time so long ago."""
    when = time.time() - days * DAY
    for file in (path, path.with_suffix(".used")):
        if file.exists():
            os.utime(file, (when, when))


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """What a full disk does, without a disk of one's own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- saving ------------------------------------------------------------------------------


def test_an_upload_is_saved_as_it_is_and_only_once(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    path = store.save("ann", "images", content(1000))
    assert path.read_bytes() == content(1000)
    before = path.stat()
    assert store.save("ann", "images", content(1000)) == path
    after = path.stat()
    # What a worker's cache looks at: a use must not look like new content.
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert store.save("ben", "images", content(1000)) != path, "each has their own"


def test_an_upload_of_another_tab_stays(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    saved = [store.save("ann", "images", content(1000, tab)) for tab in range(3)]
    store.sweep()
    assert len({path for path in saved if path.is_file()}) == 3


def test_an_upload_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    path = store.save("ann", "images", content(1000))
    path.write_bytes(content(1000)[:500])  # as after a power failure
    assert store.save("ann", "images", content(1000)).read_bytes() == content(1000)


def test_a_disk_that_refuses_costs_no_earlier_upload(tmp_path: Path) -> None:
    store = store_of(tmp_path, 0.5)
    kept = [store.save(user, "images", content(200_000)) for user in ("ann", "ben")]
    before = files(tmp_path)
    with file_size_limit(100_000), pytest.raises(ValueError) as refusal:
        store.save("ann", "images", content(200_000, 1))
    said = "The server cannot keep this upload (File too large); its operator has to make room"
    assert str(refusal.value) == said
    assert files(tmp_path) == before >= set(kept)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", "a\0b", "ann\n"])
def test_an_id_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    store = store_of(tmp_path)
    for user_id, kind in ((name, "images"), ("ann", name)):
        with pytest.raises(ValueError, match="allowed are letters, digits"):
            store.save(user_id, kind, b"x")
    assert not files(tmp_path)


def test_the_upload_that_was_used_last_is_found_under_all_ids(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    assert store.latest(("account", "browser"), "images") is None
    first = store.save("browser", "images", content(9, 1))
    age(first, 2)
    second = store.save("account", "images", content(9, 2))
    age(second, 1)
    store.save("other", "images", content(9, 3))
    store.save("account", "checkpoint", content(9, 4))
    assert store.latest(("account", "browser"), "images") == second
    assert store.latest(("browser",), "images") == first
    with store.protect(first):
        pass
    assert store.latest(("account", "browser"), "images") == first


# --- what is deleted ---------------------------------------------------------------------


def test_what_nobody_has_used_for_long_is_deleted(tmp_path: Path) -> None:
    paths = [
        store_of(tmp_path).save("ann", "images", content(100, i)) for i in range(4)
    ]
    old, used_again, in_use, new = paths
    for path in (old, used_again, in_use):
        age(path, 8)
    store = store_of(tmp_path, 1.0, in_use)
    store.save("ann", "images", content(100, 1))
    store.sweep()
    assert [p.exists() for p in paths] == [False, True, True, True]
    assert new in files(tmp_path)
    age(used_again, 8)
    store.sweep()
    assert files(tmp_path) == {in_use, new}


def test_beyond_the_limit_the_least_recently_used_goes(tmp_path: Path) -> None:
    store = store_of(tmp_path, 1.0)
    users = ("ann", "ben", "cid")
    paths = [store.save(user, "images", content(300_000)) for user in users]
    for days, path in enumerate(paths):
        age(path, 3 - days)
    store.save("ann", "images", content(300_000))  # the oldest is used again
    store.save("dan", "images", content(300_000))
    assert [p.exists() for p in paths] == [True, False, True]


def test_who_uploads_again_and_again_loses_their_own(tmp_path: Path) -> None:
    store = store_of(tmp_path, 1.0)
    others = [store.save(user, "images", content(200_000)) for user in ("ann", "ben")]
    for path in others:
        age(path, 5)
    own = [store.save("cid", "images", content(150_000, i)) for i in range(20)]
    assert all(path.exists() for path in others)
    assert [p.exists() for p in own] == [False] * 16 + [True] * 4
    # The share counts, not who came last: a newcomer gets room from who holds most.
    new = store.save("dan", "images", content(200_000))
    assert new.exists() and all(path.exists() for path in others)
    assert [p.exists() for p in own] == [False] * 18 + [True] * 2


def test_among_equals_the_uploader_loses_first(tmp_path: Path) -> None:
    store = store_of(tmp_path, 1.0)
    other = store.save("ann", "images", content(600_000))
    age(other, 5)
    own = [store.save("ben", "images", content(300_000, i)) for i in range(2)]
    assert other.exists() and [p.exists() for p in own] == [False, True]


def test_nobody_s_upload_costs_another_s_that_is_in_use(tmp_path: Path) -> None:
    needed: list[Path] = []
    store = UploadStore(tmp_path / "uploads", 1.0, 7, lambda: needed)
    needed.append(store.save("ann", "images", content(600_000)))
    age(needed[0], 100)
    for i in range(5):
        store.save("ben", "images", content(300_000, i))
    store.sweep()
    assert needed[0].exists() and len(files(tmp_path)) == 2
    needed.append(store.save("ben", "images", content(300_000, 4)))
    before = files(tmp_path)
    with pytest.raises(ValueError) as refusal:
        store.save("cid", "images", content(200_000))
    assert str(refusal.value) == (
        "There is no space for this upload: runs still use the others; try again when a "
        "run has ended"
    )
    assert files(tmp_path) == before
    with pytest.raises(
        ValueError, match=r"has 2\.0 MB; allowed on this server are 1 MB"
    ):
        store.save("cid", "images", content(2_000_000))
    needed.clear()
    assert store.save("cid", "images", content(200_000)).exists()


def test_a_path_of_another_spelling_is_in_use(tmp_path: Path) -> None:
    path = store_of(tmp_path).save("ann", "images", content(100))
    age(path, 100)
    spelled = path.parent / ".." / "images" / path.name
    for name in (os.path.relpath(path), spelled):
        store = UploadStore(tmp_path / "uploads", 1.0, 7, lambda n=name: ["shapes", n])
        store.sweep()
        assert path.exists()


def test_a_protected_upload_outlives_a_sweep_and_a_deleted_one_is_told(
    tmp_path: Path,
) -> None:
    store = store_of(tmp_path, 0.001)
    path = store.save("ann", "images", content(900))
    with store.protect(path, "shapes", "/etc"):
        with store.protect(path):
            pass
        with pytest.raises(ValueError, match="no space for this upload"):
            store.save("ben", "images", content(900))
        age(path, 100)
        store.sweep()
        assert path.exists()
    store.sweep()
    assert not path.exists()
    said = "because it was old or disk space was needed; upload it again"
    with pytest.raises(ValueError, match=said), store.protect(path):
        pytest.fail("a run without its data begins")


def test_a_sweep_removes_what_is_left_of_a_killed_server(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    kept = store.save("ann", "images", content(100))
    store.save("ann", "images", content(100))
    gone = store.save("ben", "images", content(100))
    store.save("ben", "images", content(100))
    gone.unlink()  # its time of use stays
    left = kept.with_name(f".{kept.name}.1a2b3c4d")
    left.write_bytes(b"half")
    notes = store.root / "README.txt"
    notes.write_text("an operator's")
    (store.root / "cid" / "images").mkdir(parents=True)
    store.sweep()
    assert files(tmp_path) == {kept, kept.with_suffix(".used"), notes}
    assert sorted(p.name for p in store.root.iterdir()) == ["README.txt", "ann"]


def test_a_file_that_cannot_be_deleted_stops_no_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path)
    paths = [store.save(user, "images", content(100)) for user in ("ann", "ben", "cid")]
    for path in paths:
        age(path, 8)
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path == paths[1]:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    store.sweep()
    assert [p.exists() for p in paths] == [False, True, False]


def test_a_folder_that_is_not_there_is_swept(tmp_path: Path) -> None:
    store_of(tmp_path).sweep()
    assert not (tmp_path / "uploads").exists()


# --- several threads ---------------------------------------------------------------------


def together(*tasks: Callable[[], None]) -> None:
    """Run them at the same time; the first error of one is raised."""
    errors: list[BaseException] = []

    def guarded(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("rounds", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_tabs_save_while_sweeps_and_others_delete(tmp_path: Path, rounds: int) -> None:
    """Two tabs of one learner, another learner, sweeps, and somebody who deletes files."""
    store = store_of(tmp_path, 0.02)
    done = threading.Event()
    deleted_meanwhile = 0

    def tab(user: str, seed: int) -> Callable[[], None]:
        def save() -> None:
            nonlocal deleted_meanwhile
            for i in range(rounds):
                data = content(3000, (seed + i) % 5)
                path = store.save(user, "images", data)
                try:
                    with store.protect(path):
                        assert path.read_bytes() == data
                        time.sleep(0)
                        assert path.read_bytes() == data
                except (
                    ValueError
                ) as refusal:  # between the two it may have been deleted
                    assert "has been deleted" in str(refusal)
                    deleted_meanwhile += 1

        return save

    def sweep() -> None:
        while not done.is_set():
            store.sweep()
            time.sleep(0)  # a lock is not fair

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        together(tab("ann", 0), tab("ann", 2), tab("ben", 0))
    finally:
        done.set()
        sweeper.join()
    assert deleted_meanwhile < rounds
    store.sweep()
    left = files(tmp_path)
    assert all(path.suffix in (".zip", ".used") for path in left)
    assert sum(p.stat().st_size for p in left) <= 20_000


@pytest.mark.parametrize("rounds", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_files_that_vanish_are_no_error(tmp_path: Path, rounds: int) -> None:
    store = store_of(tmp_path)
    done = threading.Event()
    folder = store.root / "ann" / "images"

    def vandal() -> None:
        """Make and delete files behind the store's back."""
        try:
            for i in range(rounds):
                for name in (f"{i % 7}.zip", f"{i % 5}.used", f".{i % 3}.zip.ab"):
                    with contextlib.suppress(OSError):  # a sweep removes empty folders
                        folder.mkdir(parents=True, exist_ok=True)
                        (folder / name).write_bytes(b"x")
                        (folder / f"{(i + 3) % 7}.zip").unlink(missing_ok=True)
        finally:
            done.set()

    def sweep() -> None:
        while not done.is_set():
            store.sweep()
            store.latest(("ann", "ben"), "images")
            time.sleep(0)

    together(vandal, sweep, sweep)


def test_two_uploads_at_once_do_not_take_the_same_room(tmp_path: Path) -> None:
    """What is being written counts: both would fit alone."""
    needed: list[Path] = []
    store = UploadStore(tmp_path / "uploads", 1.0, 7, lambda: needed)
    refusals: list[str] = []
    start = threading.Barrier(8)

    def save(i: int) -> Callable[[], None]:
        def task() -> None:
            start.wait()
            try:
                path = store.save(f"user{i}", "images", content(300_000, i))
                needed.append(path)
            except ValueError as refusal:
                refusals.append(str(refusal))

        return task

    together(*(save(i) for i in range(8)))
    assert sum(p.stat().st_size for p in files(tmp_path)) <= 1_000_000
    assert len(refusals) + len(needed) == 8 and len(needed) >= 3


def test_the_same_upload_of_two_tabs_at_once_becomes_one_file(tmp_path: Path) -> None:
    store, data = store_of(tmp_path, 100.0), content(5_000_000)
    start = threading.Barrier(4)
    inodes: set[int] = set()

    def save() -> None:
        start.wait()
        inodes.add(store.save("ann", "images", data).stat().st_ino)

    together(*[save] * 4)
    assert len(inodes) == 1, "a run may read it already"
    assert len([p for p in files(tmp_path) if p.suffix == ".zip"]) == 1


# --- behind a service --------------------------------------------------------------------


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[SchedulerDriver]:
    made = SchedulerDriver(tmp_path, uploads_mb=1)
    yield made
    made.service.close()


@pytest.fixture
def service(driver: SchedulerDriver) -> Service:
    return driver.service


def own_data(path: Path, batch_size: int = 8) -> RunConfig:
    return RunConfig(batch_size=batch_size, data=str(path))


def test_a_queued_run_keeps_its_upload(
    driver: SchedulerDriver, service: Service
) -> None:
    store = service.uploads
    zoe = store.save("zoe", "images", content(300_000))
    checkpoint = store.save("ann", "checkpoint", content(100_000))
    ann = store.save("ann", "images", content(300_000))
    training = driver.submit("zoe", own_data(zoe))
    assert driver.state(training) == "running"
    waiting = service.submit(own_data(ann), owner="ann", resume=checkpoint)
    assert service.status(waiting).state == "queued"
    for path in (zoe, ann, checkpoint):
        age(path, 100)
    for i in range(4):
        store.save("ann", "images", content(290_000, i))  # she tries other files
    store.sweep()
    assert all(path.exists() for path in (zoe, ann, checkpoint))
    service.stop(waiting)
    store.sweep()
    assert [p.exists() for p in (zoe, ann, checkpoint)] == [True, False, False]


def test_a_run_can_be_resumed_after_a_restart_with_its_upload(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    interrupted, stopped = (
        store.save("ann", "images", content(9, i)) for i in range(2)
    )
    for path, state in ((interrupted, State.RUNNING), (stopped, State.STOPPED)):
        age(path, 100)
        run = RunFiles(tmp_path, new_id())
        config = own_data(path).flat()
        run.write_spec(RunSpec(config, "ann", {}, time.time()))
        run.write_record(RunRecord(state, config))
    service = SchedulerDriver(tmp_path).service
    assert [p.exists() for p in (interrupted, stopped)] == [True, False]
    service.close()


def test_runs_are_submitted_while_uploads_come_and_go(
    driver: SchedulerDriver, service: Service
) -> None:
    """Retention never fails a submission."""
    done = threading.Event()
    folder = service.root / "uploads" / "ann" / "images"

    def churn() -> None:
        while not done.is_set():
            for i in range(20):
                with contextlib.suppress(OSError):  # a sweep removes empty folders
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / f"{i}.zip").write_bytes(b"x")
                    (folder / f"{i}.zip").unlink(missing_ok=True)

    def submit() -> None:
        try:
            for seed in range(20):
                run = driver.submit("zoe", RunConfig(batch_size=8, seed=seed))
                assert driver.state(run) == "running"
                service.uploads.sweep()
        finally:
            done.set()

    together(submit, churn, churn)
