"""A learner's own images: every format is read, and hostile files are not fatal."""

import io
import os
import random
import stat
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import on_disk, reasons, zipped
from PIL import Image

from ssl_core.data import LIMITS, ImageSet, Limits, load
from ssl_core.data.folder import class_names, folder

RED, GREEN, BLUE = (200, 30, 30), (30, 180, 30), (30, 30, 200)


def packed(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(colour: tuple[int, ...] = RED, size: tuple[int, int] = (32, 32)) -> bytes:
    return packed(Image.new("RGB", size, colour))


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG with a false size in its header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum_

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(body))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


GOOD = {f"good/{i}.png": plain((i, i, i)) for i in range(6)}


def pixel(data: ImageSet, row: int, y: int = 16, x: int = 16) -> tuple[int, ...]:
    return tuple(data.images[row, :, y, x].tolist())


def test_one_subfolder_is_one_class(source) -> None:
    files = {
        f"{c}/{i}.png": plain(colour)
        for i in range(4)
        for c, colour in [("red", RED), ("blue", BLUE)]
    }
    data = load(str(source(files)), held_out=2)
    assert data.label == "class"
    assert data.label_names == ("blue", "red")
    assert data.labels.tolist() == [0] * 4 + [1] * 4
    assert pixel(data, 0) == BLUE and pixel(data, 7) == RED
    assert data.images.shape == (8, 3, 32, 32) and data.images.dtype == torch.uint8


def test_a_wrapping_folder_junk_and_depth_do_not_matter(source) -> None:
    files = {f"mine/{c}/deep/{i}.png": plain() for i in range(3) for c in "ab"}
    junk = {
        "__MACOSX/mine/a/._0.png": b"x",
        "mine/.DS_Store": b"x",
        "mine/.hidden/0.png": plain(),
        "mine/a/.0.png": plain(),
        "mine/Thumbs.db": b"x",
    }
    data = load(str(source(files | junk)))
    assert data.label_names == ("a", "b")
    assert len(data) == 6
    assert data.skipped == ()


def test_no_subfolders_is_no_classes(source) -> None:
    for files in ({f"{i}.png": plain() for i in range(5)}, GOOD):
        data = load(str(source(files)))
        assert data.label is None and data.labels is None and data.factors == {}
        assert data.label_names == ()


def test_a_stray_file_beside_class_folders_is_named(source) -> None:
    files = {f"mine/{c}/{i}.png": plain() for i in range(3) for c in "ab"}
    data = load(str(source(files | {"preview.png": plain()})))
    assert data.label_names == ("a", "b")
    assert reasons(data) == {"preview.png": "outside the class folders"}


def test_a_class_with_no_usable_image_has_no_name(source) -> None:
    files = {f"{c}/{i}.png": plain() for i in range(3) for c in "ab"}
    data = load(str(source(files | {"broken/0.png": b"no picture"})))
    assert data.label_names == ("a", "b")


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["a/1", "b/1"], ["a", "b"]),
        (["r/a/1", "r/b/x/1"], ["a", "b"]),
        (["r/s/a/1", "r/s/b/1"], ["a", "b"]),
        (["a/1", "a/2"], None),
        (["1", "2"], None),
        (["1", "2", "3", "a/1", "b/1"], None),
        (["1", "a/1", "b/1"], [None, "a", "b"]),
        ([], None),
    ],
)
def test_class_of_a_name(names: list[str], classes: list[str | None] | None) -> None:
    assert class_names(names) == classes


def ramp16() -> bytes:
    values = np.full((40, 40), 128 * 257, dtype=np.uint16)
    return packed(Image.fromarray(values))


def oriented(kind: str, orientation: int) -> bytes:
    """Left half red, right half blue, after the EXIF orientation is applied."""
    shown = np.zeros((64, 64, 3), dtype=np.uint8)
    shown[:, :32], shown[:, 32:] = RED, BLUE
    turns = {1: 0, 6: 1, 3: 2, 8: 3}  # quarter turns against the clock, as stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.rot90(shown, turns[orientation]).copy())
    return packed(stored, kind, exif=exif)


CLEAR = packed(Image.new("RGBA", (40, 40), (255, 0, 0, 0)))
HALF = packed(Image.new("RGBA", (40, 40), (255, 255, 255, 128)))
PALETTE = Image.new("RGB", (40, 40), GREEN).convert("P", palette=Image.Palette.ADAPTIVE)


