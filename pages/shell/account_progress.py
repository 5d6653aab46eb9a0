"""Progress of a signed-in learner, synchronised with the server's progress database."""

import time
from importlib.util import find_spec

import streamlit as st
from streamlit.errors import StreamlitAuthError

from pages.shell import identity, resources
from ssl_core.quiz import accounts
from ssl_core.quiz.progress import Progress
from ssl_core.quiz.progress_store import StoreUnavailable
from ssl_core.quiz.serialization import Unreadable

SYNC_INTERVAL_SECONDS = 60.0  # another device may have written after this time
# Session keys: progress of the last sync, its time, and why the last attempt failed.
_SYNCED, _SYNCED_AT, _ERROR = "account_progress", "account_synced_at", "account_error"
# Session keys: the account's rows that cannot be read, and when the learner discarded them.
_UNREADABLE, _DISCARDED_AT = "account_unreadable", "account_discarded_at"
# st.login needs both packages; Authlib accepts either HTTP client.
_REQUIRED_PACKAGES = (("authlib",), ("httpx", "httpx2"))


def can_sign_in() -> bool:
    """Whether this server offers sign-in and the learner is not signed in."""
    return "is_logged_in" in st.user and not identity.account_key()


def sync(progress: Progress) -> Progress:
    """Merge the visit's progress with the account's, and store the result in the database.

    Args:
        progress: of this visit.

    Returns:
        The merged progress. It is ``progress`` itself without an account, while the
        database does not answer, and if the last sync was less than
        :data:`SYNC_INTERVAL_SECONDS` ago and nothing has changed since.
    """
    state, key = st.session_state, identity.account_key()
    if key is None:
        return progress
    synced: Progress | None = state.get(_SYNCED)
    age = time.monotonic() - state.get(_SYNCED_AT, 0.0)
    if progress is synced and age < SYNC_INTERVAL_SECONDS:
        return progress
    try:
        merged, state[_UNREADABLE] = resources.progress_database().join(
            key, progress, state.get(_DISCARDED_AT, 0)
        )
    except (StoreUnavailable, ValueError) as error:
        _report(error)
        return progress
    state.pop(_ERROR, None)
    state[_SYNCED], state[_SYNCED_AT] = merged, time.monotonic()
    return merged


def merge_browser_copy(progress: Progress, copy: Progress, owner_tag: str) -> Progress:
    """Merge the browser's copy into the visit's progress.

    Args:
        progress: of this visit.
        copy: what the browser has stored.
        owner_tag: what the browser has stored with it, from :func:`owner_tag`.
    """
    key = identity.account_key()
    if key is None:
        return progress.merged(copy)
    return accounts.taken(progress, copy, owner_tag, _browser_account_id(key))


def is_of_another(owner_tag: str) -> bool:
    """Whether a browser's copy belongs to an account that is not the learner's."""
    key, owner = identity.account_key(), accounts.owner(owner_tag)
    return bool(key and owner and owner != _browser_account_id(key))


def unreadable() -> tuple[Unreadable, ...]:
    """What the account holds and this version of the app cannot read."""
    if identity.account_key() is None:
        return ()
    found: tuple[Unreadable, ...] = st.session_state.get(_UNREADABLE, ())
    return found


def discard_unreadable(now: int) -> None:
    """Delete what the account holds and this version of the app cannot read.

    Args:
        now: Unix seconds; what is written to the account later is kept.
    """
    st.session_state[_DISCARDED_AT] = now + 1
    st.session_state.pop(_SYNCED, None)  # the next sync must not wait


def owner_tag(progress: Progress) -> str:
    """The tag that the browser stores with its copy; "" without an account."""
    key = identity.account_key()
    if key is None:
        return ""
    synced = _ERROR not in st.session_state
    return accounts.mark(_browser_account_id(key), progress, synced)


def draw() -> None:
    """Draw the sign-in buttons, or the account and *Sign out*.

    Nothing is drawn if this server offers no sign-in.
    """
    if identity.account_key():
        _draw_account()
    elif can_sign_in():
        st.markdown(
            "**Sign in** if you want your answers and your newest run on another device, "
            "too. Everything here works without."
        )
        with st.container(horizontal=True):
            for provider, label in _providers().items():
                key = f"sign_in_{provider}"
                st.button(
                    label,
                    icon=":material/login:",
                    key=key,
                    on_click=_sign_in,
                    args=(provider,),
                )


def _draw_account() -> None:
    name = st.user.get("name") or st.user.get("preferred_username") or ""
    st.text(f"You are signed in as {str(name)[:60]}." if name else "You are signed in.")
    if error := st.session_state.get(_ERROR):
        st.warning(error, icon=":material/cloud_off:")
    st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)
    st.caption(
        "On a computer that others use, switch off below what this browser keeps before "
        "you sign out: its copy stays."
    )


def _sign_in(provider: str) -> None:
    missing = [
        packages[0]
        for packages in _REQUIRED_PACKAGES
        if not any(map(find_spec, packages))
    ]
    if missing:
        st.error(
            f"Nobody can sign in: this server lacks {' and '.join(missing)}, which "
            "requirements-accounts.txt names. Everything works without.",
            icon=":material/error:",
        )
        return
    try:
        st.login(provider)
    except StreamlitAuthError as error:
        st.error(
            f"Nobody can sign in, this server's settings are not complete: {error}",
            icon=":material/error:",
        )


def _providers() -> dict[str, str]:
    """Name -> button label of each identity provider in the operator's settings."""
    auth = st.secrets.get("auth", {})
    names = [
        name
        for name, value in auth.items()
        if hasattr(value, "keys") and name != "client_kwargs"
    ]
    labels = {"default": "Sign in"} if "client_id" in auth or not names else {}
    return labels | {n: f"Sign in with {n}" for n in names if n != "default"}


def _report(error: Exception) -> None:
    """Show a new error once as a toast, and keep it for the page."""
    sentence = (
        f"Your answers do not reach your account at the moment: {error}. You can "
        "go on; they are in this visit, and the server tries again as you do."
    )
    if st.session_state.get(_ERROR) != sentence:
        st.toast(sentence, icon=":material/cloud_off:")
    st.session_state[_ERROR] = sentence


def _browser_account_id(key: str) -> str:
    return identity.account_id("browser", key)
