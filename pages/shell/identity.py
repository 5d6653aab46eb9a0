"""Who is looking: an unguessable id in a cookie, so that a refresh finds the run again.

Who signs in has an id on every device. Neither tells who they are.
"""

import re
import secrets

import streamlit as st

from pages.shell import components
from ssl_core.quiz import accounts

COOKIE_NAME = "ssl_learner"
_PATTERN = re.compile(r"[A-Za-z0-9_-]{22}")

_keep = components.declare("ssl_learner_cookie", "cookie")


def user_id() -> str:
    """The learner's id: of who signed in, else of this browser."""
    return user_ids()[0]


def user_ids() -> tuple[str, ...]:
    """All ids of the learner: what was begun before signing in stays theirs."""
    account = account_key()
    return (account_id("runs", account), _own()) if account else (_own(),)


def account_key() -> str | None:
    """The key of a signed-in learner's account, None for everybody else."""
    issuer, subject = st.user.get("iss"), st.user.get("sub")
    if not (st.user.get("is_logged_in") and issuer and subject):
        return None
    return accounts.key(str(issuer), str(subject))


def account_id(purpose: str, account: str) -> str:
    """An id of an account that only this server can make."""
    return accounts.ident(st.secrets["auth"]["cookie_secret"], purpose, account)


def _own() -> str:
    """This browser's id: from this session, else from the cookie, else a new one."""
    if "learner" not in st.session_state:
        cookie = st.context.cookies.get(COOKIE_NAME, "")
        known = _PATTERN.fullmatch(cookie) is not None
        st.session_state.learner = cookie if known else secrets.token_urlsafe(16)
    return str(st.session_state.learner)


def set_cookie() -> None:
    """Leave the browser its own id; draws nothing that can be seen.

    An account's id never gets there: whoever uses the browser next would have it.
    """
    _keep(data={"name": COOKIE_NAME, "value": _own()}, key="learner_cookie", height=1)
