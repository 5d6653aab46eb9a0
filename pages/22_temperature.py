"""Temperature: which negatives push, and how evenly features spread."""

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Case, Lab, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from ssl_core import measures
from ssl_core.experiments.statistics import Estimate
from ssl_core.experiments.temperature import TAUS
from ssl_core.methods.simclr import nt_xent


def explain(left: Outcome, right: Outcome) -> str:
    """Describe the uniformity of both arms."""
    return (
        f"{left}, uniformity {left.uniformity:.2f}. {right}, uniformity "
        f"{right.uniformity:.2f} (0 if all coincide, lower is more even). Losses at "
        "different temperatures are on different scales."
    )


# A lower uniformity is more even.
MORE_EVEN = higher_arm(lambda outcome: -outcome.uniformity, tolerance=0.1)
QUESTION = "Which temperature spreads the features more evenly?"
CASES = {
    "high": Case(
        label="τ = 0.2 or τ = 1",
        difference="the temperature",
        left=Arm("τ = 0.2", {"temperature": 0.2}),
        right=Arm("τ = 1", {"temperature": 1.0}),
        question=QUESTION,
        options=("τ = 0.2", "τ = 1", "about the same"),
        answer=MORE_EVEN,
        explain=explain,
    ),
    "low": Case(
        label="τ = 0.05 or τ = 0.2",
        difference="the temperature",
        left=Arm("τ = 0.05", {"temperature": 0.05}),
        right=Arm("τ = 0.2", {"temperature": 0.2}),
        question=QUESTION,
        options=("τ = 0.05", "τ = 0.2", "about the same"),
        answer=MORE_EVEN,
        explain=explain,
    ),
    "tiny": Case(
        label="τ = 0.02 or τ = 0.2",
        difference="the temperature",
        left=Arm("τ = 0.02", {"temperature": 0.02}),
        right=Arm("τ = 0.2", {"temperature": 0.2}),
        question=QUESTION,
        options=("τ = 0.02", "τ = 0.2", "about the same"),
        answer=MORE_EVEN,
        explain=explain,
    ),
}


def draw_evidence() -> None:
    """Draw accuracy, hardest weight, uniformity and tolerance by temperature."""
    results = evidence.draw_verdict("temperature")
    if not results:
        return
    arms = [f"tau = {t:g}" for t in TAUS]

    def by_temperature(
        quantity: str,
    ) -> list[tuple[float, Estimate | None]]:
        return [(t, results.at(a, quantity)) for t, a in zip(TAUS, arms, strict=True)]

    plot = evidence_plots.line_plot(
        {
            "pushing done by the hardest tenth": by_temperature("hardest_weight"),
            "cosine within a class": by_temperature("tolerance"),
            "kNN of the shape": by_temperature("knn"),
        },
        "temperature",
        "part, cosine or accuracy",
        log_x=True,
    )
    draw_plot(plot, "ev_temperature")
    plot = evidence_plots.line_plot(
        {"uniformity of z": by_temperature("uniformity")},
        "temperature",
        "uniformity",
        log_x=True,
    )
    draw_plot(plot, "ev_uniformity")
    draw_plot(evidence_plots.dot_plot(results, "probe_class"), "ev_temperature_class")
    columns = ("knn", "contrastive_top1", "hardest_weight", "uniformity", "tolerance")
    evidence.draw_table(results, (*columns, "loss"))
    evidence.draw_provenance("temperature")


lab_page.draw(
    Lab(
        slug="temperature",
        question="What does the temperature decide?",
        introduction=(
            "Every :red[negative] pushes the :orange[anchor] with its softmax weight. "
            "Divided by a small τ, similarities lie far apart, and only the nearest "
            "negatives push; divided by a large one, all push alike.",
            "At τ = 0.05 the hardest tenth of the negatives does "
            "{temperature|tau = 0.05|hardest_weight} of the pushing, at τ = 1 "
            "{temperature|tau = 1|hardest_weight}. The nearest :red[negatives] are often "
            "of the :orange[anchor]'s own class. The textbook concludes: a low τ spreads "
            "features evenly and tears classes apart, a high one tolerates likeness. Read "
            "below what became of that here.",
        ),
        cases=CASES,
        curves=("knn", "uniformity", "effective_rank"),
        draw_evidence=draw_evidence,
        caution=(
            "τ does not only rescale the loss, and there is no right value for all: SimCLR "
            "found 0.1 best on ImageNet and, trained long, 0.5 on CIFAR-10; Wang and Liu "
            "0.2 or 0.3, by data set. Here kNN is "
            "{temperature|tau = 0.1|knn} at 0.1, {temperature|tau = 0.2|knn} at 0.2 and "
            "{temperature|tau = 0.5|knn} at 0.5. And the textbook's tolerance turned around: "
            "two images of one class have cosine {temperature|tau = 0.05|tolerance} in z at "
            "0.05 and {temperature|tau = 1|tolerance} at 1, the lowest in between. With eight "
            "classes that the views leave untouched, hard negatives seem to sharpen classes "
            "instead of tearing them."
        ),
        code=(nt_xent, measures.hardest_weight, measures.tolerance),
        more_links={
            "One row at τ = 0.05": ("matrix_inspector", {"matrix_tau": "0.05"})
        },
    )
)
