"""Whatever a stranger hands in, one sentence comes back and nothing is left behind."""

import json
from pathlib import Path

import fuzz
import pytest
import targets

from ssl_core.checkpoints.checks import as_card
from ssl_core.config import RunConfig


def test_spoiled_inputs_are_taken_or_refused(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    cases = list(fuzz.fuzz(40, seed=1, place=place))
    assert len({c.target for c in cases}) == 12 and len(cases) == 12 * 40
    assert [c for c in cases if c.outcome not in fuzz.GOOD] == []
    # Neither does everything pass, nor is everything stopped at the first door.
    taken = {c.target for c in cases if c.outcome == "taken"}
    refused = {c.target for c in cases if c.outcome == "refused"}
    assert {
        "zips_of_images",
        "sounds",
        "banks",
        "sealed_checkpoints",
    } <= taken & refused


def test_what_must_not_happen_is_seen(tmp_path: Path) -> None:
    """The watch itself: a crash, a hang, a traceback and a file elsewhere are told."""
    place = tmp_path / "place"
    place.mkdir()
    cases = list(fuzz.fuzz(1, seed=1, place=place, hang=3.0, watched="faulty"))
    outcomes = {c.target: c.outcome for c in cases}
    assert outcomes == {
        "sound": "taken",
        "refuses": "refused",
        "raises": "raised",
        "writes": "wrote",
        "leaves": "wrote",
        "talks": "wordy",
        "crashes": "hung",
        "hangs": "hung",
        "last": "taken",
    }


def test_a_count_of_many_digits_is_refused() -> None:
    """Found by fuzzing: such a number cannot be compared as a float."""
    card = targets.Given.made().card | {"step": 10**400}
    with pytest.raises(
        ValueError, match=r"has a count of 1000.*; allowed is at least 0"
    ):
        as_card(json.dumps(card).encode())


def test_a_sentence_does_not_repeat_a_long_value() -> None:
    with pytest.raises(ValueError, match="temperature is 'xxx") as refusal:
        RunConfig.of({"temperature": "x" * 5_000})
    assert len(str(refusal.value)) < 200
    with pytest.raises(ValueError, match="seed is a number of too many digits"):
        RunConfig.of({"seed": 10**5_000})
