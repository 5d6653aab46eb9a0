"""The cases of the sound lab, and the evidence below them."""

from pages.features.labs.lab import Arm, Case, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from ssl_core.data import SOUND_VIEWS
from ssl_core.experiments.sound import FACTORS

VOICES = {"data": "voices"}
# Factor -> its name in a question.
FACTOR_PHRASES = {
    "said": "what was said",
    "speaker": "who said it",
    "pitch": "the pitch",
}


def config_with(views: dict[str, float]) -> dict[str, object]:
    """Config of a run on voices with these views: slug -> strength."""
    return VOICES | {"augment": views}


def config_without(*names: str) -> dict[str, object]:
    """Config of a run on voices with the default views except ``names``."""
    return config_with({k: v for k, v in SOUND_VIEWS.items() if k not in names})


def explain(left: Outcome, right: Outcome) -> str:
    """Describe the probes of both arms, and their change by training."""
    accuracies = [
        f"{name} {left.probes[name]:.2f} against {right.probes[name]:.2f} "
        f"(untrained {left.untrained[name]:.2f})"
        for name in FACTOR_PHRASES
    ]
    return (
        f"Linear probes, {left.name} against {right.name}: {'; '.join(accuracies)}. "
        f"{describe_change(left)} {describe_change(right)} {left}. {right}."
    )


def describe_change(outcome: Outcome) -> str:
    """Describe how training changed the probes of syllable and speaker in one arm."""
    syllable = outcome.probes["said"] - outcome.untrained["said"]
    speaker = outcome.probes["speaker"] - outcome.untrained["speaker"]
    return (
        f"With **{outcome.name}**, training moved *what was said* by {syllable:+.2f} and *who "
        f"said it* by {speaker:+.2f}."
    )


def compare_with_all_views(
    label: str, difference: str, right: Arm, factor: str
) -> Case:
    """Make a case with all default views on the left.

    Args:
        label: of the case.
        difference: between the arms, in words.
        right: the other arm.
        factor: of the question: which arm keeps it better?
    """
    return Case(
        label=label,
        difference=difference,
        left=Arm("all views", config_without()),
        right=right,
        question=f"From which arm's features can {FACTOR_PHRASES[factor]} be read better?",
        options=("all views", right.name, "about the same"),
        answer=higher_arm(lambda outcome: outcome.probes[factor]),
        explain=explain,
    )


NOISE_ONLY = Arm("noise only", config_with({"hiss": SOUND_VIEWS["hiss"]}))
CASES = {
    "noise": compare_with_all_views(
        "All views, or noise only", "every view but the hiss", NOISE_ONLY, "said"
    ),
    "crop": compare_with_all_views(
        "With or without the crop in time and frequency",
        "the crop",
        Arm("no crop", config_without("time_frequency_crop")),
        "pitch",
    ),
    "gain": compare_with_all_views(
        "With or without changes of loudness",
        "the gain",
        Arm("no gain", config_without("gain")),
        "said",
    ),
    "mask": compare_with_all_views(
        "With or without the time mask",
        "the time mask",
        Arm("no time mask", config_without("time_mask")),
        "said",
    ),
    "speaker": compare_with_all_views(
        "Who speaks: all views, or noise only",
        "every view but the hiss",
        NOISE_ONLY,
        "speaker",
    ),
}


def draw_evidence() -> None:
    """Draw views by factors on the voices, and digits of held-out speakers."""
    if results := evidence.draw_verdict("sound"):
        draw_plot(
            evidence_plots.dot_plot(results, "knn", baseline="random_init"),
            "ev_sound_knn",
        )
        arms = list(results.arms)
        values = [[results.at(a, f"probe_{f}") for f in FACTORS] for a in arms]
        plot = evidence_plots.heat_map(arms, FACTORS, values, "Linear probe accuracy")
        draw_plot(plot, "ev_sound_probes")
        evidence.draw_table(results, ["knn", *(f"probe_{f}" for f in FACTORS)])
    if results := evidence.draw_verdict("speakers"):
        plot = evidence_plots.dot_plot(results, "knn", baseline="raw_input")
        draw_plot(plot, "ev_speakers")
        evidence.draw_table(results, list(results.experiment.quantities))
    evidence.draw_provenance("sound", "speakers")
