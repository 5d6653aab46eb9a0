"""The router: page set-up, navigation and the sidebar that every page shares."""

from pathlib import Path

import streamlit as st
from streamlit.starlette import App

from pages._ui import cache, feed, runs, sidebar


def main() -> None:
    """Draw the page that was asked for; a script run begins here."""
    st.set_page_config(
        page_title="Contrastive learning, live",
        page_icon=str(Path(__file__).parent / "assets" / "icon.png"),
        layout="wide",
        initial_sidebar_state=runs.sidebar_state(),
    )
    pages = [
        st.Page("pages/00_welcome.py", title="Welcome", icon=":material/waving_hand:"),
        st.Page(
            "pages/01_playground.py", title="Playground", icon=":material/play_circle:"
        ),
        st.Page(
            "pages/02_augmentations.py",
            title="Augmentations",
            icon=":material/auto_fix:",
        ),
    ]
    page = st.navigation(pages)
    sidebar.draw()
    page.run()


if __name__ == "__main__":
    main()
else:  # the web server imports this file once, and asks for its routes
    app = App(__file__, routes=[feed.ROUTE], lifespan=cache.serving)
