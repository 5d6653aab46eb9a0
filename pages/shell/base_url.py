"""URL prefix of the server's own routes."""

import streamlit as st


def base_url_path() -> str:
    """The path that all URLs of this server begin with: "" or "/name"."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""
