"""The code that runs, as it stands in the core, to be read beside its results."""

import functools
import inspect
import linecache
import re
from typing import Any

import streamlit as st


def show(part: Any) -> None:
    """Show the source of a function or a class."""
    st.code(source_of(part), language="python")


@functools.cache
def source_of(part: Any) -> str:
    """The source of a function or of a class at the top of its module, decorators included.

    `inspect.getsource` builds the whole file's syntax tree to find a class. Python before
    3.11.8 may raise SystemError when two threads do that at once, and here many pages run
    in threads; so a class is found by the line that opens it.
    """
    if not inspect.isclass(part):
        return inspect.getsource(part)
    lines = linecache.getlines(inspect.getsourcefile(part) or "")
    opens = re.compile(rf"class {part.__name__}\b")
    start = next(at for at, line in enumerate(lines) if opens.match(line))
    while start and lines[start - 1].startswith("@"):
        start -= 1
    return "".join(inspect.getblock(lines[start:]))
