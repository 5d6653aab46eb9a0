"""Self-supervised learning small enough to read and real enough to run.

Data flows one way: ``data -> augment -> encoders -> methods -> train``, with
``probes``, ``measures`` and ``embed`` looking at the tensors that come out.
"""

__version__ = "0.1.0"
