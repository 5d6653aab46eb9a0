"""A config field that carries its own slider.

A default, a range or a help text is written once, at the field. Sliders, command-line
flags, URL parameters and validation are all derived from it.
"""

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Knob:
    """What a screen, a parser and a validator need to know of one config field.

    Args:
        default: value when nothing is said; its type is the knob's type.
        low, high: inclusive range of a number (None: unbounded on that side).
        step: a slider's step; validation does not use it.
        choices: the allowed values, for a knob that is a menu.
        help: one sentence for a learner.
        label: short name on screen.
        live: whether a running fit may change it from the next step on.
        log: whether a slider should move in factors instead of steps.
        above: whether ``low`` itself is excluded.
        shown: the range a slider offers, where validation allows more.
    """

    default: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[Any, ...] | None = None
    help: str = ""
    label: str = ""
    live: bool = False
    log: bool = False
    above: bool = False
    shown: tuple[float, float] | None = None

    def check(self, name: str, value: Any) -> Any:
        """Return ``value`` in the knob's type.

        Raises:
            ValueError: naming the knob, the value and what is allowed.
        """
        value = self._cast(name, value)
        if self.choices is not None and value not in self.choices:
            raise ValueError(
                f"{name} is {_short(value)}; allowed are {_listed(self.choices)}"
            )
        if isinstance(self.default, bool) or not isinstance(value, int | float):
            return value
        too_low = self.low is not None and (
            value <= self.low if self.above else value < self.low
        )
        too_high = self.high is not None and value > self.high
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}; allowed is {self._of('a number')}")
        if too_low or too_high:
            raise ValueError(f"{name} is {_number(value)}; allowed is {self.allowed}")
        return value

    @property
    def allowed(self) -> str:
        """The range in words, for an error message or a help text."""
        if self.choices is not None:
            return _listed(self.choices)
        if isinstance(self.default, bool):
            return "true or false"
        if self.low is None and self.high is None:
            return "any number" if isinstance(self.default, int | float) else "any text"
        low = f"{'more than' if self.above else 'at least'} {_number(self.low)}"
        if self.high is None:
            return low
        return f"{low} and at most {_number(self.high)}"

    def _of(self, kind: str) -> str:
        """What is allowed, said with the kind of number that it has to be."""
        unbounded = self.low is None and self.high is None
        return kind if unbounded else f"{kind}, {self.allowed}"

    def _cast(self, name: str, value: Any) -> Any:
        kind = type(self.default)
        try:
            if kind is bool:
                return _as_bool(value)
            if kind is int:
                if isinstance(value, bool) or float(value) != int(float(value)):
                    raise ValueError
                return int(float(value))
            if kind is float:
                if isinstance(value, bool):
                    raise ValueError
                return float(value)
            if kind is str and not isinstance(value, str):
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            allowed = self._of("a whole number") if kind is int else self.allowed
            raise ValueError(
                f"{name} is {_short(value)}; allowed is {allowed}"
            ) from None
        return value


def _number(value: float | None) -> str:
    """As short as it goes without becoming another number."""
    return f"{value:.15g}"


def knob(default: Any, **about: Any) -> Any:
    """Declare a dataclass field that carries its own :class:`Knob`."""
    return dataclasses.field(
        default=default, metadata={"knob": Knob(default=default, **about)}
    )


def knobs_of(config: Any) -> dict[str, Knob]:
    """The knobs of a config class or instance, by field name, in written order."""
    return {
        f.name: f.metadata["knob"]
        for f in dataclasses.fields(config)
        if "knob" in f.metadata
    }


def check(config: Any) -> None:
    """Validate and cast every knob of a frozen dataclass; call in ``__post_init__``.

    Raises:
        ValueError: naming the first knob out of range, its value and what is allowed.
    """
    for name, one in knobs_of(config).items():
        object.__setattr__(config, name, one.check(name, getattr(config, name)))


def changed(before: Any, after: Any) -> Iterator[str]:
    """Names of the knobs on which two configs of one class differ."""
    return (n for n in knobs_of(before) if getattr(before, n) != getattr(after, n))


def _short(value: Any) -> str:
    """A value as a sentence quotes it: a link may carry thousands of characters."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of too many digits"
    return text if len(text) <= 60 else text[:57] + "..."


def _as_bool(value: Any) -> bool:
    words = {"true": True, "1": True, "on": True, "yes": True}
    words |= {"false": False, "0": False, "off": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in words:
        raise ValueError
    return words[str(value).lower()]


def _listed(choices: tuple[Any, ...]) -> str:
    return ", ".join(str(c) for c in choices)
