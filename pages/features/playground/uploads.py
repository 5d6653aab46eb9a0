"""The learner's own data: kept as one zip per learner, decoded only in the worker."""

import hashlib
from pathlib import Path

import streamlit as st

from pages.shell import identity, resources
from ssl_core.checkpoints.files import write_whole
from ssl_core.data import medium_of
from ssl_core.service.expiry import UPLOADS
from ssl_core.service.store import refused


def draw() -> None:
    """The upload widget, and what became of it."""
    file = st.file_uploader(
        "A zip of images or of sounds",
        type="zip",
        key="upload_zip",
        help="One folder a class, or no folders at all. Files that are neither are "
        "named and skipped. Nothing leaves this server.",
    )
    if file is None:
        st.caption("One folder a class, or just files. At least four of them.")
        return
    try:
        mine = str(kept("images", file.getvalue()))
    except ValueError as refusal:
        st.error(f"{refusal}.", icon=":material/block:")
        return
    if mine != path():
        # Looked up once: a zip's table of contents may be long.
        st.session_state.upload_medium = medium_of(mine)
        st.session_state.upload_path = mine


def kept(kind: str, content: bytes) -> Path:
    """Keep a learner's upload on disk, one of a kind; its name is a hash, never theirs.

    Raises:
        ValueError: one sentence, if the disk refuses.
    """
    folder = resources.service().root / UPLOADS / identity.user_id() / kind
    target = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.zip"
    try:
        if target.exists():
            target.touch()  # it is not old: it was used today
            return target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.zip"):
            old.unlink()
        write_whole(target, content)
        resources.service().expire_uploads()
    except OSError as problem:
        raise ValueError(refused("this upload", problem)) from None
    return target


def medium() -> str:
    """What the learner's last upload holds, "pictures" before there is one."""
    return str(st.session_state.get("upload_medium", "pictures"))


def path() -> str | None:
    """Where the learner's last upload lies, None before there is one."""
    return st.session_state.get("upload_path")
