"""The contract of every method, and the parts that methods share.

``forward`` looks and changes nothing (batch-norm statistics aside); ``after_step`` is the
only mutator. The training loop never asks which method it runs.
"""

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssl_core.knobs import check, knob
from ssl_core.methods.slices import embedded
from ssl_core.processes import gathered


@dataclass(frozen=True)
class Outcome:
    """What one forward pass of a method gives back.

    Args:
        loss: scalar, nats unless the method says otherwise.
        z_a, z_b: projections of the two views, ``[N, D]``; row i pairs up.
        keys: what ``after_step`` puts in a queue, ``[N, D]``, if the method has one.
    """

    loss: Tensor
    z_a: Tensor
    z_b: Tensor
    keys: Tensor | None = None


@dataclass(frozen=True)
class Reference:
    """A loss value that gives the curve a meaning, and what that meaning is."""

    value: float
    meaning: str


@dataclass(frozen=True)
class MethodConfig:
    """Switches that every method has: the projection head and what normalises it."""

    projection_head: str = knob(
        "mlp",
        choices=("mlp", "linear", "none"),
        label="Projection head",
        help="What stands between the features that are kept and the loss. Without one, "
        "the features themselves must forget what the loss forgets.",
    )
    hidden_dim: int = knob(
        256,
        low=8,
        high=4096,
        shown=(32, 2048),
        log=True,
        label="Head width",
        help="Hidden units of the projection head.",
    )
    output_dim: int = knob(
        64,
        low=2,
        high=2048,
        shown=(2, 1024),
        log=True,
        label="Projection size",
        help="Dimensions of z, the vector that the loss compares.",
    )
    head_norm: str = knob(
        "batch",
        choices=("batch", "layer", "none"),
        label="Head normalisation",
        help="What normalises inside the heads: batch norm, layer norm or nothing.",
    )
    l2_normalize: bool = knob(
        True,
        label="L2 normalisation",
        live=True,
        help="Whether embeddings are scaled to length 1 before they are compared.",
    )

    def __post_init__(self) -> None:
        check(self)


class Method(nn.Module):
    """An encoder, its heads, and the loss that compares two views.

    Args:
        encoder: maps ``[N, C, H, W]`` to ``[N, encoder.dim]``.
        config: this method's switches.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    paper: ClassVar[str]
    Config: ClassVar[type[MethodConfig]] = MethodConfig
    uses_labels: ClassVar[bool] = False

    slice_rows: int = 0  # views embedded at a time, 0: all; the training loop sets it

    def __init__(self, encoder: nn.Module, config: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.config = config
        self.dim: int = encoder.dim  # type: ignore[assignment]
        self.projector = projection_head(self.dim, config)

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """The loss of one batch of view pairs, ``[N, C, H, W]`` each."""
        raise NotImplementedError

    def compare(self, view_a: Tensor, view_b: Tensor, labels: Tensor | None) -> Outcome:
        """What the loop calls: ``forward``, which sees no label.

        Args:
            view_a, view_b: as in ``forward``.
            labels: ``[N]`` classes or None; only a method that ``uses_labels`` reads them.
        """
        return self(view_a, view_b)

    def after_step(self, outcome: Outcome, progress: float) -> None:
        """Update what gradients do not: moving averages, queues.

        Args:
            outcome: of the step just taken.
            progress: in [0, 1], the part of the run that is done; 0 when open-ended.
        """

    def negatives(self, batch_size: int) -> int:
        """How many negatives each anchor is compared with."""
        return 0

    def reference(self, batch_size: int) -> Reference:
        """The loss value to draw beside the curve."""
        raise NotImplementedError

    def embed(self, view: Tensor, network: nn.Module | None = None) -> Tensor:
        """Projections z of one view of the whole batch, ``[N, D]``.

        Args:
            view: ``[N, C, H, W]``, or this process's rows of it.
            network: what embeds it; the encoder and the projector if left out.
        """
        return gathered(self._embedded(view, network))

    def embed_both(
        self, view_a: Tensor, view_b: Tensor, network: nn.Module | None = None
    ) -> tuple[Tensor, Tensor]:
        """Projections of both views in one pass, as SimCLR's 2N-row batch does it."""
        z = self._embedded(torch.cat([view_a, view_b]), network)
        z_a, z_b = z.chunk(2)
        return gathered(z_a), gathered(z_b)

    def _embedded(self, x: Tensor, network: nn.Module | None) -> Tensor:
        network = network or nn.Sequential(self.encoder, self.projector)
        return embedded(network, x, self.slice_rows)

    @property
    def projection_dim(self) -> int:
        """D of z: the encoder's own width if there is no projection head."""
        if self.config.projection_head == "none":
            return self.dim
        return int(self.config.output_dim)


