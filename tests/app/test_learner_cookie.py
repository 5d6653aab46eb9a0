"""The cookie by which the app finds a learner again: what a browser is told to keep.

A real browser keeps it in tests/browser/test_cookies_page.py.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from asgi import ask
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from pages.shell import learner_cookie, resources

ID, OTHER = "A" * 22, "b" * 22
FRAMED = "'self' https://moodle.example.org"
PROXIED = {"X-Forwarded-Proto": "https"}
FOR_A_PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"
FOR_AN_ICON = "image/avif,image/webp,image/svg+xml,*/*;q=0.8"


async def page(request: Any) -> Response:
    return HTMLResponse("<title>hello</title>", headers={"Cache-Control": "no-cache"})


async def unchanged(request: Any) -> Response:
    return Response(status_code=304)


async def script(request: Any) -> Response:
    return Response("let a = 1;", media_type="text/javascript")


async def data(request: Any) -> Response:
    return JSONResponse({})


ROUTES = [
    Route("/page", page),
    Route("/unchanged", unchanged),
    Route("/script.js", script),
    Route("/data", data),
]
MIDDLEWARE = [Middleware(learner_cookie.LearnerCookie)]


def told(
    path: str = "/page", sent: str = "", scheme: str = "http", **headers: str
) -> dict[str, tuple[str, str]]:
    """What a browser that sends these cookies is told to keep, as name -> (value, rest)."""
    headers = {"Accept": FOR_A_PAGE} | headers | ({"Cookie": sent} if sent else {})
    answer = ask(path, ROUTES, MIDDLEWARE, headers=headers, scheme=scheme)
    found = [cookie.partition("; ") for cookie in answer.cookies]
    pairs = [(pair.partition("="), rest) for pair, _, rest in found]
    assert len({name for (name, _, _), _ in pairs}) == len(pairs), "no name twice"
    return {name: (value, rest) for (name, _, value), rest in pairs}


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets an operator's variables for one test."""

    def choose(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"CONTRASTIVE_{name.upper()}", value)
        resources.settings.clear()

    yield choose
    monkeypatch.undo()
    resources.settings.clear()


def test_a_new_learner_gets_a_random_id_that_no_script_can_read() -> None:
    first, second = told(), told()
    ((name, (value, rest)),) = first.items()
    assert re.fullmatch(r"[\w-]{22}", value)
    assert rest == "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    assert first.keys() != second.keys(), "two tabs at once overwrite nothing"
    assert not name.startswith("ssl_")


