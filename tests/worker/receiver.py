"""A receiver of webhooks in a process of its own, that fails in every way: as its path says.

It says the ports where it listens (http, and https with a certificate of its own making), then a
line of JSON for each request: path, headers and body.
"""

import asyncio
import gzip
import json
import socket
import ssl
import struct
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BOMB = gzip.compress(b"\0" * 50_000_000)


def status(code: int, *headers: str) -> bytes:
    """An answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {code} So", "Content-Length: 0", *headers, "", ""]).encode()


ANSWERS = {
    "/ok": OK,
    "/created": status(204),
    "/500": status(500),
    "/404": status(404),
    "/410": status(410),
    "/429": status(429, "Retry-After: 3600"),
    "/503-date": status(503, "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT"),
    "/429-soon": status(429, "Retry-After: soon"),
    "/503-year": status(503, "Retry-After: Fri, 31 Dec 99999999999999999999 23:59:59 GMT"),
    "/503-second": status(503, "Retry-After: Fri, 31 Dec 2100 23:59:99999999999 GMT"),
    "/503-ago": status(503, "Retry-After: -5"),
    "/000": b"HTTP/1.1 000 So\r\n\r\n",
    "/999": status(999),
    "/304": status(304),
    "/101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "/no-end-of-heads": b"HTTP/1.1 200 OK\r\n" + b"X-A: a\r\n" * 100_000,
    "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "/nul-in-head": b"HTTP/1.1 200 OK\r\nX-\0: \0\r\nContent-Length: 0\r\n\r\n",
    "/redirect": status(302, "Location: http://169.254.169.254/latest/meta-data/"),
    "/redirect-here": status(307, "Location: /ok"),
    "/huge": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 1_000_000,
    "/bomb": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    + BOMB,
    "/not-http": b"220 mail.example ESMTP\r\n",
    "/half": b"HTTP/1.1 2",
    "/closes-after-head": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
    "/huge-head": b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 2_000_000 + b"\r\n\r\n",
    "/early-hints": b"HTTP/1.1 103 Early\r\n\r\n" * 50 + OK,
}


def say(what: object) -> None:
    """Tell whoever started this."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def speak(reader: StreamReader, writer: StreamWriter) -> None:
    """One connection, one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = (await reader.readexactly(int(headers["content-length"]))).decode()
    path = first.split()[1].partition("?")[0]
    say({"path": path, "headers": headers, "body": body})
    if path == "/reset":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    elif path == "/hang":
        await reader.read()
    elif path == "/drip":
        for each in OK:
            writer.write(bytes([each]))
            await writer.drain()
            await asyncio.sleep(0.5)
    else:
        if path == "/slow":
            await asyncio.sleep(1)
        writer.write(ANSWERS.get(path, OK))
        await writer.drain()


async def connected(reader: StreamReader, writer: StreamWriter) -> None:
    """As long as it lasts."""
    try:
        await speak(reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def listen(certificate: Path) -> None:
    """Until it is killed."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    plain = await asyncio.start_server(connected, "127.0.0.1", 0)
    secret = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=ours)
    ports = [server.sockets[0].getsockname()[1] for server in (plain, secret)]
    say(ports)
    async with plain, secret:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(listen(Path(sys.argv[1])))
