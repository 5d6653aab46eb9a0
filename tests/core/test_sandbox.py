"""Uploaded files are decoded in a sandbox, within limits of memory and time."""

import io
import os
import re
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from sound_files import recorded, silence, tone

from ssl_core import checkpoints
from ssl_core.data import LIMITS, ImageSet, audio, picture
from ssl_core.sandbox import Sandbox, SandboxBusy, client
from ssl_core.sandbox.api import MAX_ERROR_LENGTH, MAX_FILES
from ssl_core.train import Budget, Fit, RunConfig, Watch
from tests.polling import wait_until

HERE = Path(__file__).parent
FINE = b""
BROKEN = re.compile("^the decoder crashed on this file; it may be damaged$")
Hostile = Callable[..., Sandbox]

# The processes that most tests share are started once.


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """With the app's own decoders."""
    made = Sandbox(tmp_path_factory.mktemp("log") / "sandbox.log", 1000, 20)
    yield made
    made.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that a hostile decoder tries to write."""
    return tmp_path_factory.mktemp("written") / "stain"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, written: Path) -> Iterator[Hostile]:
    """Starts a sandbox whose decoders do what a file's content says."""
    made: list[Sandbox] = []

    def make(memory_mb: float = 200, seconds: float = 30) -> Sandbox:
        log = tmp_path_factory.mktemp("log") / "sandbox.log"
        made.append(Sandbox(log, memory_mb, seconds, "hostile_decoders"))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        patch.setenv("STAIN", str(written))
        yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def hostile(start: Hostile) -> Sandbox:
    """For tests that leave the process as it is."""
    return start()


@pytest.fixture(scope="module")
def hasty(start: Hostile) -> Sandbox:
    """The same, with a time limit of one second."""
    return start(seconds=1)


@pytest.fixture
def own(start: Hostile) -> Iterator[Sandbox]:
    """For tests that end the process."""
    made = start()
    yield made
    made.close()


def process_of(sandbox: Sandbox) -> psutil.Process:
    assert sandbox.pid is not None
    return psutil.Process(sandbox.pid)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_fine(sandbox: Sandbox) -> bool:
    return bool((sandbox.decode_picture(FINE, 4) == np.zeros((3, 4, 4))).all())


