"""URL parameters: bad values get one sentence, which lasts as long as its cause."""

import pytest
from streamlit.testing.v1 import AppTest

KEYS = {"seed": "seed_lab"}  # of widgets, where they are not the parameter


def page() -> AppTest:
    """A page with parameters of each kind."""

    def script() -> None:
        import streamlit as st

        from pages.shell import url_params
        from pages.widgets.knobs import SliderParam, draw_knob
        from ssl_core.knobs import Knob

        st.session_state.setdefault("page", "one")
        url_params.begin_page(st.session_state.page)
        size = Knob(64, low=2, high=4096, log=True, shown=(2, 512))
        params = {
            "size": SliderParam(size),
            "rate": Knob(0.5, low=0.0, high=1.0),
            "kind": Knob("a", choices=("a", "b")),
            "on": Knob(True),
            "step": SliderParam(
                Knob(3e-3, low=0.0, high=1.0, log=True, shown=(1e-5, 1))
            ),
        }
        url_params.check(params)
        # A number whose widget has another key, as the seed of a lab.
        seed = Knob(0, low=0, high=9999)
        url_params.check({"seed": seed}, {"seed": "seed_lab"})
        first = url_params.initial_value("seed", seed, "seed_lab")
        st.number_input("Seed", 0, 9999, first, key="seed_lab")
        for name, param in params.items():
            draw_knob(name, param.knob if isinstance(param, SliderParam) else param)

    return AppTest.from_function(script, default_timeout=20)


@pytest.mark.parametrize(
    ("name", "text", "sentence", "value"),
    [
        ("size", "3", "size is 3; this page allows 2, 4, 8", 64),
        ("size", "1024", "size is 1024; this page allows 2 to 512", 64),
        ("size", "1e400", "size is '1e400'; allowed is", 64),
        ("size", "9" * 5000, "size is '999", 64),
        ("size", "²", "size is '²'; allowed is", 64),
        ("size", "", "size is ''; allowed is", 64),
        ("rate", "nan", "rate is nan; allowed is", 0.5),
        ("rate", "2", "rate is 2; allowed is", 0.5),
        ("kind", "c", "kind is 'c'; allowed are a, b", "a"),
        ("on", "perhaps", "on is 'perhaps'; allowed is true or false", True),
        ("seed", "-3", "seed is -3; allowed is", 0),
        ("seed", "x", "seed is 'x'; allowed is", 0),
        ("seed", "10000", "seed is 10000; allowed is at least 0 and at most 9999", 0),
        ("seed", "²", "seed is '²'; allowed is", 0),
        ("seed", "9" * 5000, "seed is '9999", 0),
        ("seed", "1.5", "seed is '1.5'; allowed is", 0),
        ("seed", "inf", "seed is 'inf'; allowed is", 0),
        ("seed", "1e999", "seed is '1e999'; allowed is", 0),
    ],
)
def test_a_bad_value_gets_one_sentence_and_the_default(
    name: str, text: str, sentence: str, value: object
) -> None:
    shown = page()
    shown.query_params[name] = text
    shown.run()
    assert not shown.exception
    assert [sentence in w.value for w in shown.warning] == [True]
    assert shown.session_state[KEYS.get(name, name)] == value
    assert name not in shown.query_params
    assert len(shown.warning[0].value) < 200


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", "128", 128),
        ("size", "1.28e2", 128),
        ("rate", "0.25", 0.25),
        ("rate", "2.5e-1", 0.25),
        ("step", "0.01", 0.01),
        ("step", "1e-2", 0.01),
        ("step", "0.010", 0.01),
        ("step", "1e-5", 1e-5),
        ("kind", "b", "b"),
        ("on", "false", False),
        ("on", "FALSE", False),
        ("on", "off", False),
        ("on", "0", False),
        ("on", "no", False),
        ("on", "yes", True),
        ("seed", "12", 12),
        ("seed", "1e3", 1000),
    ],
)
def test_a_good_value_is_taken(name: str, text: str, value: object) -> None:
    shown = page()
    shown.query_params[name] = text
    shown.run()
    assert not shown.exception and not shown.warning
    assert shown.session_state[KEYS.get(name, name)] == value


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("size", "1.28e2", "128"),
        ("step", "1e-2", "0.01"),
        ("step", "0.00001", "1e-05"),
        ("on", "off", "false"),
    ],
)
def test_the_address_has_the_text_of_the_widget(
    name: str, text: str, written: str
) -> None:
    shown = page()
    shown.query_params[name] = text
    shown.run()
    assert shown.query_params[name] == written


def test_a_complaint_stays_until_its_parameter_is_set() -> None:
    shown = page()
    shown.query_params["size"], shown.query_params["kind"] = "3", "c"
    shown.run()
    assert len(shown.warning) == 2
    shown.run()
    assert len(shown.warning) == 2, "another script run is no reason to forget it"
    shown.selectbox(key="kind").set_value("b").run()
    assert ["size is 3" in w.value for w in shown.warning] == [True]
    shown.selectbox(key="kind").set_value("a").run()
    assert ["size is 3" in w.value for w in shown.warning] == [True]


def test_a_complaint_ends_with_its_page() -> None:
    shown = page()
    shown.query_params["size"] = "3"
    shown.run()
    assert len(shown.warning) == 1
    shown.session_state["page"] = "two"
    shown.run()
    assert not shown.warning


def test_a_link_writes_no_markup() -> None:
    shown = page()
    shown.query_params["kind"] = "**[x](http://a.b)** www.c.d"
    shown.run()
    said = shown.warning[0].value
    assert r"\*\*\[x\]" in said and "http://" not in said and "www." not in said


def test_a_link_writes_no_emphasis_and_no_icon() -> None:
    shown = page()
    shown.query_params["kind"] = "__a_b__ :material/star: :tada: https://c.d"
    shown.run()
    said = shown.warning[0].value
    assert r"'\_\_a_b\_\_ " in said, "a_b is no emphasis"
    assert ":material" not in said and ":tada" not in said
    assert said.replace("\u2060", "").count("https://c.d") == 1
