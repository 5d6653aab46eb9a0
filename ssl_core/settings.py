"""What an operator may set: environment variables that begin with ``CONTRASTIVE_``.

Streamlit turns top-level entries of ``.streamlit/secrets.toml`` into environment
variables when it starts, so either place will do.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ssl_core.knobs import check, knob, knobs_of

PREFIX = "CONTRASTIVE_"
OLD_PREFIX = "SSL_"  # OpenSSL's own; deprecated, still read
# Fields that had another name under the old prefix.
OLD_NAMES = {
    "max_seconds": "most_seconds",
    "max_steps": "most_steps",
    "max_batch": "most_batch",
    "max_images": "most_images",
    "max_memory_mb": "most_memory_mb",
    "idle_timeout_contended_s": "patience_seconds",
    "idle_timeout_s": "idle_seconds",
    "retention_runs": "keep_runs",
    "retention_days": "keep_days",
    "sandbox_memory_mb": "open_memory_mb",
    "sandbox_seconds": "open_seconds",
}
# Settings that no longer exist, and what to do instead.
REMOVED = {
    "mirror": "runs are not copied any more; give each replica a persistent volume "
    "for its runs (CONTRASTIVE_RUNS_DIR) and keep progress in SQL "
    "(CONTRASTIVE_DATABASE)"
}
BACKENDS = ("local", "ray")
LOG_FORMATS = ("text", "json")
SHORTEST_KEY = 16  # nobody finds it by trying
# It becomes part of a header: no semicolon, comma or line break gets there.
# The keywords need their quotes: compose's .env files take them off.
_SITE = r"('self'|(?!(?:self|none)(?: |$))[\w.:/*-]+)"
FRAME_ANCESTORS = re.compile(rf"'none'|{_SITE}( {_SITE})*", re.A)


@dataclass(frozen=True)
class Settings:
    """An operator's choices; ``CONTRASTIVE_MAX_SECONDS`` sets the field ``max_seconds``.

    Raises:
        ValueError: naming the setting, its value and what is allowed.
    """

    runs_dir: str = knob(
        "",
        help="Folder of runs and uploads. Empty: .runs beside the app.",
    )
    data_dir: str = knob(
        "",
        help="Folder of downloaded data sets. Empty: ~/.cache/ssl_core.",
    )
    workers: int = knob(
        0,
        low=0,
        high=64,
        help="How many runs train at once. 0: one fewer than the cores, from 1 to 4.",
    )
    queue: int = knob(
        40, low=1, high=10_000, help="How many runs may wait; more are refused."
    )
    max_seconds: float = knob(
        600.0,
        low=1,
        high=86_400,
        help="Longest training time of a run, in seconds.",
    )
    max_steps: int = knob(
        100_000,
        low=1,
        high=10_000_000,
        help="Largest number of optimisation steps of a run.",
    )
    max_batch: int = knob(4_096, low=2, high=16_384, help="Largest batch size.")
    max_images: int = knob(
        100_000,
        low=64,
        high=10_000_000,
        help="Largest number of images or clips in a data set.",
    )
    max_memory_mb: int = knob(
        4_000,
        low=100,
        high=1_000_000,
        help="Memory limit of a training process in MB. A run above it is ended.",
    )
    idle_timeout_contended_s: float = knob(
        90.0,
        low=5,
        high=86_400,
        help="Seconds after which a run that nobody watches is paused while others "
        "wait.",
    )
    idle_timeout_s: float = knob(
        600.0,
        low=5,
        high=864_000,
        help="Seconds after which a run that nobody watches is paused in any case.",
    )
    retention_runs: int = knob(
        500,
        low=1,
        high=1_000_000,
        help="How many runs are kept.",
    )
    retention_days: float = knob(
        7.0,
        low=0.01,
        high=3_650,
        help="For how many days runs and uploads are kept.",
    )
    uploads_mb: int = knob(
        4_000,
        low=1,
        high=10_000_000,
        help="Total size of uploads in MB. Beyond it, those that no run needs are deleted.",
    )
    sandbox_memory_mb: int = knob(
        1_000,
        low=100,
        high=1_000_000,
        help="Memory limit in MB for decoding one picture, recording or checkpoint.",
    )
    sandbox_seconds: float = knob(
        20.0,
        low=1,
        high=600,
        help="Time limit in seconds for decoding one of these files.",
    )
    lab_steps: int = knob(
        0,
        low=0,
        high=100_000,
        help="Largest number of steps of a run in a lab. 0: the lab's own number.",
    )
    umap: bool = knob(
        True,
        help="Whether the map offers UMAP, which runs in a process of 0.7 GB.",
    )
    operator_key: str = knob(
        "",
        help="Key that opens the operators' page, /operators, at least 16 characters. "
        "Empty: there is no such page.",
    )
    backend: str = knob(
        "local",
        choices=BACKENDS,
        help="Where runs train: on this machine, or on a Ray cluster.",
    )
    ray_address: str = knob(
        "",
        help="Address of the Ray cluster, needed with the backend ray.",
    )
    database: str = knob(
        "",
        help="URL (SQLAlchemy) of the database for the progress of signed-in learners. "
        "Empty: SQLite in the folder of runs.",
    )
    frame_ancestors: str = knob(
        "'self'",
        help="Sites that may show the app in a frame, separated by spaces. *: any "
        "site.",
    )
    log_format: str = knob(
        "text",
        choices=LOG_FORMATS,
        help="Format of the log: lines of text, or JSON lines.",
    )

    def __post_init__(self) -> None:
        try:
            check(self)
        except ValueError as refusal:  # it names the field first
            name, _, rest = str(refusal).partition(" ")
            raise ValueError(f"{variable(name)} {rest}") from None
        if not FRAME_ANCESTORS.fullmatch(self.frame_ancestors):
            raise ValueError(
                f"{variable('frame_ancestors')} is {self.frame_ancestors!r}; allowed are "
                "'self', 'none', * or sites such as https://moodle.example.org"
            )
        if self.operator_key and len(self.operator_key) < SHORTEST_KEY:
            raise ValueError(  # its value is nobody's business
                f"{variable('operator_key')} has {len(self.operator_key)} characters; "
                f"allowed are none, or at least {SHORTEST_KEY}"
            )

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in an environment; an empty variable keeps the default.

        A variable's old name goes before the new one, under which an image or a
        compose file may have a default.

        Raises:
            ValueError: naming a variable, its value and what is allowed.
        """
        given = {
            name: environment.get(old_variable(name)) or environment.get(variable(name))
            for name in knobs_of(cls)
        }
        return cls(**{name: value for name, value in given.items() if value})  # type: ignore[arg-type]

    @classmethod
    def problems(cls, environment: Mapping[str, str]) -> Iterator[str]:
        """A sentence for every setting that is unknown, removed or under its old name."""
        names = [variable(name) for name in knobs_of(cls)]
        old = {old_variable(name): variable(name) for name in knobs_of(cls)}
        removed = {
            spelt(name): instead
            for name, instead in REMOVED.items()
            for spelt in (variable, old_variable)
        }
        for given in sorted(environment):
            if given in removed:
                yield f"{given} was removed: {removed[given]}"
            elif given.startswith(PREFIX) and given not in names:
                close = difflib.get_close_matches(given, names, 1)
                meant = f"; did you mean {close[0]}?" if close else ""
                yield f"{given} is no setting{meant}"
            elif given in old:
                yield f"{given} is deprecated; its new name is {old[given]}"

    def changed(self) -> dict[str, object]:
        """The settings that are not at their default, secrets left out."""
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        return {
            name: value
            for name, value in dataclasses.asdict(self).items()
            if value != defaults[name] and name not in SECRET
        }


SECRET = ("operator_key", "database")


def variable(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()


def old_variable(name: str) -> str:
    """The deprecated environment variable of a field."""
    return OLD_PREFIX + OLD_NAMES.get(name, name).upper()
