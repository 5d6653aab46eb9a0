"""What importing costs beyond torch, in a fresh process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ssl_core.bench.timing import Comparison, Setting, in_turns, peer

ROOT, ROUNDS = Path(__file__).parents[2], 7
THEIRS = "lightly.data, lightly.loss, lightly.models.modules.heads, lightly.transforms"
ABOUT = (
    "importing the training loop with all that it needs, in a fresh process that has "
    "imported torch already, against what lightly's SimCLR example imports"
)
CODE = """
import time, torch
started = time.perf_counter()
import {}
print(time.perf_counter() - started)
"""


def against_lightly(setting: Setting) -> Comparison:
    """Time both imports.

    Raises:
        Skipped: without lightly.
    """
    name = peer("lightly")
    costs = in_turns(
        _fresh("ssl_core.train"),
        _fresh(THEIRS),
        setting.rounds(ROUNDS),
        warm_up=0 if setting.quick else 1,  # which leaves compiled files behind
    )
    return Comparison(*costs, name, wanted="ours at most 50 ms")


PARTS = {"seconds": against_lightly}


def _fresh(modules: str) -> Callable[[], float]:
    def a_round() -> float:
        words = [sys.executable, "-c", CODE.format(modules)]
        done = subprocess.run(
            words, cwd=ROOT, capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    return a_round
