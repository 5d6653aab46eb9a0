"""Imports point in one direction, heavy ones are lazy, and nothing is unpickled."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.interpreter import fresh

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "ssl_core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
METHODS = [p for p in CORE if p.parent.name == "methods" and p.stem != "__init__"]
SCREEN = {"streamlit", "plotly", "altair", "pydeck"}
HEAVY = {"torchvision", "umap", "sklearn", "scipy", "pandas", "matplotlib"}
UNPICKLERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}
LOADERS = {"torch.load", "np.load", "numpy.load", "eval", "exec"}

# Each package may import only from packages further up, and from itself.
LAYERS = (
    ("knobs", "processes", "python_process"),
    ("settings",),
    ("augment", "data", "device", "embed", "encoders", "measures", "methods", "probes"),
    ("similarity",),
    ("config",),
    ("batches", "divergence"),
    ("watch",),
    ("tick",),
    ("train",),
    ("checkpoints", "report"),
    ("sandbox",),
    ("bench", "experiments", "peek", "quiz", "service"),
    ("recordings",),
    ("cli",),
    ("__main__",),
)
DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}
SHARED = {"base", "blocks", "predictor", "slices"}  # by all methods


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, top_level: bool = False) -> Iterator[str]:
    """Full names of what a file imports; ``top_level``: outside of functions only."""
    pending: list[ast.AST] = [tree_of(path)]
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


def parts_of_the_core(path: Path) -> set[str]:
    """Modules and packages directly in ``ssl_core`` that a file imports from."""
    parts = (n.split(".") for n in imports(path) if n.startswith("ssl_core."))
    return {p[1] for p in parts if p[1] != "__version__"}


def assert_none(faults: Iterable[str]) -> None:
    """Fail with every fault, one a line, each with the name of its file."""
    found = list(faults)
    assert not found, "\n".join([f"{len(found)} faults", *found])


def test_there_is_something_to_check() -> None:
    assert len(CORE) > 100 and len(PAGES) > 50 and len(METHODS) > 5
    assert {"ssl_core/train.py", "ssl_core/methods/simclr.py"} <= set(
        map(name_of, CORE)
    )


def test_the_core_imports_no_page_and_no_screen_library() -> None:
    assert_none(
        f"{name_of(path)} imports {sorted(found)}"
        for path in CORE
        if (found := packages(path) & (SCREEN | {"pages", "app"}))
    )


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    assert_none(
        f"{name_of(path)} imports {sorted(found)} at its top level"
        for path in CORE
        if (found := packages(path, top_level=True) & HEAVY)
    )


def test_the_core_imports_in_one_direction() -> None:
    def faults() -> Iterator[str]:
        for path in CORE:
            own = path.relative_to(ROOT / "ssl_core").parts[0].removesuffix(".py")
            imported = parts_of_the_core(path)
            if own == "__init__":
                if imported:
                    yield f"{name_of(path)} imports {sorted(imported)}"
            elif unplaced := (imported | {own}) - DEPTH.keys():
                yield f"{name_of(path)}: say in LAYERS where {sorted(unplaced)} belongs"
            elif wrong := {n for n in imported - {own} if DEPTH[n] >= DEPTH[own]}:
                yield f"{name_of(path)} may not import {sorted(wrong)}"

    assert_none(faults())


def test_a_method_imports_no_other_method() -> None:
    def faults() -> Iterator[str]:
        for path in METHODS:
            for name in imports(path):
                if not name.startswith("ssl_core."):
                    continue
                part, _, rest = name.removeprefix("ssl_core.").partition(".")
                shared = rest.partition(".")[0] in SHARED
                if part not in {"knobs", "processes"} and not (
                    part == "methods" and shared
                ):
                    yield f"{name_of(path)} imports {name}"

    assert_none(faults())


def test_modules_on_tensors_import_nothing_else_of_the_core() -> None:
    assert_none(
        f"{module} imports {sorted(found)}"
        for module in ("probes", "measures", "embed", "encoders", "similarity")
        if (found := parts_of_the_core(ROOT / "ssl_core" / f"{module}.py"))
    )


def test_a_page_imports_no_torch_and_no_other_page() -> None:
    """What its parts may import is a contract in .importlinter."""
    parts = ("pages.features", "pages.widgets", "pages.shell")

    def faults() -> Iterator[str]:
        for path in (ROOT / "pages").glob("*.py"):
            for name in imports(path):
                if name.startswith("pages") and not name.startswith(parts):
                    yield f"{name_of(path)} imports {name}"
            if packages(path) & {"torch", "torchvision"}:
                yield f"{name_of(path)} imports torch"

    assert_none(faults())


def test_nothing_is_unpickled() -> None:
    def faults() -> Iterator[str]:
        for path in [*CORE, *PAGES]:
            if found := packages(path) & UNPICKLERS:
                yield f"{name_of(path)} imports {sorted(found)}"
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.Call):
                    call = ast.unparse(node.func)
                    if call in LOADERS and not _refuses_pickle(node):
                        yield f"{name_of(path)}:{node.lineno} calls {call}"

    assert_none(faults())


def _refuses_pickle(call: ast.Call) -> bool:
    options = {k.arg: getattr(k.value, "value", None) for k in call.keywords}
    return options.get("weights_only") is True or options.get("allow_pickle") is False


def test_no_module_is_named_utils_or_the_like() -> None:
    vague = {"utils", "helpers", "common", "misc"}
    assert_none(name_of(p) for p in [*CORE, *PAGES] if p.stem in vague)


def test_the_checks_find_what_they_look_for(tmp_path: Path) -> None:
    """A file with many faults: no check above may pass because it overlooks them."""
    path = tmp_path / "faulty.py"
    path.write_text(
        "import streamlit, pickle\nfrom scipy import stats\n"
        "from ssl_core.service import Service\n"
        "def f():\n    import pandas\n    torch.load('x')\n"
        "    np.load('x', allow_pickle=False)\n"
    )
    assert packages(path) >= {"streamlit", "pickle", "scipy", "pandas"}
    assert packages(path, top_level=True) & HEAVY == {"scipy"}
    assert parts_of_the_core(path) == {"service"}
    calls = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)]
    assert {ast.unparse(c.func): _refuses_pickle(c) for c in calls} == {
        "torch.load": False,
        "np.load": True,
    }
    with pytest.raises(AssertionError, match=r"2 faults\n\s*a\.py\n\s*b\.py"):
        assert_none(["a.py", "b.py"])


def test_a_run_needs_no_screen_library_no_umap_and_no_torchvision() -> None:
    """None in sys.modules makes an import fail, as if the package were not installed."""
    code = f"""
import sys
import ssl_core.train
names = {sorted(SCREEN | HEAVY)}
print("imported by the training loop:", [n for n in names if n in sys.modules])
for name in names:
    sys.modules[name] = None
from ssl_core.data import load
from ssl_core.train import Budget, RunConfig, Watch, fit
watch = Watch(bank=40, asked=20, mapped=20)
data = load("shapes", count=80, held_out=20)
config = RunConfig(batch_size=8, device="cpu")
run = fit(config, data=data, budget=Budget(steps=2), watch=watch)
print("steps:", list(run)[-1].step)
"""
    assert fresh(code).splitlines() == ["imported by the training loop: []", "steps: 2"]
