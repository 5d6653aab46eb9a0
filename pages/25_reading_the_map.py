"""Reading the map: what a projection to two dimensions shows and hides."""

import streamlit as st

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Case, Lab, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from ssl_core import embed, probes


def explain(left: Outcome, right: Outcome) -> str:
    """Describe both arms beside the learner's impression of the maps."""
    return (
        f"{left}. {right}. Compare the numbers with what your eyes said about the two "
        "maps: kNN is measured in the original space, before the map was made."
    )


HIGHER_KNN = higher_arm(lambda outcome: outcome.knn)
QUESTION = "Which encoder is better, by kNN in the original space?"
CASES = {
    "seeds": Case(
        label="The same run with another seed",
        difference="the seed",
        left=Arm("this seed", {}),
        # The seed is outside the range of the page's seed field.
        right=Arm("another seed", {"seed": 10_000}),
        question=QUESTION,
        options=("this seed", "another seed", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
    "collapsed": Case(
        label="A healthy run and a collapsed one",
        difference="the stop-gradient",
        left=Arm("SimSiam", {"method": "simsiam"}),
        right=Arm("no stop-gradient", {"method": "simsiam", "stop_gradient": False}),
        question=QUESTION,
        options=("SimSiam", "no stop-gradient", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
    "hue": Case(
        label="Clusters of hue or of shape",
        difference="colour changes",
        left=Arm("crop only", {"augment": {"crop": 0.5}}),
        right=Arm(
            "crop + colour",
            {
                "augment": {
                    **{"crop": 0.5, "brightness": 0.4, "contrast": 0.4},
                    **{"saturation": 0.4, "hue": 0.5, "gray": 0.3},
                }
            },
        ),
        question=QUESTION,
        options=("crop only", "crop + colour", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
}
MISREADINGS = (
    "**Distances between groups** on a map may mean nothing: 96 dimensions do not fit "
    "into two. Click a point: its neighbours in feature space need not be beside it.",
    "**Sizes** of groups mean nothing: UMAP evens densities out, and PCA's axes are "
    "stretched to fill the page. A collapsed encoder fills it as well as a healthy one.",
    "**Where** a group lies, and which way the map is turned, changes with the seed.",
    "**Clusters of what?** Colour the map by another factor: tidy groups may be groups of "
    "background hue.",
    "**No clusters** is not failure: classes can lie in directions that the first two "
    "components leave out. kNN and the probes look at all of them.",
)


def draw_evidence() -> None:
    """Draw the misreadings, and numbers of two encoders whose maps look equally tidy."""
    for text in MISREADINGS:
        st.markdown(f"1. {text}")
    results = evidence.load("colour_shortcut")
    if results:
        arms = ["shapes: crop", "shapes: all views"]
        draw_plot(evidence_plots.dot_plot(results, "knn", arms), "ev_map_knn")
        draw_plot(
            evidence_plots.dot_plot(results, "probe_background_hue", arms), "ev_map_hue"
        )
        evidence.draw_provenance("colour_shortcut")


lab_page.draw(
    Lab(
        slug="reading_the_map",
        question="Can you trust the map?",
        introduction=(
            "The map squeezes features of many dimensions into two. PCA shows the two "
            "directions of largest variance; UMAP draws neighbours near each other and "
            "lets the rest fall where it may. Both are pictures, not measurements.",
            "Run two encoders and judge them by their maps first. Then read kNN, which is "
            "measured in the original space.",
        ),
        cases=CASES,
        curves=("knn", "effective_rank"),
        draw_evidence=draw_evidence,
        caution=(
            "A tidy map can be a map of the wrong thing: with crop alone kNN of the shape is "
            "{colour_shortcut|shapes: crop|knn}, and the background hue is read with "
            "{colour_shortcut|shapes: crop|probe_background_hue}."
        ),
        code=(embed.pca, embed.nearest, probes.knn_accuracy),
        more_links={},
        recording="simclr",
    )
)
