"""``Set-Cookie`` headers: what all cookies of the app have in common."""

from typing import Any, Literal

from starlette.datastructures import Headers

from pages.shell.base_url import base_url_path

SameSite = Literal["Strict", "Lax", "None"]


def is_https(scope: Any) -> bool:
    """Whether the browser's connection is encrypted.

    Behind a proxy that speaks TLS the app itself is asked over HTTP, and the proxy says so
    in ``X-Forwarded-Proto``. A forged header changes only the sender's own cookies.

    Args:
        scope: of an HTTP request (ASGI).
    """
    # Each proxy appends its own: the first item is about the browser.
    proxied, *_ = Headers(scope=scope).get("x-forwarded-proto", "").split(",")
    return (proxied.strip().lower() or scope.get("scheme")) == "https"


def set_cookie(
    name: str,
    value: str,
    *,
    max_age_s: int,
    same_site: SameSite,
    https: bool,
    path: str | None = None,
) -> str:
    """The header that sets a cookie which no script can read.

    Args:
        name: of the cookie.
        value: of the characters that a cookie may have; it is not quoted.
        max_age_s: how long the browser keeps it, in seconds; 0 deletes it.
        same_site: "None" allows other sites' frames. Each site has a cookie of its own
            there (``Partitioned``), so that no site finds out who visits another.
        https: whether the browser sends it over HTTPS only.
        path: below which the browser sends it; None is the app's base URL path.
    """
    parts = [
        f"{name}={value}",
        f"Path={path or base_url_path() or '/'}",
        f"Max-Age={max_age_s}",
        "HttpOnly",
        f"SameSite={same_site}",
    ]
    # http.cookies knows "Partitioned" from Python 3.14 on.
    parts += ["Secure"] * https + ["Partitioned"] * (same_site == "None")
    return "; ".join(parts)
