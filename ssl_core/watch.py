"""What a tick knows: every number on the screen is measured here, on named rows."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from ssl_core import embed, measures, probes
from ssl_core.augment import as_float
from ssl_core.batches import Batch
from ssl_core.data import ImageSet
from ssl_core.device import computing_in

ENCODE_CHUNK = 1000
PAIRS_SHOWN = 32
LARGEST_HALF = torch.finfo(torch.float16).max


@dataclass(frozen=True)
class Watch:
    """How often to look, and at how much.

    Args:
        tick_seconds: time from tick to tick, looking included; 0 gives one at every
            step.
        probe_seconds: training time between probes of what the features keep.
        bank: training rows that a probe learns from.
        asked: held-out rows that a probe is asked about.
        mapped: held-out rows on the map; 0 draws no map.
    """

    tick_seconds: float = 0.17
    probe_seconds: float = 4.0
    bank: int = 1000
    asked: int = 500
    mapped: int = 300


@dataclass(frozen=True)
class Score:
    """One accuracy in [0, 1] on held-out rows, beside its baselines."""

    accuracy: float
    random_init: float
    chance: float
    raw_input: float | None = None


@dataclass(frozen=True)
class Scores:
    """What the features keep, at one step.

    Args:
        step: when it was measured.
        knn: weighted kNN of the class, None if the set has no classes.
        probes: factor -> linear probe.
        bank, asked: training and held-out rows used.
    """

    step: int
    knn: Score | None
    probes: dict[str, Score] = field(default_factory=dict)
    bank: int = 0
    asked: int = 0


@dataclass(frozen=True)
class MapFrame:
    """Fixed held-out images in feature space.

    Args:
        xy: ``[M, 2]`` float32 PCA layout, turned onto the last frame.
        rows: ``[M]`` their rows in the image set.
        neighbours: ``[M, k]`` each point's nearest others in feature space, as indices
            into ``rows``.
        features: ``[M, D]`` float16, for UMAP.
    """

    xy: np.ndarray
    rows: np.ndarray
    neighbours: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class BatchView:
    """The current batch as a learner sees it: its first pairs.

    Args:
        view_a, view_b: ``[n, C, H, W]`` uint8.
        similarity: ``[2n, 2n]`` float32 cosines; a pair's two views stand side by side.
        rows: ``[n]`` their rows in the image set.
        labels: ``[n]`` int64 their hidden classes, None if the set has none.
    """

    view_a: np.ndarray
    view_b: np.ndarray
    similarity: np.ndarray
    rows: np.ndarray
    labels: np.ndarray | None = None


class Observer:
    """Looks at one run's encoder without changing it.

    Args:
        data: the image set, on the encoder's device.
        watch: how much to look at.
        seed: picks the rows, so that they stay the same through a run and its repeat.
        precision: of the encoder's forward pass; features come out float32.
    """

    def __init__(
        self, data: ImageSet, watch: Watch, seed: int, precision: str = "float32"
    ) -> None:
        self.precision = precision
        g = torch.Generator().manual_seed(seed)
        self.data = data
        held_out, train = (
            _shuffled(data.held_out_rows, g),
            _shuffled(data.train_rows, g),
        )
        self.asked_rows, self.bank_rows = held_out[: watch.asked], train[: watch.bank]
        self.map_rows = held_out[: watch.mapped]
        # What spread and rank are measured on: the map's images, which are encoded anyway.
        self.looked_rows = self.map_rows if watch.mapped else self.asked_rows
        self.baseline: dict[str, Score] | None = None
        self.baseline_knn: Score | None = None
        self.last_xy: np.ndarray | None = None

    def features(self, encoder: nn.Module, rows: Tensor) -> Tensor:
        """Frozen features ``[len(rows), dim]`` float32 of un-augmented images."""
        was_training = encoder.training
        encoder.eval()
        device = self.data.images.device
        with torch.inference_mode(), computing_in(self.precision, device):
            parts = [
                encoder(
                    as_float(self.data.images[r.to(device)]).contiguous(
                        memory_format=torch.channels_last
                    )
                ).float()
                for r in rows.split(ENCODE_CHUNK)
            ]
        encoder.train(was_training)
        return torch.cat(parts)

    def map(self, features: Tensor) -> MapFrame | None:
        """The next frame of the map from the features of :attr:`map_rows`."""
        if not len(self.map_rows):
            return None
        self.last_xy = embed.pca(features, self.last_xy)
        return MapFrame(
            self.last_xy,
            self.map_rows.numpy(),
            embed.nearest(features),
            features.clamp(-LARGEST_HALF, LARGEST_HALF).half().cpu().numpy(),
        )

    def scores(self, encoder: nn.Module, step: int) -> Scores:
        """Probe the features; the first call, before any step, sets the baselines."""
        bank = self.features(encoder, self.bank_rows)
        asked = self.features(encoder, self.asked_rows)
        accuracies = probes.linear_probes(bank, asked, self._targets(bank.device))
        knn = self._knn(bank, asked)
        if self.baseline is None:
            self._set_baselines(accuracies, knn)
        assert self.baseline is not None
        return Scores(
            step,
            None if knn is None else _scored(self.baseline_knn, knn),
            {n: _scored(self.baseline[n], a) for n, a in accuracies.items()},
            len(self.bank_rows),
            len(self.asked_rows),
        )

    def _targets(self, device: torch.device) -> dict[str, tuple[Tensor, Tensor]]:
        targets = {}
        for name, factor in self.data.factors.items():
            labels, _ = factor.classes()
            bank, asked = labels[self.bank_rows], labels[self.asked_rows]
            targets[name] = (bank.to(device), asked.to(device))
        return targets

    def _knn(self, bank: Tensor, asked: Tensor) -> float | None:
        labels = self.data.labels
        if labels is None:
            return None
        bank_labels = labels[self.bank_rows].to(bank.device)
        return probes.knn_accuracy(
            bank, bank_labels, asked, labels[self.asked_rows].to(bank.device)
        )

    def _set_baselines(self, accuracies: dict[str, float], knn: float | None) -> None:
        chances = {
            n: probes.chance(f.classes()[0][self.asked_rows])
            for n, f in self.data.factors.items()
        }
        self.baseline = {n: Score(a, a, chances[n]) for n, a in accuracies.items()}
        if knn is not None:
            assert self.data.label is not None
            raw = self._knn(self._pixels(self.bank_rows), self._pixels(self.asked_rows))
            self.baseline_knn = Score(knn, knn, chances[self.data.label], raw)

    def _pixels(self, rows: Tensor) -> Tensor:
        return as_float(self.data.images[rows.to(self.data.images.device)]).flatten(1)


def batch_view(batch: Batch, z_a: Tensor, z_b: Tensor) -> BatchView:
    """The first pairs of a batch with the cosines of their projections."""
    n = min(PAIRS_SHOWN, len(batch.view_a))
    # Interleaved, so that a pair's two views are neighbours in the matrix.
    z = torch.stack([z_a[:n], z_b[:n]], 1).flatten(0, 1).detach().float()
    z = torch.nn.functional.normalize(z, dim=1)
    return BatchView(
        _as_bytes(batch.view_a[:n]),
        _as_bytes(batch.view_b[:n]),
        (z @ z.T).cpu().numpy(),
        batch.rows[:n].cpu().numpy(),
        None if batch.labels is None else batch.labels[:n].cpu().numpy(),
    )


def spread(z: Tensor) -> tuple[float, float, float]:
    """Uniformity, feature std x sqrt(d) and effective rank of z ``[M, D]``."""
    return (
        measures.uniformity(z),
        measures.feature_std(z),
        measures.effective_rank(z),
    )


def _as_bytes(view: Tensor) -> np.ndarray:
    return (view.clamp(0, 1) * 255).round().byte().contiguous().cpu().numpy()


def _scored(baseline: Score | None, accuracy: float) -> Score:
    assert baseline is not None
    return Score(accuracy, baseline.random_init, baseline.chance, baseline.raw_input)


def _shuffled(rows: Tensor, g: torch.Generator) -> Tensor:
    return rows[torch.randperm(len(rows), generator=g)]
