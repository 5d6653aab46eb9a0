"""A batch's similarity matrix, cell by cell: what one pair of views does to the loss.

NT-Xent (SimCLR, eq. 1, arXiv 2002.05709) taken apart. Every row is one anchor, every
column one other view; the two views of an image stand side by side.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

Role = Literal["self", "positive", "negative"]
LEAST_VIEWS = 4  # two images: an anchor, its partner and two negatives
SLACK = 1e-3  # how far rounding may carry a cosine beyond 1


@dataclass(frozen=True)
class Cell:
    """What anchor i's comparison with view j contributes.

    Args:
        anchor, other: row i and column j.
        role: what j is to i: itself, its partner, or a negative.
        cosine: dot product of the two unit vectors, in [-1, 1].
        logit: cosine / temperature.
        exp: exp(logit).
        weight: p_ij, the part of the anchor's softmax that j gets, in [0, 1]; 0 for itself.
        share: the part of the anchor's loss, and of all pushes on it, that is this
            negative's, in [0, 1]; 0 for the partner and for itself.
        loss: of the anchor, nats.
        gradient: d loss_i / d cosine_ij; above 0 pushes apart, below 0 pulls together.
        turn: length of its gradient on the sphere, |gradient| * sqrt(1 - cosine^2).
    """

    anchor: int
    other: int
    role: Role
    cosine: float
    logit: float
    exp: float
    weight: float
    share: float
    loss: float
    gradient: float
    turn: float


@dataclass(frozen=True)
class SimilarityMatrix:
    """The cosines of N images' two views, read as NT-Xent reads them.

    Args:
        cosines: ``[2N, 2N]``, N >= 2; views 2k and 2k + 1 belong together.
        temperature: tau > 0.

    Raises:
        ValueError: if these are not the cosines of pairs, or tau is not above 0.
    """

    cosines: Tensor
    temperature: float

    def __post_init__(self) -> None:
        shape = tuple(self.cosines.shape)
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] % 2:
            raise ValueError(f"cosines have shape {shape}; allowed is [2N, 2N]")
        if shape[0] < LEAST_VIEWS:
            raise ValueError(f"cosines are of {shape[0]} views; allowed are at least 4")
        if not bool((self.cosines.abs() <= 1 + SLACK).all()):
            raise ValueError("cosines must be finite and lie in [-1, 1]")
        if not self.temperature > 0:
            raise ValueError(
                f"temperature is {self.temperature:g}; allowed is more than 0"
            )
        object.__setattr__(self, "cosines", self.cosines.double())

    def __len__(self) -> int:
        return len(self.cosines)

    @cached_property
    def partner(self) -> Tensor:
        """``[2N]`` the other view of each view's image: 1, 0, 3, 2, …"""
        return torch.arange(len(self)) ^ 1

    @cached_property
    def is_partner(self) -> Tensor:
        """``[2N, 2N]`` bool, where the positives stand: right beside the diagonal."""
        return self.partner.unsqueeze(1) == torch.arange(len(self))

    @cached_property
    def is_negative(self) -> Tensor:
        """``[2N, 2N]`` bool, all cells but a view with itself and with its partner."""
        return ~(self.is_partner | torch.eye(len(self), dtype=torch.bool))

    @cached_property
    def logits(self) -> Tensor:
        """``[2N, 2N]`` cosine / temperature, -inf on the diagonal.

        A view is always most similar to itself, which tells nothing: it is masked out.
        """
        itself = torch.eye(len(self), dtype=torch.bool)
        return (self.cosines / self.temperature).masked_fill(itself, -torch.inf)

    @cached_property
    def weights(self) -> Tensor:
        """``[2N, 2N]`` p_ij: each row's softmax over the 2N - 1 other views."""
        return self.logits.softmax(1)

    @cached_property
    def losses(self) -> Tensor:
        """``[2N]`` each anchor's loss in nats, -log of what its partner got."""
        rows = torch.arange(len(self))
        return -self.logits.log_softmax(1)[rows, self.partner]

    @property
    def loss(self) -> float:
        """NT-Xent of this batch in nats, the mean over its 2N anchors."""
        return float(self.losses.mean())

    @cached_property
    def gradients(self) -> Tensor:
        """``[2N, 2N]`` d loss_i / d cosine_ij = (p_ij - [j is i's partner]) / tau.

        A row sums to 0: the partner is pulled as hard as all negatives are pushed.
        """
        return (self.weights - self.is_partner.double()) / self.temperature

    @cached_property
    def shares(self) -> Tensor:
        """``[2N, 2N]`` each negative's part of its anchor's loss; rows sum to 1.

        loss_i = log(1 + sum over negatives of exp((s_ij - s_ip) / tau)). A log of a sum
        has no only way to be split; this takes the terms of the sum in proportion, which
        is also the negatives' part of the push: p_ij / (1 - p_ip).
        """
        return self.logits.masked_fill(~self.is_negative, -torch.inf).softmax(1)

    def cell(self, anchor: int, other: int) -> Cell:
        """Everything about one cell.

        Raises:
            ValueError: naming a row or column that this matrix does not have.
        """
        for name, index in (("row", anchor), ("column", other)):
            if not 0 <= index < len(self):
                raise ValueError(
                    f"{name} is {index}; this matrix has 0 to {len(self) - 1}"
                )
        cosine = self.cosines[anchor, other].item()
        gradient = self.gradients[anchor, other].item()
        logit = cosine / self.temperature
        return Cell(
            anchor,
            other,
            self.role(anchor, other),
            cosine,
            logit,
            torch.tensor(logit, dtype=torch.float64).exp().item(),
            self.weights[anchor, other].item(),
            self.shares[anchor, other].item(),
            self.losses[anchor].item(),
            gradient,
            abs(gradient) * max(0.0, 1 - cosine**2) ** 0.5,
        )

    def role(self, anchor: int, other: int) -> Role:
        """What ``other`` is to ``anchor``."""
        if anchor == other:
            return "self"
        return "positive" if self.is_partner[anchor, other] else "negative"

    def row_sum(self, anchor: int) -> float:
        """What the softmax divides by: the sum of exp over all others."""
        return float(self.logits[anchor].logsumexp(0).exp())

    def hardest(self, anchor: int) -> int:
        """The negative that the encoder finds most like the anchor."""
        return int(self.shares[anchor].argmax())

    def extremes(self) -> tuple[float, float]:
        """Share of the strongest and of the weakest negative, means over anchors."""
        others = self.shares[self.is_negative].view(len(self), -1)
        return float(others.amax(1).mean()), float(others.amin(1).mean())

    def false_negatives(self, labels: Tensor) -> Tensor:
        """``[2N, 2N]`` bool: negatives that show the same class, which no loss knew.

        Args:
            labels: ``[N]`` hidden class of each image.

        Raises:
            ValueError: if there are not N labels.
        """
        if len(labels) * 2 != len(self):
            raise ValueError(
                f"there are {len(labels)} labels; allowed is one for each of the "
                f"{len(self) // 2} images"
            )
        of_view = labels.repeat_interleave(2)
        return self.is_negative & (of_view.unsqueeze(1) == of_view)
