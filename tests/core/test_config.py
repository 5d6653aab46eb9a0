"""The config from which sliders, flags and links are derived, and what it refuses."""

import dataclasses
import json
import math
from typing import Any

import pytest

from ssl_core.augment import Policy
from ssl_core.config import RunConfig, all_knobs, as_policy
from ssl_core.data import default_views
from ssl_core.knobs import Knob, changed, check, knob, knobs_of
from ssl_core.methods import METHODS

LIVE = {"batch_size", "learning_rate", "weight_decay"}
FIXED = {"data", "method", "encoder", "seed", "device", "precision"}


# ---- A knob.


@dataclasses.dataclass(frozen=True)
class Example:
    count: int = knob(4, low=1, high=10)
    rate: float = knob(0.5, low=0.0, above=True, high=1.0)
    loud: bool = knob(True)
    kind: str = knob("a", choices=("a", "b"))
    name: str = knob("free")
    note: str = "no knob"

    def __post_init__(self) -> None:
        check(self)


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("count", "7", 7),
        ("count", 7.0, 7),
        ("count", "1e1", 10),
        ("rate", "0.25", 0.25),
        ("rate", 1, 1.0),
        ("loud", "off", False),
        ("loud", "True", True),
        ("loud", 1, True),
        ("kind", "b", "b"),
        ("name", "anything at all", "anything at all"),
    ],
)
def test_text_from_flags_and_links_becomes_the_knobs_type(
    name: str, given: Any, kept: Any
) -> None:
    value = getattr(Example(**{name: given}), name)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("count", 0, "at least 1 and at most 10"),
        ("count", 11, "at least 1 and at most 10"),
        ("count", 2.5, "at least 1"),
        ("count", "many", "at least 1"),
        ("count", True, "at least 1"),
        ("count", None, "at least 1"),
        ("count", math.nan, "at least 1"),
        ("count", math.inf, "at least 1"),
        ("rate", 0, "more than 0 and at most 1"),
        ("rate", -0.1, "more than 0"),
        ("rate", math.nan, "more than 0"),
        ("rate", "1,5", "more than 0"),
        ("rate", False, "more than 0"),
        ("rate", [0.5], "more than 0"),
        ("loud", "perhaps", "true or false"),
        ("loud", 2, "true or false"),
        ("kind", "c", "a, b"),
        ("kind", "", "a, b"),
        ("name", 3, "any text"),
    ],
)
def test_an_invalid_value_is_refused_naming_the_knob_and_what_is_allowed(
    name: str, given: Any, allowed: str
) -> None:
    with pytest.raises(ValueError, match=f"^{name} is ") as refusal:
        Example(**{name: given})
    assert allowed in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unbounded_knob_still_refuses_infinity() -> None:
    free = Knob(default=1.0)
    assert free.check("free", -1e30) == -1e30
    with pytest.raises(ValueError, match="free is inf"):
        free.check("free", math.inf)


def test_knobs_are_the_marked_fields_in_written_order() -> None:
    assert list(knobs_of(Example)) == ["count", "rate", "loud", "kind", "name"]
    assert knobs_of(Example()) == knobs_of(Example)


def test_changed_names_what_differs() -> None:
    assert list(changed(Example(), Example())) == []
    assert list(changed(Example(), Example(rate=0.1, kind="b"))) == ["rate", "kind"]


# ---- Every knob that a learner meets.


@pytest.mark.parametrize("method", METHODS)
def test_every_knob_can_be_shown(method: str) -> None:
    for name, one in all_knobs(method).items():
        assert one.label, name
        assert one.help.endswith("."), name
        assert one.check(name, one.default) == one.default
        if one.choices is None and isinstance(one.default, int | float):
            if isinstance(one.default, bool):
                continue
            assert one.low is not None, name
            assert one.high is not None, name
            low, high = getattr(one, "shown", None) or (one.low, one.high)
            assert one.low <= low < high <= one.high, name
            assert low <= one.default <= high or name == "seed", name


def test_what_may_change_mid_run() -> None:
    live = {n for n, one in knobs_of(RunConfig).items() if one.live}
    assert live == LIVE
    for method in ("simclr", "moco"):
        assert all_knobs(method)["temperature"].live
    for method in ("moco", "byol"):
        assert all_knobs(method)["ema_decay"].live
    assert not all_knobs("moco")["queue_length"].live


def test_method_knobs_do_not_shadow_the_runs_own() -> None:
    for kind in METHODS.values():
        assert not set(knobs_of(kind.Config)) & set(knobs_of(RunConfig))


# ---- A run.


