"""Screen parts that pages share.

Streamlit takes a folder named ``pages`` for its old multipage convention until the first
script calls ``st.navigation``: a link straight to a page would run that page without the
router and its sidebar. The web server imports this package before anyone comes, and so it
is told in time.
"""

from streamlit.runtime.pages_manager import PagesManager

PagesManager.uses_pages_directory = False
