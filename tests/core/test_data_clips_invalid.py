"""Invalid recordings are named, skipped or truncated, and never fatal."""

import io
import os
import random
import stat
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from data_files import on_disk, reasons, zipped
from PIL import Image
from sound_files import GOOD, recorded, silence, tone

from ssl_core.__main__ import main
from ssl_core.data import LIMITS, Limits, load, medium_of
from ssl_core.data.clips import clips
from ssl_core.data.sound import RATE

MIB = 2**20
Make = Callable[[dict[str, bytes]], Path]


@contextmanager
def at_most(mib: int) -> Iterator[None]:
    """Fail if Python and numpy allocate more than this at a time in the block."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < mib * MIB, f"{peak / MIB:.0f} MB"


def loudest_hertz(clip: np.ndarray) -> float:
    amplitude = np.abs(np.fft.rfft(clip * np.hanning(len(clip))))
    return float(amplitude.argmax()) * RATE / len(clip)


def header(
    rate: int = RATE,
    channels: int = 1,
    bits: int = 16,
    data_bytes: int = 0,
    code: int = 1,
) -> bytes:
    """A WAV header with any claims."""
    block = channels * bits // 8
    form = struct.pack(
        "<HHIIHH",
        code,
        channels,
        rate,
        rate * block & 0xFFFFFFFF,
        block & 0xFFFF,
        bits,
    )
    size = min(36 + data_bytes, 0xFFFFFFFF)
    return (
        b"RIFF" + struct.pack("<I", size) + b"WAVEfmt " + struct.pack("<I", 16) + form
    ) + (b"data" + struct.pack("<I", data_bytes))


def pcm(wave: np.ndarray) -> bytes:
    return np.rint(wave * 32767).astype("<i2").tobytes()


def picture() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


def with_values(values: list[float], channels: int = 1) -> bytes:
    """A float WAV with these values at its end."""
    wave = np.concatenate([tone(), values])
    wave = np.repeat(wave[:, None], channels, 1)
    return recorded(wave, subtype="FLOAT")


WAVE = recorded(tone())
FLAC = recorded(tone(), kind="FLAC")
OGG = recorded(tone(), kind="OGG")
NAN, INF = float("nan"), float("inf")
NOTHING = "a recording of no length"
OPPOSITE = np.stack([np.full(4000, INF), np.full(4000, -INF)], 1)

UNUSABLE = {
    "text.wav": (b"this is a text file called .wav", "content is none of WAV"),
    "zeros.wav": (bytes(10_000), "content is none of WAV"),
    "empty.wav": (b"", "an empty file"),
    "empty": (b"", "an empty file"),
    "picture.wav": (picture(), "content is none of WAV"),
    "picture.flac": (picture(), "content is none of WAV"),
    "no_length.wav": (recorded(silence(0)), "a recording of no length"),
    "only_header.wav": (header(), "a recording of no length"),
    "no_sound.wav": (header(data_bytes=8000), "a recording of no length"),
    "part_header.wav": (WAVE[:20], "damaged or cut short"),
    "almost_header.wav": (WAVE[:40], "damaged or cut short"),
    "magic_only.wav": (b"RIFF\x00\x00\x00\x00WAVE", "damaged or cut short"),
    "part_header.flac": (FLAC[:20], "damaged or cut short"),
    "part_header.ogg": (OGG[:40], "damaged or cut short"),
    "all_nan.wav": (
        recorded(np.full(4000, NAN), subtype="FLOAT"),
        "not numbers (NaN or infinite)",
    ),
    "one_nan.wav": (with_values([NAN]), "not numbers (NaN or infinite)"),
    "infinite.wav": (with_values([INF, -INF], 2), "not numbers (NaN or infinite)"),
    "opposite.wav": (recorded(OPPOSITE, subtype="FLOAT"), "not numbers"),
    "nan64.wav": (recorded(np.full(99, NAN), subtype="DOUBLE"), "not numbers"),
    "silent.wav": (recorded(silence(1)), "silent: never louder than -70 dB"),
    "offset.wav": (recorded(silence(1) + 0.5), "silent: never louder than -70 dB"),
    "whisper.wav": (recorded(tone(level=2e-4), subtype="FLOAT"), "silent: never"),
    "cancelled.wav": (recorded(np.stack([tone(), -tone()], 1)), "silent: never"),
    "bats.wav": (
        recorded(tone(20_000, 1, 96_000) * np.hanning(96_000), 96_000),
        "silent: never louder than -70 dB",
    ),
    "slow.wav": (recorded(tone(), 1999), "1,999 samples a second; allowed are 2,000"),
    "fast.wav": (recorded(tone(), 384_000), "allowed are 2,000 to 192,000"),
    "absurd.wav": (header(0x7FFFFFFF, data_bytes=2000) + bytes(2000), ""),
    "still.wav": (header(0, data_bytes=2000) + bytes(2000), ""),
    "choir.wav": (recorded(np.repeat(tone()[:, None], 9, 1)), "9 channels; allowed"),
    "crowd.wav": (header(channels=60_000, data_bytes=2000) + bytes(2000), ""),
    "nobody.wav": (header(channels=0, data_bytes=2000) + bytes(2000), ""),
    "code.wav": (header(code=0x1234, data_bytes=2000) + bytes(2000), ""),
    "aiff.wav": (recorded(tone(), kind="AIFF"), "content is none of WAV"),
    "next.wav": (recorded(tone(), kind="AU"), "content is none of WAV"),
    "music.wav": (recorded(tone(), kind="MP3"), "content is none of WAV"),
    "music.mp3": (recorded(tone(), kind="MP3"), "not a recording: .mp3"),
    "film.mp4": (b"\0\0\0\x18ftypmp42", "not a recording: .mp4"),
    "words.txt": (b"words", "not a recording: .txt"),
    "inner.zip": (b"PK\x03\x04", "an archive inside is not opened"),
    "inner.tar": (b"x", "an archive inside is not opened"),
    "zip.wav": (b"PK\x03\x04" + bytes(40), "content is none of WAV"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_named_and_skipped(
    source: Make, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    data, reason = UNUSABLE[name]
    path = str(source(GOOD | {name: data}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = load(path)
    assert len(loaded) == len(GOOD)
    assert list(reasons(loaded)) == [name]
    message = reasons(loaded)[name]
    assert message and "\n" not in message and reason in message
    assert capfd.readouterr() == ("", "")  # nor does a decoder mutter


def test_all_unusable_files_together_leave_the_usable_ones(source: Make) -> None:
    loaded = load(str(source(GOOD | {n: data for n, (data, _) in UNUSABLE.items()})))
    assert len(loaded) == len(GOOD)
    assert set(reasons(loaded)) == set(UNUSABLE)
    assert [n for n, _ in loaded.skipped] == sorted(UNUSABLE)


# ---- Too long, too fast, cut short: read as far as documented.


def test_only_the_first_ten_seconds_of_three_hours_are_read(tmp_path: Path) -> None:
    """A sparse file of 172 MB, of which the disk holds the beginning only."""
    hours = 3 * 3600 * RATE
    start = [silence(5), tone(700, 1), silence(3.5), tone(1900, 3, level=0.9)]
    long = on_disk(tmp_path / "mine", GOOD) / "long_anna_1.wav"
    with long.open("wb") as file:
        file.write(header(data_bytes=2 * hours) + pcm(np.concatenate(start)))
        file.truncate(44 + 2 * hours)
    limits = Limits(seconds=9.5)  # the louder tone begins right after
    with at_most(60):
        data = clips(tmp_path / "mine", limits=limits)
    assert data.skipped == () and len(data) == len(GOOD) + 1
    row = sorted([*GOOD, long.name]).index(long.name)
    assert loudest_hertz(data.clips[row].numpy()) == pytest.approx(700, abs=2)
    whole = clips(tmp_path / "mine").clips[row].numpy()
    half = loudest_hertz(whole)  # half a second of it lies before the tenth
    assert half == pytest.approx(1900, abs=2)
    lit = np.flatnonzero(np.abs(whole) > 20_000)
    assert len(lit) and lit[-1] - lit[0] == pytest.approx(0.5 * RATE, abs=20)


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_three_hours_of_telephone_audio_in_a_zip_are_read(
    tmp_path: Path, kind: str
) -> None:
    """8 bits at 2 kHz, 21.6 MB: more than is read of one file."""
    noise = np.random.default_rng(0).integers(126, 130, 2000 * 60)
    wave = np.tile(noise, 180)
    wave[2000 * 3 : 2000 * 4] += np.rint(100 * tone(300, 1, 2000)).astype(int)
    content = (
        header(2000, bits=8, data_bytes=len(wave)) + wave.astype(np.uint8).tobytes()
        if kind == "WAV"
        else recorded(((wave - 128) * 256).astype(np.int16), 2000, kind, "PCM_S8")
    )
    name = f"long_bert_1.{kind.lower()}"
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file, data in (GOOD | {name: content}).items():
            archive.writestr(file, data)
    del wave, content
    with at_most(60):
        data = clips(path)
    assert data.skipped == ()
    row = sorted([*GOOD, name]).index(name)
    assert loudest_hertz(data.clips[row].numpy()) == pytest.approx(300, abs=2)


def test_three_silent_hours_are_silent(source: Make) -> None:
    content = recorded(np.zeros(3 * 3600 * 2000, np.int16), 2000, "FLAC")
    data = load(str(source(GOOD | {"long_anna_1.flac": content})))
    assert len(data) == len(GOOD)
    assert "silent" in reasons(data)["long_anna_1.flac"]


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_192_khz_in_stereo_and_24_bits(source: Make, kind: str) -> None:
    wave = np.tile(tone(1250, 0.5, 192_000, 0.2), 24)  # 12 seconds, 13.8 MB
    wave[9 * 192_000 : 10 * 192_000] *= 3
    stereo = np.stack([wave, wave], 1)
    content = recorded(stereo, 192_000, kind, "PCM_24")
    name = f"fast_anna_1.{kind.lower()}"
    with at_most(200):
        data = load(str(source(GOOD | {name: content})))
    assert data.skipped == ()
    row = sorted([*GOOD, name]).index(name)
    clip = data.clips[row].numpy()
    assert loudest_hertz(clip) == pytest.approx(1250, abs=2)
    assert np.abs(clip[2000:-2000]).max() == pytest.approx(0.6 * 32768, rel=0.02)


def test_nan_samples_after_the_tenth_second_are_not_read(
    source: Make,
) -> None:
    wave = np.concatenate([tone(500, 10), np.full(RATE, NAN)])
    content = recorded(wave, subtype="FLOAT")
    assert load(str(source(GOOD | {"no_anna_9.wav": content}))).skipped == ()


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes_or_named(
    tmp_path: Path, kind: str, kept: float
) -> None:
    noise = np.random.default_rng(0).normal(size=3 * RATE) * 0.1
    content = recorded(tone(700, 3) + noise, kind=kind)
    name = f"no_anna_9.{kind.lower()}"
    part = content[: int(len(content) * kept)]
    data = clips(on_disk(tmp_path / "mine", GOOD | {name: part}))
    if reasons(data):
        # A FLAC gives no part of a block, and of an OGG not even a page may be whole.
        assert kind != "WAV"
        assert reasons(data)[name] in ("damaged or cut short", NOTHING)
        return
    row = sorted([*GOOD, name]).index(name)
    assert loudest_hertz(data.clips[row].numpy()) == pytest.approx(700, abs=2)


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF, 100_000])
def test_a_header_with_too_large_a_size_is_handled(
    tmp_path: Path, claimed: int
) -> None:
    """As a recorder leaves it that could not write the length at the end."""
    content = header(data_bytes=claimed) + pcm(tone(700, 1))
    path = on_disk(tmp_path / "mine", GOOD | {"no_anna_9.wav": content})
    with at_most(60):
        data = clips(path)
    assert data.skipped == ()
    row = sorted([*GOOD, "no_anna_9.wav"]).index("no_anna_9.wav")
    assert loudest_hertz(data.clips[row].numpy()) == pytest.approx(700, abs=2)


def test_damaged_bytes_never_affect_other_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    seeds = [
        WAVE,
        FLAC,
        OGG,
        recorded(tone(), kind="WAVEX", subtype="FLOAT"),
        recorded(tone(), subtype="MS_ADPCM"),
        recorded(np.stack([tone(), tone()], 1), kind="OGG", subtype="OPUS"),
    ]
    files = dict(GOOD)
    for i in range(300):
        data = bytearray(seeds[i % len(seeds)])
        for _ in range(rng.randint(1, 12)):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        files[f"x_anna_{i}.wav"] = bytes(data)
    path = on_disk(tmp_path / "mine", files)
    with warnings.catch_warnings(), at_most(200):
        warnings.simplefilter("error")
        loaded = clips(path)
    assert len(loaded) + len(loaded.skipped) == len(files)
    assert len(loaded) > len(GOOD) + 10 and len(loaded.skipped) > 30
    assert all(reason and "\n" not in reason for _, reason in loaded.skipped)
    assert capfd.readouterr() == ("", "")


# ---- Too few, too alike.


def test_too_few_recordings_say_how_many_and_why(source: Make) -> None:
    files = dict(list(GOOD.items())[:2]) | {"c.wav": b"", "d.txt": b"x"}
    with pytest.raises(ValueError) as refusal:
        load(str(source(files)))
    assert "holds 2 usable recordings; allowed is at least 4" in str(refusal.value)
    assert "c.wav (an empty file)" in str(refusal.value)
    assert "d.txt (not a recording: .txt" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_only_silent_recordings_are_refused(source: Make) -> None:
    quiet = recorded(silence(0.5))
    files = {f"no_anna_{i}.wav": quiet for i in range(9)}
    with pytest.raises(ValueError, match=r"0 usable recordings.*silent.* and 6 more$"):
        load(str(source(files)))


def test_one_usable_recording_is_one(source: Make) -> None:
    files = {"no_anna_1.wav": WAVE} | {f"no_anna_{i}.wav": b"" for i in (2, 3)}
    with pytest.raises(ValueError, match="holds 1 usable recording; allowed is"):
        load(str(source(files)))


def test_a_label_or_speaker_with_no_usable_recording_has_no_name(source: Make) -> None:
    data = load(str(source(GOOD | {"maybe_carl_1.wav": b"", "maybe_dora_1.wav": b"x"})))
    assert data.label_names == ("no", "so", "yes")
    assert data.factors["speaker"].names == ("anna", "bert")


def test_skipped_files_do_not_count_as_usable(source: Make) -> None:
    files = dict(list(GOOD.items())[:3]) | {"intro.wav": WAVE, "outro.wav": WAVE}
    with pytest.raises(ValueError, match="holds 3 usable recordings") as refusal:
        load(str(source(files)))
    assert "intro.wav (its name is not" in str(refusal.value)


@pytest.mark.parametrize("out", ["anna", ("anna", "bert"), "nobody"])
def test_the_only_speaker_cannot_be_held_out(
    tmp_path: Path, out: tuple[str, ...] | str
) -> None:
    files = {n: c for n, c in GOOD.items() if "anna" in n}
    path = on_disk(tmp_path / "mine", files)
    with pytest.raises(
        ValueError, match=r"speakers_out is .*; allowed is none"
    ) as refusal:
        load(str(path), speakers_out=out)
    assert "\n" not in str(refusal.value)


def test_the_command_line_names_a_set_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {f"no_anna_{i}.wav": recorded(silence(0.5)) for i in range(5)}
    path = on_disk(tmp_path / "mine", files)
    assert main(["train", "byol", "--data", str(path), "--steps", "1"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.strip().splitlines()) == 1
    assert "mine holds 0 usable recordings" in err


# ---- Zips and folders that mean harm.


@pytest.mark.parametrize(
    ("clips", "notes"), [(600, 400), pytest.param(6000, 4000, marks=pytest.mark.slow)]
)
def test_a_zip_of_many_files_is_subsampled(
    tmp_path: Path, clips: int, notes: int
) -> None:
    path = tmp_path / "mine.zip"
    short = recorded(tone(seconds=0.02))
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(clips):
            archive.writestr(f"{i % 10}_{'ab'[i // 10 % 2]}_{i}.wav", short)
        for i in range(notes):
            archive.writestr(f"notes/{i}.txt", b"words")
    assert medium_of(str(path)) == "sound"
    with at_most(80):
        data = load(str(path), limit=200)
    assert len(data) == 200
    assert len(data.label_names) == 10
    assert len(data.factors["speaker"].names) == 2
    assert set(reasons(data)) == {f"notes/{i}.txt" for i in range(notes)}


@pytest.mark.parametrize("limits", [Limits(zip_entries=11), Limits(zip_entries=3)])
def test_more_files_than_allowed_are_refused(tmp_path: Path, limits: Limits) -> None:
    path = zipped(tmp_path / "mine.zip", GOOD)
    with pytest.raises(ValueError, match=r"mine\.zip (has 12 entries|lists far too)"):
        clips(path, limits=limits)
    with pytest.raises(ValueError, match="mine holds more than 11 files"):
        clips(on_disk(tmp_path / "mine", GOOD), limits=Limits(folder_files=11))


@pytest.mark.parametrize(
    "name",
    [
        *("../../no_anna_9.wav", "good/../../no_anna_9.wav", "/etc/no_anna_9.wav"),
        *("..\\..\\no_anna_9.wav", "C:/no_anna_9.wav", "C:\\no_anna_9.wav"),
    ],
)
def test_names_that_point_outside_are_skipped(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "deep" / "er"
    inside.mkdir(parents=True)
    data = load(str(zipped(inside / "a.zip", GOOD | {name: WAVE})))
    assert len(data) == len(GOOD)
    assert list(reasons(data).values()) == ["its name points outside the zip"]
    assert [p.name for p in tmp_path.rglob("*")] == ["deep", "er", "a.zip"]


def test_a_zip_in_a_zip_is_not_opened_whatever_it_is_called(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", GOOD).read_bytes()
    files = GOOD | {"more.zip": inner, "more_anna_1.wav": inner, "more_anna_2": inner}
    data = load(str(zipped(tmp_path / "a.zip", files)))
    assert len(data) == len(GOOD)
    assert "an archive inside" in reasons(data)["more.zip"]
    for name in ("more_anna_1.wav", "more_anna_2"):
        assert "content is none of WAV" in reasons(data)[name]


def test_a_zip_of_zips_alone_is_refused(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", GOOD).read_bytes()
    path = zipped(tmp_path / "a.zip", {f"{i}.zip": inner for i in range(5)})
    with pytest.raises(ValueError, match="an archive inside is not opened"):
        clips(path)


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    link = zipfile.ZipInfo("no_anna_9.wav")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert reasons(load(str(path))) == {"no_anna_9.wav": "a link, not a file"}


def test_links_and_pipes_in_a_folder(tmp_path: Path) -> None:
    root = on_disk(tmp_path / "mine", GOOD)
    (root / "again").symlink_to(root)  # a loop
    (root / "no_anna_8.wav").symlink_to(tmp_path / "nowhere")
    os.mkfifo(root / "no_anna_9.wav")
    data = load(str(root))
    assert len(data) == len(GOOD)
    assert "a link to a folder" in reasons(data)["again"]
    assert "unreadable" in reasons(data)["no_anna_8.wav"]
    assert reasons(data)["no_anna_9.wav"] == "not a regular file"


def with_bomb(path: Path, block: bytes, blocks: int, unpacked: int) -> Path:
    """A zip with one more entry that repeats a deflated block."""
    zipped(path, GOOD)
    with zipfile.ZipFile(path, "a") as archive:
        with archive.open("no_anna_9.wav", "w", force_zip64=True) as member:
            member.write(b"x")
        info = archive.getinfo("no_anna_9.wav")
        archive.fp.write(block * blocks)
        archive.start_dir = archive.fp.tell()
        info.file_size, info.compress_size = unpacked, len(block) * blocks
        info.compress_type = zipfile.ZIP_DEFLATED
    return path


def deflated(content: bytes) -> bytes:
    squeeze = zlib.compressobj(1, zlib.DEFLATED, -15)
    return squeeze.compress(content) + squeeze.flush(zlib.Z_FULL_FLUSH)


def test_gigabytes_of_zeros_are_not_unpacked(tmp_path: Path) -> None:
    block = deflated(bytes(MIB))
    path = with_bomb(tmp_path / "a.zip", block, 4096, 4096 * MIB)
    with at_most(60):
        data = load(str(path))
    assert len(data) == len(GOOD)
    assert reasons(data) == {"no_anna_9.wav": "unpacks to more than 200 times its size"}


def test_only_the_beginning_of_a_large_compressible_file_is_unpacked(
    tmp_path: Path,
) -> None:
    """1 GB of a tone, compressed about a hundredfold: below the ratio of a zip bomb."""
    seconds = tone(500, 1, 8000, 0.3)
    block = deflated(pcm(np.tile(seconds, 64))[:MIB])
    block = block if len(block) * 150 > MIB else block + deflated(os.urandom(9000))
    path = with_bomb(tmp_path / "a.zip", block, 1024, 1024 * MIB)
    with at_most(60):
        data = load(str(path))
    # It has no header: what matters is that it was looked at, and no further than that.
    assert len(data) == len(GOOD) and list(reasons(data)) == ["no_anna_9.wav"]
    assert "times its size" not in reasons(data)["no_anna_9.wav"]


@pytest.mark.parametrize("claimed", [0, 100, 10_000])
def test_a_false_size_is_detected(tmp_path: Path, claimed: int) -> None:
    real = 8 * MIB
    path = zipped(tmp_path / "a.zip", GOOD | {"no_anna_9.wav": bytes(real)})
    data = path.read_bytes()
    assert data.count(struct.pack("<I", real)) == 2
    path.write_bytes(data.replace(struct.pack("<I", real), struct.pack("<I", claimed)))
    loaded = load(str(path))
    assert len(loaded) == len(GOOD)
    assert list(reasons(loaded)) == ["no_anna_9.wav"]


def test_more_bytes_than_allowed_in_all_are_refused(tmp_path: Path) -> None:
    files = {f"no_anna_{i}.wav": bytes(3 * MIB) for i in range(4)}
    path = zipped(tmp_path / "a.zip", files)
    with pytest.raises(ValueError, match=r"a\.zip unpacks to 12 MB; allowed are 8 MB"):
        clips(path, limits=Limits(zip_bytes=8 * MIB))


def test_an_encrypted_zip_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.zip is encrypted; save it without"):
        load(str(path))


def test_other_compression_methods_are_skipped(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("no_anna_9.wav", WAVE)
    message = reasons(load(str(path)))["no_anna_9.wav"]
    assert "packed in a way that is not allowed" in message


def test_a_damaged_zip_is_read_or_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", GOOD).read_bytes()
    rng = random.Random(0)
    loaded = refused = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data) // 2, len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        (tmp_path / "b.zip").write_bytes(data)
        try:
            assert medium_of(str(tmp_path / "b.zip")) in ("sound", "pictures")
            clips(tmp_path / "b.zip")
            loaded += 1
        except ValueError as error:
            assert "b.zip" in str(error) and "\n" not in str(error)
            refused += 1
    assert loaded > 5 and refused > 5


def test_names_are_escaped_for_display(tmp_path: Path) -> None:
    bad = "\x1b[31m\u202e" + "n" * 300 + "_anna_1.wav"
    (shown,) = reasons(load(str(zipped(tmp_path / "a.zip", GOOD | {bad: b""}))))
    assert shown.isprintable() and len(shown) <= 120 and shown.startswith("?[31m?")


def test_labels_in_deep_folders_are_the_folders_names(source: Make) -> None:
    deep = (
        f"{'Exports of my project, final version ' * 2}/2026-03 speech commands/train"
    )
    files = {
        f"{deep}/{label}/recording in session {10**i}.wav": WAVE
        for label in ("no", "yes")
        for i in range(1, 8)
    }
    data = load(str(source(files)))
    assert data.label_names == ("no", "yes")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "damaged or no zip"),
        (WAVE, "damaged or no zip"),
        (b"PK\x05\x06" + bytes(18), "holds 0 usable recordings"),
    ],
)
def test_an_empty_or_foreign_file_is_refused_in_one_sentence(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ValueError, match=rf"a\.zip .*{message}") as error:
        clips(tmp_path / "a.zip")
    assert "\n" not in str(error.value)


def test_a_single_recording_instead_of_a_folder_is_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "one.wav").write_bytes(WAVE)
    with pytest.raises(ValueError, match=r"one\.wav is .*folder or a zip of images or"):
        load(str(tmp_path / "one.wav"))


def test_a_missing_path_is_refused_naming_the_choices() -> None:
    with pytest.raises(ValueError, match=r"allowed are .*voices.*images or recordings"):
        load("nowhere.zip")
    assert LIMITS.fewest == 4
