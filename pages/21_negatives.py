"""Negatives: batch size, decoupled loss and MoCo's queue."""

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Case, Lab, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from ssl_core.experiments import moco_queue, negatives
from ssl_core.methods.dcl import decoupled_nt_xent
from ssl_core.methods.moco import info_nce


def explain(left: Outcome, right: Outcome) -> str:
    """Describe negatives and kNN, and say why the losses cannot be compared."""
    return (
        f"{left}. {right}. Their losses have different ceilings and must not be compared; "
        "the kNN accuracies may."
    )


SMALL, LARGE = {"batch_size": 8}, {"batch_size": 64}
HIGHER_KNN = higher_arm(lambda outcome: outcome.knn)
QUESTION = "Which arm's features tell the shapes apart better?"
CASES = {
    "steps": Case(
        label="N = 8 or 64, equal steps",
        difference="the batch size",
        left=Arm("N = 8: 14 negatives", SMALL),
        right=Arm("N = 64: 126 negatives", LARGE),
        question=QUESTION,
        options=("N = 8", "N = 64", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
    "images": Case(
        label="N = 8 or 64, equal images",
        difference="the batch size, at 9,600 images each",
        left=Arm("N = 8, 1,200 steps", SMALL | {"steps": 1200}),
        right=Arm("N = 64, 150 steps", LARGE | {"steps": 150}),
        question=QUESTION,
        options=("N = 8", "N = 64", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
    ),
    "dcl": Case(
        label="N = 8, SimCLR or DCL",
        difference="whether the positive stands in the denominator",
        left=Arm("SimCLR, N = 8", SMALL | {"method": "simclr"}),
        right=Arm("DCL, N = 8", SMALL | {"method": "dcl"}),
        question=QUESTION,
        options=("SimCLR", "DCL", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
        steps=500,
    ),
    "queue": Case(
        label="MoCo at batch 32, queue 64 or 4,096",
        difference="the queue's length",
        left=Arm("queue 64", {"method": "moco", "batch_size": 32, "queue_length": 64}),
        right=Arm(
            "queue 4,096", {"method": "moco", "batch_size": 32, "queue_length": 4096}
        ),
        question=QUESTION,
        options=("queue 64", "queue 4,096", "about the same"),
        answer=HIGHER_KNN,
        explain=explain,
        steps=400,
    ),
}


def draw_evidence() -> None:
    """Draw batch sizes by what is held equal, DCL, the queue, and false negatives."""
    results = evidence.draw_verdict("negatives")
    if results:
        curves = {
            f"{label}, {equal}": [
                (n, results.at(f"{equal}: {method}, N = {n}", "knn"))
                for n in negatives.SIZES
            ]
            for equal, method, label in (
                ("equal steps", "simclr", "SimCLR"),
                ("equal epochs", "simclr", "SimCLR"),
                ("equal seconds", "simclr", "SimCLR"),
                ("equal steps", "dcl", "DCL"),
                ("equal epochs", "dcl", "DCL"),
            )
        }
        plot = evidence_plots.line_plot(
            curves, "batch size N", "kNN of the shape", log_x=True
        )
        draw_plot(plot, "ev_negatives")
        evidence.draw_table(
            results, ("knn", "negatives", "loss", "ceiling", "contrastive_top1")
        )
    results = evidence.draw_verdict("moco_queue")
    if results:
        draw_plot(evidence_plots.dot_plot(results, "knn"), "ev_queue")
        draw_plot(evidence_plots.dot_plot(results, "drift_16"), "ev_drift")
    results = evidence.draw_verdict("false_negatives")
    if results:
        counts = [a for a in results.arms if a.startswith("counted")]
        draw_plot(evidence_plots.dot_plot(results, "same_class", counts), "ev_false")
        evidence.draw_table(
            results,
            ("knn", "pushing", "same_class_part"),
            [a for a in results.arms if a not in counts],
        )
    results = evidence.draw_verdict("mutual_information")
    if results:
        from ssl_core.experiments.mutual_information import TRUE

        curves = {
            arm: [(mi, results.at(arm, f"true_{mi}")) for mi in TRUE]
            for arm in results.arms
        }
        plot = evidence_plots.line_plot(
            curves,
            "true information (nats)",
            "InfoNCE's estimate (nats)",
            log_x=True,
        )
        draw_plot(plot, "ev_log_k")
    evidence.draw_provenance(
        "negatives", "moco_queue", "false_negatives", "mutual_information"
    )


lab_page.draw(
    Lab(
        slug="negatives",
        question="Do you need a huge batch?",
        introduction=(
            "With N images an :orange[anchor] meets 2(N − 1) :red[negatives]: 14 at N = 8, "
            "126 at 64, 8,190 at 4,096. The textbook concludes: a small batch makes the "
            "task weak. But a larger batch also sees more images in a step, and takes "
            "longer for it.",
            "So hold something equal, and say what. At equal steps kNN is "
            "{negatives|equal steps: simclr, N = 128|knn} with N = 128 and "
            "{negatives|equal steps: simclr, N = 8|knn} with N = 8; at equal epochs "
            "{negatives|equal epochs: simclr, N = 128|knn} and "
            "{negatives|equal epochs: simclr, N = 8|knn}; at equal seconds "
            "{negatives|equal seconds: simclr, N = 128|knn} and "
            "{negatives|equal seconds: simclr, N = 8|knn}. DCL takes the :green[positive] "
            "out of the denominator, MoCo's queue takes the :red[negatives] out of the batch.",
        ),
        cases=CASES,
        curves=("knn", "effective_rank"),
        draw_evidence=draw_evidence,
        caution=(
            "“Small batches are bad because :red[negatives] are few” is only a part. In "
            "SimCLR's own table, at 100 epochs, the gap between N = 256 and 8,192 shrinks "
            "from 7.3 points to 2.0 when the learning rate is scaled by the square root of N "
            "instead of N itself; under the latter rule longer training shrinks it as well. "
            "And some random negatives are of the :orange[anchor]'s own class: "
            "{false_negatives|counted, N = 64|same_class} of the 126 at N = 64."
        ),
        code=(decoupled_nt_xent, info_nce, moco_queue.trial),
        more_links={"N = 2: two negatives": ("matrix_inspector", {"matrix_n": "2"})},
    )
)
