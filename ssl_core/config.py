"""What a run is: one frozen record from which sliders, flags and URLs are derived."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ssl_core.augment import Policy, require
from ssl_core.data import SOURCES, ImageSet, SoundSet, default_views
from ssl_core.encoders import ENCODERS
from ssl_core.knobs import Knob, check, knob, knobs_of
from ssl_core.methods import METHODS, MethodConfig

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")
LEAST_SLICE = 4  # even parts of a batch then have two rows, which batch norm needs


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run; same config and seed on a CPU, same losses.

    Args:
        policy: the augmentations; None takes the data source's default.
        options: the method's own switches; None takes the method's defaults.
    """

    data: str = knob(
        "shapes",
        label="Data",
        help="What is learned from: a source's name, or the path of a folder or zip.",
    )
    method: str = knob(
        "simclr", choices=tuple(METHODS), label="Method", help="How views are compared."
    )
    encoder: str = knob(
        "tiny",
        choices=tuple(ENCODERS),
        label="Encoder",
        help="tiny learns in seconds on two CPU cores; wide is better and slower; "
        "resnet18 is for a GPU. tiny_group_norm and tiny_no_norm do without batch norm.",
    )
    batch_size: int = knob(
        64,
        low=2,
        high=16384,
        shown=(16, 4096),
        log=True,
        live=True,
        label="Batch size",
        help="Images per step (N). Each gives two views.",
    )
    slice_size: int = knob(
        0,
        low=0,
        high=32768,
        shown=(0, 4096),
        step=64,
        label="Slice",
        help="Views that pass through the encoder at once; 0: all of the batch. A small "
        "slice lets a large batch into little memory, for a third more work (GradCache); "
        "batch norm then sees one slice at a time.",
    )
    learning_rate: float = knob(
        3e-3,
        low=0.0,
        above=True,
        high=1.0,
        shown=(1e-4, 0.1),
        log=True,
        live=True,
        label="Learning rate",
        help="Step size of the optimiser.",
    )
    weight_decay: float = knob(
        1e-4,
        low=0.0,
        high=0.1,
        live=True,
        label="Weight decay",
        help="How strongly weights are pulled to zero.",
    )
    seed: int = knob(
        0,
        low=0,
        high=2**31 - 1,
        step=1,
        label="Seed",
        help="Same seed, same run: weights, batches and views.",
    )
    device: str = knob(
        "auto", choices=DEVICES, label="Device", help="Where tensors live."
    )
    precision: str = knob(
        "auto",
        choices=PRECISIONS,
        label="Precision",
        help="auto takes bfloat16 where the hardware has it.",
    )
    policy: Policy | None = None
    options: MethodConfig | None = None

    def __post_init__(self) -> None:
        check(self)
        if 0 < self.slice_size < LEAST_SLICE:
            raise ValueError(
                f"slice_size is {self.slice_size}; allowed is 0, which takes all at once, "
                f"or at least {LEAST_SLICE}"
            )
        if self.policy is None:
            object.__setattr__(self, "policy", Policy.of(default_views(self.data)))
        assert self.policy is not None
        _require_medium(self.policy, self.data)
        kind = METHODS[self.method].Config
        if self.options is None:
            object.__setattr__(self, "options", kind())
        elif not isinstance(self.options, kind):
            raise ValueError(
                f"options are {type(self.options).__qualname__}; "
                f"{self.method} takes {kind.__qualname__}"
            )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "RunConfig":
        """Build from flat knob names, as flags, URLs and JSON hold them.

        ``augment`` is a policy's text or a mapping slug -> strength.

        Raises:
            ValueError: naming the knob, the value and what is allowed.
        """
        rest = dict(values)
        own = {n: rest.pop(n) for n in knobs_of(cls) if n in rest}
        method = knobs_of(cls)["method"].check("method", own.get("method", "simclr"))
        source = str(own.get("data", "shapes"))
        if "augment" in rest:
            own["policy"] = as_policy(rest.pop("augment"), source)
        kind = METHODS[method].Config
        switches = {n: rest.pop(n) for n in knobs_of(kind) if n in rest}
        if rest:
            raise ValueError(_unknown(next(iter(rest)), method))
        return cls(**own, options=kind(**switches))

    def flat(self) -> dict[str, Any]:
        """Every knob by name, and the policy as ``augment``; the inverse of :meth:`of`."""
        assert self.policy is not None
        own = {n: getattr(self, n) for n in knobs_of(self)}
        switches = {n: getattr(self.options, n) for n in knobs_of(self.options)}
        return own | switches | {"augment": self.policy.strengths}

    def adjusted(self, changes: Mapping[str, Any]) -> "RunConfig":
        """A copy with live knobs changed.

        Raises:
            ValueError: naming a knob that cannot change during a run, is unknown, or whose
                value is not allowed.
        """
        known, now = all_knobs(self.method), self.flat()
        for name, value in changes.items():
            if name != "augment" and name not in known:
                raise ValueError(_unknown(name, self.method))
            if name != "augment" and not known[name].live:
                raise ValueError(
                    f"{name} cannot change during a run: it is {now[name]}, not {value}; "
                    "another value takes effect at the next start"
                )
        return RunConfig.of(now | dict(changes))

    def require_fit(self, data: ImageSet) -> None:
        """Refuse loaded data that these augmentations are not for.

        A source's medium is known by its name; a path's only once it is read.

        Raises:
            ValueError: naming the augmentation and what is allowed.
        """
        assert self.policy is not None
        medium = "sound" if isinstance(data, SoundSet) else "pictures"
        require(self.policy.strengths, medium, data.name)


def all_knobs(method: str) -> dict[str, Knob]:
    """Every knob of a run with this method, by flat name."""
    return knobs_of(RunConfig) | knobs_of(METHODS[method].Config)


def as_policy(value: Any, source: str) -> Policy:
    """A policy from its text, its slug -> strength mapping, or ``default``.

    Raises:
        ValueError: naming what is unknown, out of range, or not for this source.
    """
    if isinstance(value, Policy):
        return value
    if isinstance(value, Mapping):
        policy = Policy.of(value)
    elif str(value).strip() == "default":
        policy = Policy.of(default_views(source))
    else:
        policy = Policy.parse(str(value))
    _require_medium(policy, source)
    return policy


def _require_medium(policy: Policy, source: str) -> None:
    """A path is let pass: :meth:`RunConfig.require_fit` asks again once it is read."""
    if source in SOURCES:
        require(policy.strengths, SOURCES[source].medium, source)


def _unknown(name: str, method: str) -> str:
    owners = [slug for slug, m in METHODS.items() if name in knobs_of(m.Config)]
    if owners:
        return f"{name} is not a knob of {method}; it belongs to {', '.join(owners)}"
    return f"{name} is not a knob; allowed are {', '.join(all_knobs(method))}, augment"
