"""Sounds: spectrograms, WAV files, and the route that serves them."""
