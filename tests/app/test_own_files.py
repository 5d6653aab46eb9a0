"""A learner's own picture, recording or checkpoint: decoded once, and never by the server."""

import ast
import io
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.features.augmentations import picture_picker
from pages.shell import resources
from ssl_core import checkpoints
from ssl_core.checkpoints.index import shipped
from ssl_core.data import LIMITS, ImageSet, picture
from ssl_core.train import Budget, Fit, RunConfig, Watch

PAGES = Path(__file__).parents[2] / "pages"
AUGMENTATIONS, SOUND = "pages/02_augmentations.py", "pages/26_sound.py"


def png() -> bytes:
    noise = np.random.default_rng(5).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


def with_picture(routed: Any, content: bytes) -> AppTest:
    shown = routed(AUGMENTATIONS)
    shown.segmented_control(key="picture").set_value("Upload").run()
    shown.file_uploader(key="one_image").upload("mine.png", content, "image/png").run()
    assert not shown.exception
    return shown


def fork_servers() -> list[psutil.Process]:
    """Processes of this server that decode files."""
    mine = psutil.Process().children()
    return [p for p in mine if "ssl_core.service.sandbox.server" in p.cmdline()]


def test_a_picture_is_shown_and_decoded_only_once(routed: Any) -> None:
    shown = with_picture(routed, png())
    assert not shown.error
    _, pixels, _ = shown.session_state["decoded_file"]
    assert np.array_equal(pixels, picture.decode(png(), picture_picker.SIDE, LIMITS))
    for process in fork_servers():
        process.kill()
    shown.button(key="roll").click().run()
    assert not shown.exception and not shown.error
    assert not fork_servers(), "the page asked for it again"


def test_a_file_that_is_no_picture_gets_its_sentence_each_time(routed: Any) -> None:
    shown = with_picture(routed, b"no picture")
    for _ in range(2):
        assert [e.value for e in shown.error] == [
            "mine.png: its content is none of PNG, JPEG, WEBP, BMP, GIF, TIFF"
        ]
        shown.button(key="roll").click().run()
    shown.file_uploader(key="one_image").upload("new.png", png(), "image/png").run()
    assert not shown.error


def test_a_file_that_is_no_sound_gets_one_sentence(routed: Any) -> None:
    shown = routed(SOUND)
    shown.file_uploader(key="sound_file").upload("a.wav", b"no sound", "audio/wav")
    shown.run()
    assert not shown.exception
    assert [e.value for e in shown.error] == [
        "a.wav: its content is none of WAV, FLAC, OGG."
    ]


def resuming(content: bytes) -> AppTest:
    """What becomes of the click on “Resume it” with this file."""

    def script() -> None:
        import streamlit as st

        from pages.features.playground import resume_upload

        st.button("Resume", key="resume", on_click=resume_upload.submit)

    shown = AppTest.from_function(script, default_timeout=20)
    shown.session_state["learner"] = secrets.token_urlsafe(16)  # it has no cookies
    shown.run()
    shown.session_state["upload_checkpoint"] = io.BytesIO(content)
    shown.button(key="resume").click().run()
    assert not shown.exception
    return shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip", "it is not a usable zip: File is not a zip file."),
        (b"", "it is not a usable zip: File is not a zip file."),
        (
            checkpoints.to_zip(shipped()[0].path),
            "it holds weights only and cannot be continued; allowed is the checkpoint of "
            "a whole run, with its optimiser.",
        ),
    ],
    ids=["words", "nothing", "weights"],
)
def test_a_bad_checkpoint_gets_one_sentence(content: bytes, words: str) -> None:
    told = resuming(content).session_state["refusal"]
    assert told == f"This checkpoint cannot be resumed: {words}"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from ssl_core.data import load

    data: ImageSet = load("shapes", count=600, held_out=200)
    fit = Fit(
        RunConfig.of({"batch_size": 16, "temperature": 0.3}),
        data,
        Budget(steps=1),
        Watch(bank=64, asked=32, mapped=32),
    )
    list(fit)
    folder = checkpoints.save(tmp_path_factory.mktemp("saved") / "run", fit, [])
    return checkpoints.to_zip(folder)


def test_a_good_checkpoint_goes_on_with_its_own_config(saved: bytes) -> None:
    shown = resuming(saved)
    assert shown.session_state["refusal"] == ""
    run = shown.session_state["run"]
    try:
        assert resources.service().status(run).config["temperature"] == 0.3
    finally:
        resources.service().stop(run)


def test_no_page_decodes_a_file() -> None:
    """Pillow reads what we made ourselves; nothing in a page reads what a learner gave."""
    decoders = {"ssl_core.data.picture.decode", "ssl_core.data.audio.decode"}
    calls = {"Image.open", "audio.decode", "picture.decode"}
    found: list[str] = []
    files = sorted(PAGES.rglob("*.py"))
    assert len(files) > 50
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                found += [f"{file}: {name}" for name in names & decoders]
            if isinstance(node, ast.Call) and ast.unparse(node.func) in calls:
                found.append(f"{file}:{node.lineno}: {ast.unparse(node.func)}")
    assert found == []
