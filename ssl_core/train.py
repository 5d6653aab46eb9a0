"""The training loop: a generator of ticks that takes changed knobs while it runs."""

import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

import torch
from torch import Tensor

from ssl_core import measures, processes
from ssl_core.augment import Policy
from ssl_core.batches import Batch, Batches
from ssl_core.config import RunConfig
from ssl_core.data import ImageSet, load
from ssl_core.device import (
    choose_device,
    choose_precision,
    computing_in,
    require_compiler,
)
from ssl_core.divergence import Quantity, all_finite, divergence_advice
from ssl_core.encoders import make_encoder
from ssl_core.methods import METHODS, Outcome
from ssl_core.tick import Budget, Tick
from ssl_core.watch import Observer, Scores, Watch, batch_view, spread

__all__ = ["Budget", "Fit", "RunConfig", "Tick", "Watch", "fit"]

SETTLING_STEPS = 100  # healthy runs pass through a narrow cone before they spread out
ALARM_STEPS = 60  # and a collapsed one stays collapsed
WARM_UP_STEPS = 20


def fit(
    config: RunConfig,
    *,
    data: ImageSet | None = None,
    budget: Budget | None = None,
    watch: Watch | None = None,
    compiled: bool = False,
) -> "Fit":
    """Train a method; iterate over the result to get ticks.

    Args:
        config: what to run.
        data: the images; loaded from ``config.data`` if left out.
        budget: when to stop; endless if left out.
        watch: how often to look and at how much.
        compiled: whether ``torch.compile`` fuses the step's operations: the first steps,
            and the first after a changed knob, take half a minute then. Needs a C++
            compiler, or Triton on a GPU.

    Returns:
        A generator of :class:`Tick`. ``send({"temperature": 0.5})`` changes live knobs from
        the next step on; a refused change raises and the run goes on. A run whose loss
        or weights stop being finite ends with a tick that is ``diverged``.

    Raises:
        ValueError: if the config does not fit the data, or nothing can be compiled here.
    """
    data = data or load(config.data)
    return Fit(config, data, budget or Budget(), watch or Watch(), compiled)


