"""Use a learner's file once, although the page is drawn many times."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from ssl_core.service import SandboxBusy

T = TypeVar("T")


def once_per_file(file: Any, use: Callable[[bytes], T], key: str = "decoded_file") -> T:
    """What ``use`` returns for a file; kept in the session until there is another file.

    Args:
        file: what Streamlit's upload, camera or microphone widget returned.
        use: makes a value of the file's bytes. Do not change the value.
        key: of the session state; the last file of each key is remembered.

    Raises:
        ValueError: from ``use``; raised again in later runs without another call.
        SandboxBusy: from ``use``; not kept, because a later attempt may succeed.
    """
    last = st.session_state.get(key)
    if last is None or last[0] != file.file_id:
        try:
            last = file.file_id, use(file.getvalue()), ""
        except SandboxBusy:
            raise
        except ValueError as error:
            last = file.file_id, None, str(error)
        st.session_state[key] = last
    _, value, problem = last
    if problem:
        raise ValueError(problem)
    return value  # type: ignore[no-any-return]
