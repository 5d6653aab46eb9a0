"""Where the server's own routes begin."""

import streamlit as st


def base_url_path() -> str:
    """The path that every address of this server begins with: empty, or "/name"."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""
