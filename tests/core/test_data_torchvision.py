"""Downloaded data sets: small ones in the real formats, from a local server."""

import functools
import gzip
import hashlib
import http.server
import io
import pickle
import socket
import struct
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import datasets

from ssl_core.data import SOURCES, ImageSet, download, load

ROWS, TEST_ROWS = 30, 20


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def drawn(rows: int, *shape: int) -> np.ndarray:
    rng = np.random.default_rng(rows)
    return rng.integers(0, 256, (rows, *shape), dtype=np.uint8)


def labels(rows: int) -> np.ndarray:
    return (np.arange(rows) * 7 % 10).astype(np.uint8)


def tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Server:
    """A local web server that records its requests."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.requests = folder, []
        handler = functools.partial(self._handler(), directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        serve = functools.partial(self.server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def _handler(self) -> type[http.server.SimpleHTTPRequestHandler]:
        requests = self.requests

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                requests.append(self.requestline)

        return Handler

    def put(self, name: str, data: bytes) -> str:
        """Serve a file; returns its md5."""
        (self.folder / name).write_bytes(data)
        return md5(data)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "served").mkdir()
    one = Server(tmp_path / "served")
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONTRASTIVE_DATA_DIR", str(tmp_path / "root"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "root"


def serve_fashion(server: Server, patch: pytest.MonkeyPatch) -> None:
    resources = []
    for split, rows in (("train", ROWS), ("t10k", TEST_ROWS)):
        x, y = drawn(rows, 28, 28), labels(rows)
        images = struct.pack(">IIII", 2051, rows, 28, 28) + x.tobytes()
        for kind, data in (
            ("images-idx3", images),
            ("labels-idx1", struct.pack(">II", 2049, rows) + y.tobytes()),
        ):
            name = f"{split}-{kind}-ubyte.gz"
            resources.append((name, server.put(name, gzip.compress(data))))
    patch.setattr(datasets.FashionMNIST, "mirrors", [server.url])
    patch.setattr(datasets.FashionMNIST, "resources", resources)


def serve_cifar10(server: Server, patch: pytest.MonkeyPatch) -> None:
    names = [
        "plane",
        "car",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "van",
    ]
    files = {"batches.meta": {"label_names": names}}
    for name, rows in (("data_batch_1", ROWS), ("test_batch", TEST_ROWS)):
        data = drawn(rows, 3, 32, 32).reshape(rows, -1)
        files[name] = {"data": data, "labels": labels(rows).tolist()}
    raw = {name: pickle.dumps(content) for name, content in files.items()}
    kind = datasets.CIFAR10
    packed = tarred({f"{kind.base_folder}/{n}": data for n, data in raw.items()})
    patch.setattr(kind, "url", server.url + kind.filename)
    patch.setattr(kind, "tgz_md5", server.put(kind.filename, packed))
    patch.setattr(kind, "train_list", [["data_batch_1", md5(raw["data_batch_1"])]])
    patch.setattr(kind, "test_list", [["test_batch", md5(raw["test_batch"])]])
    patch.setattr(kind, "meta", kind.meta | {"md5": md5(raw["batches.meta"])})


def serve_stl10(server: Server, patch: pytest.MonkeyPatch) -> None:
    names = "airplane bird car cat deer dog horse monkey ship truck"
    raw = {
        "class_names.txt": names.replace(" ", "\n").encode(),
        "unlabeled_X.bin": b"?",
    }
    for split, rows in (("train", ROWS), ("test", TEST_ROWS)):
        columns_first = drawn(rows, 3, 96, 96).transpose(0, 1, 3, 2)
        raw[f"{split}_X.bin"] = np.ascontiguousarray(columns_first).tobytes()
        raw[f"{split}_y.bin"] = (labels(rows) + 1).tobytes()
    kind = datasets.STL10
    packed = tarred({f"{kind.base_folder}/{n}": data for n, data in raw.items()})
    patch.setattr(kind, "url", server.url + kind.filename)
    patch.setattr(kind, "tgz_md5", server.put(kind.filename, packed))
    for name in ("train_list", "test_list"):
        changed = [[file, md5(raw[file])] for file, _ in getattr(kind, name)]
        patch.setattr(kind, name, changed)


SERVE = {"fashion_mnist": serve_fashion, "cifar10": serve_cifar10, "stl10": serve_stl10}

TEST_PICTURES = ("t10k-images-idx3-ubyte", "test_batch", "test_X.bin")


def all_files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def held_out_labels(data: ImageSet) -> list[int]:
    assert data.labels is not None
    return data.labels[data.held_out_rows].tolist()


@pytest.mark.parametrize("slug", SERVE)
def test_downloaded_once_with_progress_then_read_from_disk(
    slug: str, server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SERVE[slug](server, monkeypatch)
    seen: list[tuple[int, int]] = []
    data = load(slug, held_out=8, progress=lambda done, of: seen.append((done, of)))
    assert data.name == slug
    assert data.images.shape == (ROWS + 8, 3, 32, 32)
    assert data.images.dtype == torch.uint8
    assert data.label == "class" and len(data.label_names) == 10
    assert data.train_rows.tolist() == list(range(ROWS))
    assert data.labels is not None
    assert data.labels[:ROWS].tolist() == labels(ROWS).tolist()

    served = sum(p.stat().st_size for p in server.folder.iterdir())
    assert seen[-1] == (served, served)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    left = all_files(root)
    assert left and not [n for n in left if n.endswith(".gz")]
    assert len(list(root.iterdir())) == 1  # the set itself, and no staging folder

    server.requests.clear()
    again = load(slug, held_out=8)
    assert server.requests == []
    assert torch.equal(again.images, data.images)


def test_fashion_is_framed_and_grey_in_three_channels(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_fashion(server, monkeypatch)
    data = load("fashion_mnist", held_out=TEST_ROWS)
    expected = torch.zeros(ROWS, 32, 32, dtype=torch.uint8)
    expected[:, 2:30, 2:30] = torch.from_numpy(drawn(ROWS, 28, 28))
    for channel in range(3):
        assert torch.equal(data.images[:ROWS, channel], expected)
    assert data.label_names[0] == "T-shirt/top"
    # All of the test split, each row with its own label.
    test = torch.from_numpy(drawn(TEST_ROWS, 28, 28))
    assert torch.equal(data.images[ROWS:, 0, 2:30, 2:30], test)
    assert held_out_labels(data) == labels(TEST_ROWS).tolist()


def test_cifar10_pixels_are_the_ones_on_disk(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_cifar10(server, monkeypatch)
    data = load("cifar10", held_out=3)
    assert torch.equal(data.images[:ROWS], torch.from_numpy(drawn(ROWS, 3, 32, 32)))
    assert load("cifar10", held_out=3, size=48).images.shape[2:] == (48, 48)


def test_stl10_is_shrunk_with_antialiasing(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_stl10(server, monkeypatch)
    full = load("stl10", held_out=3, size=96).images[:ROWS]
    assert torch.equal(full, torch.from_numpy(drawn(ROWS, 3, 96, 96)))
    small = load("stl10", held_out=3).images[:ROWS]
    # Noise averaged over nine pixels keeps about a third of its spread; picking one
    # pixel of nine would keep all of it.
    assert small.float().std() < 0.6 * full.float().std()


def test_held_out_rows_follow_the_seed(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_fashion(server, monkeypatch)
    a, b, other = (load("fashion_mnist", held_out=9, seed=s) for s in (3, 3, 4))
    assert torch.equal(a.images, b.images)
    assert held_out_labels(a) != held_out_labels(other)


def refused(slug: str) -> str:
    started = time.monotonic()
    with pytest.raises(ValueError) as refusal:
        load(slug)
    assert time.monotonic() - started < 15
    message = str(refusal.value)
    assert SOURCES[slug].label in message and "\n" not in message
    assert "choose shapes, or a folder or zip" in message
    return message


@pytest.mark.parametrize("slug", SERVE)
def test_without_a_network_a_download_is_refused_and_leaves_no_file(
    slug: str, server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SERVE[slug](server, monkeypatch)
    server.server.shutdown()
    server.server.server_close()  # connections are refused from here on
    refused(slug)
    assert list(root.iterdir()) == []


def test_a_server_that_never_answers_times_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mirror = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [mirror])
        assert "no answer from its server" in refused("fashion_mnist")
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("slug", SERVE)
def test_a_damaged_download_is_not_kept(
    slug: str, server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SERVE[slug](server, monkeypatch)
    victim = sorted(server.folder.iterdir())[-1]
    victim.write_bytes(victim.read_bytes()[:-9])
    assert "arrived damaged" in refused(slug)
    assert list(root.iterdir()) == []


def test_a_missing_file_and_then_the_next_mirror(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_fashion(server, monkeypatch)
    mirrors = [server.url + "gone/", server.url]
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", mirrors[:1])
    assert "not found" in refused("fashion_mnist").lower()
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", mirrors)
    assert len(load("fashion_mnist", held_out=5)) == ROWS + 5


def test_an_exception_in_the_progress_callback_stops_a_download_and_leaves_no_file(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_stl10(server, monkeypatch)

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert 0 < done < total
        raise Stopped

    with pytest.raises(Stopped):
        load("stl10", progress=stop)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("slug", SERVE)
def test_files_damaged_on_disk_are_fetched_again(
    slug: str, server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SERVE[slug](server, monkeypatch)
    whole = load(slug, held_out=5)
    pictures = [p for p in root.rglob("*") if p.name in TEST_PICTURES]
    assert len(pictures) == 1
    pictures[0].write_bytes(pictures[0].read_bytes()[:50])
    assert torch.equal(load(slug, held_out=5).images, whole.images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"held_out": 0}, "held_out is 0; allowed is at least 1"),
        ({"held_out": 21}, "held_out is 21; allowed is at least 1 and at most 20"),
        ({"size": 2}, "size is 2; allowed is at least 8 and at most 128"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_options_out_of_range_are_named(
    options: dict[str, int],
    message: str,
    server: Server,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve_fashion(server, monkeypatch)
    with pytest.raises(ValueError, match=message):
        load("fashion_mnist", **options)
