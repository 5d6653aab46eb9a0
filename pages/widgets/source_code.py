"""Source code of the core on a page, beside its results."""

import functools
import inspect
import linecache
import re
from typing import Any

import streamlit as st


def draw(definition: Any) -> None:
    """Draw the source of a function or a class."""
    st.code(source_of(definition), language="python")


@functools.cache
def source_of(definition: Any) -> str:
    """The source of a function, or of a class at the top level of a module, with decorators.

    A class is found by its first line. ``inspect.getsource`` would parse the whole file, and
    before Python 3.11.8 that may raise SystemError if two threads do it at the same time.
    Each script run has its own thread.
    """
    if not inspect.isclass(definition):
        return inspect.getsource(definition)
    lines = linecache.getlines(inspect.getsourcefile(definition) or "")
    first_line = re.compile(rf"class {definition.__name__}\b")
    start = next(i for i, line in enumerate(lines) if first_line.match(line))
    while start and lines[start - 1].startswith("@"):
        start -= 1
    return "".join(inspect.getblock(lines[start:]))
