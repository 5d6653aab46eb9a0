"""Every widget comes from a knob, and a link sets it or is told why not."""

import io
import zipfile
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import resources
from pages.widgets import run_text
from ssl_core.augment import AUGMENTATIONS, offered
from ssl_core.config import RunConfig, all_knobs
from ssl_core.data import SOUND_VIEWS, SOURCES, default_views
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS

KINDS = ("slider", "select_slider", "number_input", "selectbox", "toggle", "checkbox")
PLAYGROUND = "pages/01_playground.py"


def widgets(shown: AppTest) -> dict[str, Any]:
    """The sidebar's widgets by key."""
    return {w.key: w for kind in KINDS for w in getattr(shown.sidebar, kind)}


def check_range(widget: Any, knob: Knob, default: Any) -> None:
    """A widget offers what its knob allows, no more, and starts at its default."""
    assert widget.value == default
    assert widget.help == knob.help
    if isinstance(knob.default, bool):
        return
    if knob.choices is not None:
        assert list(widget.options) == [str(c) for c in knob.choices]
        return
    low, high = knob.shown or (knob.low, knob.high)
    if knob.log:
        offered = [float(o) for o in widget.options]
        assert low <= offered[0] < offered[-1] <= high * 1.0001
        assert len(offered) >= 4
    else:
        assert (widget.min, widget.max) == (low, high)


def warnings(shown: AppTest) -> list[str]:
    """What the page warns of that came with the link."""
    return [w.value for w in shown.warning if "link" in w.value]


@pytest.mark.parametrize("method", METHODS)
def test_every_knob_of_a_method_has_its_widget(routed: Any, method: str) -> None:
    shown = routed(PLAYGROUND)
    shown.selectbox(key="method").set_value(method).run()
    assert not shown.exception
    found = widgets(shown)
    for name, knob in all_knobs(method).items():
        if name not in ("data", "method"):
            check_range(found[name], knob, knob.default)
            assert found[name].label == (
                knob.label or name.replace("_", " ").capitalize()
            )


@pytest.mark.parametrize("source", ["shapes", "voices"])
def test_every_augmentation_of_the_medium_has_a_switch_and_a_strength(
    routed: Any, source: str
) -> None:
    found, on = widgets(routed(PLAYGROUND, data=source)), default_views(source)
    of_this = offered(SOURCES[source].medium)
    assert not found.keys() & (AUGMENTATIONS.keys() - of_this.keys())
    for slug, augmentation in of_this.items():
        knob, strength = augmentation.strength_knob(), found[f"{slug}_strength"]
        assert found[slug].label == augmentation.label
        assert found[slug].value == (slug in on)
        check_range(strength, knob, on.get(slug, knob.default))
        assert strength.disabled == (slug not in on)


def test_methods_and_data_are_all_offered(routed: Any) -> None:
    found = widgets(routed(PLAYGROUND))
    assert list(found["method"].options) == [m.label for m in METHODS.values()]
    assert "Your own images or sounds" in found["data"].options


def test_a_link_sets_the_widgets(routed: Any) -> None:
    link = {
        "method": "moco",
        "data": "fashion_mnist",
        "batch_size": "256",
        "temperature": "0.1",
        "learning_rate": "0.01",
        "seed": "41",
        "crop": "false",
        "blur": "true",
        "blur_strength": "0.4",
        "queue_length": "1024",
        "encoder": "wide",
    }
    shown = routed(PLAYGROUND, **link)
    assert warnings(shown) == []
    found = {name: widgets(shown)[name].value for name in link}
    assert found == {
        "method": "moco",
        "data": "fashion_mnist",
        "batch_size": 256,
        "temperature": 0.1,
        "learning_rate": 0.01,
        "seed": 41,
        "crop": False,
        "blur": True,
        "blur_strength": 0.4,
        "queue_length": 1024,
        "encoder": "wide",
    }


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("temperature", "-3", "more than 0"),
        ("temperature", "0", "more than 0"),
        ("temperature", "nan", "more than 0"),
        ("batch_size", "many", "at least 2"),
        ("batch_size", "1000000", "16384"),
        ("batch_size", "12.5", "at least 2"),
        ("batch_size", "8", "16 to 4096"),
        ("learning_rate", "inf", "at most 1"),
        ("seed", "-1", "at least 0"),
        ("seed", "9" * 40, "at least 0"),
        ("method", "banana", "simclr"),
        ("encoder", "banana", "resnet18"),
        ("device", "<script>alert(1)</script>", "cpu"),
        ("crop_strength", "7", "at most"),
        ("crop", "perhaps", "true or false"),
        ("l2_normalize", "perhaps", "true or false; true is used"),
        ("data", "/etc/passwd", "shapes"),
    ],
)
def test_nonsense_in_a_link_is_named_once(
    routed: Any, name: str, value: str, allowed: str
) -> None:
    shown = routed(PLAYGROUND, **{name: value})
    assert not shown.exception
    said = warnings(shown)
    assert len(said) == 1, said
    assert name in said[0] and allowed in said[0]
    assert value in said[0] or (value.isdigit() and len(value) > 5)
    assert widgets(shown)[name].value == default(name)
    assert len(warnings(shown.run())) <= 1


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", "0.123"), ("batch_size", "100")]
)
def test_an_allowed_value_off_the_slider_is_used_or_named(
    routed: Any, name: str, value: str
) -> None:
    shown = routed(PLAYGROUND, **{name: value})
    used = widgets(shown)[name].value == float(value)
    assert used or any(value in w for w in warnings(shown))


