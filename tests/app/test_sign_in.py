"""Signing in as a learner meets it; here Streamlit is told who they are.

A real provider and a browser are in tests/browser/test_sign_in.py.
"""

import re
import secrets
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.features.labs import arm_runs
from pages.shell import account_progress, identity, resources
from ssl_core.config import RunConfig
from ssl_core.quiz import progress_store
from ssl_core.quiz.progress import Attempt, Progress
from ssl_core.quiz.progress_store import ProgressStore
from tests.polling import wait_until

YOUR_PROGRESS, QUIZ, PLAY = (
    f"pages/{name}.py" for name in ("51_your_progress", "50_quiz", "01_playground")
)
APP = Path(__file__).parents[2] / "pages" / "router.py"
AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": secrets.token_urlsafe(32),
    "client_id": "the-app",
    "client_secret": "hunter2",
    "server_metadata_url": "http://localhost:1/.well-known/openid-configuration",
}
Visit = Callable[..., AppTest]


@pytest.fixture
def who() -> str:
    """A learner whom no other test knows."""
    return f"somebody-{secrets.token_hex(4)}"


@pytest.fixture
def visit() -> Visit:
    """Open a page through the router as somebody, or as nobody yet."""

    def opened(page: str, subject: str = "", auth: Any = AUTH, **state: Any) -> AppTest:
        shown = AppTest.from_file(str(APP), default_timeout=20)
        shown.session_state["learner"] = secrets.token_urlsafe(16)
        for name, value in state.items():
            shown.session_state[name] = value
        if auth:
            shown.secrets["auth"] = auth
            shown.user = {"is_logged_in": False}
        if subject:
            shown.user = {
                "is_logged_in": True,
                "iss": "https://school.example",
                "sub": subject,
                "name": "Ann *of* <b>7b</b>",
                "email": "ann@school.example",
            }
        shown.run()
        shown.switch_page(Path(page).name).run()
        assert not shown.exception
        return shown

    return opened


@pytest.fixture
def other_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts a store with this URL in place of the server's."""
    monkeypatch.setattr(progress_store, "REST_SECONDS", 0.0)

    def put(url: str) -> None:
        monkeypatch.setattr(resources, "progress_database", lambda: ProgressStore(url))

    yield put


def prose(page: AppTest) -> str:
    return "\n".join(x.value for x in (*page.markdown, *page.caption, *page.text))


def trouble(page: AppTest) -> str:
    return "\n".join(x.value for x in (*page.error, *page.warning))


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def answered(*times: int) -> Progress:
    return Progress(
        seed=1,
        attempts=tuple(
            Attempt(question="predict-eight-or-sixty-four", at=t, answer=0, score=0.0)
            for t in times
        ),
    )


def kept(page: AppTest) -> list[int]:
    return [a.at for a in page.session_state["progress"].attempts]


def test_without_settings_there_is_no_account(visit: Visit) -> None:
    page = visit(YOUR_PROGRESS, auth=None)
    assert "There is no account." in prose(page)
    assert not {k for k in keys(page) if k and "sign" in k}
    assert not any(
        "Sign in" in link.proto.label for link in _links(visit(QUIZ, "", None))
    )


def _links(page: AppTest) -> list[Any]:
    return list(page.get("page_link"))


def test_signing_in_is_offered_and_not_needed(visit: Visit) -> None:
    page = visit(YOUR_PROGRESS)
    assert "sign_in_default" in keys(page)
    assert "Everything here works without." in prose(page)
    assert any("Sign in" in link.proto.label for link in _links(visit(QUIZ)))


def test_each_provider_has_its_button(visit: Visit) -> None:
    shared = {k: AUTH[k] for k in ("redirect_uri", "cookie_secret")}
    page = visit(YOUR_PROGRESS, auth={**shared, "school": AUTH, "google": AUTH})
    labels = {b.key: b.label for b in page.button if b.key and "sign_in" in b.key}
    assert labels == {
        "sign_in_school": "Sign in with school",
        "sign_in_google": "Sign in with google",
    }
    both = visit(YOUR_PROGRESS, auth={**AUTH, "client_kwargs": {"prompt": "login"}})
    assert {k for k in keys(both) if k and "sign_in" in k} == {"sign_in_default"}


def test_settings_that_are_not_complete_are_one_sentence(visit: Visit) -> None:
    # To the simulator's st.login, this server has no file of secrets.
    page = visit(YOUR_PROGRESS).button(key="sign_in_default").click().run()
    assert not page.exception
    assert "Nobody can sign in, this server's settings are not complete" in trouble(
        page
    )


