"""Augmentations: what they may change is what the features learn to ignore."""

from collections.abc import Iterable

from ssl_core.augment import spectrograms
from ssl_core.augment.base import Augmentation, Dice
from ssl_core.augment.policy import (
    AUGMENTATIONS,
    DEFAULT,
    GROUPS,
    Policy,
    as_float,
    two_views,
)

AUGMENTATIONS.update({a.slug: a for a in spectrograms.ALL})
MEDIA = ("pictures", "sound")


def medium_of(slug: str) -> str:
    """What an augmentation changes: "pictures" or "sound"."""
    return getattr(AUGMENTATIONS[slug], "medium", MEDIA[0])


def offered(medium: str) -> dict[str, type[Augmentation]]:
    """The augmentations of a medium by slug, in the order in which they are applied.

    Raises:
        ValueError: naming the medium and the known ones.
    """
    if medium not in MEDIA:
        raise ValueError(f"medium is {medium!r}; allowed are {', '.join(MEDIA)}")
    return {s: kind for s, kind in AUGMENTATIONS.items() if medium_of(s) == medium}


def require(slugs: Iterable[str], medium: str, data: str) -> None:
    """Refuse augmentations that another medium is for.

    Args:
        slugs: of known augmentations.
        medium: what they are to change.
        data: the name of what is learned from, for the message.

    Raises:
        ValueError: naming the first that does not fit, and those that do.
    """
    fitting = offered(medium)
    for slug in slugs:
        if slug not in fitting:
            raise ValueError(
                f"augmentation {slug!r} is for {medium_of(slug)}, but {data} is "
                f"{medium}; allowed are {', '.join(fitting)}"
            )


__all__ = [
    "AUGMENTATIONS",
    "DEFAULT",
    "GROUPS",
    "MEDIA",
    "Augmentation",
    "Dice",
    "Policy",
    "as_float",
    "medium_of",
    "offered",
    "require",
    "two_views",
]
