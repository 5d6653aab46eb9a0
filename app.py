"""The router: page set-up, navigation and the sidebar that every page shares."""

from pathlib import Path

import streamlit as st

from pages._ui import cache, runs, sidebar

st.set_page_config(
    page_title="Contrastive learning, live",
    page_icon=str(Path(__file__).parent / "assets" / "icon.png"),
    layout="wide",
    initial_sidebar_state=runs.sidebar_state(),
)

PAGES = [
    st.Page("pages/00_welcome.py", title="Welcome", icon=":material/waving_hand:"),
    st.Page(
        "pages/01_playground.py", title="Playground", icon=":material/play_circle:"
    ),
    st.Page(
        "pages/02_augmentations.py", title="Augmentations", icon=":material/auto_fix:"
    ),
]

cache.service()  # started with the first page, so that its workers are warm by the click
page = st.navigation(PAGES)
sidebar.draw()
page.run()
