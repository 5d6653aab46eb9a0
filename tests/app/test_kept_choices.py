"""Choices last for the visit: on other pages, and beside a run that trains."""

import ast
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import resources
from tests.polling import START_LIMIT_S, wait_until

PAGES = Path(__file__).parents[2] / "pages"
PLAYGROUND, LESSON = "01_playground.py", "30_lesson_positive_pairs.py"
# Widgets with a choice. A file cannot be kept: the browser has it.
CHOICES = {
    *("checkbox", "toggle", "radio", "selectbox", "multiselect", "pills"),
    *("segmented_control", "slider", "select_slider", "number_input"),
    *("color_picker", "date_input", "time_input"),
}
# Drawn with the value that is kept elsewhere: (file, key).
KEPT_ELSEWHERE = {
    ("exam.py", "key"),  # in the exam
    ("storage_settings.py", "key"),  # in the visit's settings
    ("pager.py", "f'{key}_picker'"),  # in the set's index
    ("self_grading.py", "f'{key}_idea_{i}'"),  # in the answer
}
BUTTONS = {"button", "form_submit_button", "download_button"}


def open_page(shown: AppTest, page: str, **link: str) -> AppTest:
    """Open another page of the visit; a browser drops the last page's parameters."""
    shown.switch_page(page)
    shown.query_params.clear()
    shown.query_params.update(link)
    shown.run()
    assert not shown.exception
    return shown


def test_method_and_knobs_survive_a_lesson(routed: Any) -> None:
    shown = routed(PLAYGROUND)
    shown.selectbox(key="method").set_value("byol").run()
    shown.select_slider(key="batch_size").set_value(128)
    shown.selectbox(key="data").set_value("voices").run()
    open_page(shown, LESSON)
    open_page(shown, PLAYGROUND)
    assert shown.selectbox(key="method").value == "byol"
    assert shown.selectbox(key="data").value == "voices"
    assert shown.select_slider(key="batch_size").value == 128
    assert shown.query_params["method"] == "byol"
    shown.run()
    assert shown.selectbox(key="method").value == "byol"


def test_nothing_waits_after_a_lesson(routed: Any) -> None:
    shown = routed(PLAYGROUND, batch_size="16")
    shown.selectbox(key="method").set_value("byol").run()
    shown.button(key="main_train").click().run()
    run = shown.session_state["run"]
    try:
        open_page(shown, LESSON)
        open_page(shown, PLAYGROUND)
        shown.run()
        assert waiting(shown) == ""
        assert resources.service().status(run).config["method"] == "byol"
    finally:
        resources.service().stop(run)


def test_a_lab_keeps_its_case_and_its_seed(routed: Any) -> None:
    shown = routed("23_collapse.py")
    shown.selectbox(key="case_collapse").set_value("byol").run()
    shown.number_input(key="seed_collapse").set_value(5).run()
    open_page(shown, "22_temperature.py")
    assert shown.selectbox(key="case_temperature").value == "high", "another lab"
    assert shown.number_input(key="seed_temperature").value == 0
    open_page(shown, "23_collapse.py")
    assert shown.selectbox(key="case_collapse").value == "byol"
    assert shown.number_input(key="seed_collapse").value == 5
    assert (shown.query_params["case"], shown.query_params["seed"]) == ("byol", "5")


@pytest.mark.slow
def test_a_link_sets_what_was_chosen_before_and_later_choices_count(
    routed: Any,
) -> None:
    shown = routed("23_collapse.py")
    shown.selectbox(key="case_collapse").set_value("byol").run()
    open_page(shown, LESSON)
    open_page(shown, "23_collapse.py", case="predictor", seed="9")
    assert shown.selectbox(key="case_collapse").value == "predictor"
    assert shown.number_input(key="seed_collapse").value == 9
    shown.selectbox(key="case_collapse").set_value("stop-gradient").run()
    shown.run()
    assert shown.selectbox(key="case_collapse").value == "stop-gradient"
    open_page(shown, PLAYGROUND, method="moco")
    shown.selectbox(key="method").set_value("vicreg").run()
    open_page(shown, LESSON)
    open_page(shown, PLAYGROUND, method="byol", batch_size="32")
    assert shown.selectbox(key="method").value == "byol"
    assert shown.select_slider(key="batch_size").value == 32


