"""The other side of webhooks for tests: a receiver's process, a certificate, and a deliverer."""

import asyncio
import ipaddress
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

RECEIVER = Path(__file__).with_name("receiver.py")
NAME = "hooks.example"


@dataclass
class Receiver:
    """A running receiver, and what it has got so far."""

    process: Process
    http_port: int
    https_port: int
    certificate: Path
    got: list[dict[str, Any]] = field(default_factory=list)

    def url(self, path: str) -> str:
        """An address of it, by http."""
        return f"http://127.0.0.1:{self.http_port}{path}"

    def secret_url(self, path: str, host: str = "127.0.0.1") -> str:
        """The same by https."""
        return f"https://{host}:{self.https_port}{path}"

    def bodies(self, path: str) -> list[Any]:
        """What came to a path, in order."""
        return [json.loads(each["body"]) for each in self.got if each["path"] == path]

    def ids(self, path: str) -> list[str]:
        """The `webhook-id` of each."""
        return [each["headers"]["webhook-id"] for each in self.got if each["path"] == path]

    async def has_got(self, path: str, many: int) -> None:
        """Returns once so many came to a path."""
        async with asyncio.timeout(30):
            while len(self.ids(path)) < many:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def receiving(folder: Path) -> AsyncIterator[Receiver]:
    """A receiver in a process of its own, on two free ports of this machine."""
    certificate = folder / "own.pem"
    certificate.write_bytes(own_certificate())
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(RECEIVER), str(certificate), stdout=PIPE
    )
    assert process.stdout is not None
    plain, secret = json.loads(await process.stdout.readline())
    receiver = Receiver(process, plain, secret, certificate)
    reading = asyncio.create_task(_read(receiver))
    try:
        yield receiver
    finally:
        process.kill()
        await process.wait()
        await reading


async def _read(receiver: Receiver) -> None:
    assert receiver.process.stdout is not None
    async for line in receiver.process.stdout:
        receiver.got.append(json.loads(line))


def own_certificate() -> bytes:
    """A key and a certificate that it signed itself, for one name and for loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(
        Encoding.PEM
    )
