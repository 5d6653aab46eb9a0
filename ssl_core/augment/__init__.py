"""Augmentations: what they may change is what the features learn to ignore."""

from ssl_core.augment.base import Augmentation, Dice
from ssl_core.augment.policy import (
    AUGMENTATIONS,
    DEFAULT,
    GROUPS,
    Policy,
    as_float,
    two_views,
)

__all__ = [
    "AUGMENTATIONS",
    "DEFAULT",
    "GROUPS",
    "Augmentation",
    "Dice",
    "Policy",
    "as_float",
    "two_views",
]
