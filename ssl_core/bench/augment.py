"""Two views of a batch at once, against torchvision and kornia."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ssl_core.augment import DEFAULT, Policy, as_float, two_views
from ssl_core.augment.images import JITTER_CHANCE
from ssl_core.bench.timing import Comparison, Setting, clocked, in_turns, peer
from ssl_core.data import load

BATCH, QUICK_BATCH = 256, 4
ABOUT = (
    f"two views of {BATCH} pictures (crop, flip, colour jitter, grey), uint8 in and float "
    "out: ours in one batch; torchvision v2 image by image in the same process, where a "
    "data loader's workers would divide its time among cores; kornia in one batch"
)
JITTER = tuple(DEFAULT[n] for n in ("brightness", "contrast", "saturation", "hue"))


def against_torchvision(setting: Setting) -> Comparison:
    """Time both on the same pictures, on the CPU.

    Raises:
        Skipped: without torchvision.
    """
    name, images = peer("torchvision"), _images(setting)
    view = _torchvision_view(images.shape[-1])

    def theirs() -> Tensor:
        return as_float(torch.stack([view(one) for one in images for _ in range(2)]))

    return _compared(name, images, theirs, setting)


def against_kornia(setting: Setting) -> Comparison:
    """Time both on the same pictures, on the CPU.

    Raises:
        Skipped: without kornia.
    """
    name, images = peer("kornia"), _images(setting)
    view = _kornia_view(images.shape[-1])

    def theirs() -> tuple[Tensor, Tensor]:
        x = as_float(images)
        return view(x), view(x)

    return _compared(name, images, theirs, setting, "at least 4 times")


PARTS = {"torchvision": against_torchvision, "kornia": against_kornia}


def _images(setting: Setting) -> Tensor:
    count = QUICK_BATCH if setting.quick else BATCH
    return load("shapes", count=count, held_out=0).images


def _compared(
    name: str,
    images: Tensor,
    theirs: Callable[[], object],
    setting: Setting,
    wanted: str = "",
) -> Comparison:
    policy, dice = Policy.of(DEFAULT), torch.Generator().manual_seed(0)

    def ours() -> tuple[Tensor, Tensor]:
        return two_views(images, policy, dice)

    costs = in_turns(clocked(ours), clocked(theirs), setting.rounds())
    facts = {"pictures": list(images.shape), "strengths": policy.strengths}
    return Comparison(
        *costs, name, items=2 * len(images), item="views", wanted=wanted, facts=facts
    )


def _torchvision_view(size: int) -> Any:
    from torchvision.transforms import v2

    scale = (1 - DEFAULT["crop"], 1)
    return v2.Compose(
        [
            v2.RandomResizedCrop(size, scale=scale, antialias=True),
            v2.RandomHorizontalFlip(DEFAULT["flip"]),
            v2.RandomApply([v2.ColorJitter(*JITTER)], p=JITTER_CHANCE),
            v2.RandomGrayscale(DEFAULT["gray"]),
        ]
    )


def _kornia_view(size: int) -> Any:
    from kornia import augmentation as K

    return torch.nn.Sequential(
        # kornia's "slice" cuts image by image; one resampling of the batch is faster.
        K.RandomResizedCrop(
            (size, size), scale=(1 - DEFAULT["crop"], 1), cropping_mode="resample"
        ),
        K.RandomHorizontalFlip(p=DEFAULT["flip"]),
        K.ColorJitter(*JITTER, p=JITTER_CHANCE),
        K.RandomGrayscale(p=DEFAULT["gray"]),
    )
