"""Progress of who has signed in: the server's ledger has it beside this visit."""

import time
from importlib.util import find_spec

import streamlit as st
from streamlit.errors import StreamlitAuthError

from pages.shell import identity, resources
from ssl_core.quiz import accounts
from ssl_core.quiz.ledger import LedgerDown
from ssl_core.quiz.progress import Progress

FRESH_SECONDS = 60.0  # after which another device may have written
_KNOWN, _AT, _TROUBLE = "account_known", "account_at", "account_trouble"
# By Streamlit's st.login; Authlib takes either of the two that it can ask with.
_NEEDED = (("authlib",), ("httpx", "httpx2"))


def can_sign_in() -> bool:
    """Whether this server lets learners sign in, and this one has not."""
    return "is_logged_in" in st.user and not identity.account_key()


def sync(own: Progress) -> Progress:
    """The visit's progress together with the account's, which the ledger has now, too.

    Without an account, and while the database does not answer, it is as it was.
    """
    state, key = st.session_state, identity.account_key()
    if key is None:
        return own
    known: Progress | None = state.get(_KNOWN)
    if own is known and time.monotonic() - state[_AT] < FRESH_SECONDS:
        return own
    try:
        both = resources.progress_database().join(
            key, own, known.forgotten if known else 0
        )
    except (LedgerDown, ValueError) as problem:
        _troubled(problem)
        return own
    state.pop(_TROUBLE, None)
    state[_KNOWN], state[_AT] = both, time.monotonic()
    return both


def merge_browser_copy(own: Progress, copy: Progress, marked: str) -> Progress:
    """The visit's progress with the browser's copy, beside which stood ``marked``."""
    key = identity.account_key()
    if key is None:
        return own.merged(copy)
    return accounts.taken(own, copy, marked, _tag(key))


def account_tag(own: Progress) -> str:
    """What the browser writes beside its copy, "" without an account."""
    key = identity.account_key()
    return accounts.mark(_tag(key), own) if key else ""


def draw() -> None:
    """Sign in, or who is signed in and the way out; nothing where none of it is on."""
    if identity.account_key():
        _signed_in()
    elif can_sign_in():
        st.markdown(
            "**Sign in** if you want your answers and your newest run on another device, "
            "too. Everything here works without."
        )
        with st.container(horizontal=True):
            for provider, label in _providers().items():
                key = f"sign_in_{provider}"
                if st.button(label, icon=":material/login:", key=key):
                    _sign_in(provider)


def _signed_in() -> None:
    name = st.user.get("name") or st.user.get("preferred_username") or ""
    st.text(f"You are signed in as {str(name)[:60]}." if name else "You are signed in.")
    if trouble := st.session_state.get(_TROUBLE):
        st.warning(trouble, icon=":material/cloud_off:")
    st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)
    st.caption(
        "On a computer that others use, switch off below what this browser keeps before "
        "you sign out: its copy stays."
    )


def _sign_in(provider: str) -> None:
    missing = [names[0] for names in _NEEDED if not any(map(find_spec, names))]
    if missing:
        st.error(
            f"Nobody can sign in: this server lacks {' and '.join(missing)}, which "
            "requirements-cluster.txt names. Everything works without.",
            icon=":material/error:",
        )
        return
    try:
        st.login(provider)
    except StreamlitAuthError as problem:
        st.error(
            f"Nobody can sign in, this server's settings are not complete: {problem}",
            icon=":material/error:",
        )


def _providers() -> dict[str, str]:
    """The names of the operator's providers, and what their buttons say."""
    auth = st.secrets.get("auth", {})
    named = [
        n
        for n, value in auth.items()
        if hasattr(value, "keys") and n != "client_kwargs"
    ]
    found = {"default": "Sign in"} if "client_id" in auth or not named else {}
    return found | {name: f"Sign in with {name}" for name in named if name != "default"}


def _troubled(problem: Exception) -> None:
    """Keep the trouble for the page, and say it once in a small note."""
    sentence = (
        f"What your account holds cannot be read: {problem}. It stays as it is; "
        "forgetting all your answers would begin it anew."
    )
    if isinstance(problem, LedgerDown):
        sentence = (
            f"Your answers do not reach your account at the moment: {problem}. You can "
            "go on; they are in this visit, and the server tries again as you do."
        )
    if st.session_state.get(_TROUBLE) != sentence:
        st.toast(sentence, icon=":material/cloud_off:")
    st.session_state[_TROUBLE] = sentence


def _tag(key: str) -> str:
    return identity.account_id("browser", key)
