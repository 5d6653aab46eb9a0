"""Training on sound: the same commands, and augmentations for sound only."""

import json
import wave
from pathlib import Path
from typing import Any

import pytest
import torch

from ssl_core import checkpoints
from ssl_core.__main__ import main
from ssl_core.augment import Policy, offered
from ssl_core.config import RunConfig
from ssl_core.data import Factor, SoundSet, default_views, load
from ssl_core.data.base import held_out_split
from ssl_core.data.sound import RATE, SAMPLES, log_mel
from ssl_core.methods import METHODS
from ssl_core.train import Budget, Fit, Watch

SMALL = ["--batch-size", "16", "--device", "cpu", "--steps", "2"]


def tones(n: int = 80) -> SoundSet:
    """Sines of four pitches, each with its own loudness."""
    g = torch.Generator().manual_seed(0)
    pitch = torch.arange(n) % 4
    phase = torch.arange(SAMPLES) / RATE * 2 * torch.pi
    hertz = torch.tensor([200.0, 500.0, 1100.0, 2500.0])[pitch]
    wave = (phase * hertz.view(-1, 1)).sin() * torch.rand(n, 1, generator=g)
    clips = (wave * 30000).short()
    pitches = Factor(pitch, "class", ("low", "middle", "high", "top"))
    split = held_out_split(n, 20, 0)
    return SoundSet(
        "tones", log_mel(clips), {"pitch": pitches}, "pitch", split, clips=clips
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of 40 short WAV files, named label_speaker_take."""
    folder, spoken = tmp_path_factory.mktemp("digits"), tones(40)
    for i, clip in enumerate(spoken.clips):
        name = f"{i % 4}_{('anna', 'bert')[i // 4 % 2]}_{i}.wav"
        with wave.open(str(folder / name), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(clip.numpy().astype("<i2").tobytes())
    return str(folder)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains_on_one_channel(method: str) -> None:
    policy = {slug: kind().strength for slug, kind in offered("sound").items()}
    config = RunConfig.of(
        {"data": "voices", "method": method, "augment": policy, "batch_size": 16}
    )
    data = tones()
    config.require_fit(data)
    watch = Watch(bank=40, asked=20, mapped=20)
    last = list(Fit(config, data, Budget(steps=2), watch))[-1]
    assert last.step == 2
    assert torch.tensor(last.loss).isfinite()
    assert last.batch.view_a.shape[1:] == (1, 32, 64)


def test_voices_and_shapes_have_their_own_default_augmentations() -> None:
    policy = RunConfig(data="voices").policy
    assert policy is not None
    assert policy.strengths == pytest.approx(dict(default_views("voices")))
    assert set(policy.strengths) <= set(offered("sound"))
    default = RunConfig.of({"data": "voices", "augment": "default"}).policy
    assert default == policy
    assert set(default_views("shapes")) <= set(offered("pictures"))


def test_a_folder_of_recordings_uses_augmentations_for_sound(digits: str) -> None:
    assert set(default_views(digits)) <= set(offered("sound"))
    config = RunConfig(data=digits)
    config.require_fit(load(digits))


@pytest.mark.parametrize(
    ("data", "augment", "named"),
    [
        ("voices", "hue", "'hue' is for pictures, but voices is sound"),
        ("voices", {"mixup": 0.2, "crop": 0.5}, "'crop' is for pictures"),
        ("voices", Policy.parse("flip"), "'flip' is for pictures"),
        (
            "shapes",
            "crop,time_mask",
            "'time_mask' is for sound, but shapes is pictures",
        ),
        ("cifar10", {"gain": 0.1}, "'gain' is for sound"),
    ],
)
def test_augmentations_for_the_other_medium_are_refused(
    data: str, augment: Any, named: str
) -> None:
    with pytest.raises(ValueError, match="allowed are") as refusal:
        RunConfig.of({"data": data, "augment": augment})
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_run_cannot_be_adjusted_to_the_other_medium() -> None:
    with pytest.raises(ValueError, match="'hue' is for pictures, but voices is sound"):
        RunConfig(data="voices").adjusted({"augment": {"hue": 0.1}})


def test_the_medium_of_a_path_is_checked_when_it_is_read(digits: str) -> None:
    """Also a missing one, as a checkpoint's data may be: its card stays readable."""
    RunConfig.of({"data": "/not/here/any/more.zip", "augment": "mixup"})
    wrong = RunConfig.of({"data": digits, "augment": "hue"})
    with pytest.raises(ValueError, match=r"'hue' is for pictures, but .* is sound"):
        wrong.require_fit(load(digits))


# ---- The command line.


@pytest.mark.parametrize(
    "data", ["DIGITS", pytest.param("voices", marks=pytest.mark.slow)]
)
def test_the_command_line_trains_on_voices_and_on_a_folder(
    data: str, digits: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = digits if data == "DIGITS" else data
    out, kept = tmp_path / "run.json", tmp_path / "kept"
    argv = ["train", "byol", "--data", data, *SMALL, "--json", str(out)]
    assert main([*argv, "--save", str(kept)]) == 0
    result = json.loads(out.read_text())
    assert result["config"]["augment"] == pytest.approx(dict(default_views(data)))
    assert {"said", "speaker"} <= result["probes"].keys()
    assert "raw spectrogram" in capsys.readouterr().out
    card = checkpoints.load(kept).card
    assert card["data"]["shape"] == [1, 32, 64]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--data", "voices", "--augment", "hue"], "'hue' is for pictures"),
        (
            ["--data", "shapes", "--augment", "time_mask:0.5"],
            "'time_mask' is for sound",
        ),
        (["--data", "DIGITS", "--augment", "gray"], "'gray' is for pictures"),
        (["--data", "voices", "--augment", "gain:0.9"], "gain strength is 0.9"),
    ],
)
def test_the_command_line_refuses_wrong_augmentations_before_training(
    digits: str, capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    argv = [digits if a == "DIGITS" else a for a in argv]
    assert main(["train", "simclr", *SMALL, *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert message in err
    assert "allowed" in err


def test_help_lists_the_augmentations_of_each_medium(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    pictures, sound = text.index("of pictures:"), text.index("of sound:")
    assert pictures < text.index("\n  hue:") < sound < text.index("\n  time_mask:")
