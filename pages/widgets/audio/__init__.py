"""Sounds: spectrograms, WAV files, and the URLs that serve them."""
