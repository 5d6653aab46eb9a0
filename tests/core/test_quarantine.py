"""What learners upload is opened in another process, which no file outlives or outgrows."""

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

HERE = Path(__file__).parent
FINE = b""
BROKEN = re.compile("^what opens such files broke down over it; it may be damaged$")
Hostile = Callable[..., Quarantine]


@pytest.fixture(scope="module")
def quarantine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarantine]:
    made = Quarantine(tmp_path_factory.mktemp("log") / "opener.log", 1000, 20)
    yield made
    made.close()


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    """Makes a quarantine whose decoders do what a file's content says."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("STAIN", str(tmp_path / "stain"))
    made: list[Quarantine] = []

    def make(memory_mb: float = 200, seconds: float = 30) -> Quarantine:
        log = tmp_path / "opener.log"
        made.append(Quarantine(log, memory_mb, seconds, "hostile_openings"))
        return made[-1]

    yield make
    for one in made:
        one.close()


def process_of(quarantine: Quarantine) -> psutil.Process:
    process = quarantine._door._process
    assert process is not None
    return psutil.Process(process.pid)


def until(done: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_fine(quarantine: Quarantine) -> bool:
    return bool((quarantine.picture(FINE, 4) == np.zeros((3, 4, 4))).all())


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
def test_a_picture_is_what_it_was(quarantine: Quarantine, name: str) -> None:
    found = quarantine.picture(PICTURES[name], 128)
    here = picture.decode(PICTURES[name], 128, LIMITS)
    assert found.dtype == here.dtype and np.array_equal(found, here)
    assert found.flags.writeable  # torch warns of what is not


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_what_it_was(quarantine: Quarantine, name: str) -> None:
    found = quarantine.recording(RECORDINGS[name])
    here = audio.decode(RECORDINGS[name])
    assert found.dtype == here.dtype and np.array_equal(found, here)


def huge_png(side: int = 100_000) -> bytes:
    """A header that promises ten thousand million pixels, and nothing of them."""
    body = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk


def flat_png(side: int = 6_300) -> bytes:
    """Just below the most pixels, of one colour: small as a file, large in memory."""
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
def test_a_bad_picture_is_refused_as_it_was(quarantine: Quarantine, name: str) -> None:
    with pytest.raises(ValueError) as here:
        picture.decode(BAD_PICTURES[name], 64, LIMITS)
    with pytest.raises(ValueError, match=f"^{re.escape(str(here.value))}$"):
        quarantine.picture(BAD_PICTURES[name], 64)


@pytest.mark.parametrize("name", BAD_RECORDINGS)
def test_a_bad_recording_is_refused_as_it_was(
    quarantine: Quarantine, name: str
) -> None:
    with pytest.raises(ValueError) as here:
        audio.decode(BAD_RECORDINGS[name])
    with pytest.raises(ValueError, match=f"^{re.escape(str(here.value))}$"):
        quarantine.recording(BAD_RECORDINGS[name])


def test_a_picture_larger_than_a_zip_may_hold_is_not_even_sent(tmp_path: Path) -> None:
    unused = Quarantine(tmp_path / "opener.log", 1000, 20)
    with pytest.raises(ValueError, match="larger than 64 MB"):
        unused.picture(b"x" * (LIMITS.file_bytes + 1), 64)
    assert not (tmp_path / "opener.log").exists()


def test_a_large_recording_is_opened_as_before(quarantine: Quarantine) -> None:
    large = RECORDINGS["wav"] + bytes(60_000_000)
    assert np.array_equal(quarantine.recording(large), audio.decode(large))


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


def test_a_checkpoint_s_config_is_what_it_was(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MoCo's is the hard one: building it has torch look for a folder of its own."""
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    fresh = Quarantine(tmp_path / "opener.log", 1000, 60)
    try:
        found = RunConfig.of(fresh.checkpoint(saved))
    finally:
        fresh.close()
    assert found == checkpoints.load(saved).config


