"""Reading the map: what two dimensions of many can and cannot say."""

import streamlit as st

from pages.features.labs import lab, lab_page
from pages.features.labs.lab import Outcome
from pages.widgets import evidence, evidence_plots
from ssl_core import embed, probes


def same_quality(left: Outcome, right: Outcome) -> int:
    """Whether the two arms' kNN differ by more than 0.05."""
    gap = right.knn - left.knn
    return 2 if abs(gap) < 0.05 else int(gap > 0)


def compared(left: Outcome, right: Outcome) -> str:
    """This run in words."""
    return (
        f"{left}. {right}. Compare the numbers with what your eyes said about the two "
        "maps: kNN is measured in the original space, before the map was made."
    )


ASKED = "Which encoder is better, by kNN in the original space?"
CASES = {
    "seeds": lab.Case(
        "The same run with another seed",
        "the seed",
        ("this seed", {}),
        ("another seed", {"seed": 10_000}),  # which the page's own field cannot choose
        ASKED,
        ("this seed", "another seed", "about the same"),
        same_quality,
        compared,
    ),
    "collapsed": lab.Case(
        "A healthy run and a collapsed one",
        "the stop-gradient",
        ("SimSiam", {"method": "simsiam"}),
        ("no stop-gradient", {"method": "simsiam", "stop_gradient": False}),
        ASKED,
        ("SimSiam", "no stop-gradient", "about the same"),
        same_quality,
        compared,
    ),
    "hue": lab.Case(
        "Clusters of hue or of shape",
        "colour changes",
        ("crop only", {"augment": {"crop": 0.5}}),
        (
            "crop + colour",
            {
                "augment": {
                    **{"crop": 0.5, "brightness": 0.4, "contrast": 0.4},
                    **{"saturation": 0.4, "hue": 0.5, "gray": 0.3},
                }
            },
        ),
        ASKED,
        ("crop only", "crop + colour", "about the same"),
        same_quality,
        compared,
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


def shipped() -> None:
    """The numbers behind two maps that look alike tidy."""
    for text in MISREADINGS:
        st.markdown(f"1. {text}")
    found = evidence.load("colour_shortcut")
    if found:
        arms = ["shapes: crop", "shapes: all views"]
        evidence.draw_plot(evidence_plots.dot_plot(found, "knn", arms), "ev_map_knn")
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "probe_background_hue", arms), "ev_map_hue"
        )
        evidence.draw_provenance("colour_shortcut")


lab_page.page(
    lab.Lab(
        "reading_the_map",
        "Can you trust the map?",
        (
            "The map squeezes features of many dimensions into two. PCA shows the two "
            "directions of largest variance; UMAP draws neighbours near each other and "
            "lets the rest fall where it may. Both are pictures, not measurements.",
            "Run two encoders and judge them by their maps first. Then read kNN, which is "
            "measured in the original space.",
        ),
        CASES,
        ("knn", "effective_rank"),
        shipped,
        "A tidy map can be a map of the wrong thing: with crop alone kNN of the shape is "
        "{colour_shortcut|shapes: crop|knn}, and the background hue is read with "
        "{colour_shortcut|shapes: crop|probe_background_hue}.",
        (embed.pca, embed.nearest, probes.knn_accuracy),
        {},
        recording="simclr",
    )
)
