"""Recorded runs: catalogue, player, and the route that serves them."""