@pytest.mark.parametrize(
    ("data", "expected", "tolerance"),
    [
        (packed(Image.new("L", (50, 40), 77)), (77, 77, 77), 0),
        (packed(Image.new("1", (50, 40), 1)), (255, 255, 255), 0),
        (packed(PALETTE), GREEN, 0),
        (packed(PALETTE, "GIF"), GREEN, 0),
        (packed(Image.new("LA", (40, 40), (10, 255))), (10, 10, 10), 0),
        (CLEAR, (128, 128, 128), 0),
        (HALF, (192, 192, 192), 1),
        (ramp16(), (128, 128, 128), 0),
        (packed(Image.fromarray(np.full((9, 9), 40_000, np.uint16)), "TIFF"),
         (156, 156, 156), 0),
        (packed(Image.new("CMYK", (40, 40), (0, 0, 0, 0)), "JPEG"), (255,) * 3, 2),
        (packed(Image.new("RGB", (640, 480), GREEN), "JPEG"), GREEN, 3),
        (packed(Image.new("RGB", (40, 40), BLUE), "WEBP", lossless=True), BLUE, 0),
        (packed(Image.new("RGB", (40, 40), BLUE), "BMP"), BLUE, 0),
        (packed(Image.new("RGB", (1, 1), BLUE)), BLUE, 0),
        (packed(Image.new("RGB", (3000, 2), BLUE)), BLUE, 0),
    ],
)  # fmt: skip
def test_every_kind_of_picture_becomes_rgb(
    tmp_path: Path, data: bytes, expected: tuple[int, ...], tolerance: int
) -> None:
    files = {"a.jpg": data} | {f"z{i}.png": plain() for i in range(3)}
    loaded = folder(on_disk(tmp_path, files))
    assert loaded.skipped == ()
    for y, x in ((0, 0), (16, 16), (31, 31)):
        gaps = [
            abs(a - b) for a, b in zip(pixel(loaded, 0, y, x), expected, strict=True)
        ]
        assert max(gaps) <= tolerance


def test_float_pictures_are_stretched_from_dark_to_light(tmp_path: Path) -> None:
    values = np.tile(np.linspace(-5, 5, 32, dtype=np.float32), (32, 1))
    files = {"a.tif": packed(Image.fromarray(values), "TIFF")} | GOOD
    row = folder(on_disk(tmp_path, files)).images[0, 0, 0].tolist()
    assert row[0] == 0 and row[-1] == 255 and row == sorted(row)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_exif_orientation_is_obeyed(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    data = folder(on_disk(tmp_path, {"a.img.png": oriented(kind, orientation)} | GOOD))
    for y in (6, 26):
        assert pixel(data, 0, y, 6)[0] > 150 > pixel(data, 0, y, 6)[2]
        assert pixel(data, 0, y, 26)[2] > 150 > pixel(data, 0, y, 26)[0]


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), c) for c in (GREEN, RED, BLUE)]
    moving = packed(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(moving)).n_frames == 3
    assert pixel(folder(on_disk(tmp_path, {"a.gif": moving} | GOOD)), 0) == GREEN


def test_the_centre_is_kept_and_the_short_side_fills_the_picture(
    tmp_path: Path,
) -> None:
    wide = np.full((50, 150, 3), RED, dtype=np.uint8)
    wide[:, 50:100] = GREEN
    tall = wide.transpose(1, 0, 2).copy()
    files = {
        "a.png": packed(Image.fromarray(wide)),
        "b.png": packed(Image.fromarray(tall)),
    }
    data = folder(on_disk(tmp_path, files | GOOD), size=16)
    assert data.images.shape[2:] == (16, 16)
    for row in (0, 1):
        for y, x in ((8, 8), (2, 2), (13, 13)):
            assert pixel(data, row, y, x) == GREEN


def test_shrinking_does_not_alias(tmp_path: Path) -> None:
    checks = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    for kind in ("PNG", "BMP"):
        files = {"a.png": packed(Image.fromarray(checks), kind)}
        data = folder(on_disk(tmp_path, files | GOOD))
        assert (data.images[0].int() - 127).abs().max() <= 2


