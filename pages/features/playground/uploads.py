"""The learner's own data: a zip file, which only the worker decodes."""

from pathlib import Path

import streamlit as st

from pages.shell import identity, resources
from pages.shell.once_per_file import once_per_file
from ssl_core.data import medium_of
from ssl_core.service.uploads import DELETED


def draw() -> None:
    """Draw the upload widget and its result."""
    file = st.file_uploader(
        "A zip of images or of sounds",
        type="zip",
        key="upload_zip",
        help="One folder a class, or no folders at all. Files that are neither are "
        "named and skipped. Nothing leaves this server.",
    )
    try:
        if file is not None:
            once_per_file(file, _save, key="saved_upload")
    except ValueError as error:
        st.error(f"{error}.", icon=":material/block:")
        return
    if path() is not None:
        if file is None:
            st.caption("Your last upload is still here; a new zip takes its place.")
    elif was_deleted():
        st.warning(f"{DELETED}.", icon=":material/delete:")
    else:
        st.caption("One folder a class, or just files. At least four of them.")


def path() -> str | None:
    """Path of the upload that the learner trains on, None without one.

    It is the last one of this visit, else the one that the learner used last, perhaps
    before signing in.
    """
    if "upload_path" not in st.session_state:
        store = resources.service().uploads
        found = store.latest(identity.user_ids(), "images")
        if found is None:
            return None
        _choose(found)
    return None if was_deleted() else str(st.session_state.upload_path)


def was_deleted() -> bool:
    """Whether the server has deleted the learner's upload since it was chosen."""
    chosen = st.session_state.get("upload_path")
    return chosen is not None and not Path(chosen).is_file()


def medium() -> str:
    """Medium of the learner's last upload, "pictures" before there is one."""
    path()  # it may be one of an earlier visit
    return str(st.session_state.get("upload_medium", "pictures"))


def _save(content: bytes) -> None:
    """Keep the content of the upload widget.

    Raises:
        ValueError: if the server cannot keep it.
    """
    _choose(resources.service().uploads.save(identity.user_id(), "images", content))


def _choose(upload: Path) -> None:
    # Read once per upload: a zip's table of contents may be long.
    st.session_state.upload_medium = medium_of(str(upload))
    st.session_state.upload_path = str(upload)
