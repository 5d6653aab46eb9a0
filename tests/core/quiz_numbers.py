"""The numbers in a question, and the functions by which its expressions compute them."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ssl_core.experiments import EXPERIMENTS
from ssl_core.experiments.evidence import read
from ssl_core.methods.simclr import nt_xent

# A number as people write it: 4,096 · 0.240 · −1 · 99.9 % · 10^4 is two numbers.
NUMBER = re.compile(
    r"(?<![\w.])[−-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[−-]?\d*\.?\d+"
)
YEAR = re.compile(r"\b(?:19|20)\d\d[ab]?\b")
# What is a name or an address of a number, not a claim of one.
NAMES = re.compile(
    r"CIFAR-10\d?|ResNet-\d+|STL-?10|DCL-?\d|VGG-?\d+|Rank-\d|h_\d|z_\d|"
    r"(?i:fig(?:ure|s)?\.?|table|eq(?:uation)?\.?|sec(?:tion)?\.?|app(?:endix)?\.?|§)"
    r" ?[A-Z]?\.?\d+(?:\.\d+)*[a-z]?|"
    r"top-\d|seed \d+|2-D|3-D|wav2vec 2\.0|v\d"
)


def numbers(text: str) -> list[str]:
    """Every number in a text but years, names and whole numbers up to ten."""
    text = NAMES.sub(" ", text)
    text = YEAR.sub(" ", text)
    found = [match.group(0) for match in NUMBER.finditer(text)]
    return [n for n in found if not _small(n)]


def value(literal: str) -> float:
    """The value of a literal."""
    return float(literal.replace(",", "").replace("−", "-"))


def agrees(literal: str, computed: float) -> bool:
    """Whether ``literal`` is ``computed``, rounded to the digits that it shows."""
    digits = len(literal.partition(".")[2])
    return abs(value(literal) - computed) <= 0.5 * 10.0**-digits + 1e-9


def evaluate(expression: str) -> Any:
    """The value of an expression in a shipped question."""
    return eval(expression, {"__builtins__": {}}, dict(NAMESPACE))


def _small(literal: str) -> bool:
    return "." not in literal and abs(value(literal)) <= 10


def _evidence(kind: str) -> Callable[[str, str, str], float]:
    def look(slug: str, arm: str, quantity: str) -> float:
        found = read(EXPERIMENTS[slug])
        assert found is not None, f"no evidence of {slug}"
        value = found.at(arm, quantity)
        assert value is not None, f"{slug} has no {quantity} of {arm!r}"
        ends = {"mean": value.mean, "half": value.half}
        return ends[kind]

    return look


def softmax(similarities: Sequence[float], tau: float) -> list[float]:
    return torch.tensor(similarities).div(tau).softmax(0).tolist()


def negatives(n: int) -> int:
    """Negatives of an anchor in a batch of ``n`` images."""
    return 2 * (n - 1)


def collapsed_loss(n: int, tau: float = 0.5) -> float:
    """NT-Xent of ``n`` images that all have the same embedding."""
    z = torch.ones(n, 4)
    return nt_xent(z, z, tau).item()


def orthogonal_loss(n: int, tau: float) -> float:
    """NT-Xent of perfect positives whose negatives are all at right angles."""
    z = torch.eye(n)
    return nt_xent(z, z, tau).item()


def loss_of(positive: float, others: Sequence[float], tau: float) -> float:
    """One anchor's cross-entropy from its cosines."""
    return -math.log(softmax([positive, *others], tau)[0])


NAMESPACE: Mapping[str, Any] = {
    **{
        name: getattr(math, name)
        for name in ("log", "exp", "sqrt", "pi", "cos", "comb")
    },
    **{"abs": abs, "round": round, "min": min, "max": max, "sum": sum, "range": range},
    "mean": _evidence("mean"),
    "half": _evidence("half"),
    "softmax": softmax,
    "negatives": negatives,
    "collapsed_loss": collapsed_loss,
    "orthogonal_loss": orthogonal_loss,
    "loss_of": loss_of,
}
