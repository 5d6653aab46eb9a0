"""What the sound lab compares, and how a run is told; what ships beside it."""

from pages.features.labs import lab
from pages.features.labs.lab import Outcome, keeps_better
from pages.widgets import evidence, evidence_plots
from ssl_core.data import SOUND_VIEWS
from ssl_core.experiments.sound import FACTORS

VOICES = {"data": "voices"}
# Factor -> how a question names it.
NAMED = {"said": "what was said", "speaker": "who said it", "pitch": "the pitch"}


def arm(views: dict[str, float]) -> dict[str, object]:
    """A run on voices with these views."""
    return VOICES | {"augment": views}


def without(*names: str) -> dict[str, object]:
    """A run with the default views without some of them."""
    return arm({k: v for k, v in SOUND_VIEWS.items() if k not in names})


def told(left: Outcome, right: Outcome) -> str:
    """This run in words: what was said against who said it, and every large difference."""
    parts = [
        f"{name} {left.probes[name]:.2f} against {right.probes[name]:.2f} "
        f"(untrained {left.untrained[name]:.2f})"
        for name in NAMED
    ]
    return (
        f"Linear probes, {left.name} against {right.name}: {'; '.join(parts)}. "
        f"{balance(left)} {balance(right)} {left}. {right}."
    )


def balance(one: Outcome) -> str:
    """What training did to what and to who, for one arm."""
    said = one.probes["said"] - one.untrained["said"]
    who = one.probes["speaker"] - one.untrained["speaker"]
    return (
        f"With **{one.name}**, training moved *what was said* by {said:+.2f} and *who "
        f"said it* by {who:+.2f}."
    )


def against_all(
    label: str, changed: str, right: tuple[str, dict[str, object]], factor: str
) -> lab.Case:
    """All default views on the left, another policy on the right; which keeps a factor?"""
    return lab.Case(
        label,
        changed,
        ("all views", without()),
        right,
        f"From which arm's features can {NAMED[factor]} be read better?",
        ("all views", right[0], "about the same"),
        keeps_better(factor),
        told,
    )


NOISE_ONLY = ("noise only", arm({"hiss": SOUND_VIEWS["hiss"]}))
CASES = {
    "noise": against_all(
        "All views, or noise only", "every view but the hiss", NOISE_ONLY, "said"
    ),
    "crop": against_all(
        "With or without the crop in time and frequency",
        "the crop",
        ("no crop", without("time_frequency_crop")),
        "pitch",
    ),
    "gain": against_all(
        "With or without changes of loudness",
        "the gain",
        ("no gain", without("gain")),
        "said",
    ),
    "mask": against_all(
        "With or without the time mask",
        "the time mask",
        ("no time mask", without("time_mask")),
        "said",
    ),
    "speaker": against_all(
        "Who speaks: all views, or noise only",
        "every view but the hiss",
        NOISE_ONLY,
        "speaker",
    ),
}


def shipped() -> None:
    """Views by factors on the voices, and digits of a speaker never heard."""
    if found := evidence.draw_verdict("sound"):
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "knn", baseline="random_init"),
            "ev_sound_knn",
        )
        arms = list(found.arms)
        values = [[found.at(a, f"probe_{f}") for f in FACTORS] for a in arms]
        shown = evidence_plots.heat_map(arms, FACTORS, values, "Linear probe accuracy")
        evidence.draw_plot(shown, "ev_sound_probes")
        evidence.draw_table(found, ["knn", *(f"probe_{f}" for f in FACTORS)])
    if found := evidence.draw_verdict("speakers"):
        shown = evidence_plots.dot_plot(found, "knn", baseline="raw_input")
        evidence.draw_plot(shown, "ev_speakers")
        evidence.draw_table(found, list(found.experiment.quantities))
    evidence.draw_provenance("sound", "speakers")
