"""Targets that misbehave, to show that the fuzzer detects it."""

import os
import signal
from types import SimpleNamespace


def _refuse(text: str) -> None:
    raise ValueError(text)


def _hang() -> None:
    while True:
        pass


def targets(_: object) -> dict[str, object]:
    """Name -> fault."""
    does = {
        "sound": lambda place: (place / "own").write_text("x"),
        "refuses": lambda place: _refuse("what is given is not what is meant"),
        "raises": lambda place: {}["nothing"],
        "writes": lambda place: (place.parents[1] / "elsewhere").write_text("x"),
        "leaves": lambda place: (place.parent / "beside").write_text("x"),
        "talks": lambda place: _refuse("two\nlines"),
        "crashes": lambda place: os.kill(os.getpid(), signal.SIGSEGV),
        "hangs": lambda place: _hang(),
        "last": lambda place: None,
    }

    def target(name: str) -> object:
        return lambda rng, place: does[name](place)

    return {name: target(name) for name in does}


Given = SimpleNamespace(made=lambda: None)
