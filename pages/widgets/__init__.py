"""Reusable parts of pages: plots, knobs, pictures, texts. None depends on a page."""
