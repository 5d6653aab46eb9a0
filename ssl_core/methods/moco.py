"""MoCo v2: negatives from a queue of past keys (He et al. 2020, arXiv 1911.05722)."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssl_core.knobs import knob
from ssl_core.methods.base import (
    Method,
    MethodConfig,
    MovingAverage,
    Outcome,
    Reference,
    require_pairs,
    require_temperature,
    unit,
)


def info_nce(
    query: Tensor,
    key: Tensor,
    queue: Tensor,
    temperature: float,
    *,
    normalize: bool = True,
) -> Tensor:
    """InfoNCE of queries against their own key and a queue of others (MoCo, eq. 1).

    Args:
        query: ``[N, D]`` float, from the encoder that gradients train.
        key: ``[N, D]`` float; row i is the positive of query i. No gradient reaches it.
        queue: ``[K, D]`` float, the negatives of every query. No gradient reaches it.
            Without any (K = 0) a query's negatives are the other keys of its batch, as
            in MoCo v3 (Chen et al. 2021, algorithm 1).
        temperature: tau > 0.
        normalize: compare cosines (the paper) or raw dot products.

    Returns:
        Scalar in nats, the mean over the N queries. Identical embeddings give log(K + 1),
        or log(N) without a queue.

    Raises:
        ValueError: if shapes do not fit or the temperature is not above 0.
    """
    require_pairs(query, key)
    require_temperature(temperature)
    if queue.dim() != 2 or queue.shape[1] != query.shape[1]:
        raise ValueError(
            f"queue has shape {tuple(queue.shape)}; allowed is [K, {query.shape[1]}]"
        )
    query = unit(query, normalize)
    key, queue = unit(key.detach(), normalize), unit(queue.detach(), normalize)
    if not len(queue):
        partner = torch.arange(len(query), device=query.device)
        return F.cross_entropy(query @ key.T / temperature, partner)  # [N, N]
    positive = (query * key).sum(1, keepdim=True)  # [N, 1]
    logits = torch.cat([positive, query @ queue.T], 1) / temperature  # [N, 1 + K]
    return F.cross_entropy(logits, logits.new_zeros(len(logits), dtype=torch.long))


class MoCo(Method):
    """Momentum contrast: the queue decouples the number of negatives from the batch.

    Deviations: one device, so no shuffled batch norm (section 3.3); the queue starts as
    random unit vectors, as in the authors' code, and holds at most what the learner sets.
    """

    slug: ClassVar[str] = "moco"
    label: ClassVar[str] = "MoCo v2"
    paper: ClassVar[str] = (
        "He et al. 2020, arXiv 1911.05722; Chen et al. 2020, 2003.04297"
    )

    @dataclass(frozen=True)
    class Config(MethodConfig):
        """MoCo's switches."""

        temperature: float = knob(
            0.2,
            low=0.0,
            above=True,
            high=10.0,
            shown=(0.05, 1.0),
            step=0.05,
            label="Temperature",
            live=True,
            help="How sharply similarities are compared (MoCo v2 uses 0.2).",
        )
        queue_length: int = knob(
            1024,
            low=0,
            high=65536,
            shown=(64, 16384),
            log=True,
            label="Queue length",
            help="How many past keys serve as negatives, whatever the batch size. 0: "
            "the other keys of the batch instead.",
        )
        ema_decay: float = knob(
            0.99,
            low=0.0,
            high=1.0,
            step=0.005,
            label="Key encoder decay",
            live=True,
            help="How much of the old key encoder is kept at each step (the paper's m).",
        )

    queue: Tensor

    def __init__(self, encoder: nn.Module, config: Any) -> None:
        super().__init__(encoder, config)
        self.key_encoder = MovingAverage(self.encoder, self.projector)
        keys = torch.randn(config.queue_length, self.projection_dim)
        self.register_buffer("queue", F.normalize(keys, dim=1))

    def forward(self, view_a: Tensor, view_b: Tensor) -> Outcome:
        """Algorithm 1 of the paper: queries from one view, keys from the other."""
        query, key = self.embed(view_a), self.embed(view_b, self.key_encoder)
        c = self.config
        loss = info_nce(query, key, self.queue, c.temperature, normalize=c.l2_normalize)
        return Outcome(loss, query, key, keys=key)

    @torch.no_grad()
    def after_step(self, outcome: Outcome, progress: float) -> None:
        """Move the key encoder (eq. 2); newest keys in, oldest out."""
        self.key_encoder.follow(self.config.ema_decay, self.encoder, self.projector)
        assert outcome.keys is not None
        keys = unit(outcome.keys.detach(), self.config.l2_normalize)
        self.queue.copy_(torch.cat([keys, self.queue])[: len(self.queue)])

    def negatives(self, batch_size: int) -> int:
        """The queue's length, whatever the batch; without a queue N - 1."""
        return len(self.queue) or batch_size - 1

    def reference(self, batch_size: int) -> Reference:
        """log(K + 1): what an encoder that tells nothing apart scores."""
        value = math.log(self.negatives(batch_size) + 1)
        name = "K+1" if len(self.queue) else "N"
        return Reference(value, f"log({name}): all keys look alike")
