"""Pages of the app, the parts they are made of, and the router.

A file ``NN_slug.py`` is one page; Streamlit runs it. Three packages hold what pages are made
of, and each may import only from those after it: ``features`` (one per kind of page, none
imports another), ``widgets`` (parts that know no page), ``shell`` (start-up, identity, URL
parameters, links, progress).
"""

import os

# Before torch is imported. Every script run is a thread of its own, and OpenMP would start
# and keep a team of threads for each. For the few small tensors of a page a team takes ten
# times as long as one thread. Workers are told how many threads they have.
os.environ.setdefault("OMP_NUM_THREADS", "1")
