"""The learner's own data: one zip file per learner, which only the worker decodes."""

import hashlib
from pathlib import Path

import streamlit as st

from pages.shell import identity, resources
from ssl_core.checkpoints.files import write_whole
from ssl_core.data import medium_of
from ssl_core.service.retention import UPLOADS
from ssl_core.service.run_files import disk_error


def draw() -> None:
    """Draw the upload widget and its result."""
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
        saved_path = str(save("images", file.getvalue()))
    except ValueError as error:
        st.error(f"{error}.", icon=":material/block:")
        return
    if saved_path != path():
        # Read once per upload: a zip's table of contents may be long.
        st.session_state.upload_medium = medium_of(saved_path)
        st.session_state.upload_path = saved_path


def save(kind: str, content: bytes) -> Path:
    """Save an upload to disk; it replaces the learner's previous one of this kind.

    Args:
        kind: "images" or "checkpoint".
        content: of the zip file; its hash becomes the file name.

    Returns:
        Path of the file.

    Raises:
        ValueError: if the file cannot be written.
    """
    folder = resources.service().root / UPLOADS / identity.user_id() / kind
    target = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.zip"
    try:
        if target.exists():
            target.touch()  # expiry counts from the last use
            return target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.zip"):
            old.unlink()
        write_whole(target, content)
        resources.service().expire_uploads()
    except OSError as error:
        raise ValueError(disk_error("this upload", error)) from None
    return target


def medium() -> str:
    """Medium of the learner's last upload, "pictures" before there is one."""
    return str(st.session_state.get("upload_medium", "pictures"))


def path() -> str | None:
    """Path of the learner's last upload, None before there is one."""
    return st.session_state.get("upload_path")
