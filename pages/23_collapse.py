"""Collapse, and how BYOL and SimSiam avoid it."""

from pages.features.labs import lab, lab_page
from pages.features.labs.lab import Outcome
from pages.widgets import evidence, evidence_plots
from ssl_core import measures
from ssl_core.experiments.collapse import directions
from ssl_core.methods.byol import BYOL
from ssl_core.methods.simsiam import SimSiam


def lower_loss(left: Outcome, right: Outcome) -> int:
    """Which arm ends with the lower loss: left, right, or neither by 0.05."""
    gap = left.loss - right.loss
    return 2 if abs(gap) < 0.05 else int(gap > 0)


def spread_out(left: Outcome, right: Outcome) -> str:
    """This run in words: spread, rank, alarm, and kNN against the untrained encoder."""
    lines = []
    for o in (left, right):
        alarm = " The collapse alarm is up." if o.collapsed else ""
        lines.append(f"{o}, spread {o.feature_std:.2f} of a healthy 1.{alarm}")
    return (
        f"{' '.join(lines)} A spread near 0 is a point, a rank near 1 a line; the rank of a "
        f"point is that of its noise. Compare each kNN with the untrained encoder's, not "
        f"only with chance ({left.chance:.2f})."
    )


ASKED = "Which arm ends with the lower loss?"
CASES = {
    "stop-gradient": lab.Case(
        "SimSiam with and without stop-gradient",
        "the stop-gradient",
        ("SimSiam", {"method": "simsiam"}),
        ("no stop-gradient", {"method": "simsiam", "stop_gradient": False}),
        ASKED,
        ("SimSiam", "no stop-gradient", "about the same"),
        lower_loss,
        spread_out,
    ),
    "predictor": lab.Case(
        "SimSiam with and without predictor",
        "the predictor",
        ("SimSiam", {"method": "simsiam"}),
        ("no predictor", {"method": "simsiam", "predictor": "none"}),
        ASKED,
        ("SimSiam", "no predictor", "about the same"),
        lower_loss,
        spread_out,
    ),
    "byol": lab.Case(
        "BYOL with and without predictor",
        "the predictor",
        ("BYOL", {"method": "byol"}),
        ("no predictor", {"method": "byol", "predictor": "none"}),
        ASKED,
        ("BYOL", "no predictor", "about the same"),
        lower_loss,
        spread_out,
    ),
    "normalisation": lab.Case(
        "SimSiam with and without any normalisation",
        "batch norm in encoder and heads",
        ("SimSiam", {"method": "simsiam"}),
        (
            "no normalisation",
            {"method": "simsiam", "head_norm": "none", "encoder": "tiny_no_norm"},
        ),
        ASKED,
        ("SimSiam", "no normalisation", "about the same"),
        lower_loss,
        spread_out,
    ),
}


def shipped() -> None:
    """Parts removed one at a time, the spectrum, seven methods, and linear toys."""
    found = evidence.draw_verdict("collapse")
    if found:
        shown = evidence_plots.dot_plot(found, "directions")
        evidence.draw_plot(shown, "ev_rank")
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "knn", baseline="random_init"),
            "ev_collapse_knn",
        )
        arms = ("SimSiam", "SimSiam, no stop-gradient", "BYOL", "BYOL, no predictor")
        spectra = {
            a: list(enumerate(found.series(a, "spectrum")[:32], start=1)) for a in arms
        }
        shown = evidence_plots.line_plot(
            spectra, "singular value", "part of the largest"
        )
        evidence.draw_plot(shown, "ev_spectrum")
        evidence.draw_table(
            found,
            (
                "knn",
                "random_init",
                "directions",
                "effective_rank",
                "feature_std",
                "loss",
            ),
        )
    found = evidence.draw_verdict("no_negatives")
    if found:
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "knn", baseline="random_init"), "ev_methods"
        )
    found = evidence.draw_verdict("dimensional_collapse")
    if found:
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "effective_rank"), "ev_dimensional"
        )
        evidence.draw_table(found, ("effective_rank", "rank_before", "ninth", "last"))
    evidence.draw_provenance("collapse", "no_negatives", "dimensional_collapse")


lab_page.page(
    lab.Lab(
        "collapse",
        "Without negatives, why doesn't everything become one point?",
        (
            "BYOL and SimSiam only pull: a view's prediction towards its "
            ":green[partner]. The perfect solution is to give every image the same "
            "embedding, and the loss would love it.",
            "They use no :red[negatives]. A predictor on one branch and a stop-gradient on "
            "the other are what stands between them and collapse; BYOL's target is "
            "a moving average besides. Take one away and look at spread and rank, not at "
            "the loss.",
        ),
        CASES,
        ("effective_rank", "feature_std", "knn", "loss"),
        shipped,
        "Compare a collapsed encoder with the untrained one, not with chance. Without "
        "stop-gradient kNN ends at {collapse|SimSiam, no stop-gradient|knn}; untrained it "
        "was {collapse|SimSiam, no stop-gradient|random_init}, and one in eight is chance. "
        "And do not conclude that batch norm is what prevents collapse: without any "
        "normalisation SimSiam's z has {collapse|SimSiam, no normalisation at all|directions} "
        "directions, but Richemond et al. trained BYOL with group norm and standardised "
        "weights, which see no other image, to 73.9 %. Our small net with 600 steps does "
        "not repeat that: {collapse|BYOL, group norm + standardised weights|directions} "
        "directions. That is a limit of this experiment, not a proof of the theory. "
        "Without predictor SimSiam's z loses directions while its encoder mostly learns "
        "all the same: kNN {collapse|SimSiam, no predictor|knn}, far apart from seed to "
        "seed. And here BYOL does as well without its moving average "
        "({collapse|BYOL, no moving average|knn}) as with it ({collapse|BYOL|knn}); the "
        "paper's 0.3 came back to 66.6 when only the predictor learned faster.",
        (SimSiam, BYOL, measures.effective_rank, directions),
        {
            "SimSiam without stop-gradient, in the playground": (
                "playground",
                {"method": "simsiam", "stop_gradient": "false", "seed": "7"},
            )
        },
        recording="simsiam_collapse",
    )
)
