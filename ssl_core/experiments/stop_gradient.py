"""SimSiam stands on its stop-gradient: without it the features collapse."""

from ssl_core.experiments.base import Experiment

EXPERIMENT = Experiment(
    slug="stop_gradient",
    claim="Without the stop-gradient SimSiam's loss reaches -1 and its outputs "
    "collapse (Chen & He 2021, section 4.1).",
    arms={
        "stop-gradient": {"method": "simsiam"},
        "none": {"method": "simsiam", "stop_gradient": False},
    },
    quantities={
        "feature std": lambda r: r["feature_std"],
        "effective rank": lambda r: r["effective_rank"],
        "collapsed": lambda r: r["collapsed"],
        "kNN": lambda r: r["knn"]["accuracy"],
    },
)
