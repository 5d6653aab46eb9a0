"""Whatever is killed, the run's files are whole and it goes on."""

from pathlib import Path

import kill_loop
import pytest

pytestmark = pytest.mark.slow


def test_a_run_survives_sigkill_of_worker_server_and_both(tmp_path: Path) -> None:
    found = list(kill_loop.kills(tmp_path / "runs", count=3, seed=1, longest=1.0))
    assert [f.victim for f in found] == ["worker", "server", "both"]
    for one in found:
        assert one.torn == [] and one.recovered
        assert one.step >= one.saved >= 0
