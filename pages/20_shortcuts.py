"""Augmentations and shortcuts: why cropping alone teaches colour and not shape."""

from itertools import combinations

from pages.features.labs import lab, lab_page
from pages.features.labs.lab import Outcome
from pages.widgets import evidence, evidence_plots
from ssl_core.experiments import colour_shortcut, composition

CROP = {"crop": 0.5}
COLOUR = {
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.5,
    "gray": 0.3,
}


def better(left: Outcome, right: Outcome) -> int:
    """Which arm tells the shapes apart better: left, right, or neither by 0.05."""
    gap = right.knn - left.knn
    return 2 if abs(gap) < 0.05 else int(gap > 0)


def what_was_learned(left: Outcome, right: Outcome) -> str:
    """This run in words: accuracy, loss, and what each arm kept."""
    lower = min((left, right), key=lambda o: o.loss)
    worse = min((left, right), key=lambda o: o.knn)
    trap = (
        f" **{lower.name}** has the lower loss *and* the worse features: the task was "
        "easier, not better solved."
        if lower is worse
        else ""
    )
    hues = " and ".join(
        f"{o.probes['background_hue']:.2f} ({o.name})" for o in (left, right)
    )
    return (
        f"{left}. {right}. The background hue can be read from the features with "
        f"accuracy {hues}.{trap}"
    )


ASKED = "Which arm's features tell the eight shapes apart better?"
CASES = {
    "colour": lab.Case(
        "Crop only, or crop and colour",
        "colour changes",
        ("crop only", {"augment": CROP}),
        ("crop + colour", {"augment": CROP | COLOUR}),
        ASKED,
        ("crop only", "crop + colour", "about the same"),
        better,
        what_was_learned,
    ),
    "rotation": lab.Case(
        "Rotation only, or all views",
        "every view but rotation",
        ("rotation only", {"augment": {"rotation": 180.0}}),
        ("all views", {"augment": "default"}),
        ASKED,
        ("rotation only", "all views", "about the same"),
        better,
        what_was_learned,
    ),
    "nothing": lab.Case(
        "No augmentation at all, or all views",
        "every view",
        ("none", {"augment": "none"}),
        ("all views", {"augment": "default"}),
        ASKED,
        ("none", "all views", "about the same"),
        better,
        what_was_learned,
    ),
}


def shipped() -> None:
    """Colour histograms without training, the two encoders, and the composition matrix."""
    found = evidence.draw_verdict("colour_shortcut")
    if found:
        retrieval = [a for a in found.arms if a.startswith("histogram")]
        trained = [a for a in found.arms if not a.startswith("histogram")]
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "retrieval", retrieval), "ev_retrieval"
        )
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "probe_class", trained), "ev_shortcut_class"
        )
        measures = ("knn", "probe_background_hue", "loss", "effective_rank")
        evidence.draw_table(found, measures, trained)
    found = evidence.draw_verdict("composition")
    if found:
        for source, parts in (
            ("shapes", composition.SHAPES),
            ("photos", composition.PHOTOS),
        ):
            composed(found, source, list(parts))
    evidence.draw_provenance("colour_shortcut", "composition")


def composed(found: evidence.Evidence, source: str, names: list[str]) -> None:
    """SimCLR's figure 5 for one source: single augmentations on the diagonal, pairs off it."""
    arm = {(a, b): f"{source}: {a} + {b}" for a, b in combinations(names, 2)}
    arm |= {(b, a): v for (a, b), v in arm.items()}
    arm |= {(a, a): f"{source}: {a}" for a in names}
    values = [[found.at(arm[a, b], "probe_class") for b in names] for a in names]
    if not any(e for row in values for e in row):
        return
    title = {"shapes": "Shapes", "photos": "Photographs"}[source]
    shown = evidence_plots.heat_map(
        names, names, values, f"{title}: probe of the class"
    )
    evidence.draw_plot(shown, f"ev_composition_{source}")
    together = found.at(f"{source}: all", "probe_class")
    if together:
        evidence.st.caption(f"All default views together: {together}.")


lab_page.page(
    lab.Lab(
        "shortcuts",
        "Why isn't cropping enough?",
        (
            "Two crops of one picture share their colours. An encoder that must only "
            "find the :green[partner] among :red[negatives] can do it by colour alone, "
            "and then has no reason to look at anything else.",
            "Colour histograms find the partner of a photograph's crop in "
            "{colour_shortcut|histogram, photos: crop|retrieval} of cases among 512, "
            "without any training; with colour changes in "
            "{colour_shortcut|histogram, photos: crop + colour|retrieval}. What the "
            "views change can be no shortcut.",
        ),
        CASES,
        ("knn", "background_hue", "loss"),
        shipped,
        "A lower loss is not a better encoder, and neither is a higher rank. On shapes, "
        "crop alone ends at a loss of {colour_shortcut|shapes: crop|loss} with kNN "
        "{colour_shortcut|shapes: crop|knn}; with colour changes the loss is "
        "{colour_shortcut|shapes: crop + colour|loss} and kNN "
        "{colour_shortcut|shapes: crop + colour|knn}.",
        (colour_shortcut.retrieval, colour_shortcut.histogram),
        {
            "Crop only, in the playground": (
                "playground",
                {
                    n: "false"
                    for n in (
                        *("flip", "rotation", "brightness", "contrast"),
                        *("saturation", "hue", "gray"),
                    )
                }
                | {"seed": "7"},
            ),
            "Every augmentation, one by one": ("augmentations", {}),
        },
        recording="crop_only",
    )
)
