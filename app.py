"""The web app: ``streamlit run app.py`` finds ``app`` and serves it.

Streamlit runs ``pages/router.py`` for every visitor. The router stands beside the pages and
not here because Streamlit takes a folder named ``pages`` beside a script for its older
multipage convention, which would run a page without the router.
"""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from pages.shell import components, connections, health, security_headers, startup
from pages.widgets import audio_route
from pages.widgets.map import map_stream
from pages.widgets.recording import recording_route

app = App(
    Path(__file__).parent / "pages" / "router.py",
    routes=[
        map_stream.ROUTE,
        health.ROUTE,
        recording_route.ROUTE,
        audio_route.ROUTE,
        components.ROUTE,
    ],
    middleware=[
        Middleware(security_headers.SafeHeaders),
        Middleware(connections.ConnectionCounter),
    ],
    lifespan=startup.lifespan,
)
