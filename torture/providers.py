"""Providers of phones, browsers, text messages and e-mail, on loopback: they fail, and remember.

Who they are is told to the worker by its settings. Nothing that they say is wrong: they refuse,
want a pause, are out of order or silent, also when they have taken what came.
"""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core.settings import PREFIX
from torture.browser import Browser
from torture.judge.notices import Attempt

HOST: Final = "127.0.0.1"
PROJECT: Final = "torture"
GONE_ONE_IN: Final = 40
"""Of numbers: nobody is there any more, and never will be."""
_WEIGHTS: Final = (0.003, 0.002, 0.03, 0.965)
"""It is silent, wants a pause, is out of order, takes what comes."""
_TAKES_SILENTLY: Final = 0.6
"""Of what gets no answer, so much is taken."""
_HEAD_ENDS: Final = b"\r\n\r\n"
_MAIL_ENDS: Final = b"\r\n.\r\n"
_UNREGISTERED: Final = {
    "error": {
        "details": [
            {
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": "UNREGISTERED",
            }
        ]
    }
}
_USUAL: Final = {"EHLO": "250 here", "DATA": "354 go on", "QUIT": "221 bye"}

Fate = tuple[int, int]
"""A status, 0 where nothing is answered, and for how many seconds to rest; 0: it does not say."""


def is_gone(number: int) -> bool:
    """Whether nobody is at the addresses of this number."""
    return number % GONE_ONE_IN == 0


def key_of_phone(number: int, item_id: object) -> str:
    """What is told to a phone, as attempts name it."""
    return f"fcm {number} {item_id}"


def key_of_push(number: int, item_id: object) -> str:
    """What is told to a browser."""
    return f"web_push {number} {item_id}"


def key_of_letter(channel: str, letter_id: object) -> str:
    """A text message or an e-mail."""
    return f"{channel} {letter_id}"


@dataclass(slots=True)
class Providers:
    """All four; `now` is the run's clock."""

    now: Callable[[], float]
    random: Random
    http_port: int = 0
    mail_port: int = 0
    browser: Browser = field(default_factory=Browser)
    """Everybody's: all have one key."""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def here(self) -> str:
        """All but the mail server."""
        return f"http://{HOST}:{self.http_port}"

    def push_address(self, number: int) -> str:
        """Of a browser's subscription."""
        return f"{self.here}/push/{number}"

    def variables(self, folder: Path) -> dict[str, str]:
        """Settings of a worker that is to be sent here; keys are written into `folder`."""
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": rsa.generate_private_key(65_537, 2_048).private_bytes(*form).decode(),
            "client_email": "sender@torture.example",
            "token_uri": f"{self.here}/token",
        }
        key_file = folder / "fcm.json"
        key_file.write_text(json.dumps(account))
        vapid_file = folder / "vapid.pem"
        vapid_file.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*form))
        push = {"key_file": str(vapid_file), "contact": "mailto:notices@example.jp"}
        said = {
            "FCM": json.dumps({"key_file": str(key_file), "url": self.here}),
            "WEB_PUSH": json.dumps(push),
            "WEBHOOKS_TO_LOOPBACK": "true",
            "SMS_PROVIDER": json.dumps({"url": f"{self.here}/messages", "token": "x"}),
            "SMTP_URL": f"smtp://{HOST}:{self.mail_port}",
            "MAIL_FROM": "notices@example.jp",
        }
        return {PREFIX + name: text for name, text in said.items()}

    def _fate(self, key: str, number: int, gone: int) -> Fate:
        """Decide, and remember."""
        fates = ((0, 0), (self.random.choice((429, 503)), 1), (500, 0), (200, 0))
        fate = (gone, 0) if is_gone(number) else self.random.choices(fates, _WEIGHTS)[0]
        is_taken = fate[0] == 200 or (not fate[0] and self.random.random() < _TAKES_SILENTLY)
        self.attempts.append(Attempt(self.now(), key, is_taken=is_taken))
        return fate

    async def speak_http(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, request after request."""
        while True:
            lines = (await reader.readuntil(_HEAD_ENDS)).decode().split("\r\n")
            pairs = (line.split(": ", 1) for line in lines[1:] if line)
            head = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(head["content-length"]))
            (status, rest_s), said = self._answer(lines[0].split()[1], body)
            if not status:
                await reader.read()
                return
            text = json.dumps(said).encode()
            more = f"Retry-After: {rest_s}\r\n" if rest_s else ""
            head_of = f"HTTP/1.1 {status} So\r\n{more}Content-Length: {len(text)}\r\n\r\n"
            writer.write(head_of.encode() + text)
            await writer.drain()

    def _answer(self, path: str, body: bytes) -> tuple[Fate, dict[str, Any]]:
        if path == "/token":
            return (200, 0), {"access_token": "t", "token_type": "Bearer", "expires_in": 3_600}
        if path.startswith("/push/"):
            number, item_id = int(path.rpartition("/")[2]), self._item_of(body)
            status, rest_s = self._fate(key_of_push(number, item_id), number, 410)
            return (201 if status == 200 else status, rest_s), {}
        said = json.loads(body)
        if path == "/messages":
            key = key_of_letter("sms", said["reference"])
            return self._fate(key, int(said["to"][-8:]), 400), {}
        message = said["message"]
        number = int(message["token"])
        fate = self._fate(key_of_phone(number, message["data"]["item_id"]), number, 404)
        name = {"name": f"projects/{PROJECT}/messages/{len(self.attempts)}"}
        return fate, name if fate[0] == 200 else _UNREGISTERED if fate[0] == 404 else {}

    def _item_of(self, pushed: bytes) -> str:
        return str(json.loads(self.browser.decrypt(pushed))["item_id"])

    async def speak_smtp(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, one mail."""
        writer.write(b"220 here\r\n")
        number = 0
        while line := (await reader.readline()).decode():
            verb = line.split(maxsplit=1)[0].upper()
            if verb == "RCPT":
                number = int(line.partition("<")[2].partition("@")[0])
            writer.write(f"{_USUAL.get(verb, '250 ok')}\r\n".encode())
            if verb == "DATA":
                mail = (await reader.readuntil(_MAIL_ENDS)).decode()
                letter_id = mail.partition("Message-ID: <")[2].partition("@")[0]
                status, _ = self._fate(key_of_letter("email", letter_id), number, 550)
                if not status:
                    await reader.read()
                    return
                writer.write({200: b"250 taken\r\n", 550: b"550 nobody\r\n"}.get(status, _LATER))
            await writer.drain()
            if verb == "QUIT":
                return


@asynccontextmanager
async def providers(now: Callable[[], float], random: Random) -> AsyncIterator[Providers]:
    """They listen on free ports until the block ends."""
    told = Providers(now, random)
    async with AsyncExitStack() as parts:
        told.http_port = await parts.enter_async_context(_listening(told.speak_http))
        told.mail_port = await parts.enter_async_context(_listening(told.speak_smtp))
        yield told


@asynccontextmanager
async def _listening(speak: Callable[[StreamReader, StreamWriter], Any]) -> AsyncIterator[int]:
    speaking: set[asyncio.Task[Any]] = set()

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is a task"
        speaking.add(task)
        try:
            await speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side was killed
        finally:
            writer.close()
            speaking.discard(task)

    server = await asyncio.start_server(answer, HOST, 0)
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        server.close()
        for task in list(speaking):
            task.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)


_LATER: Final = b"451 later\r\n"
