"""Recorded runs: the player, and the route that serves them."""
