"""Screen parts that pages share.

Streamlit takes a folder named ``pages`` for its old multipage convention until the first
script calls ``st.navigation``: a link straight to a page would run that page without the
router, its sidebar and its set-up. The first import of this package tells it otherwise and
starts that one script run again, through the router.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
