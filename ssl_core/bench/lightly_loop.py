"""Training as lightly's own SimCLR example does it: the peer of our loop."""

import time
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ssl_core.augment.images import JITTER_CHANCE
from ssl_core.config import RunConfig
from ssl_core.encoders import make_encoder

WORKERS = 2


class Pictures(Dataset):
    """Pictures as torchvision's data sets hold them: decoded, made into PIL's one by one.

    Args:
        images: ``[N, 3, H, W]`` uint8.
        transform: a PIL image -> its two views.
    """

    def __init__(self, images: Tensor, transform: Any) -> None:
        self.arrays = images.permute(0, 2, 3, 1).contiguous().numpy()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, row: int) -> Any:
        from PIL import Image

        return self.transform(Image.fromarray(self.arrays[row]))


class LightlyLoop:
    """lightly's ``examples/pytorch/simclr.py`` with our encoder, sizes and strengths.

    Its transform without blur and normalisation, which ours has not either; its loss and
    its projection head, whose output is batch-normalised where ours is not; a DataLoader
    with two workers; float32, as the example has it.

    Args:
        config: whose encoder, views, head, optimiser and temperature are taken.
        images: ``[N, 3, H, W]`` uint8, a pass over which is a round.
        settling: batches of a round before the clock starts, while workers start.
    """

    def __init__(self, config: RunConfig, images: Tensor, settling: int) -> None:
        from lightly.loss import NTXentLoss
        from lightly.models.modules.heads import SimCLRProjectionHead

        encoder, options = make_encoder(config.encoder, images.shape[1]), config.options
        head = SimCLRProjectionHead(
            encoder.dim,
            options.hidden_dim,  # type: ignore[union-attr]
            options.output_dim,  # type: ignore[union-attr]
        )
        self.model = nn.Sequential(encoder, head)
        self.criterion = NTXentLoss(temperature=options.temperature)  # type: ignore[union-attr]
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.loader = DataLoader(
            Pictures(images, simclr_transform(config, images.shape[-1])),
            batch_size=config.batch_size,
            shuffle=True,
            drop_last=True,
            num_workers=WORKERS,
        )
        self.settling = settling

    def a_round(self) -> float:
        """Seconds of a pass over the pictures, without the settling."""
        started = time.perf_counter()
        for step, (view_a, view_b) in enumerate(self.loader):
            if step == self.settling:
                started = time.perf_counter()
            loss = self.criterion(self.model(view_a), self.model(view_b))
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        return time.perf_counter() - started


def simclr_transform(config: RunConfig, size: int) -> Any:
    """lightly's SimCLRTransform with the strengths of a policy of ours.

    Args:
        config: its policy has crop, flip, the four colours and grey.
        size: of the views in pixels.
    """
    from lightly.transforms import SimCLRTransform

    assert config.policy is not None
    strengths = config.policy.strengths
    return SimCLRTransform(
        input_size=size,
        cj_prob=JITTER_CHANCE,
        cj_strength=1.0,
        cj_bright=strengths["brightness"],
        cj_contrast=strengths["contrast"],
        cj_sat=strengths["saturation"],
        cj_hue=strengths["hue"],
        min_scale=1 - strengths["crop"],
        random_gray_scale=strengths["gray"],
        gaussian_blur=0.0,
        hf_prob=strengths["flip"],
        normalize=None,
    )