def test_a_bad_checkpoint_is_refused_without_the_server_s_own_paths(
    quarantine: Quarantine, saved: Path, tmp_path: Path
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
            quarantine.checkpoint(path)
        assert str(tmp_path) not in str(refusal.value)


def test_weights_alone_cannot_be_continued(
    quarantine: Quarantine, tmp_path: Path
) -> None:
    from ssl_core.checkpoints.index import shipped

    zipped = tmp_path / "weights.zip"
    zipped.write_bytes(checkpoints.to_zip(shipped()[0].path))
    with pytest.raises(
        ValueError, match=r"^it holds weights only and cannot be contin"
    ):
        quarantine.checkpoint(zipped)


def test_real_decoders_meet_the_limit_of_memory(tmp_path: Path) -> None:
    """Pillow, libsndfile and safetensors each say it in their own way, or as damage."""
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


def test_the_largest_picture_allowed_has_room(quarantine: Quarantine) -> None:
    assert not quarantine.picture(flat_png(), 64).any()


@pytest.mark.parametrize("content", [b"hoard", b"hide"])
def test_what_takes_too_much_memory_is_told_so(
    hostile: Hostile, content: bytes
) -> None:
    ward = hostile(memory_mb=200)
    with pytest.raises(
        ValueError, match=r"^it takes more than 200 MB of memory to open"
    ):
        ward.picture(content, 4)
    assert is_fine(ward)


@pytest.mark.parametrize("content", [b"hang", b"spin", b"unbound"])
def test_what_takes_too_long_is_told_so_and_ended(
    hostile: Hostile, content: bytes
) -> None:
    ward = hostile(seconds=1)
    ward.picture(FINE, 4)
    begun = time.monotonic()
    with pytest.raises(ValueError, match=r"^it takes more than 1 seconds to open"):
        ward.picture(content, 4)
    assert time.monotonic() - begun < 3
    assert is_fine(ward)
    until(lambda: not process_of(ward).children())


@pytest.mark.parametrize(
    "content", [b"crash", b"raise", b"shape", b"kind", b"flood", b"words"]
)
def test_what_breaks_its_decoder_is_told_so(hostile: Hostile, content: bytes) -> None:
    ward = hostile()
    with pytest.raises(ValueError, match=BROKEN):
        ward.picture(content, 4)
    assert is_fine(ward)


def test_what_is_said_of_a_checkpoint_must_be_a_config(
    hostile: Hostile, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile().checkpoint(tmp_path)


def test_a_refusal_is_never_longer_than_a_sentence(hostile: Hostile) -> None:
    with pytest.raises(ValueError) as refusal:
        hostile().picture(b"novel", 4)
    assert len(str(refusal.value)) == MOST_SAID


def test_what_one_file_changes_the_next_does_not_meet(hostile: Hostile) -> None:
    ward = hostile()
    assert ward.picture(b"stain", 4).all()
    assert is_fine(ward)


def test_nothing_is_written(hostile: Hostile, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile().picture(b"write", 4)
    assert (tmp_path / "stain").read_bytes() == b""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start what it likes")
def test_no_process_is_started(hostile: Hostile) -> None:
    with pytest.raises(ValueError, match=BROKEN):
        hostile().picture(b"breed", 4)


def refusals(ward: Quarantine, content: bytes, count: int) -> list[ValueError]:
    """What becomes of files that are opened at the same time; filled in as they end."""
    told: list[ValueError] = []
    until(lambda: not process_of(ward).children())  # of the files before

    def one() -> None:
        try:
            ward.picture(content, 4)
        except ValueError as refusal:
            told.append(refusal)

    for _ in range(count):
        threading.Thread(target=one, daemon=True).start()
    return told


def test_a_child_that_is_killed_costs_its_own_file_only(hostile: Hostile) -> None:
    ward = hostile(seconds=60)
    ward.picture(FINE, 4)
    told = refusals(ward, b"hang", 1)
    until(lambda: process_of(ward).children())
    process_of(ward).children()[0].kill()
    until(lambda: told)
    assert BROKEN.match(str(told[0]))
    assert is_fine(ward)


def test_a_process_that_is_killed_is_started_again(hostile: Hostile) -> None:
    ward = hostile()
    for _ in range(3):
        assert is_fine(ward)
        process_of(ward).kill()
    assert is_fine(ward)


def test_a_file_under_way_outlives_the_process_that_took_it(hostile: Hostile) -> None:
    """Killed while a file is opened: that file has its time, and the next a new one."""
    ward = hostile(seconds=2)
    ward.picture(FINE, 4)
    told = refusals(ward, b"hang", 1)
    until(lambda: process_of(ward).children())
    process_of(ward).kill()
    assert is_fine(ward)
    until(lambda: told)
    assert "2 seconds" in str(told[0])


def test_nothing_runs_before_the_first_file_or_long_after_the_last(
    hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "IDLE_SECONDS", 0.5)
    ward = hostile()
    assert ward._door._process is None
    assert is_fine(ward)
    first = process_of(ward)
    until(lambda: not first.is_running())
    assert is_fine(ward)
    assert process_of(ward).pid != first.pid
    last = process_of(ward)
    ward.close()
    assert not last.is_running()


def test_it_can_be_warm_before_the_first_file(hostile: Hostile) -> None:
    ward = hostile()
    ward.warm_up()
    warm = process_of(ward)
    ward.warm_up()
    assert is_fine(ward)
    assert process_of(ward) == warm


def test_where_no_process_starts_the_file_is_not_to_blame(tmp_path: Path) -> None:
    ward = Quarantine(tmp_path / "opener.log", 200, 10, "no_such_module")
    with pytest.raises(NotNow, match="no file can be opened on this server just now"):
        ward.picture(FINE, 4)
    assert "no_such_module" in (tmp_path / "opener.log").read_text()
    ward.close()


def test_who_finds_no_place_is_told_to_try_again(hostile: Hostile) -> None:
    ward = hostile(seconds=1)
    ward.picture(FINE, 4)
    ward.seconds = 3.0  # of the server's patience; what was started keeps its own
    told = refusals(ward, b"hang", AT_ONCE)
    until(lambda: len(process_of(ward).children()) == AT_ONCE)
    ward.seconds = 0.1
    with pytest.raises(NotNow, match="try again in a moment"):
        ward.picture(FINE, 4)
    until(lambda: len(told) == AT_ONCE)
    ward.seconds = 10.0
    assert is_fine(ward)


def test_nothing_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, pathlib
from ssl_core.service.quarantine import Quarantine
ward = Quarantine(pathlib.Path({str(tmp_path)!r}) / "opener.log", 200, 10, "hostile_openings")
ward.picture(b"", 4)
print(ward._door._process.pid)
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
    pid = int(done.stdout)
    until(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
    )
