"""The stream of frames of the live map, as a browser asks for them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import resources, run_keys
from pages.widgets.map import map_codec, map_stream
from ssl_core.service.snapshot import UmapFrame, write_umap


def ask(address: str, after: str | None = None) -> Any:
    """What the route answers to a browser that has gone away after one look."""

    async def gone() -> bool:
        return True

    _, key, layout = address.split("/")
    request = SimpleNamespace(
        path_params={"key": key, "layout": layout},
        query_params={} if after is None else {"after": after},
        is_disconnected=gone,
    )
    return anyio.run(map_stream.ROUTE.endpoint, request)


def run_of(shown: AppTest) -> str:
    return str(shown.session_state["run"])


def test_a_frame_holds_what_the_snapshot_says(trained: AppTest) -> None:
    run = run_of(trained)
    snapshot = resources.service().latest(run)
    assert snapshot is not None
    reply = ask(map_stream.frames_url(run, "pca"))
    assert reply.headers["cache-control"] == "no-store"
    frame = json.loads(reply.body)
    packed = map_codec.encode_frame(snapshot.map_xy, snapshot.map_neighbours)
    assert {k: frame[k] for k in packed} == packed
    assert (frame["state"], frame["over"]) == ("paused", False)
    assert "kNN" in frame["title"]
    assert f"step {snapshot.scalars['step']}." in frame["alt"]


def test_a_frame_that_is_known_is_not_sent_again(trained: AppTest) -> None:
    address = map_stream.frames_url(run_of(trained), "pca")
    known = json.loads(ask(address).body)["frame_id"]
    assert ask(address, known).status_code == 204
    assert ask(address, "another").status_code == 200


def test_the_title_says_whether_the_layout_is_umap_s(
    trained: AppTest, runs: Path
) -> None:
    run = run_of(trained)
    address = map_stream.frames_url(run, "umap")
    assert "PCA until then" in json.loads(ask(address).body)["title"]
    snapshot = resources.service().latest(run)
    xy = np.flip(snapshot.map_xy, 1)
    layout = runs / run / "umap.npz"
    write_umap(layout, UmapFrame(xy, snapshot.scalars["step"]))  # as its process does
    try:
        frame = json.loads(ask(address).body)
    finally:
        layout.unlink()
    assert f"UMAP of step {snapshot.scalars['step']}" in frame["title"]
    packed = map_codec.encode_frame(xy, snapshot.map_neighbours)
    assert {k: frame[k] for k in packed} == packed


@pytest.mark.parametrize("address", ["frames/nobody/pca", "frames/nobody/umap"])
def test_a_key_that_was_never_given_away_opens_nothing(address: str) -> None:
    assert ask(address).status_code == 404


def test_a_layout_that_is_none_is_not_found(trained: AppTest) -> None:
    assert ask(map_stream.frames_url(run_of(trained), "tsne")).status_code == 404


def test_the_key_is_not_the_run_and_stays(trained: AppTest) -> None:
    run = run_of(trained)
    assert run not in map_stream.frames_url(run, "pca")
    assert map_stream.frames_url(run, "pca") == map_stream.frames_url(run, "pca")


def test_keys_of_runs_that_have_expired_are_forgotten(trained: AppTest) -> None:
    expired = run_keys.key_of("a" * 16)
    assert run_keys.run_of(expired) == "a" * 16
    another = run_keys.key_of("b" * 16)  # a new key clears those of expired runs
    key = run_keys.key_of(run_of(trained))
    assert run_keys.run_of(expired) is None
    assert run_keys.run_of(key) == run_of(trained)
    assert len({expired, another, key}) == 3
