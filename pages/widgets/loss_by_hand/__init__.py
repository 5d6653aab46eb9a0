"""The loss by hand: points on a circle or sphere that a learner drags."""
