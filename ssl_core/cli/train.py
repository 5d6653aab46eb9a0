"""Train a method on images or sound and report what its features keep.

House rule: whatever can be refused is refused before the first step.
"""

import argparse
import dataclasses
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from ssl_core import checkpoints, processes
from ssl_core.checkpoints import Checkpoint
from ssl_core.cli.files import json_target, save_target, write_json
from ssl_core.cli.parser import add_knobs, in_flags, knob_list, method_knobs
from ssl_core.cli.record import HELP, Record
from ssl_core.cli.screen import Progress, result_table, skipped_files
from ssl_core.config import RunConfig, as_policy
from ssl_core.data import SOURCES, load, medium_of
from ssl_core.device import choose_device
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS
from ssl_core.report import Report
from ssl_core.train import Budget, Fit

DEFAULT_SECONDS = 20.0
DIVERGED, INTERRUPTED = 3, 130  # exit statuses
LIMITS = {
    "seconds": Knob(0.0, low=0, above=True, help="Seconds of training."),
    "steps": Knob(0, low=1, help="Optimisation steps."),
    "epochs": Knob(0.0, low=0, above=True, help="Passes over the training images."),
}
# On another machine the images may lie elsewhere and the device be another one.
MOVABLE = ("data", "device", "precision")
_State = tuple[dict[str, Tensor], dict[str, float]]  # of Fit.state and Fit.counters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of ``train``, made from the knobs of a run."""
    own = dict(knobs_of(RunConfig))
    method = own.pop("method")
    sources = f"{', '.join(SOURCES)}, or the path of a folder or zip"
    own["data"] = dataclasses.replace(own["data"], choices=(sources,))
    parser.add_argument(
        "method",
        metavar="METHOD",
        nargs="?",
        help=f"{method.help} One of {method.allowed}.",
    )
    add_knobs(parser, own | {"temperature": method_knobs()["temperature"]})
    parser.add_argument("--augment", help="crop,flip:0.3,color,… or none or default.")
    for name, limit in LIMITS.items():
        parser.add_argument(f"--{name}", help=limit.help)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help="Any knob by name; may be repeated. See below.",
    )
    parser.add_argument(
        "--compiled",
        action="store_true",
        help="Fuse each step's operations by torch.compile, for GPUs: on two CPU cores it "
        "brings nothing. The first step takes half a minute then. Rounding differs.",
    )
    parser.add_argument("--resume", metavar="DIR|ZIP", help="Go on from a checkpoint.")
    parser.add_argument("--save", metavar="DIR", help="Write a checkpoint at the end.")
    parser.add_argument("--json", metavar="FILE", help="Write the result.")
    parser.add_argument("--record", metavar="FILE", help=HELP)
    parser.epilog = (
        f"Without a budget a run takes {DEFAULT_SECONDS:g} seconds; with --resume a "
        f"budget counts from the checkpoint on.\n\n{knob_list()}"
    )


def prepare(args: argparse.Namespace) -> Callable[[], int]:
    """Check every option, the images and the checkpoint; returns the training.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    limits, json_path = _limits(args), json_target(args.json)
    save_path, record = save_target(args.save), Record(args, json_path)
    values, start = _values(args), _checkpoint(args.resume)
    fit = _fit(args, values, start, limits, record)
    report = Report(fit)
    record.begin(fit)
    if start:
        _continue(fit, start, limits)
    return lambda: _train(fit, report, limits, json_path, save_path, record)


def _train(
    fit: Fit,
    report: Report,
    limits: dict[str, Any],
    json_path: Path | None,
    save_path: Path | None,
    record: Record,
) -> int:
    """Train, show the table, write what was asked for; of several processes, one does."""
    if not processes.is_first():
        with _interruptible(fit) as interrupted:
            for _ in fit:
                pass
        # Not DIVERGED: torchrun would stop the first process before it has written.
        return INTERRUPTED if interrupted else 0
    for line in skipped_files(fit.data.skipped):
        print(line, file=sys.stderr)
    progress = Progress()
    healthy: _State | None = None
    with _interruptible(fit) as interrupted:
        for tick in fit:
            report.add(tick)
            record.add(tick)
            progress.show(tick)
            if save_path and not tick.done:
                healthy = _state(fit)
    result = report.result(tick)
    result["config"]["budget"] = limits
    print(result_table(result, tick.reference.meaning))
    if tick.diverged:
        print(tick.problem, file=sys.stderr)
    try:
        if json_path:
            write_json(json_path, result)
        if save_path:
            print(_save(save_path, fit, report, healthy))
        record.write()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if tick.diverged:
        return DIVERGED
    return INTERRUPTED if interrupted else 0


def _state(fit: Fit) -> _State:
    """A copy of the run's state, which training goes on to change."""
    return {k: v.clone() for k, v in fit.state().items()}, fit.counters()


