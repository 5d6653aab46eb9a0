"""The command line: ``python -m ssl_core COMMAND``."""

import argparse
import sys
from collections.abc import Sequence

from ssl_core import processes
from ssl_core.cli import bench, checkpoint, experiment, settings, train
from ssl_core.cli.parser import Parser

COMMANDS = {
    "train": train,
    "checkpoint": checkpoint,
    "experiment": experiment,
    "bench": bench,
    "settings": settings,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``python -m ssl_core``; the process's own if left out.

    Returns:
        The exit status: 0, 2 for bad input (with one line on stderr), 3 for a run that
        diverged (likewise), 130 for Ctrl-C.
    """
    parser = Parser(prog="python -m ssl_core", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        about = (command.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(name, help=about, description=about)
        command.add_arguments(sub)
        sub.set_defaults(prepare=command.prepare)
    try:
        try:
            words = sys.argv[1:] if argv is None else list(argv)
            args = parser.parse_args(words, argparse.Namespace(words=words))
            work = args.prepare(args)
        except ValueError as error:
            if processes.is_first():
                print(_one_line(str(error)), file=sys.stderr)
            return 2
        # Outside the guard: a ValueError from here on is our mistake, not bad input.
        return int(work())
    except KeyboardInterrupt:
        print("stopped before there was a result", file=sys.stderr)
        return 130


def _one_line(text: str) -> str:
    # Names from a foreign file may hold escape codes: none reaches the terminal.
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


if __name__ == "__main__":
    sys.exit(main())
