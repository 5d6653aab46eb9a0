"""Whatever a stranger hands in, one sentence comes back and nothing is left behind."""

from pathlib import Path

import fuzz


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
