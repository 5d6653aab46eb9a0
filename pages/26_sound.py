"""Sound: the same code on spectrograms; the views decide between what and who."""

from collections.abc import Callable

from pages._ui.labs import evidence, figures, story
from pages._ui.labs.arms import Outcome
from pages._ui.sound import listen, own_voice
from ssl_core import probes
from ssl_core.augment import spectrograms
from ssl_core.data import SOUND_VIEWS
from ssl_core.data.sound import log_mel
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


story.page(
    story.Lab(
        "sound",
        "Does it work for sound, too?",
        (
            "A spectrogram is a picture of a sound: time to the right, frequency upwards. "
            "Method, loss, loop, probes and map are the ones that you know; only the data "
            "and the augmentations are others. The mathematics is the same. What it comes "
            "to *mean* is what the views leave alone.",
            "Here eight drawn speakers say nine syllables. Two views of one clip share "
            "*what* was said and *who* said it, and, unless you change them, also pitch, "
            "loudness and noise. Listen to what is left, then let two encoders learn.",
        ),
        CASES,
        ("knn", "said", "speaker"),
        shipped,
        "Masks and crops are not what decides here. If both views share the loudness, it "
        "finds the :green[partner], as colour does for pictures: without gain kNN is "
        "{sound|no gain|knn}, below the untrained {sound|all views|random_init}; with all "
        "views {sound|all views|knn}. The time mask even costs: without it, "
        "{sound|no time mask|knn}. And do not say that who speaks is forgotten: the probe "
        "*rises*, from {sound|all views|untrained_speaker} to "
        "{sound|all views|probe_speaker}, as no view turns one voice into another. These "
        "are drawn syllables; what holds here need not hold for speech.",
        (*spectrograms.ALL, log_mel, probes.linear_probes),
        {
            "Voices in the playground": ("playground", {"data": "voices", "seed": "7"}),
            "Every augmentation, one by one": ("augmentations", {"data": "voices"}),
        },
        opening=listen.draw,
        closing=own_voice.draw,
    )
)
