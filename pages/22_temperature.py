"""Temperature: who pushes, and how evenly features are spread."""

from pages.features.labs import lab, lab_page
from pages.features.labs.lab import Outcome
from pages.widgets import evidence, evidence_plots
from ssl_core import measures
from ssl_core.experiments.temperature import TAUS
from ssl_core.methods.simclr import nt_xent


def more_even(left: Outcome, right: Outcome) -> int:
    """Which arm spreads features more evenly (uniformity; lower is more even)."""
    gap = left.uniformity - right.uniformity
    return 2 if abs(gap) < 0.1 else int(gap > 0)


def spread(left: Outcome, right: Outcome) -> str:
    """This run in words."""
    return (
        f"{left}, uniformity {left.uniformity:.2f}. {right}, uniformity "
        f"{right.uniformity:.2f} (0 if all coincide, lower is more even). Losses at "
        "different temperatures are on different scales."
    )


ASKED = "Which temperature spreads the features more evenly?"
CASES = {
    "high": lab.Case(
        "τ = 0.2 or τ = 1",
        "the temperature",
        ("τ = 0.2", {"temperature": 0.2}),
        ("τ = 1", {"temperature": 1.0}),
        ASKED,
        ("τ = 0.2", "τ = 1", "about the same"),
        more_even,
        spread,
    ),
    "low": lab.Case(
        "τ = 0.05 or τ = 0.2",
        "the temperature",
        ("τ = 0.05", {"temperature": 0.05}),
        ("τ = 0.2", {"temperature": 0.2}),
        ASKED,
        ("τ = 0.05", "τ = 0.2", "about the same"),
        more_even,
        spread,
    ),
    "tiny": lab.Case(
        "τ = 0.02 or τ = 0.2",
        "the temperature",
        ("τ = 0.02", {"temperature": 0.02}),
        ("τ = 0.2", {"temperature": 0.2}),
        ASKED,
        ("τ = 0.02", "τ = 0.2", "about the same"),
        more_even,
        spread,
    ),
}


def shipped() -> None:
    """Accuracy, hardest weight, uniformity and tolerance over the temperatures."""
    found = evidence.draw_verdict("temperature")
    if not found:
        return
    arms = [f"tau = {t:g}" for t in TAUS]

    def over(quantity: str) -> list[tuple[float, evidence_plots.Estimate | None]]:
        return [(t, found.at(a, quantity)) for t, a in zip(TAUS, arms, strict=True)]

    shown = evidence_plots.line_plot(
        {
            "pushing done by the hardest tenth": over("hardest_weight"),
            "cosine within a class": over("tolerance"),
            "kNN of the shape": over("knn"),
        },
        "temperature",
        "part, cosine or accuracy",
        log_x=True,
    )
    evidence.draw_plot(shown, "ev_temperature")
    shown = evidence_plots.line_plot(
        {"uniformity of z": over("uniformity")},
        "temperature",
        "uniformity",
        log_x=True,
    )
    evidence.draw_plot(shown, "ev_uniformity")
    evidence.draw_plot(
        evidence_plots.dot_plot(found, "probe_class"), "ev_temperature_class"
    )
    columns = ("knn", "contrastive_top1", "hardest_weight", "uniformity", "tolerance")
    evidence.draw_table(found, (*columns, "loss"))
    evidence.draw_provenance("temperature")


lab_page.page(
    lab.Lab(
        "temperature",
        "What does the temperature decide?",
        (
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
        CASES,
        ("knn", "uniformity", "effective_rank"),
        shipped,
        "τ does not only rescale the loss, and there is no right value for all: SimCLR "
        "found 0.1 best on ImageNet and, trained long, 0.5 on CIFAR-10; Wang and Liu "
        "0.2 or 0.3, by data set. Here kNN is "
        "{temperature|tau = 0.1|knn} at 0.1, {temperature|tau = 0.2|knn} at 0.2 and "
        "{temperature|tau = 0.5|knn} at 0.5. And the textbook's tolerance turned around: "
        "two images of one class have cosine {temperature|tau = 0.05|tolerance} in z at "
        "0.05 and {temperature|tau = 1|tolerance} at 1, the lowest in between. With eight "
        "classes that the views leave untouched, hard negatives seem to sharpen classes "
        "instead of tearing them.",
        (nt_xent, measures.hardest_weight, measures.tolerance),
        {"One row at τ = 0.05": ("matrix_inspector", {"matrix_tau": "0.05"})},
    )
)
