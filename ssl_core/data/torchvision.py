"""Well-known image sets through torchvision, downloaded the first time they are used.

torchvision knows where each set lives, its checksums and its format; it has no way to
report progress or to give up, so the download itself is done in ``download.py``.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.data.base import HELD_OUT, TRAIN, Factor, ImageSet
from ssl_core.data.download import Remote, into_place
from ssl_core.knobs import Knob

CHUNK = 1000  # pictures resized at once

Progress = Callable[[int, int], None]


def fashion_mnist(
    size: int = 32,
    held_out: int = 2_000,
    seed: int = 0,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Fashion-MNIST (Xiao et al. 2017): 60,000 grey pictures of ten kinds of clothing.

    Its 28 px get a black border of 2 px, which is what surrounds the garments anyway.

    Args:
        size: side in pixels; anything but 32 is resized.
        held_out: rows taken at random from the test split; training sees none of it.
        seed: chooses the held-out rows.
        root: folder of the files; None takes CONTRASTIVE_DATA_DIR, else ~/.cache/ssl_core.
        progress: called with (bytes done, bytes in all) while downloading; may raise
            to stop.

    Returns:
        An :class:`ImageSet` with ``images [60,000 + held_out, 3, size, size]`` and the
        factor "class".

    Raises:
        ValueError: naming an option out of range, or if the download fails.
    """
    from torchvision.datasets import FashionMNIST

    remote = Remote(
        "Fashion-MNIST",
        home="FashionMNIST",
        inside="FashionMNIST/raw",
        mirrors=tuple(FashionMNIST.mirrors),
        files=tuple(FashionMNIST.resources),
        open=lambda at, train, fetch: FashionMNIST(at, train=train, download=fetch),
    )
    options = _Options(size, held_out, seed, root)
    return _load("fashion_mnist", remote, options, progress)


def cifar10(
    size: int = 32,
    held_out: int = 2_000,
    seed: int = 0,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """CIFAR-10 (Krizhevsky 2009): 50,000 photographs of ten things, 32 px wide.

    Arguments, result and errors as :func:`fashion_mnist`, with 50,000 training rows.
    """
    from torchvision.datasets import CIFAR10

    remote = Remote(
        "CIFAR-10",
        home=CIFAR10.base_folder,
        mirrors=(CIFAR10.url.removesuffix(CIFAR10.filename),),
        files=((CIFAR10.filename, CIFAR10.tgz_md5),),
        open=lambda at, train, fetch: CIFAR10(at, train=train, download=fetch),
    )
    return _load("cifar10", remote, _Options(size, held_out, seed, root), progress)


def stl10(
    size: int = 32,
    held_out: int = 2_000,
    seed: int = 0,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """STL-10 (Coates et al. 2011): 5,000 labelled photographs, shrunk from 96 px.

    Its 100,000 unlabelled pictures come with the download of 2.6 GB but are not used.
    Arguments, result and errors as :func:`fashion_mnist`, with 5,000 training rows.
    """
    from torchvision.datasets import STL10

    class Labelled(STL10):
        # Without the unlabelled file: checking its 2.8 GB takes longer than the rest.
        train_list = STL10.train_list[:2]

    def opened(at: Path, train: bool, fetch: bool) -> Any:
        return Labelled(at, split="train" if train else "test", download=fetch)

    remote = Remote(
        "STL-10",
        home=STL10.base_folder,
        mirrors=(STL10.url.removesuffix(STL10.filename),),
        files=((STL10.filename, STL10.tgz_md5),),
        open=opened,
    )
    return _load("stl10", remote, _Options(size, held_out, seed, root), progress)


@dataclass(frozen=True)
class _Options:
    size: int
    held_out: int
    seed: int
    root: str | Path | None

    def __post_init__(self) -> None:
        Knob(32, low=8, high=128).check("size", self.size)
        Knob(2_000, low=1).check("held_out", self.held_out)
        Knob(0, low=0, high=2**31 - 1).check("seed", self.seed)

    @property
    def folder(self) -> Path:
        default = (
            os.environ.get("CONTRASTIVE_DATA_DIR")
            or os.environ.get("SSL_DATA_DIR")  # deprecated
            or "~/.cache/ssl_core"
        )
        return Path(self.root or default).expanduser()


def _load(
    name: str, remote: Remote, options: _Options, progress: Progress | None
) -> ImageSet:
    train, test = into_place(remote, options.folder, progress)
    x, y = _arrays(train)
    x_test, y_test = _arrays(test)
    Knob(1, low=1, high=len(x_test)).check("held_out", options.held_out)
    g = torch.Generator().manual_seed(options.seed)
    rows = torch.randperm(len(x_test), generator=g)[: options.held_out].sort().values
    images = torch.cat([_sized(x, options.size), _sized(x_test[rows], options.size)])
    split = torch.full((len(images),), TRAIN, dtype=torch.long)
    split[len(x) :] = HELD_OUT
    factor = Factor(torch.cat([y, y_test[rows]]), "class", tuple(train.classes))
    return ImageSet(name, images, {"class": factor}, "class", split)


def _arrays(dataset: Any) -> tuple[Tensor, Tensor]:
    """``[N, C, H, W]`` uint8 and ``[N]`` int64 of any of the three torchvision sets."""
    labels = dataset.labels if hasattr(dataset, "labels") else dataset.targets
    x = torch.as_tensor(np.ascontiguousarray(dataset.data))
    if x.dim() == 3:
        x = x.unsqueeze(1)
    elif x.shape[-1] == 3:
        x = x.permute(0, 3, 1, 2)
    return x, torch.as_tensor(np.asarray(labels)).long()


def _sized(x: Tensor, size: int) -> Tensor:
    """``[N, 3, size, size]`` uint8, whatever the width and the number of channels."""
    if x.shape[-1] == 28:
        x = F.pad(x, (2, 2, 2, 2))
    if x.shape[-1] != size:
        shrunk = [
            F.interpolate(part, size=(size, size), mode="bicubic", antialias=True)
            for part in torch.split(x.contiguous(), CHUNK)
        ]
        x = torch.cat(shrunk)
    return x.expand(-1, 3, -1, -1).contiguous()
