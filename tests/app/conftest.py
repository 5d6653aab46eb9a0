"""The app as Streamlit's own simulator runs it, with a real service behind it."""

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import resources

REPOSITORY = Path(__file__).parents[2]
ROUTER = "pages/router.py"
Open = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of runs of this session's own; its workers end with it."""
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTRASTIVE_RUNS_DIR", str(root))
        yield root
        resources.service().close()


@pytest.fixture
def alone() -> Open:
    """Open a script by its path as a fresh learner, with URL parameters."""
    return _open


@pytest.fixture
def routed() -> Open:
    """Open a page through the router as a fresh learner, with URL parameters."""

    def visit(page: str, **link: str) -> AppTest:
        return _open(ROUTER, **link).switch_page(Path(page).name).run()

    return visit


@pytest.fixture(scope="session")
def trained() -> Iterator[AppTest]:
    """The playground with a paused run that has trained and been scored since."""
    shown = _open(ROUTER, batch_size="64", seed="7")
    shown.switch_page("01_playground.py").run()
    shown.button(key="main_train").click().run()
    run = shown.session_state["run"]
    history = resources.service().history
    _until(lambda: any(t["scores"] and t["step"] for t in history(run)))
    resources.service().pause(run)
    _until(lambda: resources.service().status(run).state == "paused")
    yield shown.run()
    resources.service().stop(run)


def _open(script: str, **link: str) -> AppTest:
    opened = AppTest.from_file(str(REPOSITORY / script), default_timeout=20)
    # The simulator has no cookies, from which a server would know the learner.
    opened.session_state["learner"] = secrets.token_urlsafe(16)
    opened.query_params.update(link)
    return opened.run()


def _until(done: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the run did not get there"
        time.sleep(0.05)