def test_pictures_of_the_right_size_are_untouched(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    data = folder(on_disk(tmp_path, {"a.png": packed(Image.fromarray(pixels))} | GOOD))
    assert torch.equal(data.images[0], torch.from_numpy(pixels).permute(2, 0, 1))


def many(count: int, classes: str = "ab") -> dict[str, bytes]:
    return {f"{classes[i % len(classes)]}/{i:04}.png": plain((i % 256, i // 256, 9))
            for i in range(count)}  # fmt: skip


def test_a_fifth_is_held_out_at_random_by_seed(source) -> None:
    path = source(many(50))
    a, b, other = folder(path), folder(path), folder(path, seed=1)
    assert len(a.held_out_rows) == 10
    assert not set(a.held_out_rows.tolist()) & set(a.train_rows.tolist())
    assert torch.equal(a.images, b.images) and torch.equal(a.split, b.split)
    assert torch.equal(a.images, other.images) and not torch.equal(a.split, other.split)


@pytest.mark.parametrize(("count", "held_out"), [(4, 2), (9, 2), (15, 3)])
def test_at_least_two_rows_are_held_out(
    tmp_path: Path, count: int, held_out: int
) -> None:
    assert len(folder(on_disk(tmp_path, many(count))).held_out_rows) == held_out


def test_order_is_by_name_however_the_zip_lists_it(tmp_path: Path) -> None:
    files = list(many(30).items())
    a = folder(zipped(tmp_path / "a.zip", dict(files)))
    random.Random(0).shuffle(files)
    b = folder(zipped(tmp_path / "b.zip", dict(files)))
    assert torch.equal(a.images, b.images) and torch.equal(a.labels, b.labels)


def test_beyond_the_limit_classes_stay_even(tmp_path: Path) -> None:
    counts = {"a": 30, "b": 30, "c": 3}
    files = {
        f"{c}/{i}.png": plain((i, 0, 0)) for c, n in counts.items() for i in range(n)
    }
    path = on_disk(tmp_path, files)
    data = folder(path, limit=23)
    assert Counter(data.labels.tolist()) == {0: 10, 1: 10, 2: 3}
    assert torch.equal(data.images, folder(path, limit=23).images)
    assert not torch.equal(data.images, folder(path, limit=23, seed=1).images)


def test_the_progress_callback_counts_every_file_and_can_stop_the_loading(
    tmp_path: Path,
) -> None:
    path = on_disk(tmp_path, many(250))
    seen: list[tuple[int, int]] = []
    folder(path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(100, 250), (200, 250), (250, 250)]

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        folder(path, progress=stop)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 4}, "size is 4; allowed is at least 8"),
        ({"held_out": 0}, "held_out is 0; allowed is at least 1 and at most 8"),
        ({"held_out": 9}, "held_out is 9; allowed is at least 1 and at most 8"),
        ({"seed": -1}, "seed is -1"),
        ({"limit": 1}, "limit is 1; allowed is at least 4"),
    ],
)
def test_options_out_of_range_are_named(
    tmp_path: Path, options: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load(str(on_disk(tmp_path, many(10))), **options)


def photo() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return packed(Image.fromarray(noise), "JPEG")


UNUSABLE = {
    "text.png": (b"this is a text file called .png", "content is none of PNG, JPEG"),
    "empty.png": (b"", "an empty file"),
    "cut.jpg": (photo()[:1500], "damaged or cut short"),
    "cut.png": (plain(size=(64, 64))[:-30], "damaged or cut short"),
    "noise.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "content is none of"),
    "huge.png": (png_claiming(30_000, 30_000), "more than 40 million pixels"),
    "large.png": (png_claiming(9_000, 12_000), "more than 40 million pixels"),
    "over.png": (png_claiming(6_400, 6_400), "more than 40 million pixels"),
    "vector.svg": (b"<svg/>", "not an image: .svg"),
    "pixels.ico": (packed(Image.new("RGB", (32, 32)), "ICO"), "not an image: .ico"),
    "icon.png": (packed(Image.new("RGB", (32, 32)), "ICO"), "content is none of"),
    "page.png": (packed(Image.new("RGB", (32, 32)), "PDF"), "content is none of"),
    "inner.zip": (b"PK\x03\x04", "an archive inside is not opened"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_named_and_skipped(source, name: str) -> None:
    data, reason = UNUSABLE[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # not a word on stderr either
        loaded = load(str(source(GOOD | {f"good/{name}": data})))
    assert len(loaded) == len(GOOD)
    assert list(reasons(loaded)) == [f"good/{name}"]
    assert reason in reasons(loaded)[f"good/{name}"]


def test_damaged_bytes_never_affect_other_files(tmp_path: Path) -> None:
    rng = random.Random(0)
    seeds = [
        photo(),
        oriented("TIFF", 6),
        oriented("WEBP", 3),
        packed(PALETTE, "GIF"),
        packed(Image.new("RGB", (40, 40), RED), "BMP"),
        ramp16(),
    ]
    files = dict(GOOD)
    for i in range(300):
        data = bytearray(seeds[i % len(seeds)])
        for _ in range(rng.randint(1, 12)):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        files[f"good/x{i}.png"] = bytes(data)
    loaded = folder(on_disk(tmp_path, files))
    assert len(loaded) + len(loaded.skipped) == len(files)
    assert len(loaded) >= len(GOOD) and len(loaded.skipped) > 30
    assert all(reason and "\n" not in reason for _, reason in loaded.skipped)


def test_too_few_images_says_how_many_and_why(source) -> None:
    files = {"a.png": plain(), "b.png": plain(), "c.png": b"", "d.txt": b"x"}
    with pytest.raises(ValueError) as refusal:
        load(str(source(files)))
    assert "holds 2 usable images; allowed is at least 4" in str(refusal.value)
    assert "c.png (an empty file)" in str(refusal.value)
    assert "d.txt (not an image: .txt" in str(refusal.value)


def test_a_long_list_of_reasons_is_truncated(tmp_path: Path) -> None:
    files = {f"{i}.png": b"" for i in range(9)}
    with pytest.raises(ValueError, match=r"0 usable images.* and 6 more$"):
        folder(on_disk(tmp_path, files))


def test_a_file_above_the_byte_limit_is_skipped(source) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    files = GOOD | {"good/fat.png": packed(Image.fromarray(noise))}
    data = folder(source(files), limits=Limits(file_bytes=4096))
    assert list(reasons(data)) == ["good/fat.png"]
    assert "larger than 0.00390625 MB" in reasons(data)["good/fat.png"]


def test_links_and_pipes_in_a_folder(tmp_path: Path) -> None:
    root = on_disk(tmp_path / "mine", GOOD)
    (root / "good/again").symlink_to(root)  # a loop
    (root / "good/gone.png").symlink_to(tmp_path / "nowhere")
    os.mkfifo(root / "good/pipe.png")
    data = folder(root)
    assert len(data) == len(GOOD)
    assert "a link to a folder" in reasons(data)["good/again"]
    assert "unreadable" in reasons(data)["good/gone.png"]
    assert reasons(data)["good/pipe.png"] == "not a regular file"


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine holds more than 5 files"):
        folder(on_disk(tmp_path / "mine", GOOD), limits=Limits(folder_files=5))


def test_names_are_escaped_for_display(tmp_path: Path) -> None:
    bad = "good/\x1b[31m\u202e" + "n" * 300 + ".png"
    (shown,) = reasons(folder(zipped(tmp_path / "a.zip", GOOD | {bad: b""})))
    assert shown.isprintable() and len(shown) <= 120 and shown.startswith("good/?[31m?")


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.png",
        "good/../../evil.png",
        "/etc/evil.png",
        "..\\..\\evil.png",
        "C:/evil.png",
        "C:\\evil.png",
    ],
)
def test_names_that_point_outside_are_skipped(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "deep" / "er"
    inside.mkdir(parents=True)
    data = folder(zipped(inside / "a.zip", GOOD | {name: plain()}))
    assert len(data) == len(GOOD)
    assert list(reasons(data).values()) == ["its name points outside the zip"]
    assert [p.name for p in tmp_path.rglob("*")] == ["deep", "er", "a.zip"]


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    link = zipfile.ZipInfo("good/link.png")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert reasons(folder(path)) == {"good/link.png": "a link, not a file"}


def test_ten_gigabytes_of_zeros_are_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    # 10 GB of zeros pack to one deflated megabyte of them, 10,240 times over.
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(path, "a") as archive:
        with archive.open("good/zeros.png", "w", force_zip64=True) as member:
            member.write(b"x")
        info = archive.getinfo("good/zeros.png")
        archive.fp.write(block * 10_240)
        archive.start_dir = archive.fp.tell()
        info.file_size, info.compress_size = 10 * 2**30, len(block) * 10_240
        info.compress_type = zipfile.ZIP_DEFLATED
    data = folder(path)
    assert reasons(data) == {"good/zeros.png": "larger than 64 MB"}
    assert len(data) == len(GOOD)


def test_a_zip_bomb_below_the_byte_limit_is_detected_by_its_ratio(
    tmp_path: Path,
) -> None:
    path = zipped(tmp_path / "a.zip", GOOD | {"good/zeros.png": bytes(32 * 2**20)})
    assert reasons(folder(path)) == {
        "good/zeros.png": "unpacks to more than 200 times its size"
    }


def lying_zip(path: Path, claimed: int) -> Path:
    """A zip with one entry whose headers claim a false size."""
    real = 8 * 2**20
    zipped(path, GOOD | {"good/liar.png": bytes(real)})
    data = path.read_bytes()
    assert (
        data.count(struct.pack("<I", real)) == 2
    )  # local header and table of contents
    path.write_bytes(data.replace(struct.pack("<I", real), struct.pack("<I", claimed)))
    return path


@pytest.mark.parametrize("claimed", [0, 100, 10_000])
def test_a_false_header_is_detected(tmp_path: Path, claimed: int) -> None:
    data = folder(lying_zip(tmp_path / "a.zip", claimed))
    assert len(data) == len(GOOD)
    assert list(reasons(data)) == ["good/liar.png"]


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", many(40))
    with pytest.raises(ValueError, match=r"a\.zip has 40 entries; allowed are 39"):
        folder(path, limits=Limits(zip_entries=39))
    with pytest.raises(ValueError, match=r"a\.zip lists far too many files"):
        folder(path, limits=Limits(zip_entries=5))


def test_more_bytes_than_allowed_in_all_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"{i}.png": bytes(3 * 2**20) for i in range(4)})
    with pytest.raises(ValueError, match=r"a\.zip unpacks to 12 MB; allowed are 8 MB"):
        folder(path, limits=Limits(zip_bytes=8 * 2**20))


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
        folder(path)


def test_other_compression_methods_are_skipped(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("good/lzma.png", plain())
    assert (
        "packed in a way that is not allowed" in reasons(folder(path))["good/lzma.png"]
    )


def test_a_damaged_entry_does_not_spoil_the_others(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:  # stored, not deflated
        for name, data in (GOOD | {"good/z.png": plain(BLUE)}).items():
            archive.writestr(name, data)
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    at = raw.find(plain(BLUE))
    raw[at + 20] ^= 255
    (tmp_path / "a.zip").write_bytes(raw)
    assert reasons(folder(tmp_path / "a.zip")) == {
        "good/z.png": "damaged inside the zip"
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "damaged or no zip"),
        (b"this is no zip", "damaged or no zip"),
        (b"PK\x05\x06" + bytes(18), "holds 0 usable images"),
    ],
)
def test_an_empty_or_foreign_file_is_refused_in_one_sentence(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ValueError, match=rf"a\.zip .*{message}") as error:
        load(str(tmp_path / "a.zip"))
    assert "\n" not in str(error.value)


def test_a_damaged_zip_is_read_or_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", many(12)).read_bytes()
    rng = random.Random(0)
    loaded = refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data) // 2, len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        (tmp_path / "b.zip").write_bytes(data)
        try:
            folder(tmp_path / "b.zip")
            loaded += 1
        except ValueError as error:
            assert "b.zip" in str(error)
            refused += 1
    assert loaded > 10 and refused > 10


@pytest.mark.parametrize("path", ["nowhere", "x" * 5000, "a\0b", ""])
def test_a_missing_path_is_refused_naming_what_is_allowed(path: str) -> None:
    with pytest.raises(
        ValueError, match=r"allowed are shapes, .*folder or zip of images"
    ):
        load(path)


def test_the_limits_are_a_sentence_for_the_app() -> None:
    assert "40 million pixels" in str(LIMITS) and "60,000 entries" in str(LIMITS)
