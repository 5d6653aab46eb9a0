"""Negatives, batch size and MoCo's queue: three answers to one question, told apart."""

from pages.features.labs import lab, lab_page
from pages.features.labs.lab import Outcome
from pages.widgets import evidence, evidence_plots
from ssl_core.experiments import moco_queue, negatives
from ssl_core.methods.dcl import decoupled_nt_xent
from ssl_core.methods.moco import info_nce


def better(left: Outcome, right: Outcome) -> int:
    """Which arm tells the shapes apart better: left, right, or neither by 0.05."""
    gap = right.knn - left.knn
    return 2 if abs(gap) < 0.05 else int(gap > 0)


def counted(left: Outcome, right: Outcome) -> str:
    """This run in words: negatives, accuracy, and why the losses cannot be compared."""
    return (
        f"{left}. {right}. Their losses have different ceilings and must not be compared; "
        "the kNN accuracies may."
    )


SMALL, LARGE = {"batch_size": 8}, {"batch_size": 64}
ASKED = "Which arm's features tell the shapes apart better?"
CASES = {
    "steps": lab.Case(
        "N = 8 or 64, equal steps",
        "the batch size",
        ("N = 8: 14 negatives", SMALL),
        ("N = 64: 126 negatives", LARGE),
        ASKED,
        ("N = 8", "N = 64", "about the same"),
        better,
        counted,
    ),
    "images": lab.Case(
        "N = 8 or 64, equal images",
        "the batch size, at 9,600 images each",
        ("N = 8, 1,200 steps", SMALL | {"steps": 1200}),
        ("N = 64, 150 steps", LARGE | {"steps": 150}),
        ASKED,
        ("N = 8", "N = 64", "about the same"),
        better,
        counted,
    ),
    "dcl": lab.Case(
        "N = 8, SimCLR or DCL",
        "whether the positive stands in the denominator",
        ("SimCLR, N = 8", SMALL | {"method": "simclr"}),
        ("DCL, N = 8", SMALL | {"method": "dcl"}),
        ASKED,
        ("SimCLR", "DCL", "about the same"),
        better,
        counted,
        steps=500,
    ),
    "queue": lab.Case(
        "MoCo at batch 32, queue 64 or 4,096",
        "the queue's length",
        ("queue 64", {"method": "moco", "batch_size": 32, "queue_length": 64}),
        ("queue 4,096", {"method": "moco", "batch_size": 32, "queue_length": 4096}),
        ASKED,
        ("queue 64", "queue 4,096", "about the same"),
        better,
        counted,
        steps=400,
    ),
}


def shipped() -> None:
    """Batch sizes by what is held equal, DCL, the queue, and false negatives."""
    found = evidence.draw_verdict("negatives")
    if found:
        curves = {
            f"{label}, {equal}": [
                (n, found.at(f"{equal}: {method}, N = {n}", "knn"))
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
        shown = evidence_plots.line_plot(
            curves, "batch size N", "kNN of the shape", log_x=True
        )
        evidence.draw_plot(shown, "ev_negatives")
        evidence.draw_table(
            found, ("knn", "negatives", "loss", "ceiling", "contrastive_top1")
        )
    found = evidence.draw_verdict("moco_queue")
    if found:
        evidence.draw_plot(evidence_plots.dot_plot(found, "knn"), "ev_queue")
        evidence.draw_plot(evidence_plots.dot_plot(found, "drift_16"), "ev_drift")
    found = evidence.draw_verdict("false_negatives")
    if found:
        counts = [a for a in found.arms if a.startswith("counted")]
        evidence.draw_plot(
            evidence_plots.dot_plot(found, "same_class", counts), "ev_false"
        )
        evidence.draw_table(
            found,
            ("knn", "pushing", "same_class_part"),
            [a for a in found.arms if a not in counts],
        )
    found = evidence.draw_verdict("mutual_information")
    if found:
        from ssl_core.experiments.mutual_information import TRUE

        curves = {
            arm: [(mi, found.at(arm, f"true_{mi}")) for mi in TRUE]
            for arm in found.arms
        }
        shown = evidence_plots.line_plot(
            curves,
            "true information (nats)",
            "InfoNCE's estimate (nats)",
            log_x=True,
        )
        evidence.draw_plot(shown, "ev_log_k")
    evidence.draw_provenance(
        "negatives", "moco_queue", "false_negatives", "mutual_information"
    )


lab_page.page(
    lab.Lab(
        "negatives",
        "Do you need a huge batch?",
        (
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
        CASES,
        ("knn", "effective_rank"),
        shipped,
        "“Small batches are bad because :red[negatives] are few” is only a part. In "
        "SimCLR's own table, at 100 epochs, the gap between N = 256 and 8,192 shrinks from "
        "7.3 points to 2.0 when the learning rate is scaled by the square root of N "
        "instead of N itself; under the latter rule longer training shrinks it as well. And "
        "some random negatives "
        "are of the :orange[anchor]'s own class: "
        "{false_negatives|counted, N = 64|same_class} of the 126 at N = 64.",
        (decoupled_nt_xent, info_nce, moco_queue.trial),
        {"N = 2: two negatives": ("matrix_inspector", {"matrix_n": "2"})},
    )
)
