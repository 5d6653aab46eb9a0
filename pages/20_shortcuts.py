"""Augmentations and shortcuts: why cropping alone teaches colour and not shape."""

from itertools import combinations

import streamlit as st

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Case, Lab, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from ssl_core.experiments import colour_shortcut, composition
from ssl_core.experiments.evidence import Evidence

CROP = {"crop": 0.5}
COLOUR = {
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.5,
    "gray": 0.3,
}


def explain(left: Outcome, right: Outcome) -> str:
    """Describe kNN, loss, and the background hue in both arms' features."""
    lower_loss = LOWER_LOSS(left, right)
    note = ""
    # The same tolerance as the verdict's: no arm is worse if both are about the same.
    if {lower_loss, HIGHER_KNN(left, right)} == {0, 1}:
        note = (
            f" **{(left, right)[lower_loss].name}** has the lower loss *and* the worse "
            "features: the task was easier, not better solved."
        )
    hues = " and ".join(
        f"{o.probes['background_hue']:.2f} ({o.name})" for o in (left, right)
    )
    return (
        f"{left}. {right}. The background hue can be read from the features with "
        f"accuracy {hues}.{note}"
    )


HIGHER_KNN = higher_arm(lambda outcome: outcome.knn)
LOWER_LOSS = higher_arm(lambda outcome: -outcome.loss)
QUESTION = "Which arm's features tell the eight shapes apart better?"
CASES = {
    "colour": Case(
        label="Crop only, or crop and colour",
        difference="colour changes",
        left=Arm("crop only", {"augment": CROP}),
        right=Arm("crop + colour", {"augment": CROP | COLOUR}),
        question=QUESTION,
        options=("crop only", "crop + colour", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
    "rotation": Case(
        label="Rotation only, or all views",
        difference="every view but rotation",
        left=Arm("rotation only", {"augment": {"rotation": 180.0}}),
        right=Arm("all views", {"augment": "default"}),
        question=QUESTION,
        options=("rotation only", "all views", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
    "nothing": Case(
        label="No augmentation at all, or all views",
        difference="every view",
        left=Arm("none", {"augment": "none"}),
        right=Arm("all views", {"augment": "default"}),
        question=QUESTION,
        options=("none", "all views", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
}


def draw_evidence() -> None:
    """Draw colour histograms without training, two encoders, and the composition matrix."""
    results = evidence.draw_verdict("colour_shortcut")
    if results:
        retrieval = [a for a in results.arms if a.startswith("histogram")]
        trained = [a for a in results.arms if not a.startswith("histogram")]
        draw_plot(
            evidence_plots.dot_plot(results, "retrieval", retrieval), "ev_retrieval"
        )
        draw_plot(
            evidence_plots.dot_plot(results, "probe_class", trained),
            "ev_shortcut_class",
        )
        measures = ("knn", "probe_background_hue", "loss", "effective_rank")
        evidence.draw_table(results, measures, trained)
    results = evidence.draw_verdict("composition")
    if results:
        for source, parts in (
            ("shapes", composition.SHAPES),
            ("photos", composition.PHOTOS),
        ):
            draw_composition(results, source, list(parts))
    evidence.draw_provenance("colour_shortcut", "composition")


def draw_composition(results: Evidence, source: str, names: list[str]) -> None:
    """Draw figure 5 of SimCLR for one source: single augmentations on the diagonal.

    Args:
        results: of the experiment "composition".
        source: "shapes" or "photos".
        names: of the augmentations.
    """
    arm = {(a, b): f"{source}: {a} + {b}" for a, b in combinations(names, 2)}
    arm |= {(b, a): v for (a, b), v in arm.items()}
    arm |= {(a, a): f"{source}: {a}" for a in names}
    values = [[results.at(arm[a, b], "probe_class") for b in names] for a in names]
    if not any(e for row in values for e in row):
        return
    title = {"shapes": "Shapes", "photos": "Photographs"}[source]
    plot = evidence_plots.heat_map(names, names, values, f"{title}: probe of the class")
    draw_plot(plot, f"ev_composition_{source}")
    together = results.at(f"{source}: all", "probe_class")
    if together:
        st.caption(f"All default views together: {together}.")


lab_page.draw(
    Lab(
        slug="shortcuts",
        question="Why isn't cropping enough?",
        introduction=(
            "Two crops of one picture share their colours. An encoder that must only "
            "find the :green[partner] among :red[negatives] can do it by colour alone, "
            "and then has no reason to look at anything else.",
            "Colour histograms find the partner of a photograph's crop in "
            "{colour_shortcut|histogram, photos: crop|retrieval} of cases among 512, "
            "without any training; with colour changes in "
            "{colour_shortcut|histogram, photos: crop + colour|retrieval}. What the "
            "views change can be no shortcut.",
        ),
        cases=CASES,
        curves=("knn", "background_hue", "loss"),
        draw_evidence=draw_evidence,
        caution=(
            "A lower loss is not a better encoder, and neither is a higher rank. On shapes, "
            "crop alone ends at a loss of {colour_shortcut|shapes: crop|loss} with kNN "
            "{colour_shortcut|shapes: crop|knn}; with colour changes the loss is "
            "{colour_shortcut|shapes: crop + colour|loss} and kNN "
            "{colour_shortcut|shapes: crop + colour|knn}."
        ),
        code=(colour_shortcut.retrieval, colour_shortcut.histogram),
        more_links={
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