def _save(path: Path, fit: Fit, report: Report, healthy: _State | None) -> str:
    """Write the checkpoint, of a run that diverged its last healthy state; says which.

    Raises:
        ValueError: if the disk refuses.
    """
    if not fit.problem:
        checkpoints.save(path, fit, report.history)
        return f"checkpoint in {path}"
    if healthy is None:
        return "no checkpoint: the run was never healthy"
    fit.restore(*healthy)
    checkpoints.save(path, fit, report.history[:-1])
    return f"checkpoint of step {fit.step}, the last healthy one measured, in {path}"


def _limits(args: argparse.Namespace) -> dict[str, Any]:
    given = {n: getattr(args, n) for n in LIMITS if getattr(args, n) is not None}
    if len(given) > 1:
        said = " and ".join(f"--{n} is {v}" for n, v in given.items())
        raise ValueError(f"{said}; allowed is one of --seconds, --steps, --epochs")
    if not given:
        return {"seconds": DEFAULT_SECONDS}
    return {n: LIMITS[n].check(f"--{n}", v) for n, v in given.items()}


def _values(args: argparse.Namespace) -> dict[str, Any]:
    """The knobs that were given, by flat name."""
    names = [*knobs_of(RunConfig), "temperature", "augment"]
    values = {n: getattr(args, n) for n in names if getattr(args, n) is not None}
    for text in args.set:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ValueError(f"--set is {text!r}; allowed is KNOB=VALUE")
        if name in values:
            raise ValueError(f"--set {name} is {value!r}, but it was given before")
        values[name] = value
    if args.method is None and args.resume is None:
        raise ValueError(f"METHOD is missing; allowed are {', '.join(METHODS)}")
    return values


def _checkpoint(path: str | None) -> Checkpoint | None:
    try:
        start = checkpoints.load(path) if path else None
        if start:
            start.require_whole()
        return start
    except ValueError as error:
        raise ValueError(f"--resume is refused: {error}") from None


def _fit(
    args: argparse.Namespace,
    values: dict[str, Any],
    start: Checkpoint | None,
    limits: dict[str, Any],
    record: Record,
) -> Fit:
    """The untrained run, with every complaint in the words of the options."""
    set_names = [text.partition("=")[0] for text in args.set]
    try:
        if "augment" in values:
            source = values.get("data", start.config.data if start else "shapes")
            values["augment"] = _policy(values["augment"], source)
        config = _resumed(start.config, values) if start else RunConfig.of(values)
        data, budget = load(config.data), Budget(**limits)
        config.require_fit(data)
        processes.meet(choose_device(config.device))
        return Fit(config, data, budget, record.watch(budget), args.compiled)
    except ValueError as error:
        raise ValueError(in_flags(str(error), set_names)) from None


def _continue(fit: Fit, start: Checkpoint, limits: dict[str, Any]) -> None:
    """Put the checkpoint into the run, and count the budget from there."""
    try:
        start.restore(fit)
    except ValueError as error:
        raise ValueError(f"--resume is refused: {error}") from None
    done = {"steps": fit.step, "seconds": fit.seconds, "epochs": fit.epoch}
    fit.budget = Budget(**{n: done[n] + v for n, v in limits.items()})


def _policy(text: str, source: str) -> dict[str, float]:
    try:
        return as_policy(text, source).strengths
    except ValueError as error:
        raise ValueError(f"--augment is {text!r}: {error}") from None


def _resumed(config: RunConfig, values: dict[str, Any]) -> RunConfig:
    """A checkpoint's config with what may change between two sittings changed."""
    method = values.pop("method", config.method)
    if method != config.method:
        raise ValueError(f"method is {method!r}; the checkpoint's is {config.method}")
    moved = {n: values.pop(n) for n in MOVABLE if n in values}
    medium, new = medium_of(config.data), medium_of(moved.get("data", config.data))
    if medium != new:
        raise ValueError(
            f"data is {moved['data']!r}, which is {new}; the checkpoint learned from {medium}"
        )
    same = config.flat()
    changes = {n: v for n, v in values.items() if n not in same or str(same[n]) != v}
    return RunConfig.of(config.adjusted(changes).flat() | moved)


@contextmanager
def _interruptible(fit: Fit) -> Iterator[list[int]]:
    """Ctrl-C ends the run after its current step; a second one ends the program."""
    received: list[int] = []

    def on_interrupt(number: int, frame: Any) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        fit.stop()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)
