"""Any input is taken or refused in one sentence, and leaves no file behind."""

import json
from pathlib import Path

import fuzz
import fuzz_targets
import pytest

from ssl_core.checkpoints.checks import as_card
from ssl_core.config import RunConfig


def cases(count: int, root: Path) -> list[fuzz.Case]:
    """Fuzz every target so many times; all inputs must be taken or refused."""
    place = root / "place"
    place.mkdir()
    found = list(fuzz.fuzz(count, seed=1, place=place))
    assert len({c.target for c in found}) == 12 and len(found) == 12 * count
    assert [c for c in found if c.outcome not in fuzz.GOOD] == []
    return found


def test_a_few_mutated_inputs_are_taken_or_refused(tmp_path: Path) -> None:
    outcomes = {c.outcome for c in cases(1, tmp_path)}
    assert outcomes == {"taken", "refused"}


@pytest.mark.slow
def test_many_mutated_inputs_are_taken_or_refused(tmp_path: Path) -> None:
    found = cases(40, tmp_path)
    # Neither does everything pass, nor does the first check refuse everything.
    taken = {c.target for c in found if c.outcome == "taken"}
    refused = {c.target for c in found if c.outcome == "refused"}
    assert {
        "zips_of_images",
        "sounds",
        "banks",
        "sealed_checkpoints",
    } <= taken & refused


@pytest.mark.slow
def test_the_fuzzer_detects_misbehaviour(tmp_path: Path) -> None:
    """A crash, a hang, a traceback and a file written elsewhere are found."""
    place = tmp_path / "place"
    place.mkdir()
    found = list(fuzz.fuzz(1, seed=1, place=place, hang=3.0, module="faulty_targets"))
    outcomes = {c.target: c.outcome for c in found}
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
    card = fuzz_targets.checkpoint()[1] | {"step": 10**400}
    with pytest.raises(
        ValueError, match=r"has a count of 1000.*; allowed is at least 0"
    ):
        as_card(json.dumps(card).encode())


def test_an_error_message_does_not_repeat_a_long_value() -> None:
    with pytest.raises(ValueError, match="temperature is 'xxx") as refusal:
        RunConfig.of({"temperature": "x" * 5_000})
    assert len(str(refusal.value)) < 200
    with pytest.raises(ValueError, match="seed is a number of too many digits"):
        RunConfig.of({"seed": 10**5_000})
