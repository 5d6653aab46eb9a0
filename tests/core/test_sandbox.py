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

import numpy as np
import psutil
import pytest
from PIL import Image
from sound_files import recorded, silence, tone

from ssl_core import checkpoints
from ssl_core.data import LIMITS, ImageSet, audio, picture
from ssl_core.service import NotNow, door
from ssl_core.service.quarantine import AT_ONCE, MOST_SAID, Quarantine
from ssl_core.train import Budget, Fit, RunConfig, Watch
from tests.polling import wait_until

HERE = Path(__file__).parent
FINE = b""
BROKEN = re.compile("^what opens such files broke down over it; it may be damaged$")
Hostile = Callable[..., Quarantine]

# The processes that most tests share are started once.


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarantine]:
    """With the app's own decoders."""
    made = Quarantine(tmp_path_factory.mktemp("log") / "opener.log", 1000, 20)
    yield made
    made.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that a hostile decoder tries to write."""
    return tmp_path_factory.mktemp("written") / "stain"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, written: Path) -> Iterator[Hostile]:
    """Starts a sandbox whose decoders do what a file's content says."""
    made: list[Quarantine] = []

    def make(memory_mb: float = 200, seconds: float = 30) -> Quarantine:
        log = tmp_path_factory.mktemp("log") / "opener.log"
        made.append(Quarantine(log, memory_mb, seconds, "hostile_decoders"))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        patch.setenv("STAIN", str(written))
        yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def hostile(start: Hostile) -> Quarantine:
    """For tests that leave the process as it is."""
    return start()


@pytest.fixture(scope="module")
def hasty(start: Hostile) -> Quarantine:
    """The same, with a time limit of one second."""
    return start(seconds=1)


@pytest.fixture
def own(start: Hostile) -> Iterator[Quarantine]:
    """For tests that end the process."""
    made = start()
    yield made
    made.close()


def process_of(sandbox: Quarantine) -> psutil.Process:
    assert sandbox.pid is not None
    return psutil.Process(sandbox.pid)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_fine(sandbox: Quarantine) -> bool:
    return bool((sandbox.picture(FINE, 4) == np.zeros((3, 4, 4))).all())


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
def test_a_picture_is_decoded_as_in_this_process(
    sandbox: Quarantine, name: str
) -> None:
    found = sandbox.picture(PICTURES[name], 128)
    here = picture.decode(PICTURES[name], 128, LIMITS)
    assert found.dtype == here.dtype and np.array_equal(found, here)
    assert found.flags.writeable  # torch warns of what is not


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_decoded_as_in_this_process(
    sandbox: Quarantine, name: str
) -> None:
    found = sandbox.recording(RECORDINGS[name])
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
    sandbox: Quarantine, name: str
) -> None:
    with pytest.raises(ValueError) as here:
        picture.decode(BAD_PICTURES[name], 64, LIMITS)
    with pytest.raises(ValueError, match=f"^{re.escape(str(here.value))}$"):
        sandbox.picture(BAD_PICTURES[name], 64)


@pytest.mark.parametrize("name", BAD_RECORDINGS)
def test_a_bad_recording_is_refused_as_in_this_process(
    sandbox: Quarantine, name: str
) -> None:
    with pytest.raises(ValueError) as here:
        audio.decode(BAD_RECORDINGS[name])
    with pytest.raises(ValueError, match=f"^{re.escape(str(here.value))}$"):
        sandbox.recording(BAD_RECORDINGS[name])


def test_a_picture_above_the_size_limit_starts_no_process(tmp_path: Path) -> None:
    unused = Quarantine(tmp_path / "opener.log", 1000, 20)
    with pytest.raises(ValueError, match="larger than 64 MB"):
        unused.picture(b"x" * (LIMITS.file_bytes + 1), 64)
    assert not (tmp_path / "opener.log").exists()


def test_a_large_recording_is_decoded(sandbox: Quarantine) -> None:
    large = RECORDINGS["wav"] + bytes(60_000_000)
    assert np.array_equal(sandbox.recording(large), audio.decode(large))


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
    fresh = Quarantine(tmp_path / "opener.log", 1000, 60)
    try:
        found = RunConfig.of(fresh.checkpoint(saved))
    finally:
        fresh.close()
    assert found == checkpoints.load(saved).config


