"""The router: page set-up, navigation, and the sidebar of the pages that train with it."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.starlette import App

from pages._ui import cache, components, feed, headers, health, operators
from pages._ui.quiz import store
from pages._ui.recorded import replay
from pages._ui.sound import hearing

# Section -> pages as (file, title, Material symbol), in the order of the menu.
SECTIONS = {
    "": [
        ("00_welcome", "Welcome", "waving_hand"),
        ("01_playground", "Playground", "play_circle"),
    ],
    "Learn": [
        ("30_lesson_positive_pairs", "Positive pairs", "link"),
        ("31_lesson_composition", "Composing augmentations", "layers"),
        ("32_lesson_info_nce", "InfoNCE by hand", "function"),
        ("33_lesson_negatives", "Negatives and batch size", "group_remove"),
        ("34_lesson_temperature", "Temperature", "thermometer"),
        ("35_lesson_without_negatives", "Without negatives", "hub"),
        ("36_lesson_representations", "Reading representations", "query_stats"),
        ("37_lesson_meaning", "Augmentation is meaning", "translate"),
    ],
    "Look inside": [
        ("02_augmentations", "Augmentations", "auto_fix"),
        ("10_loss_by_hand", "The loss by hand", "pan_tool"),
        ("11_matrix_inspector", "Matrix inspector", "grid_on"),
    ],
    "Labs": [
        ("20_shortcuts", "Augmentations and shortcuts", "palette"),
        ("21_negatives", "Negatives, batch and queue", "groups"),
        ("22_temperature", "Temperature", "device_thermostat"),
        ("23_collapse", "Collapse", "compress"),
        ("24_features", "What features keep", "inventory_2"),
        ("25_reading_the_map", "Reading the map", "map"),
        ("26_sound", "Sound", "graphic_eq"),
    ],
    "Quiz": [
        ("50_quiz", "Quiz", "quiz"),
        ("51_your_progress", "Your progress", "insights"),
        ("52_for_teachers", "For teachers", "school"),
    ],
}
# The pages whose runs its knobs steer; all others bring their own few, or none.
WITH_SIDEBAR = {"playground", "augmentations"}


def main() -> None:
    """Draw the page that was asked for; a script run begins here."""
    st.set_page_config(
        page_title="Contrastive learning, live",
        page_icon=str(Path(__file__).parent / "assets" / "icon.png"),
        layout="wide",
        # Train asks it to close, where it would cover the page.
        initial_sidebar_state=st.session_state.get("sidebar_state", "auto"),
    )
    menu = {
        section: [
            st.Page(f"pages/{file}.py", title=title, icon=f":material/{icon}:")
            for file, title, icon in pages
        ]
        for section, pages in SECTIONS.items()
    }
    if operators.invited():  # for everybody else there is no such page
        menu[""].append(
            st.Page("pages/60_operators.py", title="Operators", visibility="hidden")
        )
    page = st.navigation(menu, position="top")
    if page.url_path in WITH_SIDEBAR:
        from pages._ui import sidebar  # knows all methods, and with them torch

        sidebar.draw()
    page.run()
    store.mount()
    cache.warm()


if __name__ == "__main__":
    main()
else:  # the web server imports this file once, and asks for its routes
    app = App(
        __file__,
        routes=[
            *(feed.ROUTE, health.ROUTE, replay.ROUTE, hearing.ROUTE),
            components.ROUTE,
        ],
        middleware=[Middleware(headers.SafeHeaders)],
        lifespan=cache.serving,
    )
