"""The mirror: runs are copied to a store and found from another server."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest

from ssl_core.service import Service, Settings
from ssl_core.service.manifest import Manifest
from ssl_core.service.mirror import Mirror
from ssl_core.service.pictures import UmapFrame, read_umap, write_umap
from ssl_core.service.records import RunAbout, RunState
from ssl_core.service.store import RunFolder, new_id
from tests.polling import wait_until

NEVER = 1e6  # seconds between copies: only when the test asks for one
OWNER = "mia@example.org/left"


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"file://{tmp_path}/store"
        return
    name = f"memory://{new_id()}"
    yield name
    fsspec.filesystem("memory").store.clear()


class Server:
    """A folder of runs with its mirror, as each replica of the app has."""

    def __init__(self, root: Path, url: str) -> None:
        root.mkdir(exist_ok=True)
        self.root, self.mirror = root, Mirror(root, url, seconds=NEVER)

    def run(self, owner: str = OWNER, created: float = 5.0) -> RunFolder:
        folder = RunFolder(self.root, new_id())
        folder.write_about(RunAbout({"seed": 1}, owner, {}, created))
        folder.write_state(RunState("running"))
        return folder

    def folder(self, run: RunFolder) -> RunFolder:
        return RunFolder(self.root, run.run_id)


@pytest.fixture
def servers(tmp_path: Path, url: str) -> Iterator[tuple[Server, Server]]:
    both = Server(tmp_path / "a", url), Server(tmp_path / "b", url)
    yield both
    for server in both:
        server.mirror.close()


def work(folder: RunFolder, step: int, *, checkpoint: bool = True) -> None:
    """What a worker writes at one tick: the same step in every file."""
    folder.append_tick({"step": step})
    write_umap(folder.umap, UmapFrame(np.zeros((3, 2), np.float32), step))
    if checkpoint:
        save(folder, step)
    folder.write_state(RunState("running", step=step))


def save(folder: RunFolder, step: int) -> None:
    with folder.saving() as place:
        place.mkdir(exist_ok=True)
        for name in ("model.safetensors", "card.json"):
            (place / name).write_text(json.dumps({"step": step}))


def steps(folder: RunFolder) -> list[int]:
    return [json.loads(line)["step"] for line in folder.ticks.read_text().splitlines()]


def saved(folder: RunFolder) -> set[int]:
    files = list(folder.checkpoint.iterdir())
    assert len(files) == 2
    return {json.loads(path.read_text())["step"] for path in files}


def test_a_run_is_found_from_another_server(servers: tuple[Server, Server]) -> None:
    here, there = servers
    run = here.run()
    work(run, 1)
    here.mirror.push()
    assert there.mirror.runs_of(OWNER) == [run.run_id]
    assert there.mirror.pull(run.run_id)
    found = there.folder(run)
    assert found.about() == run.about()
    assert steps(found) == [1] and saved(found) == {1}
    assert read_umap(found.umap).step == 1
    now = found.state()
    assert now.state == "interrupted" and now.step == 1
    assert "another server" in (now.error or "")
    assert not there.mirror.pull(run.run_id), "nothing is new"
    assert there.mirror.runs_of("mia@example.org") == [], "another owner"
    assert not list(there.root.glob(".pulled-*"))


def test_the_newest_run_comes_first(servers: tuple[Server, Server]) -> None:
    here, there = servers
    made = [here.run(created=created).run_id for created in (9.0, 1e9, 2e9, 99.0)]
    here.mirror.push()
    newest_first = [made[2], made[1], made[3], made[0]]
    assert there.mirror.runs_of(OWNER) == newest_first


def test_only_what_is_new_is_copied(servers: tuple[Server, Server], url: str) -> None:
    here, there = servers
    run = here.run()
    fs, base = fsspec.core.url_to_fs(url)
    place = f"{base}/runs/{run.run_id}"
    for step in range(1, 4):
        work(run, step, checkpoint=step == 1)
        here.mirror.push()
    manifest = Manifest.of(fs.cat_file(f"{place}/manifest.json"))
    lines = [fs.cat_file(f"{place}/{p}") for p in manifest.files["ticks.jsonl"]]
    assert lines == [b'{"step": 1}\n', b'{"step": 2}\n', b'{"step": 3}\n']
    before = sorted(fs.ls(place, detail=False))
    here.mirror.push()
    assert sorted(fs.ls(place, detail=False)) == before
    # A new mirror of the same folder, as after a restart, copies nothing twice.
    again = Mirror(here.root, url, seconds=NEVER)
    again.push()
    assert sorted(fs.ls(place, detail=False)) == before
    with run.ticks.open("a") as f:
        f.write('{"step": 4, "lo')  # half a line is left for the next time
    again.push()
    assert there.mirror.pull(run.run_id) and steps(there.folder(run)) == [1, 2, 3]
    again.close()


def test_a_truncated_history_is_copied(
    servers: tuple[Server, Server],
) -> None:
    here, there = servers
    run = here.run()
    for step in (1, 2, 3):
        work(run, step)
    here.mirror.push()
    run.rewind(1)
    run.append_tick({"step": 20})
    run.append_tick({"step": 30})
    here.mirror.push()
    assert there.mirror.pull(run.run_id) and steps(there.folder(run)) == [1, 20, 30]


def test_an_ended_run_leaves_no_superfluous_objects(
    servers: tuple[Server, Server], url: str
) -> None:
    here, _ = servers
    run = here.run()
    for step in range(1, 6):
        work(run, step)
        here.mirror.push()
    run.write_state(RunState("finished", step=5))
    here.mirror.push()
    fs, base = fsspec.core.url_to_fs(url)
    place = f"{base}/runs/{run.run_id}"
    manifest = Manifest.of(fs.cat_file(f"{place}/manifest.json"))
    left = {path.rpartition("/")[2] for path in fs.ls(place, detail=False)}
    assert left == {*manifest.objects(), "manifest.json"}


def test_the_server_that_continues_a_run_owns_its_copy(
    servers: tuple[Server, Server],
) -> None:
    here, there = servers
    run = here.run()
    work(run, 1)
    here.mirror.push()
    there.mirror.pull(run.run_id)
    work(run, 2)  # the first server lives after all
    there.mirror.push()
    here.mirror.push()
    assert there.mirror.pull(run.run_id), "a look alone takes nothing over"
    there.mirror.push()
    mine = there.folder(run)
    assert steps(mine) == [1, 2]
    work(mine, 3)
    there.mirror.push()
    work(run, 100)
    here.mirror.push()
    third = Server(here.root.parent / "c", there_url(there))
    third.mirror.pull(run.run_id)
    assert steps(third.folder(run)) == [1, 2, 3]
    assert not there.mirror.pull(run.run_id), "its own run is not overwritten"
    assert here.mirror.pull(run.run_id), "the first may see how it went on"
    assert steps(here.folder(run)) == [1, 2, 3]
    third.mirror.close()


def there_url(server: Server) -> str:
    protocol = server.mirror.fs.protocol
    return f"{protocol if isinstance(protocol, str) else protocol[0]}://{server.mirror.base}"


def test_only_the_server_that_wrote_a_run_deletes_its_copy(
    servers: tuple[Server, Server], url: str
) -> None:
    here, there = servers
    run = here.run()
    work(run, 1)
    here.mirror.push()
    there.mirror.pull(run.run_id)
    there.mirror.forget([run.run_id])
    there.mirror.push()
    assert there.mirror.runs_of(OWNER) == [run.run_id]
    here.mirror.forget([run.run_id])
    here.mirror.push()
    assert there.mirror.runs_of(OWNER) == []
    fs, base = fsspec.core.url_to_fs(url)
    assert not fs.exists(f"{base}/runs/{run.run_id}")


def test_object_names_do_not_reveal_the_owner(
    servers: tuple[Server, Server], url: str
) -> None:
    here, _ = servers
    work(here.run(), 1)
    here.mirror.push()
    fs, base = fsspec.core.url_to_fs(url)
    names = fs.find(base)
    assert len(names) > 5 and not any("mia" in name for name in names)


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"../../stolen": ["0" * 32]}},
        {"files": {"config.json": ["../../other/manifest.json"]}},
        {"files": {"checkpoint/../../x": ["0" * 32]}},
        {"files": {"config.json": [7]}},
        {"files": ["config.json"]},
        {"writer": "../x"},
        {"told": "many"},
        {"more": 1},
    ],
)
def test_a_manifest_cannot_point_outside_its_run(
    servers: tuple[Server, Server], url: str, change: dict[str, object]
) -> None:
    here, there = servers
    run = here.run()
    here.mirror.push()
    fs, base = fsspec.core.url_to_fs(url)
    path = f"{base}/runs/{run.run_id}/manifest.json"
    fs.pipe_file(path, json.dumps(json.loads(fs.cat_file(path)) | change).encode())
    assert not there.mirror.pull(run.run_id)
    assert sorted(p.name for p in there.root.iterdir()) == [".server"]


def test_names_that_are_no_run_ids_are_ignored(
    servers: tuple[Server, Server], url: str
) -> None:
    here, there = servers
    run = here.run()
    here.mirror.push()
    fs, base = fsspec.core.url_to_fs(url)
    place = fs.find(f"{base}/owners")[0].rpartition("/")[0]
    for name in ("x" * 15, f"1-{run.run_id}", "000000000009-" + "." * 16, "manifest"):
        fs.pipe_file(f"{place}/{name}", b"")
    assert there.mirror.runs_of(OWNER) == [run.run_id]


def test_a_reader_always_sees_a_consistent_run(
    servers: tuple[Server, Server],
) -> None:
    """A worker writes and a mirror copies as fast as possible, while a reader pulls."""
    here, there = servers
    run = here.run()
    work(run, 1)
    here.mirror.push()
    done = threading.Event()

    def write() -> None:
        step = 1
        while not done.is_set():
            work(run, step := step + 1)

    def copy() -> None:
        while not done.is_set():
            here.mirror.push()

    threads = [threading.Thread(target=each) for each in (write, copy)]
    for thread in threads:
        thread.start()
    pulled, until = set(), time.monotonic() + 60
    while len(pulled) < 12 and time.monotonic() < until:
        if there.mirror.pull(run.run_id):
            found = there.folder(run)
            step = found.state().step
            pulled.add(step)
            ticks = steps(found)
            assert ticks == list(range(1, len(ticks) + 1)) and ticks[-1] >= step
            assert len(saved(found)) == 1, "weights of one save, card of another"
    done.set()
    for thread in threads:
        thread.join()
    assert len(pulled) == 12


def test_a_tick_during_copying_keeps_the_copy_consistent(
    servers: tuple[Server, Server],
) -> None:
    """With a slow store, the state is never ahead of the other files."""
    here, there = servers
    run = here.run()
    work(run, 1)
    keep = here.mirror.fs.pipe_file

    def slow(path: str, content: bytes) -> None:
        work(run, run.state().step + 1)
        keep(path, content)

    class Slow(type(here.mirror.fs)):  # type: ignore[misc]
        cachable = False
        pipe_file = staticmethod(slow)

    here.mirror.fs = Slow(auto_mkdir=True)
    for _ in range(3):
        here.mirror.push()
        there.mirror.pull(run.run_id)
        found = there.folder(run)
        assert steps(found)[-1] >= found.state().step
        assert read_umap(found.umap).step >= found.state().step


def test_a_failing_store_raises_no_error(tmp_path: Path) -> None:
    store = tmp_path / "store"
    server = Server(tmp_path / "a", f"file://{store}")
    run = server.run()
    store.write_text("a file where the folder should be")
    server.mirror.push()
    assert server.mirror.runs_of(OWNER) == []
    assert not server.mirror.pull(new_id())
    store.unlink()
    server.mirror.push()  # it is there again, and nothing was lost
    assert server.mirror.runs_of(OWNER) == [run.run_id]
    server.mirror.close()


def test_the_thread_copies_at_intervals_and_at_the_end(
    tmp_path: Path, url: str
) -> None:
    root = tmp_path / "a"
    root.mkdir()
    mirror = Mirror(root, url, seconds=0.05)
    folder = RunFolder(root, new_id())
    folder.write_about(RunAbout({}, OWNER, {}, 5.0))
    folder.write_state(RunState("running"))
    wait_until(lambda: mirror.runs_of(OWNER) == [folder.run_id], "the copy")
    mirror.close()
    late = Mirror(root, url, seconds=NEVER)
    folder.write_state(RunState("interrupted", step=9))
    late.close()
    other = Server(tmp_path / "b", url)
    assert other.mirror.pull(folder.run_id)
    assert other.folder(folder).state().step == 9
    other.mirror.close()


def test_an_unknown_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CONTRASTIVE_MIRROR is a nonsense URL"):
        Mirror(tmp_path, "nonsense://key:secret@x")
    assert os.listdir(tmp_path) == []


def test_a_service_finds_what_another_one_wrote(tmp_path: Path, url: str) -> None:
    """A learner whose server has failed finds the run on another one."""
    gone = Server(tmp_path / "a", url)
    left = gone.run()
    work(left, 3)
    gone.mirror.push()
    other = Service(
        tmp_path / "b", Settings(workers=1, mirror=url, retention_days=1), mapper=False
    )
    try:
        assert other.active_run("somebody") is None
        assert not other.knows(left.run_id)
        assert other.active_run(OWNER) == left.run_id
        found = other.status(left.run_id)
        assert (found.state, found.step, found.resumable) == ("interrupted", 3, True)
        assert other.history(left.run_id) == [{"step": 3}]
        assert other.owns(OWNER, left.run_id)
    finally:
        other.close()
        gone.mirror.close()


def test_an_invalid_mirror_is_refused_at_start_up(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"CONTRASTIVE_MIRROR|nosuch"):
        Service(tmp_path, Settings(mirror="nosuch://x"), mapper=False)
