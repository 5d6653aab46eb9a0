"""What an operator meets: health, safe headers, the operators' page, the log."""

import asyncio
import json
import logging
import sys
import time
import tomllib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import streamlit as st
from asgi import Answer, ask, get
from itsdangerous import TimestampSigner
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from pages.shell import connections, health, logs, operator_session, resources
from ssl_core.service import ServiceHealth

KEY = "a-key-that-is-long-enough"
WELL = ServiceHealth(
    workers=2,
    warm=1,
    failed_starts=0,
    supervised=True,
    training=1,
    waiting=3,
    runs=5,
    memory_mb=[800.0, 790.0],
    disk_free_mb=5_000.0,
    writable=True,
    errors=["2026-11-25T20:00:00Z a worker ended (signal 9)"],
    uptime_seconds=12.5,
    median_duration_s=60.0,
    root="/somewhere/private",
    backend="local",
)
SetEnv = Callable[..., None]


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetEnv]:
    """Sets an operator's variables for one test."""

    def choose(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"CONTRASTIVE_{name.upper()}", value)
        resources.settings.clear()

    yield choose
    monkeypatch.undo()
    resources.settings.clear()


# --- health ----------------------------------------------------------------------------


def test_the_health_of_a_real_service_is_json() -> None:
    reply = get("/health", health.ROUTE)
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    told = json.loads(reply.body)
    assert told["status"] in ("ok", "starting")
    assert told["workers"]["wanted"] >= 1
    assert told["uptime_seconds"] >= 0


def test_health_shows_no_path_error_or_key(operator: SetEnv) -> None:
    operator(operator_key=KEY)
    told = health.HealthReport.of(WELL).body
    assert set(told) == {
        *("status", "workers", "training", "waiting", "version", "uptime_seconds")
    }
    assert told["workers"] == {"warm": 1, "wanted": 2}
    assert not any(w in json.dumps(told) for w in ("private", "signal", KEY))


@pytest.mark.parametrize(
    ("change", "status", "well"),
    [
        ({}, "ok", True),
        ({"warm": 0}, "starting", True),
        ({"failed_starts": 3, "warm": 0}, "degraded", False),  # no worker starts
        ({"failed_starts": 1}, "degraded", True),  # one of two does not start
        ({"supervised": False}, "degraded", False),
        ({"writable": False}, "degraded", False),
        ({"disk_free_mb": 3.0}, "degraded", False),
    ],
)
def test_health_is_bad_where_no_run_can_train(
    change: dict[str, Any], status: str, well: bool
) -> None:
    found = health.HealthReport.of(replace(WELL, **change))
    assert (found.body["status"], found.healthy) == (status, well)


