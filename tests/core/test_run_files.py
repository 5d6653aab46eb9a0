"""What a run leaves on disk: whole after a kill, and no dearer the longer it runs."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from scheduler_driver import SMALL

from ssl_core import checkpoints
from ssl_core.data import ImageSet, shapes
from ssl_core.service import session as session_module
from ssl_core.service.connection import Message
from ssl_core.service.run_files import RunFiles, RunSpec, new_id
from ssl_core.service.run_reader import RunReader
from ssl_core.service.run_writer import MAX_CURVE, RunWriter
from ssl_core.service.session import Session, Start
from ssl_core.service.snapshot import read_progress


@pytest.fixture(scope="module")
def data() -> ImageSet:
    return shapes(60, held_out=20)


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    made = RunFiles(tmp_path, new_id())
    made.write_spec(RunSpec({}, "ann", {}, 0.0))
    return made


def train(
    files: RunFiles,
    data: ImageSet,
    steps: int,
    on_report: Callable[[Message], None] = lambda _: None,
    **knobs: Any,
) -> Message:
    """Train a session on these files; returns its end."""
    config = SMALL.flat() | knobs
    start = Start(number=1, config=config, budget={"steps": steps})
    return Session(files, start, lambda name, progress: data, on_report).run()


def steps_of(files: RunFiles) -> list[int]:
    return [tick["step"] for tick in RunReader().history(files, 0)]


# --- the history -----------------------------------------------------------------------


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(
    files: RunFiles, data: ImageSet
) -> None:
    for step in (0, 9):
        files.append_tick({"step": step})
    train(files, data, 7)
    steps = steps_of(files)
    assert steps[0] == 0 and steps[-1] == 7
    assert steps == sorted(set(steps)), "nothing of the first try, nothing twice"


@pytest.mark.parametrize("half", ['{"step": 5, "lo', "\x00", '{"step": 5}'])
def test_a_line_that_a_kill_has_cut_is_not_read(
    files: RunFiles, data: ImageSet, half: str
) -> None:
    files.append_tick({"step": 0})
    with files.ticks.open("a") as f:
        f.write(half)
    assert steps_of(files) == [0]
    ended = train(files, data, 3)
    assert ended["ended"] == "finished"
    assert steps_of(files)[0] == 0 and steps_of(files)[-1] == 3
    assert checkpoints.load(files.checkpoint).counters["step"] == 3


def test_a_reader_that_has_read_the_old_ticks_forgets_them(files: RunFiles) -> None:
    reader = RunReader()
    for step in (0, 3, 6, 9):
        files.append_tick({"step": step})
    before = reader.history(files, 0)
    files.rewind(3)
    files.append_tick({"step": 5})
    assert [t["step"] for t in reader.history(files, 0)] == [0, 3, 5]
    assert [t["step"] for t in before] == [0, 3, 6, 9], "somebody may hold the old list"


@given(
    st.lists(
        st.one_of(
            st.integers(1, 5).map(lambda n: ("ticks", n)),
            st.integers(0, 20).map(lambda n: ("rewind", n)),
            st.binary(max_size=9).map(lambda b: ("kill", b.replace(b"\n", b""))),
        ),
        max_size=12,
    )
)
def test_any_sequence_of_kills_and_resumes_leaves_rising_steps(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, Any]]
) -> None:
    files = RunFiles(tmp_path_factory.mktemp("runs"), new_id())
    files.path.mkdir()
    reader, step, expected = RunReader(), 0, []
    for event, value in events:
        if event == "ticks":
            for _ in range(value):
                step += 1
                files.append_tick({"step": step})
                expected.append(step)
        else:
            if event == "kill" and files.ticks.exists():
                with files.ticks.open("ab") as f:
                    f.write(value)
            step = min(step, value) if event == "rewind" else step
            files.rewind(step)
            expected = [s for s in expected if s <= step]
        assert [t["step"] for t in reader.history(files, 0)] == expected
    assert [t["step"] for t in RunReader().history(files, 0)] == expected


# --- the checkpoint --------------------------------------------------------------------


def tick_line(step: int) -> dict[str, Any]:
    names = ("epoch", "seconds", "loss", "feature_std", "effective_rank")
    return {"step": step, **dict.fromkeys(names, 0.5 + step)}


def test_the_curve_of_a_checkpoint_is_short_however_long_the_run(
    files: RunFiles,
) -> None:
    writer = RunWriter(files)
    for step in range(40_000):
        writer._extend_curve(tick_line(step))
        assert len(writer._curve) <= MAX_CURVE
    steps = [int(entry["step"] or 0) for entry in writer._curve]
    gaps = {b - a for a, b in itertools.pairwise(steps)}
    assert len(gaps) == 1 and len(steps) > MAX_CURVE / 3
    assert steps[-1] > 39_000


def test_saving_does_not_read_the_history(
    files: RunFiles, data: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    for name in ("read_text", "read_bytes"):
        method = getattr(Path, name)

        def noting(path: Path, *args: Any, method: Any = method, **kwargs: Any) -> Any:
            read.append(path)
            return method(path, *args, **kwargs)

        monkeypatch.setattr(Path, name, noting)
    train(files, data, 20)
    assert files.ticks not in read
    card = checkpoints.load(files.checkpoint).card
    assert [e["step"] for e in card["history"]][-1] == 20


def test_the_curve_goes_on_where_the_checkpoint_ends(
    files: RunFiles, data: ImageSet
) -> None:
    train(files, data, 6)
    train(files, data, 12)
    steps = [e["step"] for e in checkpoints.load(files.checkpoint).card["history"]]
    assert steps[0] == 0 and steps[-1] == 12 and steps == sorted(steps)
    assert steps_of(files) == sorted(steps_of(files))


def test_a_run_that_diverges_says_so_and_keeps_its_last_healthy_checkpoint(
    files: RunFiles, data: ImageSet
) -> None:
    def overflow(report: Message) -> None:
        if report.get("tick") == 4:
            change = {"temperature": 1e-38}  # similarities over it exceed float32
            session.enqueue({"do": "adjust", "number": 2, "changes": change})

    start = Start(number=1, config=SMALL.flat(), budget={"steps": 400})
    session = Session(files, start, lambda name, progress: data, overflow)
    session.paused, session.steps_due = True, 400  # a tick at every step
    ended = session.run()
    assert ended["ended"] == "diverged"
    assert f"at step {ended['step']}" in ended["reason"]
    assert "higher temperature" in ended["reason"]
    saved = checkpoints.load(files.checkpoint)
    assert saved.counters["step"] < ended["step"]
    assert steps_of(files)[-1] == ended["step"]


def test_a_half_written_checkpoint_is_no_checkpoint_and_is_in_nobodys_way(
    files: RunFiles, data: ImageSet
) -> None:
    for slot in ("checkpoint-a", "checkpoint-b"):
        (files.path / slot).mkdir()
        (files.path / slot / ".model.safetensors.x1").write_bytes(b"half")
    assert files.checkpoint is None
    assert train(files, data, 4)["ended"] == "finished"
    assert checkpoints.load(files.checkpoint).counters["step"] == 4
    assert train(files, data, 8)["ended"] == "finished"
    assert checkpoints.load(files.checkpoint).counters["step"] == 8


def test_a_damaged_checkpoint_is_replaced_by_the_one_before(
    files: RunFiles, data: ImageSet
) -> None:
    train(files, data, 4)
    train(files, data, 8)
    assert files.checkpoint is not None
    (files.checkpoint / "model.safetensors").write_bytes(b"damaged")
    assert train(files, data, 12)["ended"] == "finished"
    steps = steps_of(files)
    assert steps[-1] == 12 and steps == sorted(steps)


def test_what_another_run_has_trained_does_not_count_in_any_session(
    files: RunFiles, data: ImageSet, tmp_path: Path
) -> None:
    train(files, data, 8)
    other = RunFiles(tmp_path, new_id())
    other.write_spec(RunSpec({}, "ann", {}, 0.0))

    def session(on_report: Callable[[Message], None] = lambda _: None) -> Session:
        start = Start(
            number=1,
            config=SMALL.flat(),
            budget={"steps": 6},
            resume=str(files.checkpoint),
            limits={"steps": 10},
        )
        return Session(other, start, lambda name, progress: data, on_report)

    def release(report: Message) -> None:
        if report.get("tick", 0) >= 10:
            first.enqueue({"do": "release", "number": 2})

    first = session(release)
    first.paused, first.steps_due = True, 40  # a tick at every step
    assert first.run()["ended"] == "released"
    ended = session().run()
    assert (ended["ended"], ended["step"]) == ("finished", 14)


def test_a_save_that_failed_is_tried_again(
    files: RunFiles, data: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = RunWriter.save
    refused: list[int] = []

    def refuse_once(writer: RunWriter, fit: Any) -> None:
        if fit.step and not refused:
            refused.append(fit.step)
            raise OSError(28, "No space left on device")
        save(writer, fit)

    monkeypatch.setattr(RunWriter, "save", refuse_once)

    def release(report: Message) -> None:
        if "paused" in report:
            session.enqueue({"do": "release", "number": 2})

    start = Start(
        1, SMALL.flat(), {}, paused=True, requests=[{"do": "step", "number": 0}]
    )
    session = Session(files, start, lambda name, progress: data, release)
    assert session.run()["ended"] == "released"
    assert refused == [1]
    assert checkpoints.load(files.checkpoint).counters["step"] == 1


def test_a_run_that_another_process_still_saves_can_be_resumed_later(
    files: RunFiles, data: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "HANDOVER_SECONDS", 0.1)
    with FileLock(files.path / ".lock"):
        ended = train(files, data, 4)
    assert ended["ended"] == "released" and "still saving" in ended["reason"]
    assert train(files, data, 4)["ended"] == "finished"


# --- the server's record ---------------------------------------------------------------


def test_the_progress_of_a_run_is_read_from_its_last_tick(
    files: RunFiles, data: ImageSet
) -> None:
    assert read_progress(files.latest) == (0, 0.0)
    ended = train(files, data, 5)
    step, seconds = read_progress(files.latest)
    assert step == 5 and seconds == pytest.approx(ended["seconds"], abs=1)
    files.latest.write_bytes(json.dumps({"step": 5}).encode())
    assert read_progress(files.latest) == (0, 0.0)
