"""The pages of the app, their modules, and the router.

A file ``NN_slug.py`` is one page; Streamlit runs it. Three packages hold the modules of the
pages: ``features`` (one for each kind of page; none imports another), ``widgets`` (reusable
on any page) and ``shell`` (start-up, identity, URL parameters, links, progress). Features may
import widgets and shell, widgets may import the shell, and the shell imports neither.
"""

import os

# Set before torch is imported. Every script run has its own thread, and OpenMP would start
# and keep several threads for each. For the few small tensors of a page they take ten times
# as long as one thread. The training workers set their own number of threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
