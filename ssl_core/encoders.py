"""Encoders: images in, features out, each with its width as ``.dim``."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    """Maps ``[N, C, H, W]`` to ``[N, dim]``.

    Attributes:
        dim: width of the features.
    """

    dim: int


SHARPNESS = 3.0  # p of the generalised mean: 1 is the mean, infinity the maximum


class ConvNet(Encoder):
    """Small conv net: 3x3 convolutions, batch norm, ReLU, a generalised mean at the end.

    A mean over places asks how much of a pattern there is, a maximum whether it is
    anywhere; shapes at arbitrary positions are learned many times faster with the one,
    photographs better with the other. Between them stands the generalised mean
    (Radenovic et al. 2018, eq. 3, arXiv 1711.02512).

    Args:
        widths: channels after each convolution; the first has stride 2.
        pools: whether a 2x2 max-pool follows each convolution.
        channels: input channels.
    """

    def __init__(
        self, widths: tuple[int, ...], pools: tuple[bool, ...], channels: int = 3
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        wide_in, stride = channels, 2
        for wide_out, pool in zip(widths, pools, strict=True):
            layers += [
                nn.Conv2d(wide_in, wide_out, 3, stride, 1, bias=False),
                nn.BatchNorm2d(wide_out),
                # Pooled first: the same maxima, a quarter of the ReLUs.
                nn.MaxPool2d(2) if pool else nn.Identity(),
                nn.ReLU(inplace=True),
            ]
            wide_in, stride = wide_out, 1
        self.layers = nn.Sequential(*layers)
        self.dim = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, H, W]`` -> ``[N, dim]``."""
        places = self.layers(x) + 1e-3  # the root of 0 has no gradient
        return places.pow(SHARPNESS).mean((2, 3)).pow(1 / SHARPNESS)


class ResNet18(Encoder):
    """ResNet-18 with the CIFAR stem: 3x3 first convolution, no max-pool (SimCLR, B.9)."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        from torchvision.models import resnet18

        net = resnet18(weights=None)
        net.conv1 = nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        net.maxpool = nn.Identity()
        self.dim = int(net.fc.in_features)
        net.fc = nn.Identity()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, H, W]`` -> ``[N, 512]``."""
        return self.net(x)


ENCODERS: dict[str, Callable[[int], Encoder]] = {
    "tiny": lambda channels: ConvNet((16, 32, 96), (False, True, False), channels),
    "wide": lambda channels: ConvNet(
        (64, 128, 256, 256), (False, True, True, False), channels
    ),
    "resnet18": ResNet18,
}


def make_encoder(slug: str, channels: int = 3) -> Encoder:
    """Build an encoder by name.

    Raises:
        ValueError: naming the slug and the known ones.
    """
    if slug not in ENCODERS:
        raise ValueError(f"encoder is {slug!r}; allowed are {', '.join(ENCODERS)}")
    return ENCODERS[slug](channels).to(memory_format=torch.channels_last)
