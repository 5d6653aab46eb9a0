"""The recorded runs that ship with the app."""

from dataclasses import dataclass
from functools import lru_cache

from pages.shell.paths import ASSETS
from ssl_core import recordings

FOLDER = ASSETS / "recordings"


@dataclass(frozen=True)
class RecordingInfo:
    """The description of a recording.

    Args:
        label: its name.
        hint: what to look for in it.
        things: what its points are; ``ssl_core.data.things`` of its data, whose module
            imports torch.
    """

    label: str
    hint: str
    things: str = "images"


RECORDINGS = {
    "simclr": RecordingInfo(
        "SimCLR",
        "Shapes find together although no label was used: partners attract, "
        "all other images repel.",
    ),
    "crop_only": RecordingInfo(
        "SimCLR, crop only",
        "Without colour changes the background is enough to find the partner. Colour the "
        "map by background hue, and see which bars stay.",
    ),
    "byol": RecordingInfo(
        "BYOL",
        "No negatives at all: a slowly moving average of the encoder is the target.",
    ),
    "simsiam_collapse": RecordingInfo(
        "SimSiam without stop-gradient",
        "The loss falls towards its best value because every image becomes the same "
        "point: collapse.",
    ),
    "voices": RecordingInfo(
        "SimCLR on sound",
        "The same code on spectrograms of syllables that this program speaks: *what* was "
        "said gathers, although eight voices say it.",
        "clips",
    ),
}


def available() -> list[str]:
    """Slugs of the recordings whose file exists."""
    return [slug for slug in RECORDINGS if (FOLDER / f"{slug}.npz").is_file()]


@lru_cache(maxsize=len(RECORDINGS))
def load(slug: str) -> recordings.Recording:
    """A recording that ships.

    Raises:
        ValueError: one sentence, if the slug is unknown or the file cannot be read.
    """
    if slug not in RECORDINGS:
        raise ValueError(f"recording is {slug!r}; allowed are {', '.join(RECORDINGS)}")
    try:
        return recordings.load(FOLDER / f"{slug}.npz")
    except FileNotFoundError as error:
        raise ValueError(str(error)) from None
