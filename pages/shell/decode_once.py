"""Decode a learner's file once, although the page is drawn many times."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from ssl_core.service import SandboxBusy


def decode_once(file: Any, decode: Callable[[bytes], np.ndarray]) -> np.ndarray:
    """The content of a file; result or error of the last file is kept in the session.

    Args:
        file: what Streamlit's upload, camera or microphone widget returned.
        decode: makes an array of the file's bytes. Do not change the array.

    Raises:
        ValueError: from ``decode``; raised again in later runs without another call.
        SandboxBusy: from ``decode``; not kept, because a later attempt may succeed.
    """
    last = st.session_state.get("decoded_file")
    if last is None or last[0] != file.file_id:
        try:
            last = file.file_id, decode(file.getvalue()), ""
        except SandboxBusy:
            raise
        except ValueError as error:
            last = file.file_id, None, str(error)
        st.session_state.decoded_file = last
    _, array, problem = last
    if array is None:
        raise ValueError(problem)
    return array