def file_of(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def photo(side: tuple[int, int] = (300, 200), mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 256, (*side, 4), dtype=np.uint8)
    return Image.fromarray(noise, "RGBA").convert(mode)


def turned() -> bytes:
    exif = Image.Exif()
    exif[picture.ORIENTATION] = 6
    return file_of(photo(), "JPEG", exif=exif)


PICTURES = {
    "png": file_of(photo(), "PNG"),
    "transparent png": file_of(photo(mode="RGBA"), "PNG"),
    "grey png": file_of(photo(mode="L"), "PNG"),
    "16 bit png": file_of(
        Image.fromarray(np.arange(9999, dtype=np.uint16)[None]), "PNG"
    ),
    "jpeg": file_of(photo((900, 1200)), "JPEG"),
    "turned jpeg": turned(),
    "webp": file_of(photo(), "WEBP"),
    "gif": file_of(photo(), "GIF"),
    "tiff": file_of(photo(), "TIFF"),
}
RECORDINGS = {
    "wav": recorded(tone(seconds=3)),
    "stereo at 44.1 kHz": recorded(
        np.stack([tone(300, 2, 44_100), tone(500, 2, 44_100)], 1), 44_100
    ),
    "flac": recorded(tone(seconds=3), kind="FLAC"),
    "ogg": recorded(tone(seconds=3), kind="OGG"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_decoded_as_in_this_process(sandbox: Sandbox, name: str) -> None:
    found = sandbox.decode_picture(PICTURES[name], 128)
    here = picture.decode(PICTURES[name], 128, LIMITS)
    assert found.dtype == here.dtype and np.array_equal(found, here)
    assert found.flags.writeable  # torch warns of what is not


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_decoded_as_in_this_process(sandbox: Sandbox, name: str) -> None:
    found = sandbox.decode_recording(RECORDINGS[name])
    here = audio.decode(RECORDINGS[name])
    assert found.dtype == here.dtype and np.array_equal(found, here)


def huge_png(side: int = 100_000) -> bytes:
    """A header that claims ten thousand million pixels, without any."""
    body = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk


def flat_png(side: int = 6_300) -> bytes:
    """One colour, just below the limit of pixels: a small file, large in memory."""
    return file_of(Image.new("RGB", (side, side)), "PNG")


BAD_PICTURES = {
    "nothing": b"",
    "words": b"no picture",
    "half": PICTURES["png"][:9_000],
    "bomb": huge_png(),
    "sound": RECORDINGS["wav"],
}
BAD_RECORDINGS = {
    "nothing": b"",
    "words": b"no sound",
    "silence": recorded(silence(1.0)),
    "half": RECORDINGS["flac"][:60],
    "picture": PICTURES["png"],
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture_is_refused_as_in_this_process(
    sandbox: Sandbox, name: str
) -> None:
    with pytest.raises(ValueError) as here:
        picture.decode(BAD_PICTURES[name], 64, LIMITS)
    with pytest.raises(ValueError, match=f"^{re.escape(str(here.value))}$"):
        sandbox.decode_picture(BAD_PICTURES[name], 64)


@pytest.mark.parametrize("name", BAD_RECORDINGS)
def test_a_bad_recording_is_refused_as_in_this_process(
    sandbox: Sandbox, name: str
) -> None:
    with pytest.raises(ValueError) as here:
        audio.decode(BAD_RECORDINGS[name])
    with pytest.raises(ValueError, match=f"^{re.escape(str(here.value))}$"):
        sandbox.decode_recording(BAD_RECORDINGS[name])


def test_a_picture_above_the_size_limit_starts_no_process(tmp_path: Path) -> None:
    unused = Sandbox(tmp_path / "sandbox.log", 1000, 20)
    with pytest.raises(ValueError, match="larger than 64 MB"):
        unused.decode_picture(b"x" * (LIMITS.file_bytes + 1), 64)
    assert not (tmp_path / "sandbox.log").exists()


def test_a_large_recording_is_decoded(sandbox: Sandbox) -> None:
    large = RECORDINGS["wav"] + bytes(60_000_000)
    assert np.array_equal(sandbox.decode_recording(large), audio.decode(large))


@pytest.fixture(scope="module")
def saved(small_shapes: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run's checkpoint in a zip, as a page keeps it."""
    config = RunConfig.of({"method": "moco", "batch_size": 64, "augment": "crop,gray"})
    watch = Watch(bank=60, asked=30, mapped=30)
    fit = Fit(config, small_shapes, Budget(steps=1), watch)
    for _ in fit:
        pass
    root = tmp_path_factory.mktemp("saved")
    folder = checkpoints.save(root / "run", fit, [])
    (root / "mine.zip").write_bytes(checkpoints.to_zip(folder))
    return root / "mine.zip"


def test_the_config_of_a_checkpoint_is_read(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MoCo is the hardest: building it makes torch look for its cache folder."""
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    fresh = Sandbox(tmp_path / "sandbox.log", 1000, 60)
    try:
        found = RunConfig.of(fresh.read_checkpoint_config(saved))
    finally:
        fresh.close()
    assert found == checkpoints.load(saved).config


def test_a_refused_checkpoint_does_not_reveal_the_servers_paths(
    sandbox: Sandbox, saved: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(saved.read_bytes()[:5_000])
    missing = tmp_path / "missing.zip"
    with zipfile.ZipFile(foreign := tmp_path / "foreign.zip", "w") as archive:
        archive.writestr("memory.txt", "allocated")
    for path, words in {
        bad: "it is not a usable zip",
        missing: "there is no such folder or zip",
        foreign: "the zip holds memory.txt; allowed are exactly",
    }.items():
        with pytest.raises(ValueError, match=f"^{words}") as refusal:
            sandbox.read_checkpoint_config(path)
        assert str(tmp_path) not in str(refusal.value)


def test_a_checkpoint_of_weights_only_is_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    from ssl_core.checkpoints.index import shipped

    zipped = tmp_path / "weights.zip"
    zipped.write_bytes(checkpoints.to_zip(shipped()[0].path))
    with pytest.raises(
        ValueError, match=r"^it holds weights only and cannot be contin"
    ):
        sandbox.read_checkpoint_config(zipped)


@pytest.mark.slow
def test_the_memory_limit_holds_for_the_apps_own_decoders(tmp_path: Path) -> None:
    """Pillow, libsndfile and safetensors report it differently, or as a damaged file."""
    tight = Sandbox(tmp_path / "sandbox.log", 100, 20)
    try:
        with pytest.raises(ValueError, match="more than 100 MB of memory to decode"):
            tight.decode_picture(flat_png(), 64)
        with pytest.raises(ValueError, match="more than 100 MB of memory to decode"):
            tight.decode_recording(RECORDINGS["wav"] + bytes(120_000_000))
        with zipfile.ZipFile(large := tmp_path / "large.zip", "w") as archive:
            archive.writestr("model.safetensors", bytes(120_000_000))
            archive.writestr("card.json", "{}")
        with pytest.raises(ValueError, match="more than 100 MB of memory to decode"):
            tight.read_checkpoint_config(large)
        assert tight.decode_picture(PICTURES["png"], 64).shape == (3, 64, 64)
    finally:
        tight.close()


@pytest.mark.slow
def test_the_largest_picture_allowed_is_decoded(sandbox: Sandbox) -> None:
    assert not sandbox.decode_picture(flat_png(), 64).any()


@pytest.mark.parametrize("content", [b"hoard", b"hide"])
def test_a_file_that_takes_too_much_memory_is_refused(
    hostile: Sandbox, content: bytes
) -> None:
    with pytest.raises(
        ValueError, match=r"^it needs more than 200 MB of memory to decode"
    ):
        hostile.decode_picture(content, 4)
    assert is_fine(hostile)


@pytest.mark.parametrize(
    "content", [b"hang", pytest.param(b"spin", marks=pytest.mark.slow), b"unbound"]
)
def test_a_file_that_takes_too_long_is_refused_and_ended(
    hasty: Sandbox, content: bytes
) -> None:
    hasty.decode_picture(FINE, 4)
    begun = time.monotonic()
    with pytest.raises(ValueError, match=r"^it needs more than 1 seconds to decode"):
        hasty.decode_picture(content, 4)
    assert time.monotonic() - begun < 5
    assert is_fine(hasty)
    wait_until(lambda: not process_of(hasty).children(), "the end of its child")


@pytest.mark.parametrize(
    "content", [b"crash", b"raise", b"shape", b"kind", b"flood", b"words"]
)
def test_a_file_that_breaks_its_decoder_is_refused(
    hostile: Sandbox, content: bytes
) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.decode_picture(content, 4)
    assert is_fine(hostile)


def test_a_checkpoint_must_give_a_config(hostile: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.read_checkpoint_config(tmp_path)


def test_a_refusal_has_a_limited_length(hostile: Sandbox) -> None:
    with pytest.raises(ValueError) as refusal:
        hostile.decode_picture(b"novel", 4)
    assert len(str(refusal.value)) == MAX_ERROR_LENGTH


def test_a_file_cannot_change_how_the_next_is_decoded(hostile: Sandbox) -> None:
    assert hostile.decode_picture(b"stain", 4).all()
    assert is_fine(hostile)


def test_a_decoder_can_write_no_file(hostile: Sandbox, written: Path) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.decode_picture(b"write", 4)
    assert written.read_bytes() == b""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start any process")
def test_a_decoder_can_start_no_process(hostile: Sandbox) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.decode_picture(b"breed", 4)


def refusals(sandbox: Sandbox, content: bytes, count: int) -> list[ValueError]:
    """Decode a file several times at once; the refusals, added to the list as they come."""
    found: list[ValueError] = []
    wait_until(lambda: not process_of(sandbox).children(), "the end of earlier files")

    def one() -> None:
        try:
            sandbox.decode_picture(content, 4)
        except ValueError as refusal:
            found.append(refusal)

    for _ in range(count):
        threading.Thread(target=one, daemon=True).start()
    return found


def test_a_killed_child_costs_only_its_own_file(hostile: Sandbox) -> None:
    hostile.decode_picture(FINE, 4)
    found = refusals(hostile, b"hang", 1)
    wait_until(lambda: process_of(hostile).children(), "its child")
    process_of(hostile).children()[0].kill()
    wait_until(lambda: found, "the refusal")
    assert BROKEN.match(str(found[0]))
    assert is_fine(hostile)


def test_a_killed_process_is_started_again(own: Sandbox) -> None:
    for _ in range(2):
        assert is_fine(own)
        process_of(own).kill()
    assert is_fine(own)


def test_a_file_under_way_survives_the_end_of_the_process(start: Hostile) -> None:
    """The file that is being decoded keeps its time; the next gets a new process."""
    sandbox = start(seconds=2)
    sandbox.decode_picture(FINE, 4)
    found = refusals(sandbox, b"hang", 1)
    wait_until(lambda: process_of(sandbox).children(), "its child")
    process_of(sandbox).kill()
    assert is_fine(sandbox)
    wait_until(lambda: found, "the refusal")
    assert "2 seconds" in str(found[0])
    sandbox.close()


@pytest.mark.slow
def test_no_process_runs_before_the_first_file_or_long_after_the_last(
    start: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "IDLE_TIMEOUT_S", 0.5)
    sandbox = start()
    assert sandbox.pid is None
    assert is_fine(sandbox)
    first = process_of(sandbox)
    wait_until(lambda: is_gone(first.pid), "its end after half a second")
    assert is_fine(sandbox)
    last = process_of(sandbox)
    assert last != first
    sandbox.close()
    assert not last.is_running() and sandbox.pid is None


def test_the_process_can_be_started_before_the_first_file(own: Sandbox) -> None:
    own.warm_up()
    wait_until(lambda: own.pid, "the process")
    warm = process_of(own)
    own.warm_up()
    assert is_fine(own)
    assert process_of(own) == warm


def test_a_slow_start_of_the_process_delays_no_page(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_start, popen = threading.Event(), subprocess.Popen

    def start_slowly(*args: Any, **kwargs: Any) -> Any:
        may_start.wait()
        return popen(*args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", start_slowly)
    page = threading.Thread(target=own.warm_up, daemon=True)
    page.start()
    page.join(2)
    blocked = page.is_alive()
    found = [own.pid] if not blocked else []
    may_start.set()
    assert not blocked and found == [None]
    wait_until(lambda: own.pid, "the process")


def test_a_process_that_is_still_starting_ends_after_close(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_start, popen = threading.Event(), subprocess.Popen
    started: list[subprocess.Popen[bytes]] = []

    def start_slowly(*args: Any, **kwargs: Any) -> Any:
        may_start.wait()
        started.append(popen(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start_slowly)
    own.warm_up()
    own.close()
    may_start.set()
    wait_until(lambda: started and is_gone(started[0].pid), "the end of the process")
    assert own.pid is None


@pytest.mark.slow
def test_a_file_is_not_blamed_if_no_process_starts(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.log", 200, 10, "no_such_module")
    with pytest.raises(SandboxBusy, match="the server cannot decode files now"):
        sandbox.decode_picture(FINE, 4)
    assert "no_such_module" in (tmp_path / "sandbox.log").read_text()
    sandbox.close()


def test_a_file_beyond_those_at_a_time_is_refused_for_now(start: Hostile) -> None:
    sandbox = start(seconds=1)
    sandbox.decode_picture(FINE, 4)
    sandbox.seconds = 3.0  # how long the server waits; the process keeps its own limit
    found = refusals(sandbox, b"hang", MAX_FILES)
    children = process_of(sandbox).children
    wait_until(
        lambda: len(children()) == MAX_FILES, "as many files as are decoded at once"
    )
    sandbox.seconds = 0.1
    with pytest.raises(SandboxBusy, match="try again in a moment"):
        sandbox.decode_picture(FINE, 4)
    wait_until(lambda: len(found) == MAX_FILES, "their refusals")
    sandbox.seconds = 10.0
    assert is_fine(sandbox)
    sandbox.close()


@pytest.mark.slow
def test_no_process_survives_a_server_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, pathlib
from ssl_core.sandbox import Sandbox
log = pathlib.Path({str(tmp_path)!r}) / "sandbox.log"
sandbox = Sandbox(log, 200, 10, "hostile_decoders")
sandbox.decode_picture(b"", 4)
print(sandbox.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=HERE.parents[1],
        env=os.environ | {"PYTHONPATH": str(HERE)},
        check=False,
    )
    assert done.returncode == -9, done.stderr
    wait_until(lambda: is_gone(int(done.stdout)), "the end of the process")