def test_a_service_without_its_folder_answers_503(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone() -> None:
        raise FileNotFoundError

    monkeypatch.setattr(resources, "service", gone)
    reply = get("/health", health.ROUTE)
    assert (reply.status, json.loads(reply.body)["status"]) == (503, "degraded")


# --- headers ---------------------------------------------------------------------------


async def page(request: Any) -> PlainTextResponse:
    return PlainTextResponse("hello", headers={"Referrer-Policy": "no-referrer"})


def test_every_answer_forbids_sniffing_and_foreign_frames() -> None:
    for path in ("/page", "/there-is-no-such-page"):
        headers = get(path, Route("/page", page)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert "object-src 'none'" in headers["content-security-policy"]


def test_headers_that_a_route_sets_are_kept() -> None:
    headers = get("/page", Route("/page", page)).headers
    assert headers["referrer-policy"] == "no-referrer"


def test_an_operator_lets_a_school_frame_the_app(operator: SetEnv) -> None:
    operator(frame_ancestors="'self' https://moodle.example.org")
    headers = get("/page", Route("/page", page)).headers
    policy = headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://moodle.example.org")


def test_streamlit_s_own_protections_are_on() -> None:
    config = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    server = tomllib.loads(config.read_text(encoding="utf-8"))["server"]
    assert server["enableXsrfProtection"] and server["enableCORS"]
    assert server["maxUploadSize"] <= 200 and server["maxMessageSize"] <= 50
    # Doors that are shut by default.
    assert not server.keys() & {"enableStaticServing", "enableAgentApi"}


# --- the operators' page ---------------------------------------------------------------

PAGE = "pages/60_operators.py"
NO_PAGE = "Could not find a navigation page"
OWN_SITE = {"Host": "app.example.org", "Origin": "https://app.example.org"}


@pytest.fixture
def operators(
    alone: Any, operator: SetEnv, monkeypatch: pytest.MonkeyPatch
) -> Iterator["Operators"]:
    """A server with a key, nobody has tried to sign in yet."""
    operator(operator_key=KEY, idle_timeout_contended_s="77")
    monkeypatch.setattr(operator_session, "_wrong", deque())
    yield Operators(alone, monkeypatch)


@dataclass
class Operators:
    """Posts forms, and opens the page in a session with some cookies."""

    alone: Any
    patch: pytest.MonkeyPatch

    def post(self, form: str, body: str = "", **about: Any) -> Answer:
        headers = about.pop("headers", OWN_SITE)
        path, content = f"/operators/{form}", body.encode()
        routes = operator_session.ROUTES
        return ask(path, routes, method="POST", headers=headers, body=content, **about)

    def sign_in(self, key: str = KEY, **about: Any) -> Answer:
        return self.post("sign_in", urlencode({"key": key}), **about)

    def cookie(self) -> str:
        """The cookie of somebody who has just signed in."""
        (header,) = self.sign_in().cookies
        return header.partition(";")[0].removeprefix("operator=")

    def page(self, cookie: str = "", **link: str) -> Any:
        self.send(cookie)
        shown = self.alone("pages/router.py", **link)
        shown = shown.switch_page(Path(PAGE).name).run()
        assert not shown.exception and shown.title[0].value == "Operators"
        return shown

    def send(self, cookie: str) -> None:
        """Send a cookie with the web socket, of which the simulator has none."""
        cookies = property(lambda self: {"operator": cookie})
        self.patch.setattr(type(st.context), "cookies", cookies)


def asks_for_the_key(shown: Any) -> bool:
    """Whether a page shows the form, and nothing of the server's state."""
    forms = [
        html.proto.body for html in shown.get("html") if "<form" in html.proto.body
    ]
    assert len(forms) == 1
    assert bool(shown.metric) == bool(shown.dataframe) == ("sign_out" in forms[0])
    return "sign_in" in forms[0] and 'type="password"' in forms[0]


def test_the_page_shows_the_server_s_state(operators: Operators) -> None:
    shown = operators.page(operators.cookie())
    told = {m.label: m.value for m in shown.metric}
    report = resources.service().report()
    assert told["Training"] == f"{report.training} of {report.workers}"
    assert told["Waiting"] == f"{report.waiting} of 40"
    prose = "\n".join(m.value for m in shown.main.markdown)
    assert report.root in prose and "MB of its disk are free" in prose
    memory, settings = (d.value for d in shown.dataframe)
    assert list(memory["process"])[:2] == ["Web server", "Worker 1"]
    assert "CONTRASTIVE_IDLE_TIMEOUT_CONTENDED_S" in set(settings["setting"])
    assert KEY not in prose and KEY not in settings.to_string()
    assert not asks_for_the_key(shown)


def test_the_key_is_followed_by_a_cookie_of_an_hour(operators: Operators) -> None:
    answer = operators.sign_in()
    assert (answer.status, answer.headers["location"]) == (303, "../operators")
    (cookie,) = answer.cookies
    assert cookie.endswith("; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict")
    assert KEY not in cookie and answer.headers["cache-control"] == "no-store"
    secure = operators.sign_in(headers=OWN_SITE | {"X-Forwarded-Proto": "https"})
    assert secure.cookies[0].endswith("SameSite=Strict; Secure")


@pytest.mark.parametrize("key", ["", KEY[:-1], f"{KEY} ", "é", "x" * 5000])
def test_a_wrong_key_opens_nothing(operators: Operators, key: str) -> None:
    answer = operators.sign_in(key)
    assert answer.headers["location"] == "../operators?sign_in=wrong"
    assert not answer.cookies
    shown = operators.page(sign_in="wrong")
    assert asks_for_the_key(shown) and shown.error[0].value.startswith(
        "The key is wrong."
    )


def test_a_cookie_that_this_key_has_not_signed_opens_nothing(
    operators: Operators, operator: SetEnv
) -> None:
    good = operators.cookie()
    stamp = good.split(".")[1]
    forged = TimestampSigner(KEY, salt="operator").sign("x").decode()
    for cookie in ("", "x", good[:-1], f"x{good}", good.replace(stamp, "z"), forged):
        assert asks_for_the_key(operators.page(cookie)), cookie
    operator(operator_key="another-key-of-some-length")
    assert asks_for_the_key(operators.page(good)), "another key ends all sessions"


def test_after_an_hour_an_open_page_asks_for_the_key_again(
    operators: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = operators.page(operators.cookie())
    assert not asks_for_the_key(shown.run())
    in_an_hour = time.time() + operator_session.LIFETIME_S + 1
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: int(in_an_hour))
    assert asks_for_the_key(shown.run())


def test_signing_out_ends_the_session_in_every_tab(operators: Operators) -> None:
    cookie, other = operators.cookie(), operators.cookie()
    tab = operators.page(cookie)
    headers = OWN_SITE | {"Cookie": f"operator={cookie}"}
    answer = operators.post("sign_out", headers=headers)
    assert (answer.status, answer.headers["location"]) == (303, "../operators")
    assert answer.cookies == ["operator=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"]
    assert asks_for_the_key(tab.run())
    assert not asks_for_the_key(operators.page(other)), "another operator goes on"


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        (OWN_SITE, True),
        (
            {"Host": "app.example.org:8501", "Origin": "http://app.example.org:8501"},
            True,
        ),
        ({"Sec-Fetch-Site": "cross-site", **OWN_SITE}, False),
        ({"Sec-Fetch-Site": "same-site", **OWN_SITE}, False),
        ({"Host": "app.example.org", "Origin": "https://evil.example"}, False),
        ({"Host": "app.example.org", "Origin": "null"}, False),
        ({"Host": "app.example.org", "Origin": "https://[app.example.org"}, False),
        ({"Host": "", "Origin": ""}, False),
        ({}, False),
    ],
)
def test_a_form_of_another_site_is_refused(
    operators: Operators, headers: dict[str, str], accepted: bool
) -> None:
    for form, body in (("sign_in", urlencode({"key": KEY})), ("sign_out", "")):
        answer = operators.post(form, body, headers=headers)
        assert answer.status == (303 if accepted else 403)
        assert bool(answer.cookies) == accepted


