"""Fuzzing: each mutated input is taken or refused in one sentence, and leaves no file.

``python tests/faults/fuzz.py --count 12000`` prints one JSON object. A child process takes
the inputs one after the other. This process watches it, so that a crash of a decoder or a
hang is recorded as a finding and the next input follows.
"""

import argparse
import contextlib
import faulthandler
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

HERE, HOME = Path(__file__).parent, Path(__file__).parents[2]
HANG_SECONDS = 5.0
LONGEST_SENTENCE = 600
MEMORY = 3 * 2**30  # bytes that all inputs together may take beyond what is imported
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Case:
    """One input.

    Args:
        target, number: which one; with the seed they make it again.
        outcome: taken, refused, or what should not be: raised, wordy, wrote, hung.
        seconds: that it took.
        message: the sentence of a refusal, else what went wrong.
    """

    target: str
    number: int
    outcome: str
    seconds: float
    message: str


GOOD = ("taken", "refused")


def fuzz(
    count: int,
    seed: int,
    place: Path,
    hang: float = 60.0,
    module: str = "fuzz_targets",
) -> Iterator[Case]:
    """Hand in ``count`` inputs of each target.

    Args:
        place: an empty folder, outside of which nothing may be written.
        hang: seconds after which a child that does not come back is ended.
        module: the module beside this one that has the targets.
    """
    order = [sys.executable, str(Path(__file__)), "--child", str(place)]
    order += ["--count", str(count), "--seed", str(seed)]
    order += ["--hang", str(hang), "--module", module]
    begin: int | None = 0
    while begin is not None:
        begin = yield from _through_child([*order, "--begin", str(begin)], place)


def _through_child(order: list[str], place: Path) -> Generator[Case, None, int | None]:
    """Read a child's findings; the number of the input to go on with if it died."""
    errors = place.parent / "fuzz.log"
    with errors.open("ab") as log:
        child = subprocess.Popen(
            order,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=place,
            env=os.environ
            | {"PYTHONPATH": f"{HOME}{os.pathsep}{HERE}", "TMPDIR": str(place)}
            | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        )
    assert child.stdout is not None
    at: dict[str, Any] | None = None
    for line in child.stdout:
        message = json.loads(line)
        if "outcome" in message:
            at = None
            yield Case(**message)
        else:
            at = message
    code = child.wait()
    if code == 0:
        return None
    if at is None:
        raise AssertionError(
            f"the child ended with {code}: {errors.read_text()[-2000:]}"
        )
    last = errors.read_text()[-600:]
    yield Case(at["target"], at["number"], "hung", -1.0, f"status {code}: {last}")
    return int(at["index"]) + 1


def _child(args: argparse.Namespace) -> None:
    """Take the inputs; print what begins and what came of it."""
    targets = import_module(args.module)
    place = Path(args.child).resolve()
    given = targets.Given.made()
    made = targets.targets(given)
    written: list[str] = []
    there = {p.name for p in place.iterdir()}  # PyTorch's own, for one
    sys.addaudithook(lambda event, details: _note(event, details, place, written))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY + used, MEMORY + used))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    todo = [(name, number) for name in made for number in range(args.count)]
    for index, (name, number) in enumerate(todo):
        if index < args.begin:
            continue
        about = {"target": name, "number": number}
        print(json.dumps(about | {"index": index}), flush=True)
        inside = place / "in"
        shutil.rmtree(inside, ignore_errors=True)  # of a child that crashed
        inside.mkdir()
        written.clear()
        faulthandler.dump_traceback_later(args.hang, exit=True)
        began = time.monotonic()
        rng = random.Random(f"{args.seed}/{name}/{number}")
        outcome, message = _outcome(made[name], rng, inside)
        seconds = round(time.monotonic() - began, 4)
        faulthandler.cancel_dump_traceback_later()
        if written:
            outcome, message = "wrote", ", ".join(written[:5])
        left = sorted({p.name for p in place.iterdir()} - there - {"in"})
        if left:
            outcome, message = "wrote", f"left {left}"
            there |= set(left)
        shutil.rmtree(inside)
        print(json.dumps(about | _words(outcome, seconds, message)), flush=True)


def _outcome(target: Any, rng: random.Random, inside: Path) -> tuple[str, str]:
    try:
        target(rng, inside)
    except ValueError as refusal:
        message = getattr(refusal, "problems", None) or [str(refusal)]
        bad = [s for s in message if not s.strip() or "\n" in s or "Traceback" in s]
        long = len(message) == 1 and len(message[0]) > LONGEST_SENTENCE
        plain = type(refusal).__module__.startswith(("builtins", "ssl_core"))
        if bad or long or not plain:
            return "wordy", f"{type(refusal).__name__}: {message[0][:700]}"
        return "refused", message[0]
    except BaseException:
        return "raised", traceback.format_exc()[-1500:]
    return "taken", ""


def _words(outcome: str, seconds: float, message: str) -> dict[str, Any]:
    shown = message.encode("utf-8", "replace").decode()
    return {"outcome": outcome, "seconds": seconds, "message": shown}


def _note(event: str, args: tuple[Any, ...], place: Path, written: list[str]) -> None:
    """Write down whatever is opened for writing, made, moved or deleted elsewhere."""
    paths: tuple[Any, ...] = ()
    if event == "open":
        path, mode, flags = args
        writes = any(c in mode for c in "wax+") if mode else (flags or 0) & WRITES
        paths = (path,) if writes else ()
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"):
        paths = args[:1]
    elif event in ("os.rename", "os.link", "os.symlink"):
        paths = args[:2]
    elif event in ("subprocess.Popen", "os.system", "socket.connect"):
        written.append(event)
    for path in paths:
        if isinstance(path, int) or path == os.devnull:
            continue
        with contextlib.suppress(ValueError):  # a name with a zero byte is no file
            full = Path(os.path.realpath(os.fsdecode(path)))
            if not full.is_relative_to(place):
                written.append(f"{event} {full}")


def main() -> int:
    """Print a report; 1 if anything came back that should not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=12_000, help="inputs in total")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--module", default="fuzz_targets", help=argparse.SUPPRESS)
    parser.add_argument("--begin", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--hang", type=float, default=60.0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        _child(args)
        return 0
    sys.path[:0] = [str(HOME), str(HERE)]
    targets = import_module(args.module)
    each = -(-args.count // len(targets.targets(None)))  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as root:
        place = Path(root) / "place"
        place.mkdir()
        cases = list(fuzz(each, args.seed, place, args.hang))
    bad = [c for c in cases if c.outcome not in GOOD or c.seconds > HANG_SECONDS]
    report = {
        "inputs": len(cases),
        "outcomes": {
            name: dict(Counter(c.outcome for c in cases if c.target == name))
            for name in dict.fromkeys(c.target for c in cases)
        },
        "slowest_seconds": max(c.seconds for c in cases),
        "bad": [asdict(case) for case in bad[:50]],
    }
    print(json.dumps(report, indent=1))
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
