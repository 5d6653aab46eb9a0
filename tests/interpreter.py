"""A new Python process that has imported nothing yet."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def fresh(code: str, without: str = "") -> str:
    """Standard output of a new interpreter in the repository's folder.

    Args:
        code: what it runs; the test fails if that fails.
        without: an environment variable that it does not get.
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={k: v for k, v in os.environ.items() if k != without},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()
