"""The loss by hand: a learner drags points on a circle or sphere."""
