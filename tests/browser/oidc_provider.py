"""An OpenID Connect provider on this machine: codes, PKCE, tokens signed RS256."""

import base64
import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.polling import wait_until

CLIENT, PASSWORD = "the-app", secrets.token_urlsafe(24)
PEOPLE = ("Ann", "Ben")


class OidcProvider:
    """Whoever opens its page says who they are, and is believed."""

    def __init__(self) -> None:
        self.issuer = ""  # its address, known once it listens
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.codes: dict[str, dict[str, str]] = {}
        self.refused: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.about),
                Route("/authorize", self.authorize),
                Route("/as/{person}", self.approve),
                Route("/token", self.token, methods=["POST"]),
                Route("/jwks", self.keys),
            ]
        )

    def secrets(self, app: str) -> str:
        """The ``secrets.toml`` of an app at this address."""
        return f"""
[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "{secrets.token_urlsafe(32)}"
client_id = "{CLIENT}"
client_secret = "{PASSWORD}"
server_metadata_url = "{self.issuer}/.well-known/openid-configuration"
"""

    async def about(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT and asked["response_type"] == "code"
        ways = (f'<a href="/as/{p}?{urlencode(asked)}">{p}</a>' for p in PEOPLE)
        icon = '<link rel="icon" href="data:,">'  # or the browser asks for one
        return HTMLResponse(f"{icon}<h1>Who are you?</h1>{' '.join(ways)}")

    async def approve(self, request: Request) -> Response:
        code = secrets.token_urlsafe(16)
        asked = dict(request.query_params)
        self.codes[code] = {**asked, "person": request.path_params["person"]}
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    async def token(self, request: Request) -> Response:
        form = dict(await request.form())
        asked = self.codes.pop(str(form["code"]), None)  # good once
        basic = f"Basic {base64.b64encode(f'{CLIENT}:{PASSWORD}'.encode()).decode()}"
        proof = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if (
            asked is None
            or request.headers.get("authorization") != basic
            or challenge != asked.get("code_challenge")
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            self.refused.append(str(form))
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": 600,
                "id_token": jwt.encode(
                    {"alg": "RS256", "kid": "one"}, self._claims(asked), self.key
                ),
            }
        )

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _claims(self, asked: dict[str, str]) -> dict[str, Any]:
        person, now = asked["person"], int(time.time())
        return {
            "iss": self.issuer,
            "sub": f"subject-of-{person.lower()}",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": asked["nonce"],
            "name": f"{person} *of* <b>7b</b>",
            "email": f"{person.lower()}@school.example",
        }


@contextlib.contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """A provider until the block ends."""
    provider = OidcProvider()
    config = uvicorn.Config(provider.app, port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the provider listens")
    port = server.servers[0].sockets[0].getsockname()[1]
    provider.issuer = f"http://127.0.0.1:{port}"
    yield provider
    server.should_exit = True
    thread.join(30)
