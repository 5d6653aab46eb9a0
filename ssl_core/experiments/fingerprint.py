"""What a result depends on: the code that made it, without its words.

Docstrings, comments and the help texts of knobs do not change a number; when only they
change, hours of evidence stay valid.
"""

import ast
import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ssl_core.experiments.base import Experiment

CORE = Path(__file__).parents[1]
SHARED = (
    *("augment/base", "augment/images", "augment/policy", "batches", "data/base"),
    *("device", "encoders", "measures", "methods/base", "methods/predictor"),
    *("methods/blocks", "methods/slices", "processes"),
    *("probes", "tick", "train", "watch", "experiments/trials"),
)
SOUND = ("augment/spectrograms", "data/sound")
SOURCES = {
    "photos": ("data/folder", "data/picture"),
    "shapes": ("data/shapes",),
    "voices": ("data/formants", "data/voices", *SOUND),
    "digits": ("data/audio", "data/clips", "data/takes", *SOUND),
}
WORDS = {"help", "label", "about", "meaning", "sentence"}


def fingerprint(experiment: Experiment, arm: str) -> str:
    """Hash of the code behind an arm: loop, method, data, and the experiment's own.

    A word-only edit leaves it alone. The arm's config is not in it: that is compared
    value by value, so that a new knob with a neutral default changes nothing.
    """
    values = experiment.arms[arm]
    parts = [*SHARED, f"methods/{values.get('method', 'simclr')}"]
    parts += SOURCES.get(str(values.get("data", "shapes")), ())
    own = Path(sys.modules[experiment.trial.__module__].__file__ or "")
    files = [CORE / f"{part}.py" for part in parts]
    return _digest([*files, own] if own not in files else files)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(_code(file, file.stat().st_mtime_ns))
    return digest.hexdigest()[:16]


@cache
def _code(file: Path, changed: int) -> bytes:
    """A file's syntax tree without its words; arms share most files, so it is kept.

    Args:
        file: to read.
        changed: when, in nanoseconds; a file that has changed is read again.
    """
    tree = _Wordless().visit(ast.parse(file.read_text(encoding="utf-8")))
    return ast.dump(tree).encode()


class _Wordless(ast.NodeTransformer):
    """Drops what is only said: docstrings, help texts, and what an experiment declares."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        said = isinstance(node.value, ast.Constant) and isinstance(
            node.value.value, str
        )
        return None if said else self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        return None if node.arg in WORDS else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        names = {t.id for t in node.targets if isinstance(t, ast.Name)}
        return None if "EXPERIMENT" in names else self.generic_visit(node)
