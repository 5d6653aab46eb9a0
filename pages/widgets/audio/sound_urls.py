"""Where a browser gets the sound of a map's point; ``/<number of the point>`` follows."""

from pages.shell import run_keys

HELD_OUT_VOICES = "sounds/held_out"  # voices that no encoder has heard


def sounds_of_run(run: str) -> str:
    """Address of the sounds of a run's map."""
    return f"sounds/{run_keys.key_of(run)}"


def sounds_of_recording(slug: str) -> str:
    """Address of the sounds of a recording's map."""
    return f"sounds/{slug}"
