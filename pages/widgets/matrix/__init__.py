"""The similarity matrix: its canvas, and texts about its cells."""
