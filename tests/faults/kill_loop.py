"""Sends SIGKILL at random moments of one run, again and again, and checks what is left.

``python tests/faults/kill_loop.py --count 200`` prints one line for each kill, and a
summary. Nothing is repaired by hand between two kills.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

HERE, HOME = Path(__file__).parent, Path(__file__).parents[2]
VICTIMS = ("worker", "server", "both")
LONGEST = 4.0  # seconds after a start at which a process is killed
sys.path.insert(0, str(HOME))  # run as a script, too

from ssl_core import checkpoints  # noqa: E402
from ssl_core.service.run_files import RunFiles  # noqa: E402
from ssl_core.service.run_reader import RunReader  # noqa: E402
from ssl_core.service.snapshot import read_progress  # noqa: E402
from tests.polling import START_LIMIT_S, wait_until  # noqa: E402


@dataclass
class Found:
    """What one kill left behind.

    Args:
        victim: what was killed.
        after: seconds since it was last seen to train.
        step: the last step on disk.
        saved: the step of the newest checkpoint.
        ticks_lost_seconds: how old the state on disk was at the kill.
        torn: files that cannot be read.
        recovered: whether training went on beyond the checkpoint.
    """

    victim: str
    after: float
    step: int
    saved: int
    ticks_lost_seconds: float
    torn: list[str]
    recovered: bool


def kills(
    root: Path, count: int, seed: int, longest: float = LONGEST
) -> Iterator[Found]:
    """Kill ``count`` times, worker, server and both in turn.

    Args:
        root: where the run is kept.
        count: of kills.
        seed: of the moments at which they come.
        longest: seconds of training before a kill, at most.
    """
    rng = random.Random(seed)
    server, run = _serve(root)
    for number in range(count):
        victim = VICTIMS[number % len(VICTIMS)]
        folder = RunFiles(root, run)
        start = _step(folder)
        wait_until(lambda: _step(folder) > start, "training", START_LIMIT_S)  # noqa: B023
        after = rng.uniform(0, longest)
        time.sleep(after)  # the moment of the kill is random on purpose
        pids = _pids(server)
        killed = time.time()
        for pid in pids["worker"] * (victim != "server"):
            os.kill(pid, signal.SIGKILL)
        if victim != "worker":
            server.kill()
            server.wait()
            wait_until(lambda: not any(map(_alive, pids["worker"])), "orphans")  # noqa: B023
        step = _step(folder)
        lost = max(0.0, killed - folder.latest.stat().st_mtime)
        torn = list(torn_files(folder))
        saved = _saved(folder)
        if victim != "worker":
            server, run = _serve(root, run)
        left_at = folder.latest.stat().st_mtime
        wait_until(
            lambda: _goes_on(folder, saved, left_at),  # noqa: B023
            "training again",
            START_LIMIT_S,
        )
        yield Found(
            victim,
            round(after, 2),
            step,
            saved,
            round(lost, 3),
            torn,
            _in_order(folder),
        )
    left = _pids(server)["worker"]
    server.kill()
    server.wait()
    wait_until(lambda: not any(map(_alive, left)), "the last orphan")


def torn_files(folder: RunFiles) -> Iterator[str]:
    """Names of a run's files that cannot be read; a last line may be half written."""
    for path in sorted(folder.path.glob("*.json")):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            yield path.name
    for path in sorted(folder.path.glob("*.npz")):
        try:
            with np.load(path, allow_pickle=False) as arrays:
                _ = [arrays[name] for name in arrays]
        except (ValueError, OSError, KeyError):
            yield path.name
    for line in folder.ticks.read_bytes().splitlines(keepends=True)[:-1]:
        try:
            json.loads(line)
        except ValueError:
            yield folder.ticks.name
    if folder.checkpoint:
        try:
            checkpoints.load(folder.checkpoint)
        except ValueError:
            yield folder.checkpoint.name


def _in_order(folder: RunFiles) -> bool:
    """Whether the history has no gap and nothing twice, a last half line aside."""
    steps = [tick["step"] for tick in RunReader().history(folder, 0)]
    return steps == sorted(steps) and steps[0] == 0


def _step(folder: RunFiles) -> int:
    """The step of the last tick on disk."""
    return read_progress(folder.latest)[0]


def _goes_on(folder: RunFiles, saved: int, since: float) -> bool:
    """Whether a tick beyond the checkpoint was written after a time."""
    return folder.latest.stat().st_mtime > since and _step(folder) > saved


def _saved(folder: RunFiles) -> int:
    if folder.checkpoint is None:
        return 0
    return int(json.loads((folder.checkpoint / "card.json").read_bytes())["step"])


def _serve(root: Path, run: str = "") -> tuple[subprocess.Popen[str], str]:
    log = (root.parent / "serving.log").open("a")
    server = subprocess.Popen(
        [sys.executable, str(HERE / "run_server.py"), str(root), *filter(None, [run])],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HOME)},
    )
    assert server.stdout is not None
    line = server.stdout.readline().split()
    assert len(line) == 3, f"the server ended: see {log.name}"
    assert not run or line[1] == "interrupted", line
    return server, line[0]


def _pids(server: subprocess.Popen[str]) -> dict[str, list[int]]:
    return {"worker": [p.pid for p in psutil.Process(server.pid).children()]}


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def main() -> None:
    """Print what each kill left, and what all have in common."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as place:
        for one in kills(Path(place) / "runs", args.count, args.seed):
            found.append(one)
            print(json.dumps(asdict(one)), flush=True)
    lost = [f.ticks_lost_seconds for f in found]
    print(
        f"{len(found)} kills, {sum(f.recovered for f in found)} recoveries, "
        f"{sum(bool(f.torn) for f in found)} with a torn file, ticks lost: "
        f"median {np.median(lost):.2f} s, most {max(lost):.2f} s"
    )


if __name__ == "__main__":
    main()
