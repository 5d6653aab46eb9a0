"""The sound lab: clips to choose, views that follow the dice, and a voice of one's own."""

import base64
import io
import json
import secrets
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.features.sound import encoder_menu, query_recording, view_player
from pages.widgets.audio.held_out import CLIP_COUNT, held_out_voices
from ssl_core.augment import offered
from ssl_core.checkpoints import index
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
    def script() -> None:
        import torch

        from pages.widgets.audio import spectrogram
        from ssl_core.data.sound import RATE, SAMPLES, log_mel

        for hertz in (500, 1000, 2000):
            tone = 0.5 * torch.sin(2 * torch.pi * hertz * torch.arange(SAMPLES) / RATE)
            levels = log_mel(tone.unsqueeze(0))[0, 0].numpy()
            spectrogram.draw_chart(levels, f"{hertz} Hz", f"tone_{hertz}")

    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    for chart, hertz in zip(page.get("plotly_chart"), (500, 1000, 2000), strict=True):
        figure = json.loads(chart.proto.spec)
        axis = figure["layout"]["yaxis"]
        tick = dict(zip(axis["ticktext"], axis["tickvals"], strict=True))[f"{hertz:,}"]
        decibel = array(figure["data"][0]["z"])
        assert abs(decibel.mean(1).argmax() - tick) < 1


def array(packed: dict[str, Any]) -> np.ndarray:
    """An array of a Plotly figure, which travels as base64."""
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    return flat.reshape([int(n) for n in packed["shape"].split(",")])


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


def test_an_untrained_encoder_is_offered_and_without_another_called_so(
    alone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = alone(PAGE)
    assert page.selectbox(key="sound_encoder").value != encoder_menu.UNTRAINED
    assert "the weights are random" not in text_of(page)
    assert "no speech recogniser" in text_of(page)
    page.selectbox(key="sound_encoder").set_value(encoder_menu.UNTRAINED).run()
    assert not page.exception

    monkeypatch.setattr(index, "shipped", lambda: [])
    page = alone(PAGE)
    assert page.selectbox(key="sound_encoder").value == encoder_menu.UNTRAINED
    assert "the weights are random" in text_of(page)


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


def test_the_figures_name_what_they_stand_beside() -> None:
    from pages.widgets import evidence, evidence_plots

    found = evidence.load("speakers")
    assert found
    named = evidence_plots.dot_plot(found, "knn", baseline="raw_input").figure.data
    [raw] = [t for t in named if t.name == "raw input"]
    assert raw.x[0] == found.at("george unheard", "raw_input").mean
    named = evidence_plots.dot_plot(found, "knn", baseline="random_init").figure.data
    assert any(t.name == "untrained" for t in named)


def own_voice() -> AppTest:
    """The part of the page that takes one's own voice."""

    def script() -> None:
        from pages.features.sound import query_recording

        query_recording.draw()

    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["learner"] = secrets.token_urlsafe(16)  # it has no cookies
    return page.run()


def test_what_came_last_is_placed() -> None:
    page = own_voice()
    assert not page.error

    def placed_last() -> str:
        """The file that is placed; none of these is a sound, and the refusal names it."""
        (refusal,) = page.run().error
        return refusal.value.partition(":")[0]

    def record(name: str) -> None:
        recorded = (name, name.encode(), "audio/wav")
        page.audio_input(key="sound_recording").set_value(recorded)

    record("r1.wav")
    assert placed_last() == "r1.wav"
    page.file_uploader(key="sound_file").upload("f1.wav", b"f1", "audio/wav")
    assert placed_last() == "f1.wav", "an upload after a recording"
    record("r2.wav")
    assert placed_last() == "r2.wav", "and a recording after the upload"
    assert placed_last() == "r2.wav"
    page.audio_input(key="sound_recording").set_value(None)
    assert placed_last() == "f1.wav", "the recording was deleted"


def placed(content: bytes) -> AppTest:
    """What the page says of a recording."""
    page = own_voice()
    page.file_uploader(key="sound_file").upload("mine.wav", content, "audio/wav")
    return page.run()