def default(name: str) -> Any:
    """What a widget shows when nothing is said."""
    if name in AUGMENTATIONS:
        return name in default_views("shapes")
    slug = name.removesuffix("_strength")
    if slug in AUGMENTATIONS:
        knob = AUGMENTATIONS[slug].strength_knob()
        return default_views("shapes").get(slug, knob.default)
    return all_knobs("simclr")[name].default


@pytest.mark.parametrize("method", METHODS)
def test_nonsense_in_a_knob_that_methods_share_names_the_default_of_the_chosen_one(
    routed: Any, method: str
) -> None:
    shown = routed(PLAYGROUND, method=method, l2_normalize="perhaps")
    (said,) = warnings(shown)
    own = all_knobs(method)["l2_normalize"].default
    assert said.endswith(f"; {str(own).lower()} is used instead.")
    assert widgets(shown)["l2_normalize"].value == own


def test_nonsense_in_the_method_leaves_the_default_method_s_knobs(routed: Any) -> None:
    said = warnings(routed(PLAYGROUND, method="banana", l2_normalize="perhaps"))
    assert [s.endswith(" is used instead.") for s in said] == [True, True]
    assert any("l2_normalize" in s and "; true is used" in s for s in said)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "1e-2", 0.01),
        ("learning_rate", "0.010", 0.01),
        ("learning_rate", "1e-4", 1e-4),
        ("weight_decay", "5e-2", 0.05),
        ("hue", "off", False),
        ("hue", "0", False),
        ("blur", "yes", True),
        ("l2_normalize", "no", False),
    ],
)
def test_a_value_that_is_written_in_another_way_is_used(
    routed: Any, name: str, text: str, value: object
) -> None:
    shown = routed(PLAYGROUND, **{name: text})
    assert not shown.exception and warnings(shown) == []
    assert widgets(shown)[name].value == value
    assert widgets(shown.run())[name].value == value


def test_several_wrong_values_are_all_named(routed: Any) -> None:
    said = warnings(routed(PLAYGROUND, temperature="-1", seed="-2", batch_size="64"))
    assert len(said) == 2
    assert any("temperature is -1" in s for s in said)
    assert any("seed is -2" in s for s in said)


def test_a_parameter_that_is_no_knob_is_left_alone(routed: Any) -> None:
    shown = routed(PLAYGROUND, utm_source="friend")
    assert not shown.exception and warnings(shown) == []


def test_a_moved_knob_survives_a_page_switch(routed: Any) -> None:
    shown = routed(PLAYGROUND)
    shown.select_slider(key="batch_size").set_value(128)
    shown.checkbox(key="hue").uncheck().run()
    shown.switch_page("02_augmentations.py").run()
    found = widgets(shown)
    assert (found["batch_size"].value, found["hue"].value) == (128, False)


def test_no_augmentation_at_all_is_explained(routed: Any) -> None:
    off = dict.fromkeys(offered("pictures"), "false")
    shown = routed(PLAYGROUND, **off)
    assert [w.value for w in shown.warning] == [run_text.no_augmentation_note()]
    shown.checkbox(key="flip").check().run()
    assert not shown.warning


def test_another_source_brings_its_own_views(routed: Any) -> None:
    shown = routed(PLAYGROUND)
    shown.selectbox(key="data").set_value("fashion_mnist").run()
    assert not shown.exception
    on = {s for s in offered("pictures") if shown.session_state[s]}
    assert on == set(default_views("fashion_mnist"))


def on_screen(shown: AppTest) -> dict[str, float]:
    """The augmentations that are switched on, with their strengths."""
    found = widgets(shown)
    switches = [s for s in AUGMENTATIONS if s in found and found[s].value]
    return {s: found[f"{s}_strength"].value for s in switches}


def test_sound_and_pictures_and_back_each_bring_their_own_views(routed: Any) -> None:
    shown = routed(PLAYGROUND, batch_size="128", crop_strength="0.3")
    shown.checkbox(key="hue").uncheck().run()
    for source in ("voices", "shapes", "voices"):
        shown.selectbox(key="data").set_value(source).run()
        assert not shown.exception
        assert on_screen(shown) == pytest.approx(default_views(source))
        assert widgets(shown)["batch_size"].value == 128, "what both share stays"
        medium = SOURCES[source].medium
        mine = {s for s in AUGMENTATIONS if s in widgets(shown)}
        assert mine == set(offered(medium))
    RunConfig.of({"data": "voices", "augment": on_screen(shown)})


