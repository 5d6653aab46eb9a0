"""Two views of a batch at once, against torchvision's image by image."""

from typing import Any

import torch
from torch import Tensor

from ssl_core.augment import DEFAULT, Policy, two_views
from ssl_core.augment.images import JITTER_CHANCE
from ssl_core.bench.timing import Skipped, Timing, interleaved
from ssl_core.data import load

BATCH = 256
ABOUT = (
    f"two views of {BATCH} images: ours in one batch, torchvision v2 image by image "
    "(crop, flip, colour jitter, grey) in the same process; a data loader's workers "
    "would divide the latter among cores"
)


def measure() -> Timing:
    """Time both on the same pictures, on the CPU.

    Raises:
        Skipped: without torchvision.
    """
    images = load("shapes", count=BATCH, held_out=0).images
    policy, dice = Policy.of(DEFAULT), torch.Generator().manual_seed(0)
    one_by_one = _torchvision_policy(images.shape[-1])

    def theirs() -> Tensor:
        views = [one_by_one(image) for image in images for _ in range(2)]
        return torch.stack(views).float() / 255

    return interleaved(lambda: two_views(images, policy, dice), theirs)


def _torchvision_policy(size: int) -> Any:
    try:
        from torchvision.transforms import v2
    except ImportError:
        raise Skipped("torchvision is not installed") from None
    strength = DEFAULT
    jitter = v2.ColorJitter(
        *(strength[name] for name in ("brightness", "contrast", "saturation", "hue"))
    )
    return v2.Compose(
        [
            v2.RandomResizedCrop(size, scale=(1 - strength["crop"], 1), antialias=True),
            v2.RandomHorizontalFlip(strength["flip"]),
            v2.RandomApply([jitter], p=JITTER_CHANCE),
            v2.RandomGrayscale(strength["gray"]),
        ]
    )
