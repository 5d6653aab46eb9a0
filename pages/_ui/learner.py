"""Who is looking: an unguessable id in a cookie, so that a refresh finds the run again."""

import re
import secrets

import streamlit as st

COOKIE = "ssl_learner"
_PATTERN = re.compile(r"[A-Za-z0-9_-]{22}")

_keep = st.components.v2.component(
    "ssl_learner_cookie",
    html="<span></span>",
    js="""
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    `${data.name}=${data.value}; path=/; max-age=31536000; SameSite=Lax${secure}`;
}
""",
)


def ident() -> str:
    """The learner's id: from this session, else from the cookie, else a new one."""
    if "learner" not in st.session_state:
        cookie = st.context.cookies.get(COOKIE, "")
        known = _PATTERN.fullmatch(cookie) is not None
        st.session_state.learner = cookie if known else secrets.token_urlsafe(16)
    return str(st.session_state.learner)


def remember() -> None:
    """Leave the id with the browser; draws nothing that can be seen."""
    _keep(data={"name": COOKIE, "value": ident()}, key="learner_cookie", height=1)
