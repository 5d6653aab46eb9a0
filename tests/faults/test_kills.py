"""Whatever is killed, the run is found whole and goes on."""

from pathlib import Path

import kills


def test_a_run_outlives_kill_9_of_worker_server_and_both(tmp_path: Path) -> None:
    found = list(kills.kills(tmp_path / "runs", count=3, seed=1))
    assert [f.victim for f in found] == ["worker", "server", "both"]
    for one in found:
        assert one.torn == [] and one.recovered
        assert one.step >= one.saved >= 0
