"""What features keep: augmentations decide the meaning, the head decides the layer."""

from collections.abc import Callable

from pages.features.labs import lab_page
from pages.features.labs.lab import Arm, Case, Lab, Outcome, higher_arm
from pages.widgets import evidence, evidence_plots
from pages.widgets.plots import draw_plot
from pages.widgets.run_text import format_factor
from ssl_core import probes
from ssl_core.data import SHAPE_VIEWS
from ssl_core.experiments.label_efficiency import LABELS, chosen
from ssl_core.experiments.meaning import COLOUR, FACTORS


def views_without(*names: str) -> dict[str, float]:
    """The default views except ``names``: slug -> strength."""
    return {k: v for k, v in SHAPE_VIEWS.items() if k not in names}


def explain(left: Outcome, right: Outcome) -> str:
    """Describe every factor whose probe differs by 0.05 or more."""
    differences = [
        f"{format_factor(name)} {left.probes[name]:.2f} against {right.probes[name]:.2f}"
        for name in FACTORS
        if abs(left.probes[name] - right.probes[name]) >= 0.05
    ]
    summary = "; ".join(differences) or "no factor differs by 0.05 or more"
    return (
        f"Linear probes, {left.name} against {right.name}: {summary}. {left}. {right}."
    )


def question(factor: str) -> str:
    """Ask which arm keeps a factor better."""
    return f"From which arm's features can the {factor} be read better?"


def keeps_better(factor: str) -> Callable[[Outcome, Outcome], int]:
    """Make a case's answer: which arm's features give a factor more accurately."""
    return higher_arm(lambda outcome: outcome.probes[factor])


CASES = {
    "colour": Case(
        label="With or without colour changes",
        difference="colour changes",
        left=Arm("all views", {"augment": views_without()}),
        right=Arm("no colour", {"augment": views_without(*COLOUR)}),
        question=question("background hue"),
        options=("all views", "no colour", "about the same"),
        answer=keeps_better("background_hue"),
        explain=explain,
    ),
    "rotation": Case(
        label="With or without rotation and flip",
        difference="rotation and flip",
        left=Arm("all views", {"augment": views_without()}),
        right=Arm("no rotation", {"augment": views_without("rotation", "flip")}),
        question=question("orientation"),
        options=("all views", "no rotation", "about the same"),
        answer=keeps_better("rotation"),
        explain=explain,
    ),
    "crop": Case(
        label="With or without crops",
        difference="crops",
        left=Arm("all views", {"augment": views_without()}),
        right=Arm("no crop", {"augment": views_without("crop")}),
        question=question("shape"),
        options=("all views", "no crop", "about the same"),
        answer=keeps_better("shape"),
        explain=explain,
    ),
    "head": Case(
        label="With or without a projection head",
        difference="the projection head",
        left=Arm("MLP head", {"projection_head": "mlp"}),
        right=Arm("no head", {"projection_head": "none"}),
        question=question("shape"),
        options=("MLP head", "no head", "about the same"),
        answer=keeps_better("shape"),
        explain=explain,
    ),
}


def draw_evidence() -> None:
    """Draw probes by views, head and layer, and accuracy by number of labels."""
    results = evidence.draw_verdict("meaning")
    if results:
        arms = list(results.arms)
        values = [[results.at(a, f"probe_{f}") for f in FACTORS] for a in arms]
        names = [format_factor(f) for f in FACTORS]
        plot = evidence_plots.heat_map(arms, names, values, "Linear probe accuracy")
        draw_plot(plot, "ev_meaning")
        evidence.draw_table(results, [f"probe_{f}" for f in FACTORS])
    results = evidence.draw_verdict("projection_head")
    if results:
        draw_plot(evidence_plots.dot_plot(results, "class_h"), "ev_head_h")
        factors = ("class", "background_hue", "rotation", "texture")
        evidence.draw_table(
            results, [f"{factor}_{layer}" for factor in factors for layer in "hz"]
        )
    results = evidence.draw_verdict("label_efficiency")
    if results:
        curves = {
            arm: [(n, results.at(arm, f"labels_{n}")) for n in LABELS]
            for arm in results.arms
        }
        plot = evidence_plots.line_plot(
            curves, "labels a class", "accuracy on unseen images", log_x=True
        )
        draw_plot(plot, "ev_labels")
    evidence.draw_provenance("meaning", "projection_head", "label_efficiency")


lab_page.draw(
    Lab(
        slug="features",
        question="What do the features keep?",
        introduction=(
            "Two views of one image are to agree. Whatever the views change cannot help "
            "to agree and is largely forgotten; whatever they leave alone may stay. So the "
            "choice of augmentations says what “the same” means.",
            "Every factor of every shape is known here, so a linear probe can ask the "
            "features for each. With all views the background hue is read with accuracy "
            "{meaning|all views|probe_background_hue}, without colour changes with "
            "{meaning|no colour|probe_background_hue}; the shape with "
            "{meaning|all views|probe_shape} and {meaning|no colour|probe_shape}.",
        ),
        cases=CASES,
        curves=("knn", "background_hue", "rotation"),
        draw_evidence=draw_evidence,
        caution=(
            "More augmentation is not better: it depends on what you want to ask later. "
            "Features blind to colour cannot tell a red car from a yellow one. And read h, "
            "not z: with an MLP head the background hue is read from h with "
            "{projection_head|MLP head|background_hue_h}, from z with "
            "{projection_head|MLP head|background_hue_z}. Not everything in the textbook "
            "happens here: a linear head does as well as the MLP "
            "({projection_head|linear head|class_h} against "
            "{projection_head|MLP head|class_h}), and with 10 labels a class the same net "
            "trained from scratch reaches {label_efficiency|from scratch|labels_10}, the "
            "probe {label_efficiency|SimCLR + linear probe|labels_10}. The views are why: "
            "without them training from scratch reaches "
            "{label_efficiency|from scratch, without views|labels_10}."
        ),
        code=(probes.linear_probes, probes.knn_accuracy, chosen),
        more_links={},
    )
)
