"""The cookie with the learner's id, which every HTML page sets before a script runs.

Every new id gets a cookie name of its own. Two tabs that a new learner opens at once get two
ids; under one name, the second answer would overwrite the id with which the first tab may
have started a run. So both stay, and :func:`learner_id` reads the one that came first, in
every tab. The next page deletes the other.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection

from pages.shell import cookies, resources

PREFIX = "learner_"
OLD_NAME = "ssl_learner"  # a script set it; its value goes on under the new name
MAX_AGE_S = 365 * 86_400
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def new_id() -> str:
    """A random id of 128 bits."""
    return secrets.token_urlsafe(16)


def learner_id(sent: Mapping[str, str]) -> str | None:
    """The learner's id in a browser's cookies, None without a valid one.

    Args:
        sent: name -> value, in the order of the ``Cookie`` header. Browsers send the
            cookie first that they got first.
    """
    return next(iter(_ids(sent).values()), None)


class LearnerCookie:
    """ASGI middleware that sets or renews the cookie with every HTML page."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and add the cookie if its response is a page."""

        async def send_with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start" and _is_page(scope, message):
                headers = MutableHeaders(scope=message)
                for cookie in _set_cookies(scope):
                    headers.append("Set-Cookie", cookie)
                # A cache that several people share must not give them one id.
                headers["Cache-Control"] = "private, no-cache"
            await send(message)

        is_http = scope["type"] == "http"
        await self.app(scope, receive, send_with_cookie if is_http else send)


def _is_page(scope: Any, message: Any) -> bool:
    """Whether a browser asked for an HTML page, and gets it or has a current copy.

    Streamlit answers with HTML where an icon was asked for, too.
    """
    if "text/html" not in HTTPConnection(scope).headers.get("accept", ""):
        return False
    kind = MutableHeaders(scope=message).get("content-type", "")
    return message["status"] == 304 or kind.startswith("text/html")


def _set_cookies(scope: Any) -> Iterator[str]:
    sent = HTTPConnection(scope).cookies
    ids, learner = _ids(sent), learner_id(sent) or new_id()
    kept = next((name for name in ids if name != OLD_NAME), PREFIX + learner[:8])
    https = cookies.is_https(scope)
    same_site: cookies.SameSite = "None" if https and _is_framed() else "Lax"
    yield cookies.set_cookie(
        kept, learner, max_age_s=MAX_AGE_S, same_site=same_site, https=https
    )
    for name in sent:
        if name != kept and name.startswith(PREFIX):
            yield cookies.set_cookie(
                name, "", max_age_s=0, same_site=same_site, https=https
            )
    if OLD_NAME in sent:
        yield cookies.set_cookie(
            OLD_NAME, "", max_age_s=0, same_site="Lax", https=https, path="/"
        )


def _ids(sent: Mapping[str, str]) -> dict[str, str]:
    """Cookie name -> id of the valid ones; the old name is the last."""
    names = [name for name in sent if name.startswith(PREFIX)] + [OLD_NAME]
    return {n: sent[n] for n in names if _ID.fullmatch(sent.get(n, ""))}


def _is_framed() -> bool:
    """Whether other sites may show the app in a frame, where no Lax cookie is sent."""
    allowed = resources.settings().frame_ancestors.split()
    return not {"'self'", "'none'"}.issuperset(allowed)
