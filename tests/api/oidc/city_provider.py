"""An OpenID Connect provider on loopback that can answer wrongly in every way."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

Sends = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class CityProvider:
    """What it answers; a test changes what it likes."""

    issuer: str
    secret: str = "kept by both"
    client_id: str = "meguri"
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    kid: str = "one"
    page: dict[str, Any] = field(default_factory=dict)
    """What its page says otherwise; None leaves a member out."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What its tokens say otherwise."""
    forge: Callable[[dict[str, Any]], str] | None = None
    sends: dict[str, Sends] = field(default_factory=dict)
    """By path: what goes out in the place of an answer."""
    asked: list[str] = field(default_factory=list)
    grants: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, url: str, sub: str = "hanako", **claims: Any) -> dict[str, str]:
        """Somebody signs in at the address that a browser was sent to; with what it returns."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(16)
        self.grants[code] = query
        self.claims = {**self.claims, "sub": sub, **claims}
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def _page(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
        } | self.page
        return {name: value for name, value in said.items() if value is not None}

    def _keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": self.kid, "use": "sig", "alg": "ES256"}]}

    def _tokens(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Tokens for a code, or None: the client is another, or the code was not given to it."""
        shown = base64.b64encode(f"{self.client_id}:{self.secret.replace(' ', '+')}".encode())
        grant = self.grants.pop(form.get("code", ""), None)
        if grant is None or authorization != f"Basic {shown.decode()}":
            return None
        digest = sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant["code_challenge"]:
            return None
        if form["redirect_uri"] != grant["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "nonce": grant["nonce"],
            "iat": now,
            "exp": now + 60,
            "email_verified": True,
            **self.claims,
        }
        sign = self.forge or (lambda said: jwt.encode(said, self.key, "ES256", {"kid": self.kid}))
        return {"id_token": sign(claims), "access_token": "theirs", "token_type": "Bearer"}


@contextmanager
def running_provider() -> Iterator[CityProvider]:
    """A provider at http://127.0.0.1 on a free port, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path in provider.sends:
                provider.sends[path](self)
                return
            answers = {
                "/.well-known/openid-configuration": provider._page,
                "/keys": provider._keys,
                "/token": self.tokens,
            }
            said = answers[path]()
            send(self, 200 if said is not None else 400, json.dumps(said or {}).encode())

        def tokens(self) -> dict[str, Any] | None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            return provider._tokens(form, self.headers.get("authorization", ""))

        def log_message(self, *said: object) -> None:
            """Nothing: a test says what it saw."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider = CityProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """One whole answer."""
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
