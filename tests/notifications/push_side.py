"""A push service on loopback: keeps what it got, and answers as it is told to by each path."""

from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.worker.other_side import listening

Answer = int | str
"""A status; `429 7` asks for 7 seconds of rest, `silent` never answers, `close` hangs up, `half`
says 201 and begins a body that never comes."""


@dataclass
class PushSide:
    """What it got: path, head and body of each."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    """By path; 201 where nothing is said."""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    on_push: Callable[[], None] = lambda: None

    def url(self, path: str) -> str:
        """An address of it."""
        return f"http://127.0.0.1:{self.port}{path}"

    def paths(self) -> list[str]:
        """Where pushes went, in order."""
        return [path for path, _, _ in self.got]

    async def speak(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, request after request."""
        self.connections += 1
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            path = lines[0].split()[1]
            pairs = (line.split(": ", 1) for line in lines[1:] if line)
            head = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(head["content-length"]))
            self.got.append((path, head, body))
            self.on_push()
            answer = self.answers.get(path, 201)
            if answer == "half":
                writer.write(b"HTTP/1.1 201 So\r\nContent-Length: 9\r\n\r\n")
            if answer in {"silent", "half"}:
                await reader.read()
            if isinstance(answer, str) and not answer[0].isdigit():
                return
            status, _, rest = str(answer).partition(" ")
            more = f"Retry-After: {rest}\r\n" if rest else ""
            writer.write(f"HTTP/1.1 {status} So\r\n{more}Content-Length: 0\r\n\r\n".encode())
            await writer.drain()


@asynccontextmanager
async def pushing() -> AsyncIterator[PushSide]:
    """A service that listens on a free port."""
    side = PushSide()
    async with listening(side):
        yield side
