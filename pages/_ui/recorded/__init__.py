"""Recorded runs: the shelf, the route, and the player that needs no server."""