class MovingAverage(nn.Module):
    """A slowly following copy of some modules, never touched by gradients.

    MoCo's momentum encoder (He et al. 2020, eq. 2) and BYOL's target network (Grill et al.
    2020, eq. 1): ``theta_target <- decay * theta_target + (1 - decay) * theta_online``.
    """

    def __init__(self, *online: nn.Module) -> None:
        super().__init__()
        self.modules_copied = copy.deepcopy(nn.Sequential(*online)).requires_grad_(
            False
        )

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        return self.modules_copied(x)

    @torch.no_grad()
    def follow(self, decay: float, *online: nn.Module) -> None:
        """Move a step towards ``online``; batch-norm buffers keep their own statistics."""
        mine: list[Tensor] = list(self.modules_copied.parameters())
        theirs: list[Tensor] = [p for m in online for p in m.parameters()]
        torch._foreach_lerp_(mine, theirs, 1 - decay)


def mlp(
    dims: tuple[int, ...], norm: str, *, norm_output: bool = False
) -> nn.Sequential:
    """Linear layers with normalisation and ReLU between them, none after the last.

    Args:
        dims: input, hidden … and output widths.
        norm: "batch", "layer" or "none".
        norm_output: whether the output is normalised too (SimSiam does, without affine).
    """
    layers: list[nn.Module] = []
    for i, (wide_in, wide_out) in enumerate(pairwise(dims)):
        last = i == len(dims) - 2
        layers.append(nn.Linear(wide_in, wide_out, bias=last or norm == "none"))
        if not last:
            layers += [normalisation(norm, wide_out), nn.ReLU(inplace=True)]
        elif norm_output:
            layers.append(normalisation(norm, wide_out, affine=False))
    return nn.Sequential(*layers)


def normalisation(norm: str, width: int, affine: bool = True) -> nn.Module:
    """The named normalisation of ``[N, width]`` activations."""
    if norm == "batch":
        return nn.BatchNorm1d(width, affine=affine)
    if norm == "layer":
        return nn.LayerNorm(width, elementwise_affine=affine)
    return nn.Identity()


def projection_head(
    dim: int, config: MethodConfig, *, norm_output: bool = False
) -> nn.Module:
    """g in z = g(h): an MLP with one hidden layer, one linear layer, or nothing."""
    if config.projection_head == "none":
        return nn.Identity()
    hidden = () if config.projection_head == "linear" else (config.hidden_dim,)
    return mlp(
        (dim, *hidden, config.output_dim), config.head_norm, norm_output=norm_output
    )


def unit(z: Tensor, enabled: bool = True) -> Tensor:
    """Rows scaled to length 1, or as they are when switched off; at least float32."""
    z = z.to(torch.promote_types(z.dtype, torch.float32))
    return F.normalize(z, dim=1) if enabled else z


def require_pairs(z_a: Tensor, z_b: Tensor, least: int = 1) -> None:
    """Refuse embeddings that do not pair up.

    Raises:
        ValueError: if the shapes differ, are not ``[N, D]`` or N is below ``least``.
    """
    if z_a.shape != z_b.shape or z_a.dim() != 2 or len(z_a) < least:
        raise ValueError(
            f"embeddings have shapes {tuple(z_a.shape)} and {tuple(z_b.shape)}; "
            f"allowed are two of one shape [N, D] with N at least {least}"
        )


def require_temperature(temperature: float) -> None:
    """Refuse a temperature that is not above zero.

    Raises:
        ValueError: naming the value.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature:g}; allowed is more than 0")
