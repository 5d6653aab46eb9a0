"""A UMAP worker with faults; run ids name them. It computes no layout.

Each file ``fail-start-*`` in ``--root`` makes one start fail.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(sys.argv[sys.argv.index("--root") + 1])


def fail_to_start() -> None:
    left = sorted(ROOT.glob("fail-start-*"))
    if left:
        left[0].unlink()
        sys.exit("cannot start")


def main() -> None:
    fail_to_start()
    (ROOT / "pid").write_text(str(os.getpid()))
    for line in sys.stdin:
        run_id = json.loads(line)["run"]
        with (ROOT / "received").open("a") as received:
            received.write(run_id + "\n")
        fault = run_id.rstrip("_")
        if fault == "junk":
            for text in (
                "no JSON",
                "[1]",
                "{}",
                '"x"',
                '{"done": "other"}',
                "[" * 9_999,
            ):
                print(text)
            sys.stdout.buffer.write(b"\xff\xfe\n")
        elif fault == "crash" and not (ROOT / "crashed").exists():
            (ROOT / "crashed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault == "close":
            os.close(1)
            time.sleep(600)
        elif fault == "hang":
            time.sleep(600)
        print(json.dumps({"done": run_id}), flush=True)


if __name__ == "__main__":
    main()
