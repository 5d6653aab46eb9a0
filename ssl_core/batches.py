"""The stream of batches: which rows, which views, and nothing random besides."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ssl_core.augment import Policy, two_views
from ssl_core.data import ImageSet
from ssl_core.processes import own_rows


@dataclass(frozen=True)
class Batch:
    """Two views of some rows.

    Args:
        view_a, view_b: ``[N, C, H, W]`` float32 in [0, 1], channels last; of several
            processes each has only its own part of the rows.
        rows: ``[N]`` int64 rows in the image set.
        labels: ``[N]`` int64 classes, None if the set has none. Only a supervised
            method reads them.
    """

    view_a: Tensor
    view_b: Tensor
    rows: Tensor
    labels: Tensor | None = None


class Batches:
    """Endless shuffled batches of the training rows, two views of each.

    Rows are drawn without replacement; what is left of an epoch and too little for a
    batch is dropped.

    Args:
        data: the images, on the device where views are made.
        seed: of the order and of the dice.
    """

    def __init__(self, data: ImageSet, seed: int) -> None:
        self.data, self.device = data, data.images.device
        self._train = data.train_rows
        self._dice = torch.Generator(self.device).manual_seed(seed)
        self._order = torch.Generator().manual_seed(seed)
        self._queue = torch.empty(0, dtype=torch.long)

    def next(self, n: int, policy: Policy) -> Batch:
        """The next ``n`` images as two views each."""
        if len(self._queue) < n:
            order = torch.randperm(len(self._train), generator=self._order)
            self._queue = self._train[order]
        rows, self._queue = self._queue[:n], self._queue[n:]
        images = self.data.images[rows.to(self.device)]
        view_a, view_b = two_views(images, policy, self._dice, own_rows(n))
        form = torch.channels_last
        labels = self.data.labels
        return Batch(
            view_a.contiguous(memory_format=form),
            view_b.contiguous(memory_format=form),
            rows,
            None if labels is None else labels[rows].to(self.device),
        )

    def peek(self, n: int, policy: Policy) -> Batch:
        """The batch that comes next, without taking it."""
        before = self.state()
        batch = self.next(n, policy)
        self.restore(before)
        return batch

    def state(self) -> dict[str, Tensor]:
        """Where the stream stands, as tensors."""
        return {
            "dice": self._dice.get_state(),
            "order": self._order.get_state(),
            "queue": self._queue,
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what :meth:`state` gave.

        Raises:
            ValueError: if the rows are not of this data set.
        """
        queue = state["queue"]
        if len(queue) and not 0 <= int(queue.min()) <= int(queue.max()) < len(
            self.data
        ):
            raise ValueError(
                f"the checkpoint's rows reach {int(queue.max())}; {self.data.name} has "
                f"{len(self.data)} images"
            )
        self._dice.set_state(state["dice"])
        self._order.set_state(state["order"])
        self._queue = queue.clone()
