"""Google on loopback: gives out access tokens and takes messages, and lies as it is told to."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core.senders import Fcm
from tests.worker.other_side import listening

PROJECT: Final = "kitazawa-app"
EMAIL: Final = f"sender@{PROJECT}.iam.gserviceaccount.com"
FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"

Answer = tuple[int, object] | tuple[int, object, str] | str
"""A status, what is said (JSON, or bytes as they are) and Retry-After; `silent` never answers,
`close` hangs up, `endless` never stops."""


def error(status: int, code: str = "", field_: str = "") -> Answer:
    """An error as FCM tells it."""
    details: list[dict[str, Any]] = []
    if code:
        details.append({"@type": FCM_ERROR, "errorCode": code})
    if field_:
        details.append({"@type": BAD_REQUEST, "fieldViolations": [{"field": field_}]})
    return status, {"error": {"code": status, "message": "secret words", "details": details}}


@cache
def key() -> rsa.RSAPrivateKey:
    """The service account's; made once, as it takes long."""
    return rsa.generate_private_key(65_537, 2_048)


def key_file(port: int, **more: object) -> dict[str, object]:
    """What a key's file holds."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "k1",
        "private_key": key().private_bytes(*form).decode(),
        "client_email": EMAIL,
        "client_id": "1",
        "token_uri": f"http://127.0.0.1:{port}/token",
        **more,
    }


@dataclass
class FcmSide:
    """What it was asked, and what it says."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    """By the phone's token; taken, where nothing is said."""
    exchange: Answer | None = None
    """In the place of an access token."""
    lasts_s: int = 3_600
    exchanges: int = 0
    withdrawn: set[str] = field(default_factory=set)
    got: list[dict[str, Any]] = field(default_factory=list)
    """Messages, in order."""
    on_message: Callable[[], None] = lambda: None

    def named(self, folder: Path) -> Fcm:
        """It, as a setting names it."""
        path = folder / "fcm.json"
        path.write_bytes(orjson.dumps(key_file(self.port)))
        return Fcm(key_file=path, url=f"http://127.0.0.1:{self.port}")

    def phones(self) -> list[str]:
        """To whom messages came, in order."""
        return [message["token"] for message in self.got]

    async def speak(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, request after request."""
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            pairs = (line.split(": ", 1) for line in lines[1:] if line)
            head = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(head["content-length"]))
            verb, path, _ = lines[0].split()
            assert verb == "POST", lines[0]
            answer = self._token(body) if path == "/token" else self._message(path, head, body)
            if not await _say(answer, reader, writer):
                return

    def _token(self, body: bytes) -> Answer:
        """An access token for whoever signs as the account."""
        self.exchanges += 1
        said = parse_qs(body.decode(), strict_parsing=True)
        assert said["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        assertion = said["assertion"][0]
        uri = f"http://127.0.0.1:{self.port}/token"
        claims = jwt.decode(assertion, key().public_key(), ["RS256"], audience=uri, issuer=EMAIL)
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        assert claims["exp"] - claims["iat"] <= 3_600
        assert jwt.get_unverified_header(assertion)["kid"] == "k1"
        if self.exchange is not None:
            return self.exchange
        given = {"access_token": f"t{self.exchanges}", "token_type": "Bearer"}
        return 200, {**given, "expires_in": self.lasts_s}

    def _message(self, path: str, head: dict[str, str], body: bytes) -> Answer:
        assert path == f"/v1/projects/{PROJECT}/messages:send"
        scheme, token = head["authorization"].split()
        assert scheme == "Bearer"
        if token in self.withdrawn or token != f"t{self.exchanges}":
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
        (message,) = orjson.loads(body).values()
        self.got.append(message)
        self.on_message()
        taken = 200, {"name": f"projects/{PROJECT}/messages/{len(self.got)}"}
        return self.answers.get(message["token"], taken)


async def _say(answer: Answer, reader: StreamReader, writer: StreamWriter) -> bool:
    """Whether the connection goes on."""
    if answer == "silent":
        await reader.read()
    if answer == "endless":
        writer.write(b"HTTP/1.1 200 So\r\nContent-Length: 99999999\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 60_000)
            await writer.drain()
            await asyncio.sleep(0)
    if isinstance(answer, str):
        return False
    status, said, *rest = answer
    body = said if isinstance(said, bytes) else orjson.dumps(said)
    more = f"Retry-After: {rest[0]}\r\n" if rest else ""
    head = f"HTTP/1.1 {status} So\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True


@asynccontextmanager
async def google() -> AsyncIterator[FcmSide]:
    """It listens on a free port."""
    side = FcmSide()
    async with listening(side):
        yield side