def test_a_server_without_authlib_says_so(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = account_progress.find_spec
    monkeypatch.setattr(
        account_progress, "find_spec", lambda n: n != "authlib" and there(n)
    )
    page = visit(YOUR_PROGRESS).button(key="sign_in_default").click().run()
    assert not page.exception
    assert "this server lacks authlib, which requirements-accounts.txt" in trouble(page)


def test_ones_answers_are_there_on_another_device(visit: Visit, who: str) -> None:
    visit(YOUR_PROGRESS, who, progress=answered(100, 200))
    there = visit(YOUR_PROGRESS, who)
    assert kept(there) == [100, 200]
    assert "1 of" in prose(there)
    said = prose(there)
    assert "You are signed in as Ann *of* <b>7b</b>." in [t.value for t in there.text]
    assert "in your account" in said and "There is no account" not in said
    assert kept(visit(YOUR_PROGRESS, f"{who}-not")) == []
    assert kept(visit(YOUR_PROGRESS)) == []


def test_signing_out_leaves_this_visit_its_answers(visit: Visit, who: str) -> None:
    page = visit(YOUR_PROGRESS, who, progress=answered(100))
    page.button(key="sign_out").click().run()
    assert not page.exception
    assert "sign_in_default" in keys(page) and kept(page) == [100]


def test_forgetting_is_for_the_account_too(visit: Visit, who: str) -> None:
    page = visit(YOUR_PROGRESS, who, progress=answered(100))
    page.button(key="progress_forget").click().run()
    assert kept(page) == [] == kept(visit(YOUR_PROGRESS, who))


def test_a_database_that_is_down_is_a_sentence_and_tried_again(
    visit: Visit, who: str, tmp_path: Path, other_store: Any
) -> None:
    page = visit(YOUR_PROGRESS, who)
    other_store(f"sqlite:///{tmp_path / 'later' / 'x.sqlite'}")
    page.session_state["progress"] = answered(100)
    assert len(page.run().toast) == 1, "a note when it begins"
    assert not page.run().toast, "and not at every run"
    assert "the server's database does not answer. You can go on" in trouble(page)
    assert kept(page) == [100]
    (tmp_path / "later").mkdir()
    page.run()
    assert trouble(page.run()) == ""
    assert kept(visit(YOUR_PROGRESS, who)) == [100]


def test_a_server_without_sqlalchemy_says_so_and_works(
    visit: Visit, who: str, monkeypatch: pytest.MonkeyPatch, other_store: Any
) -> None:
    other_store("sqlite:///never.sqlite")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    page = visit(YOUR_PROGRESS, who, progress=answered(100))
    assert "SQLAlchemy is not installed on this server" in trouble(page)
    assert kept(page) == [100]
    assert kept(visit(YOUR_PROGRESS, progress=answered(5))) == [5], (
        "nobody else notices"
    )


NEWER = '{"format": "contrastive learning progress", "version": 99, "seed": 1}'


def test_an_account_that_cannot_be_read_is_kept_and_united_later(
    visit: Visit, who: str, tmp_path: Path, other_store: Any, monkeypatch: Any
) -> None:
    url = f"sqlite:///{tmp_path / 'progress.sqlite'}"
    other_store(url)
    visit(YOUR_PROGRESS, who, progress=answered(100))
    rows = sqlite3.connect(tmp_path / "progress.sqlite")
    with rows:
        rows.execute("UPDATE progress SET text = ?", (NEWER,))

    page = visit(YOUR_PROGRESS, who, progress=answered(200)).run()
    assert "The answers saved in your account cannot be read: " in trouble(page)
    assert "version 99; this app reads versions up to 2. They are kept" in trouble(page)
    labels = [b.proto.label for b in page.get("download_button")]
    assert "Download the unreadable answers in your account" in labels
    assert kept(visit(YOUR_PROGRESS, who)) == [200], "new answers reach other devices"
    assert (NEWER,) in rows.execute("SELECT text FROM progress").fetchall()
    page.button(key="sign_out").click().run()
    assert "saved in your account" not in trouble(page), "it is the account's alone"

    read = progress_store.loads
    monkeypatch.setattr(
        progress_store, "loads", lambda t: answered(100) if t == NEWER else read(t)
    )
    back = visit(YOUR_PROGRESS, who)
    assert kept(back) == [100, 200] and trouble(back) == ""
    assert rows.execute("SELECT COUNT(*) FROM progress").fetchall() == [(1,)]
    rows.close()


def test_what_an_account_holds_and_cannot_be_read_can_be_deleted(
    visit: Visit, who: str, tmp_path: Path, other_store: Any
) -> None:
    other_store(f"sqlite:///{tmp_path / 'progress.sqlite'}")
    visit(YOUR_PROGRESS, who, progress=answered(100))
    rows = sqlite3.connect(tmp_path / "progress.sqlite")
    with rows:
        rows.execute("UPDATE progress SET text = ?", (NEWER,))
    page = visit(YOUR_PROGRESS, who, progress=answered(200)).run()
    page.button(key="progress_discard").click().run()
    assert trouble(page.run()) == "" and kept(page) == [200]
    assert (NEWER,) not in rows.execute("SELECT text FROM progress").fetchall()
    rows.close()


def test_another_accounts_copy_in_the_browser_stays_and_is_not_shown(
    visit: Visit, who: str
) -> None:
    page = visit(
        YOUR_PROGRESS,
        who,
        progress_nonce="n",
        progress_store={
            "stored": {
                "nonce": "n",
                "report_id": 1.5,
                "copies": [
                    {"key": "ssl_progress", "text": NEWER, "owner_tag": "another:5"}
                ],
            }
        },
    ).run()
    assert page.session_state["progress_unreadable"] == {"ssl_progress": None}
    assert trouble(page) == "" and not page.get("download_button")[1:]
    page.button(key="progress_forget").click().run()
    assert page.session_state["progress_unreadable"] == {"ssl_progress": None}


# ------------------------------------------------------------------------------ runs


@pytest.fixture
def run_of() -> Iterator[Callable[[str], str]]:
    """Submits a small run for an owner, and stops it in the end."""
    started: list[str] = []

    def submit(owner: str) -> str:
        started.append(
            resources.service().submit(RunConfig(batch_size=16), owner=owner)
        )
        return started[-1]

    yield submit
    for run in started:
        resources.service().stop(run)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Every answer to the question who is looking."""
    answers: list[tuple[str, ...]] = []
    ask = identity.user_ids

    def asked() -> tuple[str, ...]:
        answers.append(ask())
        return answers[-1]

    monkeypatch.setattr(identity, "user_ids", asked)
    return answers


def test_ones_runs_are_there_on_another_device(
    visit: Visit, who: str, seen: list[tuple[str, ...]], run_of: Any
) -> None:
    visit(PLAY, who)
    own = seen[-1][0]
    run = run_of(own)
    assert visit(PLAY, who).session_state["run"] == run
    assert visit(PLAY, f"{who}-not").session_state["run"] is None
    assert visit(PLAY).session_state["run"] is None
    assert re.fullmatch("[A-Za-z0-9_-]{22}", own)
    changed = {**AUTH, "cookie_secret": "another secret"}
    visit(PLAY, who, changed)
    assert seen[-1][0] != own, "it cannot be guessed from who somebody is"


def test_a_run_begun_before_signing_in_goes_on(
    visit: Visit, who: str, run_of: Any
) -> None:
    browser = secrets.token_urlsafe(16)
    run = run_of(browser)
    assert visit(PLAY, who, learner=browser).session_state["run"] == run


def test_an_upload_made_before_signing_in_is_there_after_it(
    visit: Visit, who: str
) -> None:
    browser, uploads = secrets.token_urlsafe(16), resources.service().uploads
    path = uploads.save(browser, "images", b"a zip")
    data = {"data": "upload"}  # what the menu says; the widget of the zip is empty
    assert visit(PLAY, who, learner=browser, **data).session_state[
        "upload_path"
    ] == str(path)
    assert "upload_path" not in visit(PLAY, who, **data).session_state


def test_an_upload_of_an_account_is_there_on_another_device_only_for_it(
    visit: Visit, who: str, seen: list[tuple[str, ...]]
) -> None:
    browser, uploads = secrets.token_urlsafe(16), resources.service().uploads
    visit(PLAY, who, learner=browser)
    account = next(ids[0] for ids in seen if browser in ids)
    path = uploads.save(account, "images", b"a zip")
    data = {"data": "upload"}
    assert visit(PLAY, who, **data).session_state["upload_path"] == str(path)
    signed_out = visit(PLAY, learner=browser, **data)
    assert "upload_path" not in signed_out.session_state


def test_a_run_begun_before_signing_in_is_found_beside_an_older_one_of_the_account(
    visit: Visit, who: str, seen: list[tuple[str, ...]], run_of: Any
) -> None:
    visit(PLAY, who)
    older = run_of(seen[-1][0])
    resources.service().stop(older)
    wait_until(lambda: not resources.service().status(older).active, "the older to end")
    browser = secrets.token_urlsafe(16)
    run = run_of(browser)
    assert visit(PLAY, who, learner=browser).session_state["run"] == run


def test_lab_runs_begun_before_signing_in_are_found_shown_and_stopped(
    visit: Visit, who: str, run_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, lab = secrets.token_urlsafe(16), "pages/20_shortcuts.py"
    found: list[tuple[tuple[Any, ...], list[str | None]]] = []
    find_runs = arm_runs.find_runs

    def find(*case: Any) -> list[str | None]:
        found.append((case, find_runs(*case)))
        return found[-1][1]

    monkeypatch.setattr(arm_runs, "find_runs", find)
    visit(lab, learner=browser)
    name, slug, seed = found[-1][0]
    runs = [run_of(f"{browser}/{name}/{slug}/{side}/{seed}") for side in arm_runs.SIDES]
    page = visit(lab, who, learner=browser)
    assert found[-1] == ((name, slug, seed), runs)
    next(b for b in page.button if b.label == "Stop").click().run()
    status = resources.service().status
    wait_until(lambda: not any(status(r).active for r in runs), "both arms to end")
    visit(lab, f"{who}-not")
    assert found[-1][1] == [None, None]


def test_a_browser_is_left_no_id_of_an_account(
    visit: Visit, who: str, seen: list[tuple[str, ...]]
) -> None:
    page = visit(PLAY, who)
    account, _ = seen[-1]
    components = page.get("bidi_component")
    assert components, "what can write in the browser's storage"
    assert not any(account in str(component.proto) for component in components)
