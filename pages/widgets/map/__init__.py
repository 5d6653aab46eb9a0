"""The map of held-out images: canvas, frames, stream, sprite sheet."""