@pytest.mark.slow
def test_a_link_to_other_data_sets_the_views_that_it_names(routed: Any) -> None:
    shown = routed(PLAYGROUND, data="voices")
    shown.selectbox(key="data").set_value("shapes").run()
    open_page(shown, LESSON)
    open_page(shown, PLAYGROUND, data="voices", gain="false")
    assert shown.selectbox(key="data").value == "voices"
    assert shown.checkbox(key="gain").value is False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "kind", "key", "value"),
    [
        ("00_welcome.py", "slider", "pair_angle", 90),
        ("02_augmentations.py", "button_group", "picture", "Flower"),
        ("02_augmentations.py", "selectbox", "source_of", "hue"),
        ("11_matrix_inspector.py", "selectbox", "matrix_row", "2a"),
        ("52_for_teachers.py", "toggle", "preview_all", True),
    ],
)
def test_a_choice_survives_another_page(
    routed: Any, page: str, kind: str, key: str, value: Any
) -> None:
    shown = routed(page)
    widget(shown, kind, key).set_value(value).run()
    open_page(shown, LESSON)
    open_page(shown, page)
    assert widget(shown, kind, key).value == value


def widget(shown: AppTest, kind: str, key: str) -> Any:
    if kind == "button_group":
        return shown.segmented_control(key=key)
    return getattr(shown, kind)(key=key)


# --- knobs beside a run -------------------------------------------------------------


def waiting(shown: AppTest) -> str:
    """What waits for the next start."""
    return " ".join(i.value for i in shown.info if "waiting for" in i.value)


@pytest.mark.slow
def test_a_knob_that_is_moved_back_waits_no_longer(routed: Any) -> None:
    shown = routed(PLAYGROUND, batch_size="16")
    shown.button(key="main_train").click().run()
    service, run = resources.service(), shown.session_state["run"]
    try:
        shown.number_input(key="seed").set_value(32).run()
        assert "start: seed. Press **Reset** to start over with it" in waiting(shown)
        shown.number_input(key="seed").set_value(0).run()
        assert waiting(shown) == ""
        shown.selectbox(key="method").set_value("byol").run()
        assert "start: method. Press" in waiting(shown), "its own knobs were not moved"
        shown.select_slider(key="learning_rate").set_value(0.01).run()
        assert (
            "start: learning rate, method. Press **Reset** to start over with them"
            in (waiting(shown))
        )
        assert service.status(run).config["learning_rate"] != 0.01
        shown.selectbox(key="method").set_value("simclr").run()
        assert waiting(shown) == "", "the run takes the moved knob now"
        wait_until(
            lambda: service.status(run).config["learning_rate"] == 0.01,
            "the learning rate",
            START_LIMIT_S,
        )
    finally:
        service.stop(run)


@pytest.mark.slow
def test_a_new_run_has_every_knob(routed: Any) -> None:
    shown = routed(PLAYGROUND, batch_size="16")
    shown.button(key="main_train").click().run()
    try:
        shown.selectbox(key="method").set_value("byol").run()
        assert waiting(shown)
        shown.button(key="main_reset").click().run()
        assert waiting(shown) == ""
        run = shown.session_state["run"]
        assert resources.service().status(run).config["method"] == "byol"
    finally:
        resources.service().stop(shown.session_state["run"])


# --- every page ---------------------------------------------------------------------


def calls(method_names: set[str]) -> Any:
    """Calls of these functions of Streamlit in the pages: (file, node, its statement)."""
    for path in sorted(PAGES.rglob("*.py")):
        for statement in ast.walk(ast.parse(path.read_text())):
            for child in ast.iter_child_nodes(statement):
                if (
                    isinstance(child, ast.Call)
                    and isinstance(child.func, ast.Attribute)
                    and child.func.attr in method_names
                ):
                    yield path, child, statement


def test_every_choice_is_kept_when_its_widget_is_not_drawn() -> None:
    count = 0
    for path, call, _ in calls(CHOICES):
        options = {k.arg: k.value for k in call.keywords}
        if "key" not in options:  # draw_knob has it, and bind, in its options
            assert path.name == "knobs.py" or None in options, (path, call.lineno)
            continue
        count += 1
        kept = {"persist_state", "bind"} & options.keys()
        known = (path.name, ast.unparse(options["key"])) in KEPT_ELSEWHERE
        assert kept or known, f"{path}:{call.lineno} forgets its choice"
    assert count > 20


def test_no_page_uses_the_value_of_a_button() -> None:
    """Another click would take it away before the page reads it; a callback runs."""
    count = 0
    for path, call, statement in calls(BUTTONS):
        count += 1
        assert isinstance(statement, ast.Expr), f"{path}:{call.lineno}"
    assert count > 20


def test_no_page_stops_the_script() -> None:
    """After ``st.stop`` the router can store nothing: every later element stops as well."""
    assert [f"{p}:{c.lineno}" for p, c, _ in calls({"stop"}) if _is_st(c)] == []


def _is_st(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "st"
