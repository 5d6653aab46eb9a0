"""The similarity matrix as a canvas, and what one cell means."""
