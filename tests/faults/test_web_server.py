"""The real web server, killed under a learner's eyes, and pages over damaged files."""

import os
import signal
from pathlib import Path

import corruption
import psutil
import pytest

from ssl_core.service.run_files import RunFiles
from ssl_core.service.snapshot import read_progress
from tests.load.asyncio_thread import run as played
from tests.load.learner import name
from tests.load.server import Server, serving
from tests.load.tab import Tab
from tests.polling import START_LIMIT_S, wait_until

pytestmark = pytest.mark.slow


async def playground(server: Server, learner: str, press: str = "") -> list[str]:
    """Open the playground, press a button there; the labels of the buttons then."""
    async with Tab(server.address, learner) as tab:
        visits = [await tab.visit("playground")]
        if press:
            button = tab.button(press)
            assert button, [b.body.label for b in tab.all("button")]
            visits.append(await tab.press(button))
        assert [v.errors for v in visits] == [[]] * len(visits)
        return [b.body.label for b in tab.all("button")]


def test_a_run_resumes_after_its_server_was_killed(tmp_path: Path) -> None:
    learner, runs = name(), tmp_path / "runs"
    with serving(runs, tmp_path / "log", workers=1) as server:
        played(playground(server, learner, "main_train"))
        wait_until(
            lambda: list(runs.glob("*/checkpoint-b/card.json")),
            "checkpoints",
            START_LIMIT_S,
        )
        (run,) = (p.parents[1].name for p in runs.glob("*/checkpoint-b/card.json"))
        folder = RunFiles(runs, run)
        pids = [server.process.pid, *server.workers()]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        server.process.wait()
        wait_until(lambda: not any(map(psutil.pid_exists, pids[1:])), "their end")
    before = read_progress(folder.latest)
    assert folder.record().state == "running", "it had no time to say anything else"
    with serving(runs, tmp_path / "log", workers=1) as server:
        assert "Resume" in played(playground(server, learner))
        wait_until(lambda: folder.record().state == "interrupted", "its new state")
        played(playground(server, learner, "main_resume"))
        wait_until(
            lambda: read_progress(folder.latest) > before, "it to go on", START_LIMIT_S
        )
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_pages_report_damaged_files(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    run = corruption.interrupted(runs)
    hurt = corruption.damaged(runs, run, mutations=1, seed=2)
    whole = corruption.intact_copy(runs, run)
    wrong = []
    with serving(runs, tmp_path / "log", workers=1) as server:

        async def all_of_them() -> None:
            for one in hurt:
                if one.how == "json":  # sound files whose words make no sense
                    continue
                async with Tab(server.address, one.owner) as tab:
                    for page in ("playground", "welcome"):
                        visit = await tab.visit(page.replace("welcome", ""))
                        about = f"{one.file} {one.how} on {page}"
                        wrong.extend(f"{about}: {e}" for e in visit.errors)

        played(all_of_them())
        assert "Resume" in played(playground(server, whole.owner))
    assert not wrong, "\n".join([f"{len(wrong)} pages", *wrong])
    printed = (tmp_path / "log").read_text()
    assert "Traceback" not in printed, printed
