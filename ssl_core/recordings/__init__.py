"""Recorded runs: what a live run shows, kept in one small file that plays anywhere.

A :class:`Recorder` takes the very ticks that ``ssl_core.train.fit`` yields; :func:`load`
reads a file back without torch and without trusting it.
"""

from ssl_core.recordings.files import load, write
from ssl_core.recordings.recorder import FRAMES, Recorder, probe_due, watch_for
from ssl_core.recordings.recording import MOST_POINTS, Recording

__all__ = [
    "FRAMES",
    "MOST_POINTS",
    "Recorder",
    "Recording",
    "load",
    "probe_due",
    "watch_for",
    "write",
]
