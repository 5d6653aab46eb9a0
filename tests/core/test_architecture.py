"""Imports point one way, heavy packages wait until used, nothing is unpickled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interpreter import fresh

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "ssl_core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
SCREEN = {"streamlit", "plotly", "altair", "pydeck"}
HEAVY = {"torchvision", "umap", "sklearn", "scipy", "pandas", "matplotlib"}
UNPICKLERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}

# Each room may import only from rooms further up, and from itself.
LAYERS = (
    ("knobs", "processes"),
    ("augment", "data", "device", "embed", "encoders", "measures", "methods", "probes"),
    ("similarity",),
    ("config",),
    ("batches",),
    ("watch",),
    ("tick",),
    ("train",),
    ("checkpoints", "report"),
    ("bench", "experiments", "peek", "quiz", "service"),
    ("recordings",),
    ("cli",),
    ("__main__",),
)
DEPTH = {room: depth for depth, rooms in enumerate(LAYERS) for room in rooms}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, top_level: bool = False) -> Iterator[str]:
    """Full names of what a file imports; ``top_level``: outside of functions only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are written in full"
            # The name may be a module or something in one: both readings are checked.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (
            top_level and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            pending.extend(ast.iter_child_nodes(node))


def packages(path: Path, *, top_level: bool = False) -> set[str]:
    return {name.partition(".")[0] for name in imports(path, top_level=top_level)}


def rooms(path: Path) -> set[str]:
    """Rooms of the core that a file imports from."""
    parts = (n.split(".") for n in imports(path) if n.startswith("ssl_core."))
    return {p[1] for p in parts if p[1] != "__version__"}


def test_there_is_something_to_check() -> None:
    assert len(CORE) > 20
    assert {"ssl_core/train.py", "ssl_core/methods/simclr.py"} <= set(
        map(name_of, CORE)
    )


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_no_page(path: Path) -> None:
    assert not packages(path) & (SCREEN | {"pages", "app"})


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    assert not packages(path, top_level=True) & HEAVY


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_rooms_import_one_way(path: Path) -> None:
    room = path.relative_to(ROOT / "ssl_core").parts[0].removesuffix(".py")
    if room == "__init__":
        assert not rooms(path)
        return
    unplaced = (rooms(path) | {room}) - DEPTH.keys()
    assert not unplaced, f"say in LAYERS where {unplaced} belongs"
    wrong = {other for other in rooms(path) - {room} if DEPTH[other] >= DEPTH[room]}
    assert not wrong, f"{room} may not import {wrong}"


METHOD_FILES = [p for p in CORE if p.parent.name == "methods" and p.stem != "__init__"]
SHARED = {"base", "blocks", "predictor", "slices"}


@pytest.mark.parametrize("path", METHOD_FILES, ids=name_of)
def test_a_method_knows_no_other_method(path: Path) -> None:
    for name in imports(path):
        if name.startswith("ssl_core."):
            room, _, rest = name.removeprefix("ssl_core.").partition(".")
            assert room in {"knobs", "methods", "processes"}, name
            assert room != "methods" or rest.partition(".")[0] in SHARED, name


@pytest.mark.parametrize(
    "room", ["probes", "measures", "embed", "encoders", "similarity"]
)
def test_some_rooms_see_tensors_only(room: str) -> None:
    assert rooms(ROOT / "ssl_core" / f"{room}.py") == set()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_imports_screen_parts_and_the_core_and_no_other_page(path: Path) -> None:
    own = [n for n in imports(path) if n.startswith("pages")]
    parts = ("pages.features", "pages.widgets", "pages.shell")
    assert all(n.startswith(parts) for n in own)
    if path.stem[0].isdigit():
        assert not packages(path) & {"torch", "torchvision"}


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name_of)
def test_nothing_is_unpickled(path: Path) -> None:
    assert not packages(path) & UNPICKLERS
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            assert call not in {
                "torch.load",
                "np.load",
                "numpy.load",
                "eval",
                "exec",
            } or (call.endswith(".load") and _refuses_pickle(node)), (
                f"{name_of(path)}:{node.lineno} {call}"
            )


def _refuses_pickle(call: ast.Call) -> bool:
    said = {k.arg: getattr(k.value, "value", None) for k in call.keywords}
    return said.get("weights_only") is True or said.get("allow_pickle") is False


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=name_of)
def test_no_drawer_for_odds_and_ends(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "misc"}


def test_importing_the_loop_pulls_in_nothing_heavy() -> None:
    watched = sorted(SCREEN | HEAVY)
    code = (
        f"import ssl_core.train, sys; print([m for m in {watched} if m in sys.modules])"
    )
    assert fresh(code) == "[]"


def test_a_run_needs_neither_screen_nor_umap_nor_torchvision() -> None:
    """None in sys.modules makes an import fail, as where a package is not installed."""
    code = f"""
import sys
for name in {sorted(SCREEN | HEAVY)}:
    sys.modules[name] = None
from ssl_core.data import load
from ssl_core.train import Budget, RunConfig, Watch, fit
watch = Watch(bank=40, asked=20, mapped=20)
data = load("shapes", count=80, held_out=20)
config = RunConfig(batch_size=8, device="cpu")
run = fit(config, data=data, budget=Budget(steps=2), watch=watch)
print(list(run)[-1].step)
"""
    assert fresh(code) == "2"
