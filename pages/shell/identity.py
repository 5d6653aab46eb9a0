"""Ids of learners: a random one in a cookie, and one of the account after sign-in.

The cookie lets a learner find the run again after a refresh. The account's id is the same on
every device. Neither id says who the learner is.
"""

import re
import secrets

import streamlit as st

from pages.shell import components
from ssl_core.quiz import accounts

COOKIE_NAME = "ssl_learner"
_COOKIE_PATTERN = re.compile(r"[A-Za-z0-9_-]{22}")

_mount = components.declare("ssl_learner_cookie", "cookie")


def user_id() -> str:
    """The account's id of a signed-in learner, otherwise this browser's id."""
    return user_ids()[0]


def user_ids() -> tuple[str, ...]:
    """All ids of the learner: runs from before the sign-in stay theirs."""
    account = account_key()
    browser = _browser_id()
    return (account_id("runs", account), browser) if account else (browser,)


def account_key() -> str | None:
    """The key of a signed-in learner's account, None for everybody else."""
    issuer, subject = st.user.get("iss"), st.user.get("sub")
    if not (st.user.get("is_logged_in") and issuer and subject):
        return None
    return accounts.key(str(issuer), str(subject))


def account_id(purpose: str, account: str) -> str:
    """An id of an account that only this server can compute.

    Args:
        purpose: accounts have another id for each purpose.
        account: from :func:`account_key`.
    """
    return accounts.ident(st.secrets["auth"]["cookie_secret"], purpose, account)


def _browser_id() -> str:
    """This browser's id: from the session, else from the cookie, else a new one."""
    if "learner" not in st.session_state:
        cookie = st.context.cookies.get(COOKIE_NAME, "")
        valid = _COOKIE_PATTERN.fullmatch(cookie) is not None
        st.session_state.learner = cookie if valid else secrets.token_urlsafe(16)
    return str(st.session_state.learner)


def set_cookie() -> None:
    """Store the browser's id in a cookie; the component is invisible.

    The account's id is never stored: the next user of the browser would get it.
    """
    data = {"name": COOKIE_NAME, "value": _browser_id()}
    _mount(data=data, key="learner_cookie", height=1)