class Fit(Generator[Tick, Mapping[str, Any] | None, None]):
    """One run. See :func:`fit`.

    Attributes:
        problem: when the run diverged and what to try, as sentences; empty if it did not.
        last_healthy_step: the collapse alarm counts steps from here.
    """

    def __init__(
        self,
        config: RunConfig,
        data: ImageSet,
        budget: Budget,
        watch: Watch,
        compiled: bool = False,
    ) -> None:
        _require_batch(config.batch_size, data)
        _require_labels(config.method, data)
        _require_held_out(data)
        self.config, self.budget, self.watch = config, budget, watch
        self.device = choose_device(config.device)
        self.precision = choose_precision(config.precision, self.device)
        torch.set_flush_denormal(True)  # collapsing gradients would crawl otherwise
        torch.manual_seed(config.seed)
        encoder = make_encoder(config.encoder, data.images.shape[1])
        self.method = METHODS[config.method](encoder, config.options).to(self.device)
        processes.share_batch_norm(self.method, self.device)
        self.method.slice_rows = config.slice_size
        self._compare = self.method.compare
        if compiled:
            _require_whole(config)
            require_compiler(self.device)
            self._compare = torch.compile(self.method.compare)
        self.optimizer = torch.optim.AdamW(
            [p for p in self.method.parameters() if p.requires_grad],
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.data = data.to(self.device)
        self.observer = Observer(self.data, watch, config.seed, self.precision)
        self.batches = Batches(self.data, config.seed)
        self.step, self.images, self.seconds = 0, 0, 0.0
        self.scores: Scores | None = None
        self.last_healthy_step = SETTLING_STEPS
        self.problem = ""
        self._stopping = False
        self._ticks = self._run()

    def adjust(self, changes: Mapping[str, Any]) -> None:
        """Change live knobs from the next step on.

        Raises:
            ValueError: naming what is refused and why; nothing changes then.
        """
        config = self.config.adjusted(changes)
        _require_batch(config.batch_size, self.data)
        self.config, self.method.config = config, config.options
        for group in self.optimizer.param_groups:
            group["weight_decay"] = config.weight_decay

    def stop(self) -> None:
        """End after the current step: the next tick is the last."""
        self._stopping = True

    def state(self) -> dict[str, Tensor]:
        """Everything a later run needs to continue bit for bit, as plain tensors."""
        tensors = {f"method.{k}": v for k, v in self.method.state_dict().items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": v for k, v in slots.items()}
        tensors |= {f"rng.{k}": v for k, v in self.batches.state().items()}
        return {k: v.detach().cpu().contiguous() for k, v in tensors.items()}

    def counters(self) -> dict[str, float]:
        """How far the run is: step, images, seconds, and where the alarm counts from."""
        return {
            "step": self.step,
            "images": self.images,
            "seconds": self.seconds,
            "last_healthy_step": self.last_healthy_step,
        }

    def restore(
        self, tensors: Mapping[str, Tensor], counters: Mapping[str, float]
    ) -> None:
        """Continue from what :meth:`state` and :meth:`counters` gave; call before ticking.

        Also takes the counters of older versions, which have no ``last_healthy_step``.

        Raises:
            ValueError: naming the first tensor that is missing, unknown or of another shape.
        """
        mine = self.method.state_dict()
        theirs = _under("method.", tensors)
        for name in [*mine, *theirs]:
            have = tuple(mine[name].shape) if name in mine else None
            got = tuple(theirs[name].shape) if name in theirs else None
            if have != got:
                raise ValueError(f"tensor {name} has shape {got}; this run has {have}")
        # The baselines belong to the untrained encoder, which is about to be replaced.
        if self.observer.baseline is None:
            self.observer.scores(self.method.encoder, 0)
        self.method.load_state_dict(theirs)
        slots: dict[int, dict[str, Tensor]] = {}
        weights = self.optimizer.param_groups[0]["params"]
        for name, value in _under("optimizer.", tensors).items():
            index, _, slot = name.partition(".")
            # A moment must lie in memory as its weight does: the fused step pairs them
            # byte by byte.
            like = weights[int(index)] if slot != "step" else value
            slots.setdefault(int(index), {})[slot] = torch.empty_like(like).copy_(value)
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})
        self.batches.restore(_under("rng.", tensors))
        self.step, self.images = int(counters["step"]), int(counters["images"])
        self.seconds = float(counters["seconds"])
        self.last_healthy_step = int(counters.get("last_healthy_step", SETTLING_STEPS))
        self.problem = ""

    def send(self, value: Mapping[str, Any] | None) -> Tick:
        if value:
            self.adjust(value)
        return self._ticks.send(None)

    def throw(
        self,
        typ: Any,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> Tick:
        return self._ticks.throw(typ if val is None else val)  # type: ignore[arg-type]

    def _run(self) -> Generator[Tick, None, None]:
        clock = time.perf_counter
        tick = self._measure_untrained()
        yield tick
        losses: list[Tensor] = []
        looked = probed = self.seconds
        while not tick.done:
            started = clock()
            batch = self.batches.next(self.config.batch_size, self._policy)
            outcome = self._train_step(batch)
            losses.append(outcome.loss.detach())
            self.step += 1
            self.images += len(batch.rows)
            self.seconds += clock() - started
            self._sync_ranks()
            done = self._stopping or self.progress >= 1
            if not done and self.seconds - looked < self.watch.tick_seconds:
                continue
            self._synchronize()
            started = clock()
            values = self._check_finite(torch.stack(losses).float().tolist())
            elapsed, looked = self.seconds - looked, self.seconds
            if self.problem:
                tick = self._diverged(tick, values, elapsed)
            else:
                if done or self.seconds - probed >= self.watch.probe_seconds:
                    self.scores = self.observer.scores(self.method.encoder, self.step)
                    probed = self.seconds
                tick = self._measure(outcome, batch, values, elapsed, done)
            losses = []
            self.seconds += 0.0 if tick.done else clock() - started
            yield tick

    def _synchronize(self) -> None:
        """GPU steps are asynchronous: wait for them and add the time still outstanding."""
        if self.device.type == "cpu":
            return
        started = time.perf_counter()
        torch.accelerator.synchronize(self.device)
        self.seconds += time.perf_counter() - started
        self._sync_ranks()

    def _sync_ranks(self) -> None:
        """All ranks agree on clock and stop flag."""
        known = (self.seconds, float(self._stopping))
        self.seconds, stopping = processes.agreed(known, self.device)
        self._stopping = bool(stopping)

    def _check_finite(self, losses: list[float]) -> list[float]:
        """Set :attr:`problem` if a loss, a weight or an optimiser state is not finite.

        All ranks agree, also if only one of them met it.

        Args:
            losses: of the steps since the last tick.

        Returns:
            The losses up to the first that is not finite. Steps that a GPU took after it
            are not counted.
        """
        finite = [math.isfinite(loss) for loss in losses]
        first = finite.index(False) if False in finite else len(losses)
        network = [*self.method.parameters(), *self.method.buffers()]
        moments = [v for slots in self.optimizer.state.values() for v in slots.values()]
        # The largest of each among the ranks: of -first, that is the earliest step.
        earliest, network_broken, moments_broken = processes.agreed(
            (-first, not all_finite(network), not all_finite(moments)), self.device
        )
        surplus = len(losses) - 1 + int(earliest)
        quantity: Quantity
        if surplus >= 0:
            quantity = "loss"
            self.step -= surplus
            self.images -= surplus * self.config.batch_size
            losses = losses[: len(losses) - surplus]
            if math.isfinite(losses[-1]):
                losses[-1] = math.nan  # as another rank met it
        elif network_broken:
            quantity = "network's weights or statistics"
        elif moments_broken:
            quantity = "optimiser's averages of the gradients"
        else:
            return losses
        self.problem = divergence_advice(self.config, self.step, quantity)
        return losses

    def _diverged(self, healthy: Tick, losses: list[float], elapsed: float) -> Tick:
        """The last tick of a run that diverged: it shows what was measured before."""
        return replace(
            healthy,
            step=self.step,
            epoch=self.epoch,
            seconds=self.seconds,
            images_per_second=self._rate(losses, elapsed),
            loss=losses[-1] if losses else healthy.loss,
            losses=tuple(losses),
            reference=self.method.reference(self.config.batch_size),
            negatives=self.method.negatives(self.config.batch_size),
            config=self.config,
            done=True,
            diverged=True,
            problem=self.problem,
        )

    def _measure_untrained(self) -> Tick:
        """The tick before any step: what an untrained encoder already does."""
        batch = self.batches.peek(self.config.batch_size, self._policy)
        self.method.eval()  # so that no batch-norm statistic moves
        with torch.no_grad():
            outcome = self._forward(batch)
        self.method.train()
        self._check_finite([])
        if self.problem:
            return self._diverged(self._measure(outcome, batch, [], 0.0), [], 0.0)
        self.scores = self.observer.scores(self.method.encoder, self.step)
        return self._measure(outcome, batch, [], 0.0)

    @property
    def epoch(self) -> float:
        """Passes over the training rows so far."""
        return self.images / len(self.data.train_rows)

    @property
    def progress(self) -> float:
        """The part of the budget that is used, in [0, 1]."""
        return self.budget.progress(self.step, self.seconds, self.epoch)

    @property
    def _policy(self) -> Policy:
        assert self.config.policy is not None  # RunConfig resolves it
        return self.config.policy

    def _forward(
        self, batch: Batch, compare: Callable[..., Outcome] | None = None
    ) -> Outcome:
        compare = compare or self.method.compare
        with computing_in(self.precision, self.device):
            return compare(batch.view_a, batch.view_b, batch.labels)

    def _train_step(self, batch: Batch) -> Outcome:
        warm = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * warm
        outcome = self._forward(batch, self._compare)
        if self._overflowed(outcome.loss):
            self.stop()
            return outcome  # the weights stay the last ones with a finite loss
        self.optimizer.zero_grad(set_to_none=True)
        outcome.loss.backward()
        processes.average_gradients(self.method)
        self.optimizer.step()
        self.method.after_step(outcome, self.progress)
        return outcome

    def _overflowed(self, loss: Tensor) -> bool:
        """Whether any rank's loss is not finite. Nobody waits for a GPU to tell: its
        losses are checked at ticks."""
        if self.device.type != "cpu":
            return False
        [overflowed] = processes.agreed([not math.isfinite(loss.item())], self.device)
        return bool(overflowed)

    def _measure(
        self,
        outcome: Outcome,
        batch: Batch,
        losses: list[float],
        elapsed: float,
        done: bool = False,
    ) -> Tick:
        features = self.observer.features(
            self.method.encoder, self.observer.looked_rows
        )
        uniformity, std, rank = spread(self._project(features))
        n = self.config.batch_size
        return Tick(
            step=self.step,
            epoch=self.epoch,
            seconds=self.seconds,
            images_per_second=self._rate(losses, elapsed),
            loss=sum(losses) / len(losses) if losses else outcome.loss.item(),
            losses=tuple(losses),
            reference=self.method.reference(n),
            negatives=self.method.negatives(n),
            contrastive_top1=measures.contrastive_top1(outcome.z_a, outcome.z_b),
            alignment=measures.alignment(outcome.z_a, outcome.z_b),
            uniformity=uniformity,
            feature_std=std,
            effective_rank=rank,
            collapsed=self._alarm(std, rank),
            scores=self.scores,
            map=self.observer.map(features),
            batch=batch_view(batch, outcome.z_a, outcome.z_b),
            config=self.config,
            done=done,
        )

    def _rate(self, losses: list[float], elapsed: float) -> float:
        """Images per second of the steps with these losses."""
        return len(losses) * self.config.batch_size / elapsed if elapsed else 0.0

    def _alarm(self, std: float, rank: float) -> bool:
        """Whether the projections have been collapsed for a while."""
        if not measures.collapsed(std, rank, self.method.projection_dim):
            self.last_healthy_step = max(self.step, SETTLING_STEPS)
        return self.step - self.last_healthy_step >= ALARM_STEPS

    def _project(self, features: Tensor) -> Tensor:
        self.method.projector.eval()
        with torch.inference_mode():
            z = self.method.projector(features)
        self.method.projector.train()
        return z.float()


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)
    }


def _require_whole(config: RunConfig) -> None:
    if config.slice_size:
        raise ValueError(
            f"slice_size is {config.slice_size}, which embeds slices twice and cannot be "
            "compiled; allowed is 0, or compiled off"
        )


def _require_labels(method: str, data: ImageSet) -> None:
    if METHODS[method].uses_labels and data.labels is None:
        raise ValueError(
            f"method is {method}, which needs labels; {data.name} has none: allowed are "
            "the methods that learn without them"
        )


def _require_held_out(data: ImageSet) -> None:
    if len(data.held_out_rows) < 2:
        raise ValueError(
            f"held_out is {len(data.held_out_rows)} of {data.name}; allowed is at least 2: "
            "how spread out features are is measured on them"
        )


def _require_batch(batch_size: int, data: ImageSet) -> None:
    available = len(data.train_rows)
    if batch_size > available:
        raise ValueError(
            f"batch_size is {batch_size}, more than the {available} training images of "
            f"{data.name}; allowed is at most {available}"
        )
    if batch_size % (2 * processes.count()) and processes.count() > 1:
        raise ValueError(
            f"batch_size is {batch_size}; {processes.count()} processes share it in equal "
            f"parts: allowed are multiples of {2 * processes.count()}"
        )
