"""What a server brings before its first page, and after it."""

import sys

from pages.shell import startup
from tests.interpreter import REPOSITORY, fresh

THREADS = "OMP_NUM_THREADS"  # nobody has said how many
# None in sys.modules makes an import fail, as where a package is not installed.
FIRST_PAGE = """
import os, sys
from streamlit.testing.v1 import AppTest

for name in ("torch", "umap", "numba", "sklearn"):
    sys.modules[name] = None
import app  # as the web server does

from pages.shell import startup
startup.WARM_UP_DELAY_SECONDS = 600
shown = AppTest.from_file(os.path.abspath("pages/router.py"), default_timeout=30)
shown.session_state["learner"] = "a" * 22
shown.run()
print(len(shown.title), [problem.message for problem in shown.exception])
os._exit(0)
"""


def test_the_first_page_needs_neither_torch_nor_umap_nor_scikit_learn() -> None:
    assert fresh(FIRST_PAGE, without=THREADS) == "1 []"


def test_what_is_imported_after_the_first_page_is_every_screen_part() -> None:
    startup.import_page_modules()
    folders = ("features", "widgets", "shell")
    files = [f for d in folders for f in (REPOSITORY / "pages" / d).rglob("*.py")]
    parts = {".".join(f.relative_to(REPOSITORY).with_suffix("").parts) for f in files}
    missing = {p for p in parts if p.removesuffix(".__init__") not in sys.modules}
    assert not missing


def test_a_page_computes_on_one_thread() -> None:
    code = "import pages.shell, torch; print(torch.get_num_threads())"
    assert fresh(code, without=THREADS) == "1"
