"""The code that the pages show."""

import ast
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets.source_code import source_of
from ssl_core.augment import AUGMENTATIONS
from ssl_core.methods import METHODS
from ssl_core.methods.simclr import nt_xent

PARTS = (*AUGMENTATIONS.values(), *METHODS.values(), nt_xent)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_it_is_what_the_file_says(part: Callable[..., Any]) -> None:
    assert source_of(part) == inspect.getsource(part)


@pytest.mark.parametrize("page", ["02_augmentations", "26_sound"])
def test_a_page_builds_no_syntax_tree(
    page: str, alone: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads that build one at once end in a SystemError before Python 3.11.8."""
    source_of.cache_clear()
    parse = ast.parse
    parsed: list[Any] = []

    def heard(text: Any, *args: Any, **kwargs: Any) -> ast.AST:
        parsed.append(text)
        return parse(text, *args, **kwargs)

    monkeypatch.setattr(ast, "parse", heard)
    shown = alone(f"pages/{page}.py")
    assert not shown.exception
    assert any("class " in code.value for code in shown.code)
    # NumPy reads the heads of its files so: a line each.
    assert not [text for text in parsed if len(text) > 1000]
