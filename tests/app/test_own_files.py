"""A learner's own files: read once, kept while they are needed, never opened by the server."""

import ast
import io
import secrets
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile
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
    return [p for p in mine if "ssl_core.sandbox.server" in p.cmdline()]


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


def test_a_checkpoint_that_was_deleted_meanwhile_is_kept_again(saved: bytes) -> None:
    shown = resuming(saved)
    service = resources.service()
    service.stop(shown.session_state["run"])
    (path,) = (service.root / "uploads").glob(
        f"{shown.session_state['learner']}/checkpoint/*.zip"
    )
    path.unlink()
    shown.button(key="resume").click().run()
    assert not shown.exception and shown.session_state["refusal"] == ""
    service.stop(shown.session_state["run"])
    assert path.read_bytes() == saved


# --- a zip to train on -------------------------------------------------------------------


def zip_of_pictures(seed: int = 0) -> bytes:
    """A zip that is the same for the same seed only, enough for a batch of 16."""
    file, picture_file = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (32, 32), (seed, 0, 0)).save(picture_file, "PNG")
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(40):
            # Of a ZipInfo the date is fixed.
            archive.writestr(
                zipfile.ZipInfo(f"{i % 2}/{i}.png"), picture_file.getvalue()
            )
    return file.getvalue()


def tab_of(learner: str = "") -> AppTest:
    """A tab with the playground, its data menu at “Your own images or sounds”."""
    shown = AppTest.from_file(str(PAGES / "router.py"), default_timeout=60)
    shown.session_state["learner"] = learner or secrets.token_urlsafe(16)
    shown.query_params.update({"data": "upload", "batch_size": "16"})
    shown.run()
    shown.switch_page("01_playground.py").run()
    assert not shown.exception
    return shown


def hand_in(shown: AppTest, content: bytes) -> Path:
    """Upload a zip; where it is kept."""
    zip_file = shown.file_uploader(key="upload_zip")
    zip_file.upload("mine.zip", content, "application/zip").run()
    assert not shown.exception and not shown.sidebar.error
    return Path(shown.session_state["upload_path"])


def trains_on(shown: AppTest) -> str:
    """The data of the run that Train starts; the run is stopped."""
    shown.button(key="main_train").click().run()
    assert not shown.exception
    run, service = shown.session_state["run"], resources.service()
    data = str(service.status(run).config["data"])
    service.stop(run)
    return data


def test_a_zip_is_read_and_hashed_once_however_often_the_page_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    getvalue = UploadedFile.getvalue

    def counting(file: UploadedFile) -> bytes:
        caller = sys._getframe(1).f_globals["__name__"]
        if caller.startswith("pages."):  # the simulator reads its own files, too
            read.append(file.file_id)
        return getvalue(file)

    monkeypatch.setattr(UploadedFile, "getvalue", counting)
    shown = tab_of()
    path = hand_in(shown, zip_of_pictures())
    before = path.stat()
    for seed in (3, 4):
        shown.sidebar.number_input(key="seed").set_value(seed).run()
        assert not shown.exception
    assert len(read) == 1
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert hand_in(shown, zip_of_pictures(1)) != path and len(read) == 2


def test_two_tabs_of_a_learner_train_each_on_its_own_zip() -> None:
    one = tab_of()
    other = tab_of(one.session_state["learner"])
    paths = [hand_in(tab, zip_of_pictures(i)) for i, tab in enumerate((one, other))]
    assert paths[0] != paths[1] and all(path.is_file() for path in paths)
    assert [trains_on(tab.run()) for tab in (one, other)] == [str(p) for p in paths]


def test_a_second_zip_leaves_the_one_that_a_run_needs() -> None:
    shown = tab_of()
    first = hand_in(shown, zip_of_pictures(0))
    shown.button(key="main_train").click().run()
    run, service = shown.session_state["run"], resources.service()
    try:
        assert service.status(run).active
        second = hand_in(shown, zip_of_pictures(1))
        assert first.is_file() and second.is_file() and first != second
    finally:
        service.stop(run)


def test_the_same_zip_of_two_learners_is_kept_for_each() -> None:
    paths = [hand_in(tab_of(), zip_of_pictures()) for _ in range(2)]
    assert paths[0] != paths[1] and paths[0].name == paths[1].name
    paths[0].unlink()
    assert paths[1].is_file()


def test_a_zip_is_found_again_after_a_refresh() -> None:
    before = tab_of()
    path = hand_in(before, zip_of_pictures())
    after = tab_of(before.session_state["learner"])
    assert "Your last upload is still here" in said_by(after)
    assert trains_on(after) == str(path)
    assert "upload is still here" not in said_by(tab_of())


def said_by(shown: AppTest) -> str:
    return "\n".join(c.value for c in shown.sidebar.caption)


def test_a_zip_that_was_deleted_is_told_and_no_run_begins() -> None:
    shown = tab_of()
    path = hand_in(shown, zip_of_pictures())
    path.unlink()
    told = (
        "Your upload has been deleted, because it was old or disk space was needed; upload "
        "it again."
    )
    for key in ("", "main_train", "main_new_seed"):
        if key:
            shown.button(key=key).click()
        shown.run()
        assert not shown.exception
        assert [w.value for w in shown.sidebar.warning] == [told]
        assert shown.session_state["run"] is None
    assert [e.value for e in shown.main.error] == [told]
    assert hand_in(shown, zip_of_pictures()) == path and path.is_file()
    assert not shown.sidebar.warning
    assert trains_on(shown) == str(path)


def test_a_zip_for_which_there_is_no_room_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources.service().uploads, "max_bytes", 1_000)
    shown = tab_of()
    zip_file = shown.file_uploader(key="upload_zip")
    zip_file.upload("mine.zip", zip_of_pictures(), "application/zip").run()
    for _ in range(2):
        assert not shown.exception
        (told,) = [e.value for e in shown.sidebar.error]
        assert told.endswith(
            "allowed on this server are 0.001 MB for all uploads together."
        )
        shown.run()
    shown.button(key="main_train").click().run()
    assert shown.session_state["run"] is None


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
