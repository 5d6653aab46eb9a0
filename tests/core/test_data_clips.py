"""A learner's own recordings: every format is read, and labels come from file names."""

import io
import random
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import on_disk, reasons, zipped
from PIL import Image
from sound_files import GOOD, named, recorded, tone

from ssl_core.data import (
    LIMITS,
    PHOTO_VIEWS,
    SOUND_VIEWS,
    Limits,
    SoundSet,
    default_views,
    load,
    medium_of,
)
from ssl_core.data.audio import decode
from ssl_core.data.clips import clips
from ssl_core.data.sound import RATE, SAMPLES, log_mel

Make = Callable[[dict[str, bytes]], Path]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def heard(data: bytes, limits: Limits = LIMITS) -> np.ndarray:
    """The clip of a file's content, ``[SAMPLES]`` in [-1, 1]."""
    return decode(data, limits) / 32768


def spectrum(wave: np.ndarray) -> np.ndarray:
    """Amplitude of each frequency; neighbours are RATE / len(wave) Hz apart."""
    window = np.hanning(len(wave))
    return np.abs(np.fft.rfft(wave * window)) / window.sum() * 2


def peak(wave: np.ndarray) -> tuple[float, float]:
    """The loudest frequency in Hz, and its amplitude."""
    amplitude = spectrum(wave)
    at = int(amplitude.argmax())
    return at * RATE / len(wave), float(amplitude[at])


# ---- What the names tell.


def test_label_speaker_and_take_are_read_from_the_name(source: Make) -> None:
    data = load(str(source(GOOD)))
    assert isinstance(data, SoundSet)
    assert data.images.shape == (12, 1, 32, 64) and data.images.dtype == torch.uint8
    assert data.clips.shape == (12, SAMPLES) and data.clips.dtype == torch.int16
    assert data.rate == RATE and data.skipped == ()
    assert data.label == "said" and data.label_names == ("no", "so", "yes")
    assert named(data, "said") == [n.split("_")[0] for n in sorted(GOOD)]
    assert named(data, "speaker") == [n.split("_")[1] for n in sorted(GOOD)]
    assert data.name in ("mine", "mine.zip")


def test_the_picture_is_of_the_clip_and_the_clip_of_the_file(source: Make) -> None:
    data = load(str(source(GOOD)))
    assert torch.equal(data.images, log_mel(data.clips))
    for row, name in enumerate(sorted(GOOD)):
        assert np.array_equal(data.clips[row].numpy(), decode(GOOD[name]))
        hertz = 300 + 100 * list(GOOD).index(name)
        assert peak(data.clips[row].numpy())[0] == pytest.approx(hertz, abs=2)


def test_one_subfolder_is_one_label(source: Make) -> None:
    files = {f"{c}/{i}.wav": recorded(tone(300 * i)) for c in "ab" for i in (1, 2, 3)}
    data = load(str(source(files)))
    assert data.label == "said" and set(data.factors) == {"said"}
    assert named(data, "said") == list("aaabbb")


@pytest.mark.parametrize("folder", ["{label}", "{speaker}", "all", "all/{speaker}"])
def test_folders_that_agree_with_the_names_change_nothing(
    source: Make, folder: str
) -> None:
    files = {}
    for name, content in GOOD.items():
        label, speaker, _ = name.split("_")
        here = folder.format(label=label, speaker=speaker)
        files[f"{here}/{name}"] = content
    data = load(str(source(files)))
    assert data.label_names == ("no", "so", "yes")
    assert data.factors["speaker"].names == ("anna", "bert")


def test_folders_take_precedence_over_names_of_another_form(source: Make) -> None:
    """As in data sets that number their files: ``cat/rec_2024_17.wav``."""
    files = {
        f"{c}/rec_{2020 + i}_{i}.wav": recorded(tone(300 + 50 * i))
        for c in ("cat", "dog")
        for i in range(3)
    }
    data = load(str(source(files)))
    assert data.label_names == ("cat", "dog")
    assert "speaker" not in data.factors


def test_names_without_labels_give_a_set_without_labels(source: Make) -> None:
    files = {f"recording {i}.wav": recorded(tone(300 + 50 * i)) for i in range(6)}
    data = load(str(source(files)))
    assert len(data) == 6 and data.factors == {}
    assert data.label is None and data.labels is None
    assert data.skipped == ()


