"""Which variants of a test are in the fast tier."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def variants(values: Iterable[Any], fast: Collection[Any]) -> list[Any]:
    """Parameters for a test; those that are not in ``fast`` are in the slow tier."""
    slow = pytest.mark.slow
    return [v if v in fast else pytest.param(v, marks=slow) for v in values]
