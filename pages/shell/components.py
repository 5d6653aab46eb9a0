"""Components of the browser: ES modules in ``assets/components``, served as they are.

A component is a folder with an ``index.js`` that imports what it needs, also from other
folders. Streamlit inlines the code, so relative imports fail; ``loader.js`` imports the
modules by URL. A route serves them, because Streamlit serves files of installed packages only.

Every URL contains a hash of all modules. So a browser may cache a module for ever, and a
server that was upgraded never mixes new modules with old ones.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.shell.base_url import base_url_path
from pages.shell.paths import COMPONENTS as FOLDER

# The URL contains a content hash, so a cached response never goes stale.
CACHE_FOREVER = "public, max-age=31536000, immutable"
_IMPORT = re.compile(r'^(?:import|export|\})[^"\n]*"(\.{1,2}/[^"]+)";$', re.M)
LOADER_TEMPLATE = (FOLDER / "loader.js").read_text(encoding="utf-8")


def declare(
    name: str, folder: str, *, styles: Sequence[str] = ()
) -> Callable[..., Any]:
    """Declare a component of ``assets/components``; the browser loads it when it is used.

    Args:
        name: of the component, in Streamlit's registry.
        folder: the component's; the default export of its ``index.js`` is called by
            Streamlit.
        styles: folders whose ``<folder>.css`` it needs, after ``shared``.

    Returns:
        What ``st.components.v2.component`` returns: a function that mounts the component.

    Raises:
        ValueError: a module imports a file that does not exist.
    """
    urls = [url(path) for path in module_closure(f"{folder}/index.js", MODULES)]
    stylesheets = [
        (FOLDER / style / f"{style}.css").read_text(encoding="utf-8")
        for style in (("shared", *styles) if styles else ())
    ]
    return st.components.v2.component(
        name,
        js=LOADER_TEMPLATE.replace('["{urls}"]', json.dumps(urls, indent=2)),
        css="\n".join(stylesheets) or None,
    )


def url(path: str) -> str:
    """URL of a module, relative to the page."""
    return f"components/{VERSION}/{path}"


def module_closure(path: str, modules: Mapping[str, bytes]) -> list[str]:
    """A module and all that it imports, directly or not; the module itself comes first.

    A browser that is given the whole list asks for all of them at once. Otherwise it would
    know what a module imports only after that module has arrived.

    Raises:
        ValueError: one of them is not among the modules.
    """
    found = [path]
    for known in found:  # grows while it is read
        if known not in modules:
            raise ValueError(f"{known} is imported and is no file of {FOLDER.name}")
        for imported in _IMPORT.findall(modules[known].decode()):
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(known), imported)
            )
            if target not in found:
                found.append(target)
    return found


def version(modules: Mapping[str, bytes]) -> str:
    """A hash of all paths and contents."""
    digest = hashlib.sha256()
    for path, content in sorted(modules.items()):
        digest.update(f"{path} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def _read_modules() -> dict[str, bytes]:
    files = sorted(FOLDER.glob("*/*.js"))
    return {file.relative_to(FOLDER).as_posix(): file.read_bytes() for file in files}


# Kept in memory: files that change under a running server would not fit their hash.
MODULES = _read_modules()
VERSION = version(MODULES)


async def _module(request: Request) -> Response:
    """A module as JavaScript; 404 for one of another version."""
    content = MODULES.get(request.path_params["path"])
    if content is None or request.path_params["version"] != VERSION:
        return Response(status_code=404)
    return Response(
        content,
        media_type="text/javascript",
        headers={"Cache-Control": CACHE_FOREVER},
    )


ROUTE = Route(f"{base_url_path()}/components/{{version}}/{{path:path}}", _module)
