"""A file that a learner gave to a page: opened once, however often the page is drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from ssl_core.service import NotNow


def decode_once(file: Any, opening: Callable[[bytes], np.ndarray]) -> np.ndarray:
    """What is in a file, or why it cannot be used; remembered for the last file only.

    Args:
        file: what an upload, a camera or a microphone gave.
        opening: makes an array of its content; do not edit the array.

    Raises:
        ValueError: the refusal of ``opening``, whose time and memory are not spent again.
    """
    last = st.session_state.get("opened_file")
    if last is None or last[0] != file.file_id:
        try:
            last = file.file_id, opening(file.getvalue()), ""
        except NotNow:
            raise
        except ValueError as refusal:
            last = file.file_id, None, str(refusal)
        st.session_state.opened_file = last
    _, found, reason = last
    if found is None:
        raise ValueError(reason)
    return found
