"""The loss by hand: where points stand, what the loss wants, and what autograd says."""
