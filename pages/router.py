"""The router: it sets up the page, the menu and the sidebar, and runs the page."""

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

from pages.features import operators
from pages.shell import identity, learner_progress, menu, startup, url_params
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
    if operators.is_admin():  # the page does not exist for others
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
    except RerunException:  # the next run draws what is missing
        raise
    except BaseException:  # an error of the page, or st.stop()
        _end_run()
        raise
    _end_run()


def _end_run() -> None:
    """Store what the page has changed; also after a page that did not end well."""
    identity.set_cookie()
    learner_progress.mount()
    startup.warm_up()


main()
