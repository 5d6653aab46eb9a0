"""Real speech: a digit is recognised in a voice that training never heard."""

from functools import cache
from statistics import fmean

from ssl_core.data import SOUND_VIEWS, SoundSet
from ssl_core.experiments.base import (
    Expected,
    Experiment,
    Published,
    Quantity,
    Seeded,
    Values,
)
from ssl_core.experiments.trials import AT_BOTH_ENDS, Trained, Trial, measured
from ssl_core.train import Fit

SPEAKERS = ("george", "jackson", "lucas", "nicolas")
BYOL_A = "Niizumi et al. 2021, table I (second-hand)"


def trial(given: Trial) -> Values:
    """Train on all speakers but one, ask for the digits of that one."""
    assert given.photos is not None, "the recordings have to be given"
    data = _recordings(given.photos, given.settings["out"])
    fit = Fit(given.config(), data, given.budget(), AT_BOTH_ENDS)
    first = next(fit)
    *_, last = fit
    return measured(Trained(fit, first, last))


@cache
def _recordings(path: str, out: str) -> SoundSet:
    from ssl_core.data.clips import clips

    return clips(path, speakers_out=(out,))


def gain(baseline: str) -> Expected:
    """The kNN over a baseline, in the mean of the speakers held out."""

    def effect(v: Seeded) -> float:
        arms = [v[f"{s} unheard"] for s in SPEAKERS]
        return fmean(a["knn"] - a[baseline] for a in arms)

    names = {"random_init": "an untrained encoder", "raw_input": "the raw spectrogram"}
    return Expected(
        f"in the mean of four unheard speakers, kNN exceeds {names[baseline]} by 0.1",
        effect,
        0.1,
    )


EXPERIMENT = Experiment(
    slug="speakers",
    claim="Features learned without labels from three speakers' recordings tell the "
    "digits of a fourth, who was never heard (leave one speaker out).",
    arms={
        f"{s} unheard": {
            "data": "digits",
            "augment": SOUND_VIEWS,
            "settings": {"out": s},
        }
        for s in SPEAKERS
    },
    quantities={
        "knn": Quantity("kNN of the digit"),
        "random_init": Quantity("kNN, untrained"),
        "raw_input": Quantity("kNN, raw spectrogram"),
        "probe_said": Quantity("linear probe of the digit"),
        "untrained_said": Quantity("linear probe, untrained"),
    },
    expected=(gain("random_init"), gain("raw_input")),
    published=(
        Published("BYOL-A: probe of 35 spoken words", 92.2, BYOL_A, None, None, "%"),
        Published("COLA: probe of 35 spoken words", 62.4, BYOL_A, None, None, "%"),
    ),
    trial=trial,
    steps=2000,
    quick_steps=300,
    note="The published numbers are of encoders that learned from a million and more "
    "sounds of all kinds, and of other words: they are no yardstick for this one.",
)
