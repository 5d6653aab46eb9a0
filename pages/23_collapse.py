"""Collapse, and how BYOL and SimSiam avoid it."""

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Case, Lab, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from ssl_core import measures
from ssl_core.experiments.collapse import directions
from ssl_core.methods.byol import BYOL
from ssl_core.methods.simsiam import SimSiam


def explain(left: Outcome, right: Outcome) -> str:
    """Describe spread, rank, alarm, and kNN beside the untrained encoder's."""
    lines = []
    for outcome in (left, right):
        alarm = " The collapse alarm is up." if outcome.collapsed else ""
        lines.append(
            f"{outcome}, spread {outcome.feature_std:.2f} of a healthy 1.{alarm}"
        )
    return (
        f"{' '.join(lines)} A spread near 0 is a point, a rank near 1 a line; the rank of a "
        f"point is that of its noise. Compare each kNN with the untrained encoder's, not "
        f"only with chance ({left.chance:.2f})."
    )


LOWER_LOSS = higher_arm(lambda outcome: -outcome.loss)
QUESTION = "Which arm ends with the lower loss?"
CASES = {
    "stop-gradient": Case(
        label="SimSiam with and without stop-gradient",
        difference="the stop-gradient",
        left=Arm("SimSiam", {"method": "simsiam"}),
        right=Arm("no stop-gradient", {"method": "simsiam", "stop_gradient": False}),
        question=QUESTION,
        options=("SimSiam", "no stop-gradient", "about the same"),
        answer=LOWER_LOSS,
        explain=explain,
    ),
    "predictor": Case(
        label="SimSiam with and without predictor",
        difference="the predictor",
        left=Arm("SimSiam", {"method": "simsiam"}),
        right=Arm("no predictor", {"method": "simsiam", "predictor": "none"}),
        question=QUESTION,
        options=("SimSiam", "no predictor", "about the same"),
        answer=LOWER_LOSS,
        explain=explain,
    ),
    "byol": Case(
        label="BYOL with and without predictor",
        difference="the predictor",
        left=Arm("BYOL", {"method": "byol"}),
        right=Arm("no predictor", {"method": "byol", "predictor": "none"}),
        question=QUESTION,
        options=("BYOL", "no predictor", "about the same"),
        answer=LOWER_LOSS,
        explain=explain,
    ),
    "normalisation": Case(
        label="SimSiam with and without any normalisation",
        difference="batch norm in encoder and heads",
        left=Arm("SimSiam", {"method": "simsiam"}),
        right=Arm(
            "no normalisation",
            {"method": "simsiam", "head_norm": "none", "encoder": "tiny_no_norm"},
        ),
        question=QUESTION,
        options=("SimSiam", "no normalisation", "about the same"),
        answer=LOWER_LOSS,
        explain=explain,
    ),
}


def draw_evidence() -> None:
    """Draw ablations, the spectrum, seven methods, and linear networks."""
    results = evidence.draw_verdict("collapse")
    if results:
        plot = evidence_plots.dot_plot(results, "directions")
        draw_plot(plot, "ev_rank")
        draw_plot(
            evidence_plots.dot_plot(results, "knn", baseline="random_init"),
            "ev_collapse_knn",
        )
        arms = ("SimSiam", "SimSiam, no stop-gradient", "BYOL", "BYOL, no predictor")
        spectra = {
            a: list(enumerate(results.series(a, "spectrum")[:32], start=1))
            for a in arms
        }
        plot = evidence_plots.line_plot(
            spectra, "singular value", "part of the largest"
        )
        draw_plot(plot, "ev_spectrum")
        evidence.draw_table(
            results,
            (
                "knn",
                "random_init",
                "directions",
                "effective_rank",
                "feature_std",
                "loss",
            ),
        )
    results = evidence.draw_verdict("no_negatives")
    if results:
        draw_plot(
            evidence_plots.dot_plot(results, "knn", baseline="random_init"),
            "ev_methods",
        )
    results = evidence.draw_verdict("dimensional_collapse")
    if results:
        draw_plot(evidence_plots.dot_plot(results, "effective_rank"), "ev_dimensional")
        evidence.draw_table(results, ("effective_rank", "rank_before", "ninth", "last"))
    evidence.draw_provenance("collapse", "no_negatives", "dimensional_collapse")


lab_page.draw(
    Lab(
        slug="collapse",
        question="Without negatives, why doesn't everything become one point?",
        introduction=(
            "BYOL and SimSiam only pull: a view's prediction towards its "
            ":green[partner]. The perfect solution is to give every image the same "
            "embedding, and the loss would love it.",
            "They use no :red[negatives]. A predictor on one branch and a stop-gradient on "
            "the other are what stands between them and collapse; BYOL's target is "
            "a moving average besides. Take one away and look at spread and rank, not at "
            "the loss.",
        ),
        cases=CASES,
        curves=("effective_rank", "feature_std", "knn", "loss"),
        draw_evidence=draw_evidence,
        caution=(
            "Compare a collapsed encoder with the untrained one, not with chance. Without "
            "stop-gradient kNN ends at {collapse|SimSiam, no stop-gradient|knn}; untrained it "
            "was {collapse|SimSiam, no stop-gradient|random_init}, and one in eight is "
            "chance. And do not conclude that batch norm is what prevents collapse: without "
            "any normalisation SimSiam's z has "
            "{collapse|SimSiam, no normalisation at all|directions} directions, but "
            "Richemond et al. trained BYOL with group norm and standardised "
            "weights, which see no other image, to 73.9 %. Our small net with 600 steps does "
            "not repeat that: {collapse|BYOL, group norm + standardised weights|directions} "
            "directions. That is a limit of this experiment, not a proof of the theory. "
            "Without predictor SimSiam's z loses directions while its encoder mostly learns "
            "all the same: kNN {collapse|SimSiam, no predictor|knn}, far apart from seed to "
            "seed. And here BYOL does as well without its moving average "
            "({collapse|BYOL, no moving average|knn}) as with it ({collapse|BYOL|knn}); the "
            "paper's 0.3 came back to 66.6 when only the predictor learned faster."
        ),
        code=(SimSiam, BYOL, measures.effective_rank, directions),
        more_links={
            "SimSiam without stop-gradient, in the playground": (
                "playground",
                {"method": "simsiam", "stop_gradient": "false", "seed": "7"},
            )
        },
        recording="simsiam_collapse",
    )
)