def test_a_name_of_another_form_is_skipped_and_the_form_is_stated(source: Make) -> None:
    data = load(str(source(GOOD | {"take two.wav": recorded(tone())})))
    assert len(data) == len(GOOD)
    assert list(reasons(data)) == ["take two.wav"]
    assert "<label>_<speaker>_<take" in reasons(data)["take two.wav"]


def test_a_stray_file_beside_label_folders_is_named(source: Make) -> None:
    files = {f"mine/{c}/{i}.wav": recorded(tone()) for i in range(3) for c in "ab"}
    data = load(str(source(files | {"mine/intro.wav": recorded(tone())})))
    assert named(data, "said") == list("aaabbb")
    assert reasons(data) == {"mine/intro.wav": "outside the label folders"}


def test_a_label_may_hold_underscores_and_a_take_leading_zeros(source: Make) -> None:
    files = {
        f"{label}_{who}_{take:03}.wav": recorded(tone())
        for label in ("turn_left", "turn_right")
        for who in ("o'neil", "x.y")
        for take in (7, 8)
    }
    data = load(str(source(files)))
    assert data.label_names == ("turn_left", "turn_right")
    assert data.factors["speaker"].names == ("o'neil", "x.y")


def test_one_label_or_one_speaker_alone_is_no_factor(source: Make) -> None:
    by_anna = {n: c for n, c in GOOD.items() if "anna" in n}
    assert set(load(str(source(by_anna))).factors) == {"said"}


def test_one_label_of_two_speakers_still_knows_the_speakers(source: Make) -> None:
    data = load(str(source({n: c for n, c in GOOD.items() if n.startswith("no")})))
    assert set(data.factors) == {"speaker"}
    assert data.label is None and data.label_names == ()


ODD = (
    *("žluť_Žofie", "はい_花子", "🙂_🙃", "oui oui_jean luc", "ja!_#1", "a%2fb_c&d"),
    *("'x\"_y", "\u05db\u05df_\u05d3\u05df", "__", "-rf_*"),
)


def test_unicode_and_odd_names_are_labels_like_any_other(source: Make) -> None:
    wave = recorded(tone())
    data = load(str(source({f"{odd}_{i}.wav": wave for odd in ODD for i in (1, 2)})))
    pairs = zip(named(data, "said"), named(data, "speaker"), strict=True)
    message = {"_".join(pair) for pair in pairs}
    # "__" has no speaker: between the last two underscores there is nothing.
    assert message == set(ODD) - {"__"}
    assert set(reasons(data)) == {"___1.wav", "___2.wav"}


def test_suffixes_in_capitals_and_none_at_all(source: Make) -> None:
    files = {
        "no_anna_1.WAV": recorded(tone()),
        "no_bert_1.Flac": recorded(tone(), kind="FLAC"),
        "yes_anna_1": recorded(tone()),
        "yes_bert_1.wave": recorded(tone()),
    }
    data = load(str(source(files)))
    assert data.label_names == ("no", "yes") and data.skipped == ()


def test_a_wrapping_folder_and_junk_do_not_matter(source: Make) -> None:
    files = {f"mine/deep/{name}": content for name, content in GOOD.items()}
    junk = {
        "__MACOSX/mine/deep/._no_anna_0.wav": b"\x00\x05\x16\x07",
        "mine/.DS_Store": b"x",
        "mine/deep/._no_anna_0.wav": b"\x00\x05\x16\x07",
        "mine/.hidden/no_anna_9.wav": recorded(tone()),
        "mine/Thumbs.db": b"x",
        "mine/desktop.ini": b"x",
    }
    data = load(str(source(files | junk)))
    assert len(data) == len(GOOD) and data.skipped == ()
    assert data.label_names == ("no", "so", "yes")


