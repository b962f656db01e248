"""Who takes messages, on loopback: a provider of SMS and a mail server that fail in every way."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class SmsSide:
    """A provider: answers as it is told to, in order, and then as the last time."""

    port: int = 0
    answers: deque[bytes | str] = field(default_factory=lambda: deque([OK]))
    """Bytes are sent; `close` hangs up, `silent` never answers."""
    heads: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/messages"

    async def speak(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.partition(":")[2])
            for line in head.splitlines()
            if line.lower().startswith("content-length")
        )
        body = json.loads(await reader.readexactly(length))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.02)
        self.at_once -= 1
        self.heads.append(head)
        self.bodies.append(body)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if answer == "silent":
            await reader.read()
        elif isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()


@dataclass
class MailSide:
    """A mail server in the clear: each verb is answered as it is told to."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    """Of a verb (`RCPT`, `DATA`, `.`): another line than the usual one; `close` hangs up, `silent`
    never answers."""
    mails: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.port}"

    async def speak(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection."""
        usual = {"EHLO": "250 here", "DATA": "354 go on", "QUIT": "221 bye"}
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line.decode().split(maxsplit=1)[0].upper()
            answer = self.answers.get(verb, usual.get(verb, "250 ok"))
            if answer == "close":
                return
            if verb == "DATA" and answer.startswith("354"):
                writer.write(f"{answer}\r\n".encode())
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                answer = self.answers.get(".", "250 taken")
            if answer == "silent":
                await reader.read()
                return
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            if verb == "QUIT":
                return


class Side(Protocol):
    """Whoever answers on a port."""

    port: int

    async def speak(self, reader: StreamReader, writer: StreamWriter) -> None: ...


@asynccontextmanager
async def listening(side: Side) -> AsyncIterator[None]:
    """Let it listen on a free port."""
    speaking: set[asyncio.Task[None]] = set()

    async def speak(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        speaking.add(task)
        try:
            await side.speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            speaking.discard(task)

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    side.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for task in list(speaking):
            task.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)
        await server.wait_closed()
