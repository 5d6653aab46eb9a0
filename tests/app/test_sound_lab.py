"""The sound lab: clips to choose, views that follow the dice, and a voice of one's own."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.features.sound import encoder_menu, query_recording, view_player
from pages.widgets.audio import spectrogram
from pages.widgets.audio.held_out import CLIP_COUNT, held_out_voices
from ssl_core.augment import offered
from ssl_core.data.voices import SAID, SPEAKERS

PAGE = "pages/26_sound.py"


def recording(seconds: float = 0.6, **how: Any) -> bytes:
    """A WAV file of a falling tone."""
    import soundfile

    t = np.arange(int(16_000 * seconds)) / 16_000
    file = io.BytesIO()
    tone = 0.4 * np.sin(2 * np.pi * (300 - 100 * t) * t)
    soundfile.write(file, tone, 16_000, format="WAV", **how)
    return file.getvalue()


def text_of(page: AppTest) -> str:
    return "\n".join(m.value for m in [*page.markdown, *page.caption])


def test_every_speaker_says_every_syllable() -> None:
    factors = view_player.load_clips().factors
    pairs = set(
        zip(
            factors["said"].values.tolist(),
            factors["speaker"].values.tolist(),
            strict=True,
        )
    )
    assert len(pairs) == len(SAID) * len(SPEAKERS)


def test_every_augmentation_of_sound_has_its_words() -> None:
    assert set(view_player.CUE_OF) == set(offered("sound"))
    assert set().union(*view_player.SHARED_CUES.values()) <= set(offered("sound"))


def test_the_sentence_names_what_the_views_still_share() -> None:
    assert "The dice change the noise." in view_player.describe_views({"hiss"})
    assert (
        "pitch and tempo" in view_player.describe_views({"hiss"}).partition("share")[2]
    )
    assert (
        "the loudness" not in view_player.describe_views({"gain"}).partition("share")[2]
    )
    assert (
        "pitch"
        not in view_player.describe_views({"time_frequency_crop"}).partition("share")[2]
    )
    assert "nothing is to be learned" in view_player.describe_views(set())
    # What two augmentations change is named once.
    both = view_player.describe_views({"time_frequency_crop", "time_shift"}).partition(
        "Both views"
    )[0]
    assert both.count("moment") == 1 == both.count("pitch and tempo")


def test_a_link_opens_one_clip_and_next_takes_another(alone: Any) -> None:
    page = alone(PAGE, said=SAID[4], speaker="Eve", case="gain")
    assert not page.exception
    assert f"“{SAID[4]}” by Eve" in text_of(page)
    assert "Take 1 of" in text_of(page)
    page.button(key="next_clip").click().run()
    assert not page.exception
    assert "Take 2 of" in text_of(page)


def test_dice_stay_until_they_are_rolled(alone: Any) -> None:
    page = alone(PAGE)
    alts = lambda p: [i.proto.imgs[0].alt for i in p.get("image")]  # noqa: E731
    first = alts(page)
    assert first and alts(page.run()) == first
    page.button(key="roll_sound").click().run()
    assert alts(page) != first and "Roll 2" in text_of(page)


def test_a_tone_stands_at_its_frequency() -> None:
    from ssl_core.data.sound import RATE, SAMPLES, log_mel

    for hertz in (500, 1000, 2000):
        tone = 0.5 * torch.sin(2 * torch.pi * hertz * torch.arange(SAMPLES) / RATE)
        levels = log_mel(tone.unsqueeze(0))[0, 0].numpy()[::-1]
        assert abs(levels.mean(1).argmax() - spectrogram._band_of(hertz)) < 1


def test_a_clip_of_the_set_is_nearest_to_itself() -> None:
    spoken = held_out_voices()
    assert len(spoken.images) == CLIP_COUNT
    features = query_recording.embed(None, spoken.images[[17]])
    rows, cosines = query_recording.find_nearest(features)
    assert rows[0] == 17 and cosines[0] == pytest.approx(1, abs=1e-4)
    assert cosines == sorted(cosines, reverse=True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "an empty file"),
        (b"no sound at all", "none of WAV, FLAC, OGG"),
        (recording()[:44], "a recording of no length"),
    ],
)
def test_what_is_no_recording_gets_one_sentence(content: bytes, sentence: str) -> None:
    page = placed(content)
    assert not page.exception
    assert len(page.error) == 1 and sentence in page.error[0].value


def test_a_recording_is_shown_with_its_neighbours() -> None:
    page = placed(recording())
    assert not page.exception and not page.error
    assert "Nearest of 500 held-out voices" in text_of(page)
    assert len(page.get("audio")) == 1 + query_recording.NEAREST


def test_without_an_encoder_of_voices_it_says_untrained(alone: Any) -> None:
    page = alone(PAGE)
    assert page.selectbox(key="sound_encoder").value is not None
    if page.selectbox(key="sound_encoder").value == encoder_menu.UNTRAINED:
        assert "the weights are random" in text_of(page)
    assert "no speech recogniser" in text_of(page)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"said": "ba"}, "said is 'ba'; allowed are da, di"),
        ({"speaker": "Zoe"}, "speaker is 'Zoe'; allowed are Ada"),
        ({"take": "-1"}, "take is -1; allowed is at least 0"),
        ({"roll": "many"}, "roll is 'many'; allowed is"),
        ({"change": "gain,hue"}, "change is 'hue'; allowed are"),
        ({"hiss_view": "9e9"}, "hiss_view is 9000000000; allowed is"),
    ],
)
def test_nonsense_in_a_link_is_named(
    link: dict[str, str], sentence: str, alone: Any
) -> None:
    page = alone(PAGE, **link)
    assert not page.exception
    [told] = complaints(page)
    assert sentence in told and "is used instead" in told


def complaints(page: AppTest) -> list[str]:
    return [w.value for w in page.warning if "In this link" in w.value]


def test_a_link_holds_what_is_heard(alone: Any) -> None:
    page = alone(PAGE, said="mu", speaker="Eve", take="1", roll="4", change="gain,hiss")
    assert not page.exception and not complaints(page)
    assert "Take 2 of" in text_of(page) and "“mu” by Eve" in text_of(page)
    assert "Roll 5:" in text_of(page)
    assert page.session_state["sound_views"] == ["gain", "hiss"]
    page.button(key="next_clip").click().run()
    page.button(key="roll_sound").click().run()
    asked = page.query_params
    assert (asked["take"], asked["roll"]) == ("2", "5")
    assert asked["change"] == "gain,hiss" and asked["said"] == "mu"


class Given:
    """A file as a widget gives it."""

    def __init__(self, file_id: str) -> None:
        self.file_id = file_id


def test_the_figures_name_what_they_stand_beside() -> None:
    from pages.widgets import evidence, evidence_plots

    found = evidence.load("speakers")
    assert found
    named = evidence_plots.dot_plot(found, "knn", baseline="raw_input").figure.data
    [raw] = [t for t in named if t.name == "raw input"]
    assert raw.x[0] == found.at("george unheard", "raw_input").mean
    named = evidence_plots.dot_plot(found, "knn", baseline="random_init").figure.data
    assert any(t.name == "untrained" for t in named)


def test_what_came_last_is_placed() -> None:
    def script() -> None:
        import streamlit as st

        from pages.features.sound import query_recording

        last = query_recording._newest(st.session_state["given"])
        st.text(last.file_id if last else "nothing")

    page = AppTest.from_function(script)

    def heard(recording: str | None, file: str | None) -> str:
        given = {"recording": recording, "file": file}
        page.session_state["given"] = {n: i and Given(i) for n, i in given.items()}
        return page.run().text[0].value

    assert heard(None, None) == "nothing"
    assert heard("r1", None) == "r1"
    assert heard("r1", "f1") == "f1"  # an upload after a recording
    assert heard("r2", "f1") == "r2"  # and a recording after the upload
    assert heard("r2", "f1") == "r2"
    assert heard(None, "f1") == "f1"  # the recording was deleted


def placed(content: bytes) -> AppTest:
    """What the page says of a recording."""

    def script() -> None:
        import streamlit as st

        from pages.features.sound import query_recording

        query_recording._draw_recording(st.session_state["given"], None)

    page = AppTest.from_function(script, default_timeout=40)
    given = io.BytesIO(content)
    given.name, given.file_id = "mine.wav", "f1"
    page.session_state["given"] = given
    return page.run()