def test_a_refused_checkpoint_does_not_reveal_the_servers_paths(
    sandbox: Quarantine, saved: Path, tmp_path: Path
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
            sandbox.checkpoint(path)
        assert str(tmp_path) not in str(refusal.value)


def test_a_checkpoint_of_weights_only_is_refused(
    sandbox: Quarantine, tmp_path: Path
) -> None:
    from ssl_core.checkpoints.index import shipped

    zipped = tmp_path / "weights.zip"
    zipped.write_bytes(checkpoints.to_zip(shipped()[0].path))
    with pytest.raises(
        ValueError, match=r"^it holds weights only and cannot be contin"
    ):
        sandbox.checkpoint(zipped)


@pytest.mark.slow
def test_the_memory_limit_holds_for_the_apps_own_decoders(tmp_path: Path) -> None:
    """Pillow, libsndfile and safetensors report it differently, or as a damaged file."""
    tight = Quarantine(tmp_path / "opener.log", 100, 20)
    try:
        with pytest.raises(ValueError, match="more than 100 MB of memory to open"):
            tight.picture(flat_png(), 64)
        with pytest.raises(ValueError, match="more than 100 MB of memory to open"):
            tight.recording(RECORDINGS["wav"] + bytes(120_000_000))
        with zipfile.ZipFile(large := tmp_path / "large.zip", "w") as archive:
            archive.writestr("model.safetensors", bytes(120_000_000))
            archive.writestr("card.json", "{}")
        with pytest.raises(ValueError, match="more than 100 MB of memory to open"):
            tight.checkpoint(large)
        assert tight.picture(PICTURES["png"], 64).shape == (3, 64, 64)
    finally:
        tight.close()


@pytest.mark.slow
def test_the_largest_picture_allowed_is_decoded(sandbox: Quarantine) -> None:
    assert not sandbox.picture(flat_png(), 64).any()


@pytest.mark.parametrize("content", [b"hoard", b"hide"])
def test_a_file_that_takes_too_much_memory_is_refused(
    hostile: Quarantine, content: bytes
) -> None:
    with pytest.raises(
        ValueError, match=r"^it takes more than 200 MB of memory to open"
    ):
        hostile.picture(content, 4)
    assert is_fine(hostile)


@pytest.mark.parametrize("content", [b"hang", b"spin", b"unbound"])
def test_a_file_that_takes_too_long_is_refused_and_ended(
    hasty: Quarantine, content: bytes
) -> None:
    hasty.picture(FINE, 4)
    begun = time.monotonic()
    with pytest.raises(ValueError, match=r"^it takes more than 1 seconds to open"):
        hasty.picture(content, 4)
    assert time.monotonic() - begun < 5
    assert is_fine(hasty)
    wait_until(lambda: not process_of(hasty).children(), "the end of its child")


@pytest.mark.parametrize(
    "content", [b"crash", b"raise", b"shape", b"kind", b"flood", b"words"]
)
def test_a_file_that_breaks_its_decoder_is_refused(
    hostile: Quarantine, content: bytes
) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.picture(content, 4)
    assert is_fine(hostile)


def test_a_checkpoint_must_give_a_config(hostile: Quarantine, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.checkpoint(tmp_path)


def test_a_refusal_has_a_limited_length(hostile: Quarantine) -> None:
    with pytest.raises(ValueError) as refusal:
        hostile.picture(b"novel", 4)
    assert len(str(refusal.value)) == MOST_SAID


def test_a_file_cannot_change_how_the_next_is_decoded(hostile: Quarantine) -> None:
    assert hostile.picture(b"stain", 4).all()
    assert is_fine(hostile)


def test_a_decoder_can_write_no_file(hostile: Quarantine, written: Path) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.picture(b"write", 4)
    assert written.read_bytes() == b""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start any process")
def test_a_decoder_can_start_no_process(hostile: Quarantine) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile.picture(b"breed", 4)


def refusals(sandbox: Quarantine, content: bytes, count: int) -> list[ValueError]:
    """Open a file several times at once; the refusals, added to the list as they come."""
    found: list[ValueError] = []
    wait_until(lambda: not process_of(sandbox).children(), "the end of earlier files")

    def one() -> None:
        try:
            sandbox.picture(content, 4)
        except ValueError as refusal:
            found.append(refusal)

    for _ in range(count):
        threading.Thread(target=one, daemon=True).start()
    return found


def test_a_killed_child_costs_only_its_own_file(hostile: Quarantine) -> None:
    hostile.picture(FINE, 4)
    found = refusals(hostile, b"hang", 1)
    wait_until(lambda: process_of(hostile).children(), "its child")
    process_of(hostile).children()[0].kill()
    wait_until(lambda: found, "the refusal")
    assert BROKEN.match(str(found[0]))
    assert is_fine(hostile)


def test_a_killed_process_is_started_again(own: Quarantine) -> None:
    for _ in range(2):
        assert is_fine(own)
        process_of(own).kill()
    assert is_fine(own)


def test_a_file_under_way_survives_the_end_of_the_process(start: Hostile) -> None:
    """The file that is being opened keeps its time; the next gets a new process."""
    sandbox = start(seconds=2)
    sandbox.picture(FINE, 4)
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
    monkeypatch.setattr(door, "IDLE_SECONDS", 0.5)
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


def test_the_process_can_be_started_before_the_first_file(own: Quarantine) -> None:
    own.warm_up()
    warm = process_of(own)
    own.warm_up()
    assert is_fine(own)
    assert process_of(own) == warm


@pytest.mark.slow
def test_a_file_is_not_blamed_if_no_process_starts(tmp_path: Path) -> None:
    sandbox = Quarantine(tmp_path / "opener.log", 200, 10, "no_such_module")
    with pytest.raises(NotNow, match="no file can be opened on this server just now"):
        sandbox.picture(FINE, 4)
    assert "no_such_module" in (tmp_path / "opener.log").read_text()
    sandbox.close()


def test_a_file_beyond_those_at_a_time_is_refused_for_now(start: Hostile) -> None:
    sandbox = start(seconds=1)
    sandbox.picture(FINE, 4)
    sandbox.seconds = 3.0  # how long the server waits; the process keeps its own limit
    found = refusals(sandbox, b"hang", AT_ONCE)
    children = process_of(sandbox).children
    wait_until(
        lambda: len(children()) == AT_ONCE, "as many files as are opened at once"
    )
    sandbox.seconds = 0.1
    with pytest.raises(NotNow, match="try again in a moment"):
        sandbox.picture(FINE, 4)
    wait_until(lambda: len(found) == AT_ONCE, "their refusals")
    sandbox.seconds = 10.0
    assert is_fine(sandbox)
    sandbox.close()


@pytest.mark.slow
def test_no_process_survives_a_server_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, pathlib
from ssl_core.service.quarantine import Quarantine
log = pathlib.Path({str(tmp_path)!r}) / "opener.log"
sandbox = Quarantine(log, 200, 10, "hostile_decoders")
sandbox.picture(b"", 4)
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
