"""What the sound lab compares, and how a run is told; what ships beside it."""

from collections.abc import Callable

from pages._ui.labs import evidence, figures, story
from pages._ui.labs.arms import Outcome
from ssl_core.data import SOUND_VIEWS
from ssl_core.experiments.sound import FACTORS

VOICES = {"data": "voices"}
TOLD = ("said", "speaker", "pitch")


def arm(views: dict[str, float]) -> dict[str, object]:
    """A run on voices with these views."""
    return VOICES | {"augment": views}


def without(*names: str) -> dict[str, object]:
    """A run with the default views without some of them."""
    return arm({k: v for k, v in SOUND_VIEWS.items() if k not in names})


def kept(factor: str) -> Callable[[Outcome, Outcome], int]:
    """Which arm keeps a factor better: left, right, or neither by 0.05."""

    def answer(left: Outcome, right: Outcome) -> int:
        gap = right.probes[factor] - left.probes[factor]
        return 2 if abs(gap) < 0.05 else int(gap > 0)

    return answer


def told(left: Outcome, right: Outcome) -> str:
    """This run in words: what was said against who said it, and every large difference."""
    parts = [
        f"{name} {left.probes[name]:.2f} against {right.probes[name]:.2f} "
        f"(untrained {left.untrained[name]:.2f})"
        for name in TOLD
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


def asked(factor: str) -> str:
    """The prediction's question."""
    return f"From which arm's features can {factor} be read better?"


CASES = {
    "noise": story.Case(
        "All views, or noise only",
        "every view but the hiss",
        ("all views", without()),
        ("noise only", arm({"hiss": SOUND_VIEWS["hiss"]})),
        asked("what was said"),
        ("all views", "noise only", "about the same"),
        kept("said"),
        told,
    ),
    "crop": story.Case(
        "With or without the crop in time and frequency",
        "the crop",
        ("all views", without()),
        ("no crop", without("time_frequency_crop")),
        asked("the pitch"),
        ("all views", "no crop", "about the same"),
        kept("pitch"),
        told,
    ),
    "gain": story.Case(
        "With or without changes of loudness",
        "the gain",
        ("all views", without()),
        ("no gain", without("gain")),
        asked("what was said"),
        ("all views", "no gain", "about the same"),
        kept("said"),
        told,
    ),
    "mask": story.Case(
        "With or without the time mask",
        "the time mask",
        ("all views", without()),
        ("no time mask", without("time_mask")),
        asked("what was said"),
        ("all views", "no time mask", "about the same"),
        kept("said"),
        told,
    ),
    "speaker": story.Case(
        "Who speaks: all views, or noise only",
        "every view but the hiss",
        ("all views", without()),
        ("noise only", arm({"hiss": SOUND_VIEWS["hiss"]})),
        asked("who said it"),
        ("all views", "noise only", "about the same"),
        kept("speaker"),
        told,
    ),
}


def shipped() -> None:
    """Views by factors on the voices, and digits of a speaker never heard."""
    if found := evidence.verdict("sound"):
        evidence.figure(
            figures.dots(found, "knn", baseline="random_init"), "ev_sound_knn"
        )
        arms = list(found.arms)
        values = [[found.at(a, f"probe_{f}") for f in FACTORS] for a in arms]
        shown = figures.matrix(arms, FACTORS, values, "Linear probe accuracy")
        evidence.figure(shown, "ev_sound_probes")
        evidence.table(found, ["knn", *(f"probe_{f}" for f in FACTORS)])
    if found := evidence.verdict("speakers"):
        shown = figures.dots(found, "knn", baseline="raw_input")
        evidence.figure(shown, "ev_speakers")
        evidence.table(found, list(found.experiment.quantities))
    evidence.provenance("sound", "speakers")
