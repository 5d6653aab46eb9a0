"""Encoders: images in, features out, each with its width as ``.dim``."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Encoder(nn.Module):
    """Maps ``[N, C, H, W]`` to ``[N, dim]``.

    Attributes:
        dim: width of the features.
    """

    dim: int


SHARPNESS = 3.0  # p of the generalised mean: 1 is the mean, infinity the maximum


class ConvNet(Encoder):
    """Small conv net: 3x3 convolutions, normalisation, ReLU, a generalised mean at the end.

    A mean over places asks how much of a pattern there is, a maximum whether it is
    anywhere; shapes at arbitrary positions are learned many times faster with the one,
    photographs better with the other. Between them stands the generalised mean
    (Radenovic et al. 2018, eq. 3, arXiv 1711.02512).

    Args:
        widths: channels after each convolution; the first has stride 2.
        pools: whether a 2x2 max-pool follows each convolution.
        channels: input channels.
        norm: "batch"; "group": group norm and standardised weights, which use no other
            image of the batch; "none".
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        pools: tuple[bool, ...],
        channels: int = 3,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        wide_in, stride = channels, 2
        for wide_out, pool in zip(widths, pools, strict=True):
            layers += [
                *_convolution(wide_in, wide_out, stride, norm),
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
        # [N, places, channels], as it lies in memory: the mean over two dimensions gives
        # its gradient the other layout, and every ReLU on the way back crawls.
        places = places.permute(0, 2, 3, 1).flatten(1, 2)
        return places.pow(SHARPNESS).mean(1).pow(1 / SHARPNESS)


class StandardisedConv2d(nn.Conv2d):
    """A convolution whose filters have mean 0 and variance 1 over their inputs.

    Weight standardisation (Qiao et al. 2019, eq. 5, arXiv 1903.10520), which BYOL needs
    beside group norm to do without batch statistics (Richemond et al. 2020, section 3.3).
    """

    def forward(self, x: Tensor) -> Tensor:
        weight = F.layer_norm(self.weight, self.weight.shape[1:])
        # Scaled back to what a fresh layer's filters sum to: variance 1 over fan-in.
        weight = weight / weight[0].numel() ** 0.5
        return self._conv_forward(x, weight, self.bias)


def _convolution(
    wide_in: int, wide_out: int, stride: int, norm: str
) -> list[nn.Module]:
    """A 3x3 convolution and what normalises its output."""
    if norm == "group":
        conv = StandardisedConv2d(wide_in, wide_out, 3, stride, 1, bias=False)
        return [conv, nn.GroupNorm(8, wide_out)]
    plain = nn.Conv2d(wide_in, wide_out, 3, stride, 1, bias=norm == "none")
    return [plain, nn.BatchNorm2d(wide_out)] if norm == "batch" else [plain]


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


TINY = ((16, 32, 96), (False, True, False))
ENCODERS: dict[str, Callable[[int], Encoder]] = {
    "tiny": lambda channels: ConvNet(*TINY, channels),
    "wide": lambda channels: ConvNet(
        (64, 128, 256, 256), (False, True, True, False), channels
    ),
    "resnet18": ResNet18,
    "tiny_group_norm": lambda channels: ConvNet(*TINY, channels, "group"),
    "tiny_no_norm": lambda channels: ConvNet(*TINY, channels, "none"),
}


def make_encoder(slug: str, channels: int = 3) -> Encoder:
    """Build an encoder by name.

    Raises:
        ValueError: naming the slug and the known ones.
    """
    if slug not in ENCODERS:
        raise ValueError(f"encoder is {slug!r}; allowed are {', '.join(ENCODERS)}")
    return ENCODERS[slug](channels).to(memory_format=torch.channels_last)
