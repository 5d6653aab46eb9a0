"""Reading a checkpoint, and what can be done with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ssl_core.augment import as_float
from ssl_core.checkpoints.checks import (
    OPTIONAL_COUNTS,
    WEIGHTS_FORMAT,
    as_card,
    require_tensors,
)
from ssl_core.checkpoints.files import CARD, MODEL, one_line, read_files
from ssl_core.checkpoints.writing import about_data
from ssl_core.config import RunConfig
from ssl_core.encoders import make_encoder
from ssl_core.methods import METHODS
from ssl_core.train import Fit

EMBEDDED_AT_ONCE = 1000


@dataclass(frozen=True)
class Checkpoint:
    """A run as it was saved.

    Args:
        config: what was run.
        tensors: on the CPU: ``method.*``, ``optimizer.*`` and ``rng.*``, or only
            ``method.encoder.*`` and ``method.projector.*``.
        counters: step, images, seconds; of newer versions also last_healthy_step.
        card: the whole card, for showing.
        source: the folder or zip it came from, for messages.
    """

    config: RunConfig
    tensors: Mapping[str, Tensor]
    counters: Mapping[str, float]
    card: Mapping[str, Any]
    source: str

    @property
    def weights_only(self) -> bool:
        """Whether it can be used but not continued."""
        return bool(self.card["format"] == WEIGHTS_FORMAT)

    def require_whole(self) -> None:
        """Refuse to continue what holds weights only.

        Raises:
            ValueError: if it does.
        """
        if self.weights_only:
            raise ValueError(
                f"{self.source}: it holds weights only and cannot be continued; allowed "
                "is the checkpoint of a whole run, with its optimiser"
            )

    def restore(self, fit: Fit) -> None:
        """Continue this run in ``fit``, bit for bit on a CPU; call before ticking.

        Raises:
            ValueError: naming the file and what does not fit: weights only, other
                images, or a run that was built from another config.
        """
        self.require_whole()
        saved, here = self.card["data"], about_data(fit.data)
        for name in ("images", "shape"):
            if saved[name] != here[name]:
                raise ValueError(
                    f"{self.source}: it learned from {saved['name']} with {name} "
                    f"{saved[name]}; this run's {here['name']} has {here[name]}"
                )
        tensors = dict(self.tensors)
        if self.card["device"] != fit.device.type:
            # A generator's state means nothing to another kind of device.
            seed = fit.config.seed + int(self.counters["step"])
            dice = torch.Generator(fit.device).manual_seed(seed)
            tensors["rng.dice"] = dice.get_state()
        try:
            fit.restore(tensors, self.counters)
        except (ValueError, RuntimeError, TypeError, KeyError) as error:
            raise ValueError(f"{self.source}: {one_line(error)}") from None

    def encoder(self) -> nn.Module:
        """The trained encoder in evaluation mode: images ``[N, C, H, W]`` in [0, 1] to
        features ``[N, dim]``."""
        encoder = make_encoder(self.config.encoder, self._channels)
        encoder.load_state_dict(self._under("method.encoder."))
        return encoder.eval()

    def projector(self) -> nn.Module:
        """The trained projection head in evaluation mode: features ``[N, dim]`` to
        z ``[N, D]``; the identity if the run had none."""
        # On the meta device neither a queue nor a moving average takes memory.
        with torch.device("meta"):
            encoder = make_encoder(self.config.encoder, self._channels)
            method = METHODS[self.config.method](encoder, self.config.options)
        weights = self._under("method.projector.")
        method.projector.load_state_dict(weights, assign=True)
        return method.projector.eval()

    @torch.no_grad()
    def embed(self, images: Tensor) -> Tensor:
        """z = projector(encoder(x)), the vectors that the loss compared.

        Args:
            images: ``[N, C, H, W]`` uint8, or float in [0, 1].

        Returns:
            ``[N, D]`` float32, not scaled to length 1.

        Raises:
            ValueError: if the images are of another shape.
        """
        if images.dim() != 4 or images.shape[1] != self._channels:
            raise ValueError(
                f"images have shape {tuple(images.shape)}; allowed is "
                f"[N, {self._channels}, H, W]"
            )
        encoder, projector = self.encoder(), self.projector()
        parts = images.split(EMBEDDED_AT_ONCE)
        return torch.cat([projector(encoder(as_float(part))) for part in parts])

    @property
    def _channels(self) -> int:
        return int(self.card["data"]["shape"][0])

    def _under(self, prefix: str) -> dict[str, Tensor]:
        found = {k: v for k, v in self.tensors.items() if k.startswith(prefix)}
        return {k.removeprefix(prefix): v for k, v in found.items()}


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint from its folder, or from a zip of its two files.

    Raises:
        ValueError: one sentence that names the file and what is wrong with it.
    """
    path = Path(path)
    try:
        model, text = read_files(path)
        card = as_card(text)
        if hashlib.sha256(model).hexdigest() != card["sha256"]:
            raise ValueError(
                f"{MODEL} is not the file that {CARD} belongs to (SHA-256)"
            )
        tensors = safetensors.torch.load(model)
        config = RunConfig.of(card["config"])
        require_tensors(tensors, config, card)
    except SafetensorError as error:
        raise ValueError(
            f"{path}: {MODEL} is not a safetensors file: {one_line(error)}"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    names = ("step", "images", "seconds", *OPTIONAL_COUNTS)
    counters = {name: card[name] for name in names if name in card}
    return Checkpoint(config, tensors, counters, card, str(path))
