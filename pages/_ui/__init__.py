"""Screen parts that pages share.

Streamlit takes a folder named ``pages`` for its old multipage convention until the first
script calls ``st.navigation``: a link straight to a page would run that page without the
router and its sidebar. The web server imports this package before anyone comes, and so it
is told in time.
"""

import os

from streamlit.runtime.pages_manager import PagesManager

# Before torch is imported. Every script run is a thread of its own, for which OpenMP would
# start and keep a team of threads: for pages' few small tensors that costs ten times what
# they do. Workers are told how many they have.
os.environ.setdefault("OMP_NUM_THREADS", "1")
PagesManager.uses_pages_directory = False
