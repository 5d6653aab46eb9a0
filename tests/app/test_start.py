"""What a server brings before its first page, and after it."""

import os
import subprocess
import sys
from pathlib import Path

from pages._ui import cache

REPOSITORY = Path(__file__).parents[2]
# None in sys.modules makes an import fail, as where a package is not installed.
FIRST_PAGE = """
import os, sys
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

class Routed(PagesManager):
    pass

app_test.PagesManager = Routed
for name in ("torch", "umap", "numba", "sklearn"):
    sys.modules[name] = None
import app  # as the web server does

from pages._ui import cache
cache.WARM_AFTER = 600
shown = AppTest.from_file(os.path.abspath("app.py"), default_timeout=30)
shown.session_state["learner"] = "a" * 22
shown.run()
print(len(shown.title), [problem.message for problem in shown.exception])
os._exit(0)
"""


def fresh(code: str) -> str:
    """Standard output of a new interpreter, of which nobody said how many threads."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_the_first_page_needs_neither_torch_nor_umap_nor_scikit_learn() -> None:
    assert fresh(FIRST_PAGE) == "1 []"


def test_what_is_imported_after_the_first_page_is_every_screen_part() -> None:
    cache._import_screen_parts()
    files = (REPOSITORY / "pages" / "_ui").rglob("*.py")
    parts = {".".join(f.relative_to(REPOSITORY).with_suffix("").parts) for f in files}
    missing = {p for p in parts if p.removesuffix(".__init__") not in sys.modules}
    assert not missing


def test_a_page_computes_on_one_thread() -> None:
    assert fresh("import pages._ui, torch; print(torch.get_num_threads())") == "1"
