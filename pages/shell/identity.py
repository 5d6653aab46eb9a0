"""Ids of learners: a random one in a cookie, and one of the account after sign-in.

The cookie lets a learner find the run again after a refresh. The account's id is the same on
every device, and is never stored in a browser: its next user would get it. Neither id says who
the learner is.
"""

import streamlit as st

from pages.shell import learner_cookie
from ssl_core.quiz import accounts


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
    """This browser's id: from the session, else from the cookie, else a new one.

    A browser that keeps no cookies has a new one in every session.
    """
    if "learner" not in st.session_state:
        known = learner_cookie.learner_id(st.context.cookies)
        st.session_state.learner = known or learner_cookie.new_id()
    return str(st.session_state.learner)