def test_guesses_are_limited_by_the_minute(
    operators: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(operator_session.MAX_WRONG):
        assert operators.sign_in("guess").headers["location"].endswith("=wrong")
    late = operators.sign_in()
    assert late.headers["location"] == "../operators?sign_in=too-many"
    assert not late.cookies, "a guess that is right may not stand out"
    assert operators.sign_in(address="192.0.2.2").cookies, "nobody locks others out"
    shown = operators.page(sign_in="too-many")
    assert "Try again in a minute." in shown.error[0].value
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert operators.sign_in().cookies


def test_guesses_from_many_addresses_are_limited_too(operators: Operators) -> None:
    for number in range(operator_session.MAX_WRONG_OF_ALL):
        operators.sign_in("guess", address=f"198.51.100.{number}")
    assert not operators.sign_in(address="192.0.2.2").cookies


def test_a_link_with_the_key_shows_the_form_and_loses_the_key(
    operators: Operators,
) -> None:
    answer = get(f"/operators?embed=true&key={KEY}", *operator_session.ROUTES)
    assert (answer.status, answer.headers["location"]) == (
        303,
        "operators?sign_in=old-link",
    )
    shown = operators.page(sign_in="old-link")
    assert asks_for_the_key(shown)
    assert "A link no longer opens this page" in shown.error[0].value
    assert asks_for_the_key(operators.page(key=KEY))


def test_a_server_without_a_key_has_no_such_page(alone: Any) -> None:
    with pytest.raises(ValueError, match=NO_PAGE):
        alone("pages/router.py").switch_page(Path(PAGE).name).run()
    routes = operator_session.ROUTES
    for form in ("sign_in", "sign_out"):
        path, body = f"/operators/{form}", b"key="
        answer = ask(path, routes, method="POST", headers=OWN_SITE, body=body)
        assert (answer.status, answer.cookies) == (404, [])
    assert get("/operators?key=guess", *routes).status == 404


def test_errors_are_listed_newest_first() -> None:
    def script() -> None:
        from pages.features import operators

        operators.draw_errors(["first", "second"])
        operators.draw_errors([])

    shown = AppTest.from_function(script).run()
    assert shown.markdown[0].value == "- `second`\n- `first`"
    assert "None since" in shown.caption[0].value


@pytest.mark.parametrize(
    ("kind", "path", "counted"),
    [
        ("websocket", "/_stcore/stream", 1),
        ("websocket", "/name/_stcore/stream", 1),
        ("websocket", "/elsewhere", 0),
        ("http", "/_stcore/stream", 0),
    ],
)
def test_a_visit_counts_while_its_browser_is_connected(
    kind: str, path: str, counted: int
) -> None:
    during: list[int] = []

    async def served(scope: Any, receive: Any, send: Any) -> None:
        during.append(connections.count())
        raise ConnectionResetError  # as when a browser goes away

    counter = connections.ConnectionCounter(served)
    with pytest.raises(ConnectionResetError):
        asyncio.run(counter({"type": kind, "path": path}, None, None))
    assert (during, connections.count()) == ([counted], 0)


# --- the log ---------------------------------------------------------------------------


def line(record: logging.LogRecord, formatter: logging.Formatter) -> str:
    text = formatter.format(record)
    assert "\n" not in text
    return text


def record(message: str, *arguments: Any, **extra: Any) -> logging.LogRecord:
    about = {"name": "ssl_core.service", "levelname": "INFO", "levelno": logging.INFO}
    made = logging.makeLogRecord(about | {"msg": message, "args": arguments} | extra)
    made.created = 0.0
    return made


def test_a_json_line_holds_the_message_and_its_fields() -> None:
    made = record("run %s", "ended", event="run_ended", state="finished", seconds=3.5)
    assert json.loads(line(made, logs.JsonFormatter())) == {
        "time": "1970-01-01T00:00:00.000Z",
        "level": "info",
        "logger": "ssl_core.service",
        "message": "run ended",
        "event": "run_ended",
        "state": "finished",
        "seconds": 3.5,
    }


def test_a_text_line_holds_the_same() -> None:
    made = record("run ended", event="run_ended", state="finished")
    told = "1970-01-01T00:00:00.000Z INFO run ended event=run_ended state=finished"
    assert line(made, logs.TextFormatter()) == told


@pytest.mark.parametrize("formatter", [logs.JsonFormatter(), logs.TextFormatter()])
def test_the_log_names_no_learner_and_no_file(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("grandma.png cannot be read")
    except ValueError:
        trouble = sys.exc_info()
    made = record(
        "training\nfailed",
        owner="learner-7",
        file="grandma.png",
        address="192.0.2.7",
        exc_info=trouble,
    )
    told = line(made, formatter)
    assert "training failed" in told
    assert "ValueError" in told and "test_hosting.py" in told  # where to look
    assert not any(w in told for w in ("learner-7", "grandma", "192.0.2.7"))


@pytest.fixture
def loggers() -> Iterator[logging.Logger]:
    """One of the web server's loggers; all are as before afterwards."""
    names = [*logs.OWN_LOGGERS, "streamlit.someone"]
    found = [logging.getLogger(name) for name in names]
    before = [(logger, logger.handlers[:], logger.level) for logger in found]
    others = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    formatters = [(h, h.formatter) for logger in others for h in logger.handlers]
    yield found[-1]
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
    for handler, formatter in formatters:
        handler.setFormatter(formatter)


def test_set_up_twice_writes_once(
    loggers: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("json")
    logs.set_up("json")
    logging.getLogger("ssl_core.service").info("run ended", extra={"state": "failed"})
    (told,) = capsys.readouterr().err.splitlines()
    assert json.loads(told)["state"] == "failed"


@pytest.mark.parametrize(("log_format", "is_json"), [("json", True), ("text", False)])
def test_json_is_also_what_the_web_server_writes(
    loggers: logging.Logger,
    log_format: str,
    is_json: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    loggers.handlers[:] = [logging.StreamHandler(sys.stderr)]
    logs.set_up(log_format)
    loggers.warning("a slow page")
    told = capsys.readouterr().err.strip()
    assert (json.loads(told)["message"] if is_json else told) == "a slow page"
