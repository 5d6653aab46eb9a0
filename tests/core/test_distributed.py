"""A run in two processes equals the run of one process with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from distributed_run import both

from ssl_core.methods import METHODS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
pytestmark = pytest.mark.slow
TRAIN = ("-m", "ssl_core", "train", "--device", "cpu")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def torchrun(*words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *TORCHRUN, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode == 0) == (status == 0), done.stderr
    return done


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The results of each of two processes, method by method."""
    out = tmp_path_factory.mktemp("joint") / "found"
    torchrun(str(HERE / "distributed_run.py"), str(out))
    return [json.loads(Path(f"{out}.{rank}").read_text()) for rank in range(2)]


@pytest.mark.parametrize("slug", METHODS)
def test_losses_gradients_queues_and_averages_equal_those_of_one_process(
    slug: str, joint: list[dict]
) -> None:
    alone = both(slug)
    for found in joint:
        assert found["processes"] == 2
        # The optimiser makes steps of one size, also where a gradient is only rounding.
        for what, slack in (("losses", 1e-5), ("gradients", 1e-5), ("state", 0.1)):
            wanted = pytest.approx(alone[what], rel=1e-3, abs=slack)
            assert found[slug][what] == wanted, what
    assert joint[0][slug]["losses"] == joint[1][slug]["losses"]


def test_all_processes_end_as_diverged_if_one_of_them_does(joint: list[dict]) -> None:
    assert joint[0]["diverged"] == joint[1]["diverged"]
    for found in joint[0]["diverged"]:
        assert found["diverged"] and found["step"] == 3
        assert found["problem"].startswith("The loss stopped being finite at step 3.")


def test_the_command_says_once_that_a_run_diverged(tmp_path: Path) -> None:
    words = ["simclr", "--batch-size", "32", "--steps", "3", "--temperature", "1e-38"]
    files = ["--json", str(tmp_path / "r.json"), "--save", str(tmp_path / "kept")]
    done = torchrun(*TRAIN, *words, *files, status=3)
    assert done.stderr.count("stopped being finite at step 1. Try a higher") == 1
    assert json.loads((tmp_path / "r.json").read_text())["diverged"] is True
    assert (tmp_path / "kept").exists()


def test_the_command_trains_saves_and_prints_once(tmp_path: Path) -> None:
    words = ["moco", "--batch-size", "32", "--seconds", "2"]
    files = ["--json", str(tmp_path / "r.json"), "--save", str(tmp_path / "kept")]
    done = torchrun(*TRAIN, *words, *files)
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["steps"] > 0 and result["config"]["batch_size"] == 32
    assert (tmp_path / "kept").exists()
    assert done.stdout.count("checkpoint in") == 1


def test_an_indivisible_batch_is_refused_once(tmp_path: Path) -> None:
    words = ["simclr", "--batch-size", "30", "--steps", "1"]
    done = torchrun(*TRAIN, *words, status=2)
    assert done.stderr.count("--batch-size is 30; 2 processes share it") == 1