def test_defaults_come_from_the_data_and_the_method() -> None:
    config = RunConfig()
    assert config.policy == Policy.of(default_views("shapes"))
    assert config.options == METHODS["simclr"].Config()
    assert RunConfig(method="moco").options == METHODS["moco"].Config()


@pytest.mark.parametrize("method", METHODS)
def test_flat_and_of_are_inverse_through_json(method: str) -> None:
    config = RunConfig.of(
        {
            "method": method,
            "batch_size": 64,
            "hidden_dim": 128,
            "augment": "crop:0.3,gray",
        }
    )
    flat = config.flat()
    assert flat["hidden_dim"] == 128
    assert flat["augment"] == {"crop": 0.3, "gray": 0.2}
    assert RunConfig.of(flat) == config
    assert RunConfig.of(json.loads(json.dumps(flat))) == config


def test_values_may_arrive_as_text() -> None:
    config = RunConfig.of(
        {"method": "byol", "seed": "3", "ema_decay": "0.5", "stop_gradient": "off"}
    )
    assert config.seed == 3
    assert config.options.ema_decay == 0.5  # type: ignore[union-attr]
    assert config.options.stop_gradient is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch_size": 1}, "batch_size is 1; allowed is at least 2"),
        ({"batch_size": "lots"}, "batch_size is 'lots'"),
        ({"learning_rate": 0}, "learning_rate is 0; allowed is more than 0"),
        ({"temperature": 0}, "temperature is 0; allowed is more than 0"),
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": "nan"}, "temperature is nan"),
        ({"method": "supervised"}, "method is 'supervised'; allowed are simclr, moco"),
        ({"method": 3}, "method is 3"),
        ({"encoder": "huge"}, "encoder is 'huge'; allowed are tiny"),
        ({"device": "tpu"}, "device is 'tpu'; allowed are auto, cpu"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**40}, "seed is 1099511627776; allowed is at least 0"),
        ({"colour": 3}, "colour is not a knob; allowed are data, method"),
        (
            {"ema_decay": 0.9},
            "ema_decay is not a knob of simclr; it belongs to moco, byol",
        ),
        ({"augment": "swirl"}, "'swirl' is unknown"),
        ({"augment": {"flip": 3}}, "flip strength is 3"),
    ],
)
def test_an_invalid_combination_is_refused(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        RunConfig.of(values)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_switches_of_another_method_are_refused() -> None:
    with pytest.raises(ValueError, match=r"MoCo\.Config; simclr takes SimCLR\.Config"):
        RunConfig(options=METHODS["moco"].Config())


def test_a_config_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().seed = 4  # type: ignore[misc]


def test_no_augmentation_at_all_is_allowed_and_stays() -> None:
    config = RunConfig.of({"augment": "none"})
    assert config.policy == Policy()
    assert RunConfig.of(config.flat()).policy == Policy()


def test_policies_come_as_text_mapping_or_by_default() -> None:
    policy = Policy.of({"flip": 0.3})
    assert as_policy(policy, "shapes") is policy
    assert as_policy({"flip": 0.3}, "shapes") == policy
    assert as_policy("flip:0.3", "shapes") == policy
    assert as_policy(" default ", "shapes") == Policy.of(default_views("shapes"))
    assert as_policy("default", "photos.zip") == Policy.of(default_views("photos.zip"))


# ---- Changes while it runs.


def test_live_knobs_change_and_nothing_else_does() -> None:
    before = RunConfig.of({"method": "moco", "seed": 5, "augment": "crop"})
    after = before.adjusted(
        {"batch_size": 32, "temperature": 0.5, "ema_decay": 0.9, "augment": "flip,gray"}
    )
    assert (after.batch_size, after.seed) == (32, 5)
    assert list(changed(before.options, after.options)) == ["temperature", "ema_decay"]
    assert list(after.policy.strengths) == ["flip", "gray"]  # type: ignore[union-attr]
    assert before.batch_size == 64, "the old config is as it was"
    assert before.adjusted({}) == before


@pytest.mark.parametrize(
    "name", [*sorted(FIXED), "queue_length", "hidden_dim", "head_norm"]
)
def test_what_cannot_change_mid_run_is_refused_by_name(name: str) -> None:
    config = RunConfig.of({"method": "moco"})
    with pytest.raises(ValueError, match=f"^{name} cannot change during a run"):
        config.adjusted({"temperature": 0.5, name: config.flat()[name]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0}, "temperature is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"augment": "swirl"}, "'swirl'"),
        ({"colour": 1}, "colour is not a knob"),
        ({"ema_decay": 0.5}, "ema_decay is not a knob of simclr"),
    ],
)
def test_a_live_knob_out_of_range_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        RunConfig().adjusted(changes)
    assert message in str(refusal.value)
