"""The router: it sets up the page, the menu and the sidebar, and runs the page."""

import streamlit as st

from pages.shell import learner_progress, menu, operator_session, startup, url_params
from pages.shell.paths import ASSETS


def main() -> None:
    """Draw the page of the URL; every script run begins here."""
    st.set_page_config(
        page_title="Contrastive learning, live",
        page_icon=str(ASSETS / "icon.png"),
        layout="wide",
    )
    pages_by_section = {
        section: [
            st.Page(f"{file}.py", title=title, icon=f":material/{icon}:")
            for file, title, icon in entries
        ]
        for section, entries in menu.SECTIONS.items()
    }
    if operator_session.is_enabled():  # no menu shows it: operators know its URL
        pages_by_section[""].append(
            st.Page("60_operators.py", title="Operators", visibility="hidden")
        )
    page = st.navigation(pages_by_section, position="top")
    url_params.begin_page(page.url_path)
    try:
        if page.url_path in menu.WITH_SIDEBAR:
            from pages.features.playground import sidebar  # imports torch

            sidebar.draw()
        page.run()
    except Exception:  # not Streamlit's request to rerun: the next run ends as usual
        _end_run()
        raise
    _end_run()


def _end_run() -> None:
    """Do what comes last, also after an error of the page."""
    learner_progress.mount()
    startup.warm_up()


main()