# ---- Every kind of file.


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        *(("WAV", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT")),
        *(("WAV", s) for s in ("DOUBLE", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM")),
        *(("WAVEX", s) for s in ("PCM_16", "PCM_24", "FLOAT")),
        *(("FLAC", s) for s in ("PCM_S8", "PCM_16", "PCM_24")),
        *(("OGG", s) for s in ("VORBIS", "OPUS")),
    ],
)
def test_every_kind_of_file_is_the_same_sound(kind: str, subtype: str) -> None:
    wave = heard(recorded(tone(1000, 1.024), kind=kind, subtype=subtype))
    hertz, amplitude = peak(wave[512:-512])
    assert hertz == pytest.approx(1000, abs=2)
    assert amplitude == pytest.approx(0.5, rel=0.1)


RATES = [2000, 4000, 8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]


@pytest.mark.parametrize("rate", [*RATES, 7999, 44_101])
def test_every_rate_keeps_pitch_level_and_length(rate: int) -> None:
    wave = heard(recorded(tone(600, 0.75, rate), rate, subtype="FLOAT"))
    sounding = np.flatnonzero(np.abs(wave) > 0.1)
    assert (sounding[-1] - sounding[0]) / RATE == pytest.approx(0.75, abs=0.004)
    inner = wave[sounding[0] + 400 : sounding[-1] - 400]
    hertz, amplitude = peak(inner)
    assert hertz == pytest.approx(600, abs=2)
    assert amplitude == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("hertz", [4300, 5000, 7400, 9000, 12_000, 20_000])
def test_frequencies_above_nyquist_do_not_alias(hertz: int) -> None:
    wave = tone(500, 1.2, 48_000, 0.3) + tone(hertz, 1.2, 48_000, 0.3)
    amplitude = spectrum(heard(recorded(wave, 48_000))[400:-400])
    at = round(500 / RATE * (SAMPLES - 800))
    assert amplitude[at - 2 : at + 3].max() == pytest.approx(0.3, rel=0.02)
    amplitude[at - 8 : at + 9] = 0
    assert amplitude.max() < 0.003  # 40 dB below


# ---- From a recording to a clip.


def test_the_loudest_stretch_of_a_long_recording_is_kept() -> None:
    for begin in (0.0, 2.3, 5.9):
        wave = tone(200, 8, level=0.01)
        burst = tone(1500, 1.0, level=0.5)
        wave[int(begin * RATE) : int(begin * RATE) + len(burst)] += burst
        clip = heard(recorded(wave))
        hertz, amplitude = peak(clip)
        assert hertz == pytest.approx(1500, abs=2) and amplitude > 0.45
        assert (np.abs(clip) > 0.1).mean() > 0.8


def test_a_short_recording_is_centred_in_silence() -> None:
    for seconds in (0.01, 0.2, 0.9):
        clip = heard(recorded(tone(1000, seconds)))
        lit = np.flatnonzero(np.abs(clip) > 0.1)
        assert abs((lit[0] + lit[-1]) / 2 - SAMPLES / 2) < 20
        assert lit[-1] - lit[0] == pytest.approx(seconds * RATE, abs=12)
        assert not clip[: lit[0] - 8].any() and not clip[lit[-1] + 8 :].any()


def test_the_recorded_level_is_kept() -> None:
    loud, quiet = (heard(recorded(tone(level=at))) for at in (0.5, 0.05))
    ratio = np.sqrt((loud**2).mean() / (quiet**2).mean())
    assert ratio == pytest.approx(10, rel=0.01)
    assert np.abs(loud).max() == pytest.approx(0.5, rel=0.01)


def test_a_constant_offset_is_removed() -> None:
    clip = heard(recorded(tone(level=0.1) + 0.4))
    assert abs(clip.mean()) < 0.005
    assert np.abs(clip).max() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("huge", [1.5, 100.0, 1e30, 3e38])
def test_samples_beyond_full_scale_are_clipped(huge: float) -> None:
    one = tone(500, 1.1, level=huge)
    for wave in (one, np.stack([one, one], 1)):
        clip = decode(recorded(wave, subtype="FLOAT"))
        assert clip.max() >= 32_500 and clip.min() <= -32_500
        assert peak(clip / 32768)[0] == pytest.approx(500, abs=2)


def test_channels_are_mixed_to_one() -> None:
    left = tone(500, level=0.5)
    both = heard(recorded(np.stack([left, left], 1)))
    one = heard(recorded(np.stack([left, 0 * left], 1)))
    assert np.abs(both).max() == pytest.approx(0.5, rel=0.01)
    assert np.abs(one).max() == pytest.approx(0.25, rel=0.01)
    eight = heard(recorded(np.stack([left] * 8, 1)))
    assert np.abs(eight - both).max() < 1e-3


def test_only_the_first_seconds_are_read() -> None:
    wave = np.concatenate([tone(500, 2, level=0.2), tone(1500, 2, level=0.9)])
    assert peak(heard(recorded(wave)))[0] == pytest.approx(1500, abs=2)
    first = heard(recorded(wave), Limits(seconds=2))
    assert peak(first)[0] == pytest.approx(500, abs=2)
    assert LIMITS.seconds == 10


def test_decoding_is_the_same_at_every_call() -> None:
    noise = np.random.default_rng(0).normal(size=(60_000, 2)) * 0.1
    content = recorded(noise, 22_050, "FLAC")
    assert np.array_equal(decode(content), decode(content))


# ---- The split.


def many(count: int, people: str = "ab") -> dict[str, bytes]:
    """Short, distinct recordings."""
    return {
        f"{i % 3}_{people[i % len(people)]}_{i:04}.wav": recorded(
            tone(1000, 0.02, level=0.1 + i / 1000)
        )
        for i in range(count)
    }


def test_a_fifth_is_held_out_at_random_by_seed(source: Make) -> None:
    path = source(many(50))
    a, b, other = clips(path), clips(path), clips(path, seed=1)
    assert len(a.held_out_rows) == 10
    assert not set(a.held_out_rows.tolist()) & set(a.train_rows.tolist())
    assert torch.equal(a.clips, b.clips) and torch.equal(a.split, b.split)
    assert torch.equal(a.images, other.images) and not torch.equal(a.split, other.split)


@pytest.mark.parametrize(("count", "held_out"), [(4, 2), (9, 2), (15, 3)])
def test_at_least_two_rows_are_held_out(
    tmp_path: Path, count: int, held_out: int
) -> None:
    path = on_disk(tmp_path / "mine", many(count))
    assert len(clips(path).held_out_rows) == held_out
    assert len(clips(path, held_out=2).held_out_rows) == 2


def test_each_speaker_in_turn_is_held_out_whole(source: Make) -> None:
    path = str(source(many(24, "abcd")))
    for who in "abcd":
        data = load(path, speakers_out=who)
        speaker = named(data, "speaker")
        assert {speaker[row] for row in data.held_out_rows} == {who}
        assert {speaker[row] for row in data.train_rows} == set("abcd") - {who}
        assert len(data.held_out_rows) == 6


def test_several_speakers_are_held_out_together(source: Make) -> None:
    path = source(many(24, "abcd"))
    for out in (("a", "c"), ["c", "a"], ("a", "c", "a")):
        data = clips(path, speakers_out=out)  # type: ignore[arg-type]
        speaker = named(data, "speaker")
        assert {speaker[row] for row in data.held_out_rows} == {"a", "c"}
        assert len(data.held_out_rows) == 12


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("nobody", "speakers_out is nobody; allowed are some, not all, of anna, bert"),
        (("anna", "carl"), "speakers_out is anna, carl; allowed are some, not all"),
        (("bert", "anna"), "speakers_out is bert, anna; allowed are some, not all"),
        ("ANNA", "speakers_out is ANNA"),
    ],
)
def test_speakers_that_cannot_be_held_out_are_named(
    tmp_path: Path, out: tuple[str, ...] | str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        clips(on_disk(tmp_path / "mine", GOOD), speakers_out=out)


def test_speakers_cannot_be_held_out_where_none_are_known(tmp_path: Path) -> None:
    by_anna = {n: c for n, c in GOOD.items() if "anna" in n}
    in_folders = {f"{n[0]}/{i}.wav": c for i, (n, c) in enumerate(GOOD.items())}
    for at, files in (("one", by_anna), ("none", in_folders)):
        path = on_disk(tmp_path / at, files)
        assert len(clips(path)) == len(files)
        with pytest.raises(ValueError, match="speakers_out is anna; allowed is none"):
            clips(path, speakers_out="anna")


def test_rows_and_speakers_are_not_held_out_together(tmp_path: Path) -> None:
    path = on_disk(tmp_path / "mine", GOOD)
    with pytest.raises(ValueError, match="held_out is 3 and speakers_out is anna"):
        clips(path, held_out=3, speakers_out="anna")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"held_out": 0}, "held_out is 0; allowed is at least 1 and at most 10"),
        ({"held_out": 11}, "held_out is 11; allowed is at least 1 and at most 10"),
        ({"held_out": "some"}, "held_out is 'some'"),
        ({"seed": -1}, "seed is -1"),
        ({"limit": 3}, "limit is 3; allowed is at least 4 and at most 100000"),
    ],
)
def test_options_out_of_range_are_named(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load(str(on_disk(tmp_path / "mine", GOOD)), **options)


# ---- Which files, and in what order.


def test_order_is_by_name_however_the_zip_lists_it(tmp_path: Path) -> None:
    files = list(many(30).items())
    a = clips(zipped(tmp_path / "a.zip", dict(files)))
    random.Random(0).shuffle(files)
    b = clips(zipped(tmp_path / "b.zip", dict(files)))
    c = clips(on_disk(tmp_path / "c", dict(files)))
    for other in (b, c):
        assert torch.equal(a.clips, other.clips)
        assert torch.equal(a.labels, other.labels)


def test_beyond_the_limit_files_are_taken_at_random_by_seed(source: Make) -> None:
    path = source(many(60))
    a, again, other = (clips(path, limit=20, seed=s) for s in (0, 0, 1))
    assert len(a) == len(other) == 20
    assert torch.equal(a.clips, again.clips)
    assert not torch.equal(a.clips, other.clips)
    whole = {clip.numpy().tobytes() for clip in clips(path).clips}
    taken = [clip.numpy().tobytes() for clip in a.clips]
    assert len(set(taken)) == 20 and set(taken) <= whole


def test_the_progress_callback_counts_every_file_and_can_stop_the_loading(
    tmp_path: Path,
) -> None:
    path = on_disk(tmp_path / "mine", many(250))
    seen: list[tuple[int, int]] = []
    clips(path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(100, 250), (200, 250), (250, 250)]

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        clips(path, progress=stop)


# ---- Pictures or sound.


def pictures(count: int, folder: str = "red") -> dict[str, bytes]:
    return {f"{folder}/{i}.png": picture() for i in range(count)}


def test_a_source_has_a_medium_and_a_path_that_of_most_files(source: Make) -> None:
    assert medium_of("voices") == "sound" and medium_of("shapes") == "pictures"
    path = str(source(GOOD | pictures(len(GOOD) - 1)))
    assert medium_of(path) == "sound"
    assert default_views(path) == SOUND_VIEWS


def test_a_tie_of_images_and_recordings_counts_as_images(source: Make) -> None:
    path = str(source(GOOD | pictures(len(GOOD))))
    assert medium_of(path) == "pictures"
    assert default_views(path) == PHOTO_VIEWS


def test_text_and_junk_do_not_count_for_the_medium(source: Make) -> None:
    other = {f"notes/{i}.txt": b"words" for i in range(40)}
    junk = {f"__MACOSX/._{i}.png": b"x" for i in range(40)}
    hidden = {f".cache/{i}.png": b"x" for i in range(40)}
    assert medium_of(str(source(GOOD | other | junk | hidden))) == "sound"


def test_many_text_files_do_not_hide_what_a_folder_holds(tmp_path: Path) -> None:
    notes = {f"{i}.txt": b"words" for i in range(2100)}
    below = {f"takes/{name}": content for name, content in GOOD.items()}
    assert medium_of(str(on_disk(tmp_path / "mine", notes | below))) == "sound"


def test_an_unreadable_path_counts_as_images(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    (tmp_path / "alone.wav").write_bytes(recorded(tone()))
    (tmp_path / "empty").mkdir()
    for name in ("broken.zip", "alone.wav", "empty", "nowhere"):
        assert medium_of(str(tmp_path / name)) == "pictures"


def test_pictures_among_recordings_are_skipped_and_the_other_way_round(
    tmp_path: Path,
) -> None:
    mostly_sound = load(str(on_disk(tmp_path / "a", GOOD | pictures(3))))
    assert isinstance(mostly_sound, SoundSet) and len(mostly_sound) == len(GOOD)
    assert set(reasons(mostly_sound)) == {f"red/{i}.png" for i in range(3)}
    for reason in reasons(mostly_sound).values():
        assert reason.startswith("not a recording: .png")
    few = dict(list(GOOD.items())[:3])
    mostly_pictures = load(str(on_disk(tmp_path / "b", few | pictures(6))))
    assert not isinstance(mostly_pictures, SoundSet) and len(mostly_pictures) == 6
    assert set(reasons(mostly_pictures)) == set(few)


def test_a_link_to_a_folder_of_recordings_and_a_home_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk(tmp_path / "mine", GOOD)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert medium_of("~/mine") == "sound"
    assert len(load("~/mine")) == len(GOOD)


def test_the_limits_of_sound_are_a_sentence_for_the_app() -> None:
    message = LIMITS.of_sound
    for part in ("WAV, FLAC or OGG", "first 10 seconds", "60,000 entries", "4 record"):
        assert part in message


def test_a_missing_sound_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(on_disk(tmp_path / "mine", GOOD))
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ValueError, match=r"mine cannot be read: .*package soundfile"):
        load(path)


def test_any_number_of_channels_up_to_the_limit_is_read() -> None:
    for channels in range(1, LIMITS.channels + 1):
        wave = np.repeat(tone()[:, None], channels, 1)
        assert np.abs(heard(recorded(wave))).max() == pytest.approx(0.5, rel=0.01)
