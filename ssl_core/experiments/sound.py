"""Sound: with the same method and loop, the views decide whether speech is learned."""

from typing import Any

from ssl_core.data import SOUND_VIEWS, VOICE_VIEWS
from ssl_core.experiments.base import Expected, Experiment, Published, Quantity, exceeds

FACTORS = (
    *("said", "consonant", "vowel", "speaker"),
    *("pitch", "loudness", "noise"),
)
BYOL_A = "Niizumi et al. 2021, table II (second-hand): mean of six tasks, probed"
ALL, HISS = "all views", "hiss only"
MIXUP = {"mixup": 0.4}  # BYOL-A's; the default of voices is fainter


def only(*names: str) -> dict[str, Any]:
    """An arm with these of the default views of sound."""
    return {"data": "voices", "augment": {n: (SOUND_VIEWS | MIXUP)[n] for n in names}}


def without(name: str) -> dict[str, Any]:
    """An arm with all of the default views of sound but one."""
    return only(*(n for n in SOUND_VIEWS if n != name))


def gains(factor: str, least: float = 0.0) -> Expected:
    """With all views a probe reads a factor better than from untrained features."""
    return Expected(
        f"with all views the probe of {factor} rises above untrained",
        lambda v: v[ALL][f"probe_{factor}"] - v[ALL][f"untrained_{factor}"],
        least,
    )


EXPERIMENT = Experiment(
    slug="sound",
    claim="On spectrograms the same method learns what was said if the views change what "
    "does not matter for it; if they only add noise, kNN hardly rises (Niizumi et al. 2021).",
    arms={
        ALL: only(*SOUND_VIEWS),
        HISS: only("hiss"),
        "crop only": only("time_frequency_crop"),
        "mixup only": only("mixup"),
        "mixup + crop": only("mixup", "time_frequency_crop"),
        "no crop": without("time_frequency_crop"),
        "no time mask": without("time_mask"),
        "no frequency mask": without("frequency_mask"),
        "no gain": without("gain"),
        "no hiss": without("hiss"),
        "and mixup": only(*SOUND_VIEWS, *MIXUP),
        "and faint mixup": {"data": "voices", "augment": VOICE_VIEWS},
    },
    quantities={
        "knn": Quantity("kNN of what was said"),
        "random_init": Quantity("kNN, untrained"),
        "raw_input": Quantity("kNN, raw spectrogram"),
    }
    | {f"probe_{f}": Quantity(f) for f in FACTORS}
    | {f"untrained_{f}": Quantity(f"{f}, untrained") for f in FACTORS},
    expected=(
        Expected(
            "with all views the kNN of what was said exceeds untrained by 0.1",
            lambda v: v[ALL]["knn"] - v[ALL]["random_init"],
            0.1,
        ),
        gains("said", 0.1),
        exceeds(
            "knn",
            ALL,
            HISS,
            0.1,
            "all views raise the kNN of what was said by 0.1 over hiss alone",
        ),
        exceeds(
            "probe_said",
            ALL,
            HISS,
            sentence="all views raise the probe of what was said over hiss alone",
        ),
        Expected(
            "hiss alone does not raise the kNN of what was said by 0.1 over untrained",
            lambda v: 0.1 - (v[HISS]["knn"] - v[HISS]["random_init"]),
        ),
        Expected(
            "all views, against hiss alone: said gains more than the speaker does",
            lambda v: (
                v[ALL]["probe_said"]
                - v[HISS]["probe_said"]
                - v[ALL]["probe_speaker"]
                + v[HISS]["probe_speaker"]
            ),
        ),
        Expected(
            "with all views the probe of the speaker falls below untrained",
            lambda v: v[ALL]["untrained_speaker"] - v[ALL]["probe_speaker"],
        ),
        exceeds(
            "knn",
            ALL,
            "no gain",
            0.1,
            "gain is worth 0.1 of the kNN of what was said",
        ),
        exceeds(
            "knn",
            ALL,
            "no time mask",
            sentence="the time mask raises the kNN of what was said",
        ),
        exceeds(
            "knn",
            ALL,
            "no frequency mask",
            sentence="the frequency mask raises the kNN of what was said",
        ),
        exceeds(
            "knn",
            ALL,
            "no crop",
            sentence="the crop raises the kNN of what was said",
        ),
        exceeds(
            "knn",
            "and faint mixup",
            ALL,
            sentence="a faint mixup raises the kNN of what was said",
        ),
        exceeds(
            "probe_loudness",
            "no gain",
            ALL,
            sentence="without gain the loudness is kept better",
        ),
        exceeds(
            "probe_noise",
            "no hiss",
            ALL,
            sentence="without hiss the noise is kept better",
        ),
        exceeds(
            "probe_pitch",
            "no crop",
            ALL,
            sentence="without crops the pitch is kept better",
        ),
        exceeds(
            "probe_speaker",
            "no crop",
            ALL,
            sentence="without crops the speaker is kept better",
        ),
    ),
    published=(
        Published("BYOL-A: mixup + crop", 72.3, BYOL_A, "mixup + crop", None, "%"),
        Published("BYOL-A: crop", 68.4, BYOL_A, "crop only", None, "%"),
        Published("BYOL-A: mixup", 63.9, BYOL_A, "mixup only", None, "%"),
        Published("BYOL-A: Gaussian noise", 23.2, BYOL_A, HISS, None, "%"),
    ),
    steps=600,
    quick=(ALL, HISS, "no crop", "no gain"),
    quick_steps=150,
    note="A linear probe of the untrained encoder is strong, and so is one of a policy "
    "that learns little: what tells the policies apart is the kNN. Loudness, noise and "
    "pitch are probed in bins of equal counts.",
)
