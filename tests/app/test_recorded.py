"""The recorded run of a first visit, as Streamlit's simulator and the route give it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets.map import map_codec
from pages.widgets.recording import (
    recording_catalogue,
    recording_payload,
    recording_route,
)
from tests.interpreter import fresh

PLAYGROUND = "pages/01_playground.py"


def players(shown: AppTest) -> list[dict[str, Any]]:
    """What each player on the page was given."""
    return [
        json.loads(c.proto.json)
        for c in shown.get("bidi_component")
        if c.proto.component_name == "ssl_lab_recording"
    ]


def ask(address: str) -> Any:
    """What the route answers."""
    _, slug, version = address.split("/")
    request = SimpleNamespace(path_params={"slug": slug, "version": version})
    return anyio.run(recording_route.ROUTE.endpoint, request)


def prose(shown: AppTest) -> str:
    return "\n".join(
        e.value for kind in ("markdown", "caption") for e in shown.main.get(kind)
    )


def test_a_first_visit_is_shown_a_recorded_run(routed: Any) -> None:
    shown = routed(PLAYGROUND)
    [player] = players(shown)
    assert player["url"] == recording_route.recording_url("simclr")
    assert "300 held-out images" in player["alt"] and "SimCLR" in player["label"]
    assert "This encoder never saw a label.** Press **Train** to make" in prose(shown)


def test_it_says_that_it_is_a_recording_and_what_made_it(routed: Any) -> None:
    said = prose(routed(PLAYGROUND))
    about = recording_catalogue.load("simclr").about
    assert "This is a recording" in said and "pre-drawn" not in said
    assert about["command"] in said and about["date"][:10] in said
    assert "seed 0" in said


@pytest.mark.parametrize("slug", recording_catalogue.RECORDINGS)
def test_a_link_names_the_recording(routed: Any, slug: str) -> None:
    shown = routed(PLAYGROUND, recording=slug)
    [player] = players(shown)
    assert player["url"] == recording_route.recording_url(slug)
    assert recording_catalogue.RECORDINGS[slug].hint in prose(shown)


def test_another_choice_plays_another_recording_of_the_same_images(
    routed: Any,
) -> None:
    shown = routed(PLAYGROUND)
    [before] = players(shown)
    shown.selectbox(key="recording").set_value("byol").run()
    [after] = players(shown)
    assert after["url"] == recording_route.recording_url("byol") != before["url"]
    assert after["set_id"] == before["set_id"]
    assert shown.query_params["recording"] in ("byol", ["byol"])


def test_a_link_to_no_recording_gets_one_sentence(routed: Any) -> None:
    shown = routed(PLAYGROUND, recording="wobble")
    [said] = [w.value for w in shown.warning]
    assert "recording is 'wobble'; allowed are simclr, crop_only" in said
    assert len(players(shown)) == 1


def test_a_run_of_one_s_own_takes_the_recording_s_place(trained: AppTest) -> None:
    assert players(trained) == []


def test_the_route_gives_all_frames_once_and_for_good() -> None:
    reply = ask(recording_route.recording_url("simclr"))
    assert "immutable" in reply.headers["cache-control"]
    film, shown = json.loads(reply.body), recording_catalogue.load("simclr")
    assert [f["step"] for f in film["frames"]] == [f["step"] for f in shown.frames]
    for i in (0, len(shown.frames) - 1):
        packed = map_codec.encode_frame(shown.positions(i), shown.neighbours[i])
        assert {k: film["frames"][i][k] for k in packed} == packed
    assert all(f["alt"] and f["caption"] and f["title"] for f in film["frames"])
    tick, last = shown.frames[-1], film["frames"][-1]
    assert f"Step {tick['step']} of 600" in last["caption"]
    assert f"loss {tick['loss']:.2f}" in last["caption"]
    knn = tick["scores"]["knn"]["accuracy"]
    assert f"kNN {knn:.2f}" in last["caption"]
    assert film["scores"][last["score_index"]]["scores"] == tick["scores"]["probes"]


def test_only_the_collapsed_recording_raises_the_alarm() -> None:
    alarms = {
        slug: [
            bool(f["alarm"])
            for f in json.loads(recording_payload.recording_payload(slug))["frames"]
        ]
        for slug in recording_catalogue.RECORDINGS
    }
    assert alarms["simsiam_collapse"][-1] and not alarms["simsiam_collapse"][0]
    assert not any(alarms["simclr"])


@pytest.mark.parametrize(
    "address", ["recordings/simclr/0123", "recordings/wobble/0123", "recordings/../x"]
)
def test_an_address_that_was_never_given_is_not_found(address: str) -> None:
    assert ask(address).status_code == 404


def test_a_page_may_play_several_side_by_side() -> None:
    def page() -> None:
        from pages.widgets.recording.recording_player import draw

        draw("simclr", "one", height=300)
        draw("simclr", "two")

    shown = AppTest.from_function(page, default_timeout=20).run()
    assert not shown.exception
    assert [(p["key"], p["height"]) for p in players(shown)] == [
        ("one", 300),
        ("two", 420),
    ]


def test_a_recording_that_cannot_be_read_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "simclr.npz").write_bytes(b"something else")
    monkeypatch.setattr(recording_catalogue, "FOLDER", tmp_path)

    def page() -> None:
        from pages.widgets.recording.recording_player import draw

        draw("simclr", "one")
        draw("byol", "two")
        draw("wobble", "three")

    recording_catalogue.load.cache_clear()  # another test may have read it
    shown = AppTest.from_function(page, default_timeout=20).run()
    assert not shown.exception
    said = [i.value for i in shown.info]
    assert "simclr.npz is damaged or no recording" in said[0]
    assert "there is no recording byol.npz" in said[1]
    assert "recording is 'wobble'; allowed are simclr" in said[2]


@pytest.mark.parametrize("slug", recording_catalogue.RECORDINGS)
def test_a_recording_is_told_in_the_words_of_its_data(slug: str) -> None:
    from ssl_core.data import things

    holds = things(recording_catalogue.load(slug).about["config"]["data"])
    film = json.loads(recording_payload.recording_payload(slug))
    assert recording_catalogue.RECORDINGS[slug].things == holds
    assert f" {holds} this encoder never trained on" in film["frames"][0]["title"]


def test_playing_a_recording_needs_no_torch() -> None:
    code = (
        "import sys; from pages.widgets.recording import recording_payload; "
        "recording_payload.recording_payload('simclr'); "
        "print('torch' in sys.modules)"
    )
    assert fresh(code) == "False"
