"""The map of held-out images: canvas, frame encoding, frame stream, sprite sheet."""
