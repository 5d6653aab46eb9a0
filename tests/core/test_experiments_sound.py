"""The experiments on sound: held-out speakers, and the files they depend on."""

import wave
from pathlib import Path

import pytest

from ssl_core.__main__ import main
from ssl_core.data import voices
from ssl_core.experiments import EXPERIMENTS, speakers
from ssl_core.experiments import fingerprint as prints
from ssl_core.experiments.trials import Trial

SOUND, SPEAKERS = EXPERIMENTS["sound"], EXPERIMENTS["speakers"]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """Syllables in place of spoken digits: six takes of two digits by four speakers."""
    folder = tmp_path_factory.mktemp("digits")
    clips = iter(voices(count=48, held_out=8).clips)
    for who in speakers.SPEAKERS:
        for take in range(12):
            with wave.open(str(folder / f"{take % 2}_{who}_{take}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(next(clips).numpy().astype("<i2").tobytes())
    return folder


def test_the_held_out_speaker_is_never_in_the_training_data(recordings) -> None:
    for who in speakers.SPEAKERS:
        data = speakers._recordings(str(recordings), who)
        speaker = data.factors["speaker"]
        names = [speaker.names[v] for v in speaker.values]
        held_out = {names[row] for row in data.held_out_rows}
        heard = {names[row] for row in data.train_rows}
        assert held_out == {who} and heard == {*speakers.SPEAKERS} - {who}


def test_a_run_on_recordings_gives_what_the_claim_declares(recordings) -> None:
    arm = "lucas unheard"
    values = {"batch_size": 8, **SPEAKERS.arms[arm]}
    found = speakers.trial(Trial(arm, values, 0, 2, photos=str(recordings)))
    assert SPEAKERS.quantities.keys() <= found.keys()
    assert all(0 <= found[q] <= 1 for q in SPEAKERS.quantities)


def test_the_claim_is_a_mean_over_the_four_speakers() -> None:
    knn = dict(zip(SPEAKERS.arms, (0.1, 0.3, 0.5, 0.9), strict=True))
    seeded = {
        a: {"knn": k, "random_init": 0.2, "raw_input": 0.3} for a, k in knn.items()
    }
    sizes = [e.effect(seeded) for e in SPEAKERS.expected]
    assert sizes == pytest.approx([0.25, 0.15])
    assert all(e.least == 0.1 for e in SPEAKERS.expected)


def test_without_recordings_nothing_is_run_and_the_option_is_named(capsys) -> None:
    assert main(["experiment", "speakers", "--seeds", "0", "--workers", "1"]) == 0
    assert "4 arms were left out: give --digits DIR" in capsys.readouterr().out


def test_each_arm_leaves_out_one_view_and_nothing_else() -> None:
    everything = SOUND.arms["all views"]["augment"]
    left = [
        everything.keys() - SOUND.arms[arm]["augment"].keys()
        for arm in SOUND.arms
        if arm.startswith("no ")
    ]
    assert all(len(names) == 1 for names in left)
    assert set().union(*left) == everything.keys()


@pytest.mark.parametrize("one", [SOUND, SPEAKERS], ids=lambda e: e.slug)
def test_evidence_of_sound_depends_on_the_code_of_sound(one, monkeypatch) -> None:
    arm = next(iter(one.arms))
    read: list[str] = []
    monkeypatch.setattr(prints, "_digest", lambda files: read.extend(map(str, files)))
    prints.fingerprint(one, arm)
    assert any(file.endswith("augment/spectrograms.py") for file in read)
    assert any(file.endswith("data/sound.py") for file in read)
    assert not any(file.endswith("data/shapes.py") for file in read)
