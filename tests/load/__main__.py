"""``python -m tests.load``: a whole class on the real server, with measurements.

Prints one JSON object; without options about forty minutes, most of them coming and going.
"""

import argparse
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tests.load import links, scenarios
from tests.load.server import serving

PARTS = ("class", "idle", "links", "churn")


def main() -> int:
    """Run the chosen parts; returns 1 if a page showed an error."""
    args = _arguments()
    report: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()}
    for part in args.parts.split(","):
        with tempfile.TemporaryDirectory() as place:
            report[part] = _play(part, args, Path(place))
        print(part, "done", file=sys.stderr, flush=True)
    text = json.dumps(report, indent=1)
    print(text)
    if args.json:
        Path(args.json).write_text(text, encoding="utf-8")
    return int(any(report[part]["errors"] for part in args.parts.split(",")))


def _play(part: str, args: argparse.Namespace, place: Path) -> dict[str, Any]:
    think = (args.think / 2, args.think * 3 / 2)
    settings = {"workers": args.training, "max_seconds": 86_400, "operator_key": ""}
    with serving(place / "runs", place / "log", **settings) as server:
        cold = scenarios.run_on(server, partial(scenarios.warm, server))
        play = {
            "class": partial(
                scenarios.a_class,
                server,
                learners=args.learners,
                training=args.training,
                waiting=args.waiting,
                seconds=args.seconds,
                baseline=args.baseline,
                think=think,
            ),
            "idle": partial(scenarios.idle, server, learners=args.learners),
            "links": partial(links.links, server, count=args.links, seed=args.seed),
            "churn": partial(
                scenarios.churn,
                server,
                at_a_time=args.at_a_time,
                seconds=args.minutes * 60,
                think=(think[0] / 5, think[1] / 5),
                trains=0.05,
            ),
        }[part]
        return {"first_visit_seconds": cold} | scenarios.run_on(server, play)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("tests.load", description=__doc__)
    parser.add_argument(
        "--parts", default=",".join(PARTS), help="of " + ", ".join(PARTS)
    )
    parser.add_argument("--learners", type=int, default=100)
    parser.add_argument("--training", type=int, default=2, help="runs that train")
    parser.add_argument("--waiting", type=int, default=20, help="runs that wait")
    parser.add_argument("--seconds", type=float, default=180, help="of the class")
    parser.add_argument("--baseline", type=float, default=60, help="of training alone")
    parser.add_argument(
        "--think", type=float, default=20, help="seconds between clicks"
    )
    parser.add_argument("--minutes", type=float, default=30, help="of coming and going")
    parser.add_argument("--at-a-time", type=int, default=20, help="learners of these")
    parser.add_argument(
        "--links", type=int, default=2_000, help="with nonsense in them"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="file for the report")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
