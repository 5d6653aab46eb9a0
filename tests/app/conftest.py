"""The app as Streamlit's own simulator runs it, with a real service behind it."""

import functools
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages.shell import learner_progress, resources
from tests.polling import wait_until

REPOSITORY = Path(__file__).parents[2]
ROUTER = "pages/router.py"
Open = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of runs of this session's own; its workers end with it."""
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTRASTIVE_RUNS_DIR", str(root))
        patch.setenv("CONTRASTIVE_UMAP", "false")  # its process takes seconds to start
        yield root
        resources.service().close()


@pytest.fixture(scope="session", autouse=True)
def component_manifests() -> Iterator[None]:
    """Look for components among the installed packages once.

    The simulator would parse the metadata of all of them for every page that is opened:
    nine tenths of the time of these tests.
    """
    scan = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(autouse=True)
def component_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hear what a test has the browser report: the simulator calls no component's callback."""
    mount = learner_progress.mount

    def hear_and_mount() -> None:
        learner_progress._on_stored()
        mount()

    monkeypatch.setattr(learner_progress, "mount", hear_and_mount)


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
    run, service = shown.session_state["run"], resources.service()
    wait_until(
        lambda: any(t["scores"] and t["step"] for t in service.history(run)),
        "a score of the trained encoder",
    )
    service.pause(run)
    wait_until(lambda: service.status(run).state == "paused", "the pause")
    yield shown.run()
    service.stop(run)


def _open(script: str, **link: str) -> AppTest:
    opened = AppTest.from_file(str(REPOSITORY / script), default_timeout=60)
    # The simulator has no cookies, from which a server would know the learner.
    opened.session_state["learner"] = secrets.token_urlsafe(16)
    opened.query_params.update(link)
    return opened.run()
