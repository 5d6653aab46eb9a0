"""Without colour changes, colour alone solves the task, and shape is not learned."""

import torch
from torch import Tensor

from ssl_core.augment import Policy, two_views
from ssl_core.experiments.base import (
    Expected,
    Experiment,
    Published,
    Quantity,
    Values,
    exceeds,
)
from ssl_core.experiments.trials import Trial, train_and_probe

CANDIDATES = 512  # partners to choose from: chance is 1 in 512
BINS = 8  # a channel
CROP = {"crop": 0.92}  # the paper's crops keep 8 % to 100 % of the area
JITTER = {
    "brightness": 0.8,
    "contrast": 0.8,
    "saturation": 0.8,
    "hue": 0.2,
    "gray": 0.2,
}
HISTOGRAM = {"settings": {"by": "histogram"}}


def trial(given: Trial) -> Values:
    """Retrieval by colour histogram where the arm asks for it, else training."""
    if given.settings.get("by") == "histogram":
        return {"retrieval": retrieval(given)}
    return train_and_probe(given)


def retrieval(given: Trial) -> float:
    """How often a crop's nearest colour histogram is its partner's, among 512."""
    data, config = given.data(), given.config()
    g = torch.Generator().manual_seed(given.seed)
    rows = torch.randperm(len(data), generator=g)[:CANDIDATES]
    policy = config.policy or Policy()
    a, b = (histogram(v) for v in two_views(data.images[rows], policy, g))
    nearest = torch.cdist(a, b, p=1).argmin(1)
    return (nearest == torch.arange(len(a))).float().mean().item()


def histogram(x: Tensor) -> Tensor:
    """Joint RGB histogram of each picture, ``[N, 512]``, summing to 1."""
    place = (x.clamp(0, 0.999) * BINS).long()  # [N, 3, H, W]
    bins = (place[:, 0] * BINS + place[:, 1]) * BINS + place[:, 2]
    counts = torch.zeros(len(x), BINS**3)
    counts.scatter_add_(
        1, bins.flatten(1), torch.ones_like(bins.flatten(1), dtype=torch.float)
    )
    return counts / counts.sum(1, keepdim=True)


EXPERIMENT = Experiment(
    slug="colour_shortcut",
    claim="Two crops of one picture share their colours: unless augmentation changes "
    "them, colour alone tells pictures apart and nothing else need be learned "
    "(Chen et al. 2020, section 3.1 and figure 6).",
    arms={
        "histogram, photos: crop": {"data": "photos", "augment": CROP} | HISTOGRAM,
        "histogram, photos: crop + colour": {"data": "photos", "augment": CROP | JITTER}
        | HISTOGRAM,
        "histogram, shapes: crop": {"augment": {"crop": 0.5}} | HISTOGRAM,
        "histogram, shapes: crop + colour": {
            "augment": {"crop": 0.5, "hue": 0.5, "brightness": 0.4, "gray": 0.3}
        }
        | HISTOGRAM,
        "shapes: crop": {"augment": {"crop": 0.5}},
        "shapes: crop + colour": {
            "augment": {
                **{"crop": 0.5, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
                **{"hue": 0.5, "gray": 0.3},
            }
        },
        "shapes: all views": {"augment": "default"},
        "photos: crop": {"data": "photos", "augment": {"crop": 0.8}, "steps": 800},
        "photos: crop + colour": {
            "data": "photos",
            "augment": {
                **{"crop": 0.8, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
                **{"hue": 0.1, "gray": 0.2},
            },
            "steps": 800,
        },
    },
    quantities={
        "retrieval": Quantity("partner found by colour histogram"),
        "knn": Quantity("kNN of the class"),
        "probe_class": Quantity("linear probe of the class"),
        "probe_background_hue": Quantity("probe of background hue"),
        "untrained_background_hue": Quantity("the same, untrained"),
        "loss": Quantity("loss", "nats"),
        "effective_rank": Quantity("effective rank of z"),
        "random_init": Quantity("kNN, untrained"),
    },
    expected=(
        Expected(
            "photographs: colour histograms find the partner of a crop in 70 % of cases",
            lambda v: v["histogram, photos: crop"]["retrieval"],
            0.7,
        ),
        Expected(
            "photographs: with colour changes in fewer than 10 % (10 % minus the part)",
            lambda v: 0.1 - v["histogram, photos: crop + colour"]["retrieval"],
        ),
        exceeds(
            "knn",
            "shapes: crop + colour",
            "shapes: crop",
            sentence="shapes: adding colour changes raises the class's kNN",
        ),
        exceeds(
            "probe_background_hue",
            "shapes: crop",
            "shapes: crop + colour",
            sentence="shapes: crop alone keeps the background hue",
        ),
        exceeds(
            "knn",
            "photos: crop + colour",
            "photos: crop",
            sentence="photographs: adding colour changes raises the class's kNN",
        ),
        exceeds(
            "loss",
            "photos: crop + colour",
            "photos: crop",
            sentence="photographs: the worse encoder has the lower loss",
        ),
        exceeds(
            "effective_rank",
            "photos: crop",
            "photos: crop + colour",
            sentence="photographs: the worse encoder has the higher rank",
        ),
    ),
    published=(
        Published(
            "SimCLR reproduced, crop alone",
            40.3,
            "Grill et al. 2020, table 17",
            "photos: crop",
            "probe_class",
        ),
        Published(
            "SimCLR reproduced, crop + colour",
            64.2,
            "Grill et al. 2020, table 17",
            "photos: crop + colour",
            "probe_class",
        ),
    ),
    trial=trial,
    quick=(
        *("histogram, shapes: crop", "histogram, shapes: crop + colour"),
        *("shapes: crop", "shapes: crop + colour"),
    ),
    quick_steps=200,
)
