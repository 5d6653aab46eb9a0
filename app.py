"""The web app: ``streamlit run app.py`` finds ``app`` and serves it.

Streamlit runs ``pages/router.py`` for every visitor. The router is not in this folder,
because Streamlit would take the folder ``pages`` beside it for the pages of its older
multipage convention, and would run them without the router.
"""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from pages.shell import (
    components,
    connections,
    health,
    learner_cookie,
    operator_session,
    security_headers,
    startup,
)
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
        *operator_session.ROUTES,
    ],
    middleware=[
        Middleware(security_headers.SecurityHeaders),
        Middleware(learner_cookie.LearnerCookie),
        Middleware(connections.ConnectionCounter),
    ],
    lifespan=startup.lifespan,
)
