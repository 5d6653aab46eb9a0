"""URLs of the sounds of a map's points; the browser adds ``/<index of the point>``."""

from pages.shell import run_keys

HELD_OUT_VOICES = "sounds/held_out"  # of :mod:`pages.widgets.audio.held_out`


def sounds_of_run(run: str) -> str:
    """URL of the sounds of a run's map."""
    return f"sounds/{run_keys.key_of(run)}"


def sounds_of_recording(slug: str) -> str:
    """URL of the sounds of a recorded run's map."""
    return f"sounds/{slug}"