def test_a_link_sets_views_of_sound(routed: Any) -> None:
    link = {"data": "voices", "gain": "false", "hiss": "true", "hiss_strength": "0.7"}
    shown = routed(PLAYGROUND, **link)
    assert not shown.exception and warnings(shown) == []
    now = on_screen(shown)
    assert "gain" not in now and now["hiss"] == 0.7


@pytest.mark.parametrize(
    ("source", "name", "value", "other"),
    [
        ("voices", "hue", "true", "pictures"),
        ("voices", "crop_strength", "0.3", "pictures"),
        ("shapes", "time_mask", "true", "sound"),
        ("upload", "mixup_strength", "0.1", "sound"),
    ],
)
def test_a_link_with_a_view_of_the_other_medium_names_it_and_drops_it(
    routed: Any, source: str, name: str, value: str, other: str
) -> None:
    shown = routed(PLAYGROUND, data=source, **{name: value})
    assert not shown.exception
    (said,) = warnings(shown)
    assert f"is for {other}" in said and f"{source} is" in said and "allowed" in said
    assert said.endswith("; it is left out.")
    assert name.removesuffix("_strength") in said
    assert name not in widgets(shown)
    assert name not in shown.query_params
    assert widgets(shown)["data"].value == source


def test_a_switch_that_is_neither_on_nor_off_is_named(routed: Any) -> None:
    (said,) = warnings(routed(PLAYGROUND, hue="maybe"))
    assert "hue is 'maybe'; allowed is true or false; true is used instead" in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("shapes", ("eight shapes", "**Hue**")),
        ("voices", ("kNN of what was said", "**Gain**")),
        ("upload", ("one of the views",)),
    ],
)
def test_the_invitation_speaks_of_the_data_that_is_chosen(
    data: str, words: tuple[str, ...], routed: Any
) -> None:
    shown = routed(PLAYGROUND, data=data)
    [told] = [c.value for c in shown.caption if "see what it learns" in c.value]
    assert all(word in told for word in words)


def test_an_upload_of_sounds_brings_the_views_of_sound(routed: Any) -> None:
    shown = routed(PLAYGROUND)
    shown.selectbox(key="data").set_value("upload").run()
    assert set(on_screen(shown)) <= set(offered("pictures"))
    shown.file_uploader(key="upload_zip").upload(
        "mine.zip", zip_of_sounds(), "application/zip"
    ).run()
    assert not shown.exception
    assert on_screen(shown) == pytest.approx(dict(SOUND_VIEWS))


def zip_of_sounds() -> bytes:
    """A zip with the names of recordings; what is in them is the worker's business."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for take in range(6):
            archive.writestr(f"{take % 2}_anna_{take}.wav", b"RIFF")
    return file.getvalue()


def test_views_of_new_data_are_not_sent_to_the_run_that_trains(
    routed: Any,
) -> None:
    shown = routed(PLAYGROUND, batch_size="16")
    shown.button(key="main_train").click().run()
    run = shown.session_state["run"]
    try:
        shown.selectbox(key="data").set_value("voices").run()
        assert not shown.exception
        (waiting,) = [i.value for i in shown.info if "waiting" in i.value]
        assert "data" in waiting and "augment" in waiting
        shown.run()
        status = resources.service().status(run)
        assert status.rejection is None
        assert set(status.config.get("augment", {})) <= set(offered("pictures"))
    finally:
        resources.service().stop(run)


def test_training_on_no_upload_says_what_is_missing(routed: Any) -> None:
    shown = routed(PLAYGROUND)
    shown.selectbox(key="data").set_value("upload").run()
    shown.button(key="main_train").click().run()
    assert not shown.exception
    assert ["upload a zip first" in e.value for e in shown.main.error] == [True]
    assert shown.session_state["run"] is None


def test_knob_names_are_url_parameters(routed: Any) -> None:
    """A link may carry every field of a run, so the names must not clash."""
    own = set(knobs_of(RunConfig))
    for method in METHODS.values():
        assert not own & set(knobs_of(method.Config))
    assert not own & set(AUGMENTATIONS)


def test_forged_data_is_refused() -> None:
    """No menu offers a folder of the server; a message that asks for one gets nothing."""

    def script() -> None:
        from unittest.mock import patch

        import streamlit as st

        from pages.features.playground import run_commands, sidebar_values

        st.session_state.learner = "c" * 22
        forged = {"data": "/etc", "method": "simclr"}
        with patch.object(sidebar_values, "values", lambda: forged):
            run_commands.train()
        st.text(st.session_state.refusal)
        st.text(str(st.session_state.get("run")))

    page = AppTest.from_function(script, default_timeout=20).run()
    assert not page.exception
    refusal, run = (t.value for t in page.text)
    assert refusal == "Choose the data from the menu." and run == "None"
