"""One small batch through an encoder that is not training: what a step would compare."""

import copy
import threading

import torch
from torch import nn

from ssl_core.augment import Policy
from ssl_core.batches import Batches
from ssl_core.checkpoints import Checkpoint
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet
from ssl_core.encoders import make_encoder
from ssl_core.methods import METHODS
from ssl_core.watch import PAIRS_SHOWN, BatchView, batch_view

FEWEST_PAIRS = 2  # below, no view has a negative
_drawing_weights = threading.Lock()  # PyTorch draws them from one generator for all


def untrained(config: RunConfig, channels: int = 3) -> nn.Module:
    """Encoder and projection head as a run's first step finds them, in training mode."""
    with _drawing_weights, torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        encoder = make_encoder(config.encoder, channels)
        method = METHODS[config.method](encoder, config.options)
    return nn.Sequential(method.encoder, method.projector)


def trained(checkpoint: Checkpoint) -> nn.Module:
    """A checkpoint's encoder and projection head, in training mode.

    A copy: batch norm's running statistics move, and the checkpoint's must not.
    """
    both = nn.Sequential(checkpoint.encoder(), checkpoint.projector())
    return copy.deepcopy(both).train()


def peek(
    model: nn.Module, data: ImageSet, pairs: int, policy: Policy, seed: int
) -> BatchView:
    """Two views of a few training images and the cosines of their projections z.

    The forward pass is the one of a training step, so batch norm takes the statistics of
    this batch; no weight changes.

    Args:
        model: images ``[N, C, H, W]`` in [0, 1] to z ``[N, D]``.
        data: where the images come from.
        pairs: how many images, 2 to 32.
        policy: what may change between two views.
        seed: of the images and of the dice.

    Raises:
        ValueError: naming a number of pairs that is not allowed.
    """
    if not FEWEST_PAIRS <= pairs <= PAIRS_SHOWN:
        raise ValueError(
            f"pairs is {pairs}; allowed are {FEWEST_PAIRS} to {PAIRS_SHOWN}"
        )
    batch = Batches(data, seed).next(pairs, policy)
    with torch.no_grad():
        z_a, z_b = model(torch.cat([batch.view_a, batch.view_b])).chunk(2)
    return batch_view(batch, z_a, z_b)
