"""Sign-in of operators: a form posts the key, and a signed cookie follows for an hour.

The cookie is a random number with a time and a signature. Its secret is Streamlit's cookie
secret and the key together, so that another key ends all sessions.
"""

import hashlib
import hmac
import logging
import secrets
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from itsdangerous import BadSignature, TimestampSigner
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route

from pages.shell import cookies, resources
from pages.shell.base_url import base_url_path

COOKIE = "operator"
LIFETIME_S = 3600
# Wrong keys a minute, of one address and of all. Behind a proxy that the server does not
# trust (FORWARDED_ALLOW_IPS), all have the proxy's address.
MAX_WRONG, MAX_WRONG_OF_ALL = 10, 100
MAX_FORM_BYTES = 4096
# The page's URL parameter that says why it shows the form again, and its values.
REASON = "sign_in"
WRONG, TOO_MANY, OLD_LINK = "wrong", "too-many", "old-link"

_wrong: deque[tuple[float, str]] = deque()  # time and address, oldest first
_signed_out: set[str] = set()  # until the server ends: each was signed with the key
log = logging.getLogger(__name__)


def is_enabled() -> bool:
    """Whether this server has an operators' page: whether a key is set."""
    return bool(resources.settings().operator_key)


def is_signed_in() -> bool:
    """Whether the visitor of this session has the cookie, and its hour is not over."""
    return _is_valid(st.context.cookies.get(COOKIE, ""))


async def _sign_in(request: Request) -> Response:
    """Compare the key in the form with the operators', and set the cookie."""
    if refusal := _refusal(request):
        return refusal
    sent = await _key_in_form(request)
    address = request.client.host if request.client else ""
    if not _may_try(address):
        return _to_page(TOO_MANY)
    key = resources.settings().operator_key
    # The comparison takes constant time, so that its duration reveals nothing of the key.
    if not hmac.compare_digest(sent.encode(), key.encode()):
        _wrong.append((time.monotonic(), address))
        log.warning("a wrong operators' key", extra={"event": "wrong_operator_key"})
        return _to_page(WRONG)
    value = _signer().sign(secrets.token_urlsafe(16)).decode()
    return _set_cookie(request, _to_page(), value, LIFETIME_S)


async def _sign_out(request: Request) -> Response:
    """Delete the cookie; it is not accepted any more in other tabs, either."""
    if refusal := _refusal(request):
        return refusal
    cookie = request.cookies.get(COOKIE, "")
    if _is_valid(cookie):
        _signed_out.add(cookie)
    return _set_cookie(request, _to_page(), "", 0)


async def _old_link(request: Request) -> Response:
    """Take the key out of the URL; a redirected URL is not in the browser's history."""
    return _to_page(OLD_LINK, path="operators")


class _LinkWithKey(Route):
    """Matches URLs with ``?key=`` only; Streamlit serves the page itself."""

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """Match the path, if the URL holds a key and the server has one."""
        has_key = "key" in QueryParams(scope.get("query_string", b""))
        return super().matches(scope) if has_key and is_enabled() else (Match.NONE, {})


_PAGE = f"{base_url_path()}/operators"
ROUTES = [
    Route(f"{_PAGE}/sign_in", _sign_in, methods=["POST"]),
    Route(f"{_PAGE}/sign_out", _sign_out, methods=["POST"]),
    _LinkWithKey(_PAGE, _old_link),
]


def _is_valid(cookie: str) -> bool:
    try:
        _signer().unsign(cookie, max_age=LIFETIME_S)
    except BadSignature:  # also of one that is too old
        return False
    return is_enabled() and cookie not in _signed_out


def _signer() -> TimestampSigner:
    secret = st.get_option("server.cookieSecret") + resources.settings().operator_key
    return TimestampSigner(secret, salt="operator", digest_method=hashlib.sha256)


def _refusal(request: Request) -> Response | None:
    """Refuse a form where there is no page, and one that another site's page has sent."""
    if not is_enabled():
        return Response(status_code=404)
    # Browsers say which site a form comes from; older ones, and all without HTTPS, give
    # its origin instead.
    site = request.headers.get("sec-fetch-site")
    _, _, origin = request.headers.get("origin", "").partition("://")
    same_host = origin != "" and origin == request.headers.get("host")
    own = site == "same-origin" if site else same_host
    return None if own else Response("Another site sent this form.", 403)


async def _key_in_form(request: Request) -> str:
    """The key in the body; "" if the body is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("key", [""])[0]


def _may_try(address: str) -> bool:
    """Whether a minute has passed since too many wrong keys."""
    while _wrong and _wrong[0][0] < time.monotonic() - 60:
        _wrong.popleft()
    of_address = sum(other == address for _, other in _wrong)
    return of_address < MAX_WRONG and len(_wrong) < MAX_WRONG_OF_ALL


def _to_page(reason: str = "", path: str = "../operators") -> Response:
    """Redirect to the page.

    Args:
        reason: why it shows the form again.
        path: of the page, relative: a proxy may have cut a prefix off the URL.
    """
    url = f"{path}?{REASON}={reason}" if reason else path
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})


def _set_cookie(
    request: Request, response: Response, value: str, max_age_s: int
) -> Response:
    https = cookies.is_https(request.scope)
    header = cookies.set_cookie(
        COOKIE, value, max_age_s=max_age_s, same_site="Strict", https=https
    )
    response.headers.append("Set-Cookie", header)
    return response
