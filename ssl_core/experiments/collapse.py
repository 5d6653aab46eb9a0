"""Collapse: BYOL and SimSiam with their parts taken away one at a time."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.experiments.base import (
    Expected,
    Experiment,
    Published,
    Quantity,
    Seeded,
    Values,
    exceeds,
)
from ssl_core.experiments.trials import Trial, measured, spectrum_of, train

SIAM = "Chen & He 2021, figure 2 and tables 1 and 3 (100 epochs)"
BYOL = "Grill et al. 2020, tables 5 and 19 (300 epochs)"
NO_BN = "Richemond et al. 2020, abstract"
WITHOUT = {"head_norm": "none", "encoder": "tiny_no_norm"}
GROUP = {"head_norm": "layer", "encoder": "tiny_group_norm"}


def trial(given: Trial) -> Values:
    """Train; besides the usual, the spectrum of z and its rank seen from the origin."""
    run = train(given)
    _, z = run.z()
    return measured(run) | {"spectrum": spectrum_of(z), "directions": directions(z)}


def directions(z: Tensor) -> float:
    """Effective rank of unit-length rows, not centred (RankMe, Garrido et al. 2023, eq. 1).

    The centred rank of a cloud that has shrunk to a point is that of its noise; seen
    from the origin a point is one direction.

    Args:
        z: ``[N, D]`` float.

    Returns:
        Between 1 and D.
    """
    s = torch.linalg.svdvals(F.normalize(z.float(), dim=1))
    p = s / s.sum()
    return torch.exp(-(p * p.clamp(min=1e-12).log()).sum()).item()


def lost_rank(seeded: Seeded, healthy: str, broken: str) -> float:
    """The part of the healthy run's directions that the broken one lacks."""
    ranks = [float(seeded[arm]["directions"]) for arm in (healthy, broken)]
    return 1 - ranks[1] / ranks[0]


EXPERIMENT = Experiment(
    slug="collapse",
    claim="Without negatives, stop-gradient and predictor keep SimSiam and BYOL from "
    "collapse (Chen & He 2021; Grill et al. 2020).",
    arms={
        "SimSiam": {"method": "simsiam"},
        "SimSiam, no stop-gradient": {"method": "simsiam", "stop_gradient": False},
        "SimSiam, no predictor": {"method": "simsiam", "predictor": "none"},
        "SimSiam, fixed predictor": {"method": "simsiam", "predictor": "fixed"},
        "SimSiam, no normalisation in the heads": {
            "method": "simsiam",
            "head_norm": "none",
        },
        "SimSiam, no normalisation at all": {"method": "simsiam"} | WITHOUT,
        "SimSiam, group norm + standardised weights": {"method": "simsiam"} | GROUP,
        "BYOL": {"method": "byol"},
        "BYOL, no stop-gradient": {"method": "byol", "stop_gradient": False},
        "BYOL, no predictor": {"method": "byol", "predictor": "none"},
        "BYOL, no moving average": {"method": "byol", "ema_decay": 0.0},
        "BYOL, frozen random target": {"method": "byol", "ema_decay": 1.0},
        "BYOL, no normalisation at all": {"method": "byol"} | WITHOUT,
        "BYOL, group norm + standardised weights": {"method": "byol"} | GROUP,
        "SimCLR, no normalisation at all": {"method": "simclr"} | WITHOUT,
    },
    quantities={
        "knn": Quantity("kNN of the class"),
        "random_init": Quantity("kNN, untrained"),
        "directions": Quantity("effective rank of z, not centred"),
        "effective_rank": Quantity("effective rank of z, centred"),
        "feature_std": Quantity("spread of z x sqrt(d)"),
        "loss": Quantity("loss"),
        "collapsed": Quantity("alarm"),
        "spectrum": Quantity("singular values of z", series=True),
    },
    expected=(
        Expected(
            "SimSiam without stop-gradient: rank below a quarter of the healthy run's",
            lambda v: lost_rank(v, "SimSiam", "SimSiam, no stop-gradient"),
            0.75,
        ),
        exceeds(
            "loss",
            "SimSiam",
            "SimSiam, no stop-gradient",
            sentence="the collapsed SimSiam has the lower loss",
        ),
        Expected(
            "a collapsed SimSiam leaves the encoder no better than untrained (by 0.05)",
            lambda v: (
                v["SimSiam, no stop-gradient"]["random_init"]
                - v["SimSiam, no stop-gradient"]["knn"]
            ),
            -0.05,
        ),
        Expected(
            "SimSiam without predictor: rank below a quarter of the healthy run's",
            lambda v: lost_rank(v, "SimSiam", "SimSiam, no predictor"),
            0.75,
        ),
        Expected(
            "BYOL without stop-gradient: rank below a quarter of the healthy run's",
            lambda v: lost_rank(v, "BYOL", "BYOL, no stop-gradient"),
            0.75,
        ),
        exceeds(
            "directions",
            "BYOL",
            "BYOL, no predictor",
            sentence="BYOL without predictor uses fewer directions",
        ),
        exceeds(
            "knn",
            "BYOL",
            "BYOL, no moving average",
            sentence="BYOL without moving average learns less",
        ),
        exceeds(
            "knn",
            "BYOL",
            "BYOL, frozen random target",
            sentence="a frozen random target teaches less than a moving one",
        ),
        Expected(
            "BYOL with group norm and standardised weights learns without batch statistics",
            lambda v: (
                v["BYOL, group norm + standardised weights"]["knn"]
                - v["BYOL, group norm + standardised weights"]["random_init"]
            ),
        ),
    ),
    published=(
        Published("SimSiam", 67.7, SIAM, "SimSiam", "knn"),
        Published("no stop-gradient", 0.1, SIAM, "SimSiam, no stop-gradient", "knn"),
        Published("no predictor", 0.1, SIAM, "SimSiam, no predictor", "knn"),
        Published(
            "fixed random predictor", 1.5, SIAM, "SimSiam, fixed predictor", "knn"
        ),
        Published(
            "no normalisation in the heads",
            34.6,
            SIAM,
            "SimSiam, no normalisation in the heads",
            "knn",
        ),
        Published("BYOL", 72.5, BYOL, "BYOL", "knn"),
        Published("no predictor", 0.2, BYOL, "BYOL, no predictor", "knn"),
        Published("target decay 0", 0.3, BYOL, "BYOL, no moving average", "knn"),
        Published("stop-gradient of the online net, no EMA", 5.5, BYOL),
        Published("the same, predictor's rate x 10 (appendix I)", 66.6, BYOL),
        Published(
            "frozen random target", 18.8, BYOL, "BYOL, frozen random target", "knn"
        ),
        Published(
            "group norm + standardised weights",
            73.9,
            NO_BN,
            "BYOL, group norm + standardised weights",
            "knn",
        ),
    ),
    trial=trial,
    steps=600,
    quick=("SimSiam", "SimSiam, no stop-gradient", "BYOL", "BYOL, no predictor"),
    quick_steps=250,
    note="Compare a collapsed encoder with the untrained one: here it ends below that, and "
    "above chance. The centred rank of a point is that of its noise, so the claim is "
    "judged by the rank seen from the origin. The arms with group norm have layer norm in "
    "their heads.",
)