def test_a_known_learner_s_cookie_is_renewed() -> None:
    assert told(sent=f"other=1; learner_A={ID}") == {
        "learner_A": (ID, "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
    }


def test_the_old_cookie_s_id_goes_on_and_the_old_cookie_goes() -> None:
    kept = told(sent=f"ssl_learner={ID}")
    (name,) = kept.keys() - {"ssl_learner"}
    assert kept[name][0] == ID and "Max-Age=31536000" in kept[name][1]
    assert kept["ssl_learner"] == ("", "Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    assert told(sent=f"ssl_learner={ID}").keys() == kept.keys(), "also in two tabs"
    assert told(sent=f"ssl_learner={OTHER}; learner_A={ID}") == {
        "learner_A": (ID, "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"),
        "ssl_learner": ("", "Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    }


def test_of_two_ids_the_one_that_came_first_stays() -> None:
    kept = told(sent=f"learner_b={OTHER}; learner_A={ID}")
    assert kept["learner_b"][0] == OTHER and "Max-Age=31536000" in kept["learner_b"][1]
    assert kept["learner_A"] == ("", "Path=/; Max-Age=0; HttpOnly; SameSite=Lax")


@pytest.mark.parametrize(
    "forged", ["", "short", "A" * 23, "A" * 21 + ".", "A" * 21 + "é", f'"{ID}"x']
)
def test_an_id_of_another_form_is_replaced(forged: str) -> None:
    for name in ("learner_A", "ssl_learner"):
        kept = told(sent=f"{name}={forged}")
        values = {value for value, rest in kept.values() if "Max-Age=0" not in rest}
        (value,) = values
        assert re.fullmatch(r"[\w-]{22}", value, re.A) and value != forged
        assert learner_cookie.learner_id({name: forged}) is None


@pytest.mark.parametrize(
    ("scheme", "headers", "secure"),
    [
        ("http", {}, False),
        ("https", {}, True),
        ("http", PROXIED, True),
        ("http", {"X-Forwarded-Proto": "HTTPS, http"}, True),
        ("http", {"X-Forwarded-Proto": "http, https"}, False),
    ],
)
def test_over_https_the_cookie_is_secure_also_behind_a_proxy(
    scheme: str, headers: dict[str, str], secure: bool
) -> None:
    ((_, rest),) = told(scheme=scheme, **headers).values()
    assert rest.endswith("SameSite=Lax; Secure" if secure else "SameSite=Lax")


@pytest.mark.parametrize(
    ("sites", "headers", "end"),
    [
        (FRAMED, PROXIED, "SameSite=None; Secure; Partitioned"),
        ("*", PROXIED, "SameSite=None; Secure; Partitioned"),
        (FRAMED, {}, "SameSite=Lax"),  # browsers refuse None without Secure
        ("'none'", PROXIED, "SameSite=Lax; Secure"),
    ],
)
def test_in_a_frame_of_another_site_the_cookie_is_sent_over_https(
    setting: Callable[..., None], sites: str, headers: dict[str, str], end: str
) -> None:
    setting(frame_ancestors=sites)
    ((_, rest),) = told(**headers).values()
    assert rest.endswith(f"HttpOnly; {end}")


def test_the_cookie_is_for_the_base_url_only() -> None:
    before = st.get_option("server.baseUrlPath")
    st.config.set_option("server.baseUrlPath", "/class/")
    try:
        kept = told(sent=f"ssl_learner={ID}")
    finally:
        st.config.set_option("server.baseUrlPath", before)
    assert kept.pop("ssl_learner")[1].startswith("Path=/; "), "where the old one was"
    ((_, rest),) = kept.values()
    assert rest.startswith("Path=/class; ")


def test_only_pages_set_it() -> None:
    for path in ("/script.js", "/data", "/there-is-none"):
        assert told(path, f"ssl_learner={ID}") == {}
    # A page that the browser has already.
    assert told("/unchanged", f"ssl_learner={ID}")
    # An answer to another question may come after the browser has deleted its cookies.
    for path in ("/page", "/unchanged"):
        assert told(path, f"ssl_learner={ID}", Accept=FOR_AN_ICON) == {}


def test_no_cache_of_several_people_keeps_a_page_with_an_id() -> None:
    for path, private in (("/page", True), ("/script.js", False)):
        sent = {"Accept": FOR_A_PAGE}
        headers = ask(path, ROUTES, MIDDLEWARE, headers=sent).headers
        assert ("private" in headers.get("cache-control", "")) == private


def _show_id() -> None:
    import streamlit as st

    from pages.shell import identity

    st.text(identity.user_id())


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The first script run, which shows the learner's id, with these cookies."""

    def begin(**sent: str) -> AppTest:
        send(monkeypatch, sent)
        return AppTest.from_function(_show_id).run()

    return begin


def send(monkeypatch: pytest.MonkeyPatch, sent: dict[str, str]) -> None:
    """Send cookies with the web socket, of which the simulator has none."""
    monkeypatch.setattr(type(st.context), "cookies", property(lambda self: sent))


def shown(session: AppTest) -> str:
    return str(session.text[0].value)


def test_a_session_takes_the_browser_s_id(session: Callable[..., AppTest]) -> None:
    assert shown(session(other="1", learner_A=ID)) == ID
    assert shown(session(learner_b=OTHER, learner_A=ID)) == OTHER
    # The page was opened before the server was upgraded.
    assert shown(session(ssl_learner=ID)) == ID
    assert shown(session(ssl_learner=OTHER, learner_A=ID)) == ID


def test_a_session_keeps_its_id_when_the_browser_gets_another(
    session: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in (session(learner_A=ID), session()):
        own = shown(first)
        send(monkeypatch, {"learner_b": OTHER})
        assert shown(first.run()) == own != OTHER


def test_a_browser_without_valid_cookies_has_an_id_for_the_session(
    session: Callable[..., AppTest],
) -> None:
    ids = [shown(session()), shown(session()), shown(session(learner_A="forged"))]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[\w-]{22}", one) for one in ids)
