"""What features keep: augmentations decide the meaning, the head decides the layer."""

from pages.features.labs import lab, lab_page
from pages.features.labs.lab import Outcome, keeps_better
from pages.widgets import evidence, evidence_plots
from ssl_core import probes
from ssl_core.data import SHAPE_VIEWS
from ssl_core.experiments.label_efficiency import LABELS, chosen
from ssl_core.experiments.meaning import COLOUR, FACTORS


def without(*names: str) -> dict[str, float]:
    """The default views without some of them."""
    return {k: v for k, v in SHAPE_VIEWS.items() if k not in names}


def told(left: Outcome, right: Outcome) -> str:
    """This run in words: every factor that differs by 0.05 or more."""
    lines = [
        f"{name.replace('_', ' ')} {left.probes[name]:.2f} against {right.probes[name]:.2f}"
        for name in FACTORS
        if abs(left.probes[name] - right.probes[name]) >= 0.05
    ]
    found = "; ".join(lines) or "no factor differs by 0.05 or more"
    return f"Linear probes, {left.name} against {right.name}: {found}. {left}. {right}."


def asked(factor: str) -> str:
    """The prediction's question."""
    return f"From which arm's features can the {factor} be read better?"


CASES = {
    "colour": lab.Case(
        "With or without colour changes",
        "colour changes",
        ("all views", {"augment": without()}),
        ("no colour", {"augment": without(*COLOUR)}),
        asked("background hue"),
        ("all views", "no colour", "about the same"),
        keeps_better("background_hue"),
        told,
    ),
    "rotation": lab.Case(
        "With or without rotation and flip",
        "rotation and flip",
        ("all views", {"augment": without()}),
        ("no rotation", {"augment": without("rotation", "flip")}),
        asked("orientation"),
        ("all views", "no rotation", "about the same"),
        keeps_better("rotation"),
        told,
    ),
    "crop": lab.Case(
        "With or without crops",
        "crops",
        ("all views", {"augment": without()}),
        ("no crop", {"augment": without("crop")}),
        asked("shape"),
        ("all views", "no crop", "about the same"),
        keeps_better("shape"),
        told,
    ),
    "head": lab.Case(
        "With or without a projection head",
        "the projection head",
        ("MLP head", {"projection_head": "mlp"}),
        ("no head", {"projection_head": "none"}),
        asked("shape"),
        ("MLP head", "no head", "about the same"),
        keeps_better("shape"),
        told,
    ),
}


def shipped() -> None:
    """Factor by policy, head and layer, and what few labels are worth."""
    found = evidence.draw_verdict("meaning")
    if found:
        arms = list(found.arms)
        values = [[found.at(a, f"probe_{f}") for f in FACTORS] for a in arms]
        names = [f.replace("_", " ") for f in FACTORS]
        shown = evidence_plots.heat_map(arms, names, values, "Linear probe accuracy")
        evidence.draw_plot(shown, "ev_meaning")
        evidence.draw_table(found, [f"probe_{f}" for f in FACTORS])
    found = evidence.draw_verdict("projection_head")
    if found:
        evidence.draw_plot(evidence_plots.dot_plot(found, "class_h"), "ev_head_h")
        what = ("class", "background_hue", "rotation", "texture")
        evidence.draw_table(found, [f"{w}_{layer}" for w in what for layer in "hz"])
    found = evidence.draw_verdict("label_efficiency")
    if found:
        curves = {
            arm: [(n, found.at(arm, f"labels_{n}")) for n in LABELS]
            for arm in found.arms
        }
        shown = evidence_plots.line_plot(
            curves, "labels a class", "accuracy on unseen images", log_x=True
        )
        evidence.draw_plot(shown, "ev_labels")
    evidence.draw_provenance("meaning", "projection_head", "label_efficiency")


lab_page.page(
    lab.Lab(
        "features",
        "What do the features keep?",
        (
            "Two views of one image are to agree. Whatever the views change cannot help "
            "to agree and is largely forgotten; whatever they leave alone may stay. So the "
            "choice of augmentations says what “the same” means.",
            "Every factor of every shape is known here, so a linear probe can ask the "
            "features for each. With all views the background hue is read with accuracy "
            "{meaning|all views|probe_background_hue}, without colour changes with "
            "{meaning|no colour|probe_background_hue}; the shape with "
            "{meaning|all views|probe_shape} and {meaning|no colour|probe_shape}.",
        ),
        CASES,
        ("knn", "background_hue", "rotation"),
        shipped,
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
        "{label_efficiency|from scratch, without views|labels_10}.",
        (probes.linear_probes, probes.knn_accuracy, chosen),
        {},
    )
)
