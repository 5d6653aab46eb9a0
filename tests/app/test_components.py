"""The browser's components: how their modules are served, and what they get from Python."""

import json
import math
import os
from typing import Any

import pytest
from asgi import get

from pages.shell import components
from tests.js import fixtures

FOLDERS = sorted(f.parent.name for f in components.FOLDER.glob("*/index.js"))


# --- modules ---------------------------------------------------------------------------


def test_every_module_is_served_as_javascript_that_a_browser_keeps() -> None:
    assert len(components.MODULES) > 30
    for path, content in components.MODULES.items():
        answer = get(f"/{components.url(path)}", components.ROUTE)
        assert (answer.status, answer.body) == (200, content)
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["cache-control"] == components.CACHE_FOREVER
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        f"/{components.url('map/none.js')}",
        f"/{components.url('map/map.css')}",
        f"/{components.url('package.json')}",
        f"/{components.url('../../app.py')}",
        f"/{components.url('map/index.js')}/",
        "/components/0123456789abcdef/map/index.js",
        "/components/map/index.js",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    assert get(path, components.ROUTE).status == 404


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_browser_is_told_of_every_module_at_once(folder: str) -> None:
    """What a module imports is in the list: the browser need not find out by itself."""
    entry = f"{folder}/index.js"
    paths = components.module_closure(entry, components.MODULES)
    assert paths[0] == entry and len(set(paths)) == len(paths)
    for path in paths:
        text = components.MODULES[path].decode()
        imports = [line for line in text.splitlines() if ' from "' in line]
        for line in imports:
            target = line.split(' from "')[1].rstrip('";')
            resolved = os.path.normpath(os.path.join(os.path.dirname(path), target))
            assert resolved in paths, f"{path} imports {target}"


def test_no_module_is_left_over() -> None:
    used = {
        p
        for f in FOLDERS
        for p in components.module_closure(f"{f}/index.js", components.MODULES)
    }
    assert used == set(components.MODULES)


def test_a_missing_module_is_named() -> None:
    modules = {"a/index.js": b'import { b } from "./b.js";\n'}
    with pytest.raises(ValueError, match=r"a/b\.js is imported"):
        components.module_closure("a/index.js", modules)


def test_imports_over_several_lines_and_from_other_folders_are_found() -> None:
    modules = {
        "a/index.js": b'import {\n  x,\n} from "../b/x.js";\nexport { z } from "./z.js";\n',
        "a/z.js": b'import "./index.js";\n',
        "b/x.js": b'const text = `from "./no.js"`;\n',
    }
    assert components.module_closure("a/index.js", modules) == [
        "a/index.js",
        "b/x.js",
        "a/z.js",
    ]


def test_another_byte_or_name_is_another_version() -> None:
    versions = {
        components.version(modules)
        for modules in (
            {"a.js": b"1", "b.js": b"2"},
            {"a.js": b"1", "b.js": b"3"},
            {"a.js": b"1", "c.js": b"2"},
            {"a.js": b"1"},
            {"a.js": b"12", "b.js": b""},
        )
    }
    assert len(versions) == 5
    assert components.version({"b.js": b"2", "a.js": b"1"}) in versions


# --- what the modules' own tests compare with --------------------------------------------


def same(a: Any, b: Any) -> bool:
    """Whether two contents of JSON are the same, but for the last digits of floats."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return bool(a == b)


@pytest.mark.parametrize("name", fixtures.made())
def test_what_the_modules_are_tested_with_is_what_python_makes(name: str) -> None:
    kept = json.loads((fixtures.FOLDER / name).read_text(encoding="utf-8"))
    assert kept and same(kept, json.loads(json.dumps(fixtures.made()[name])))
