"""Carry e-mail: to the mail server of the settings, encrypted, as plain text."""

import asyncio
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from access.outbox import Letter
from worker.carriers import DEADLINE_S, SENT, Outcome

LONGEST_SUBJECT: Final = 120
GOODBYE_S: Final = 0.5


class MailCarrier:
    """The mail server of a deployment; a connection for each message."""

    def __init__(
        self, url: str, sender: str, *, must_encrypt: bool, deadline_s: float = DEADLINE_S
    ) -> None:
        """`smtps://` is encrypted from the beginning; `smtp://` by STARTTLS.

        Where it need not be, a server without STARTTLS is spoken to in the clear: only tests do.
        """
        parts = urlsplit(url)
        self._sender = sender
        self._deadline_s = deadline_s
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 587)
        self._start_tls = None if self._is_tls or not must_encrypt else True
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def carry(self, letter: Letter) -> Outcome:
        """The first line of the text is its subject."""
        try:
            await self._hand_over(self._mail(letter))
        except SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            return _refused(min(codes, default=0))
        except SMTPDataError as error:
            return _refused(error.code)
        except SMTPResponseException as error:
            return Outcome("again", f"smtp-{error.code}")
        except (SMTPException, OSError) as error:
            return Outcome("again", type(error).__name__)
        except ValueError:  # an address or a text that no mail can have
            return Outcome("failed", "unsendable")
        return SENT

    async def _hand_over(self, mail: EmailMessage) -> None:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._is_tls,
            start_tls=False if self._is_tls else self._start_tls,
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                await client.connect()
                await client.send_message(mail)
        finally:
            await _leave(client)

    def _mail(self, letter: Letter) -> EmailMessage:
        subject = letter.body.partition("\n")[0][:LONGEST_SUBJECT]
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = letter.address
        mail["Subject"] = subject
        mail["Date"] = format_datetime(letter.made_at)
        # The same in each attempt, so that a mailbox can tell a second copy.
        mail["Message-ID"] = f"<{letter.message_id}@{self._sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.body)
        return mail


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; what comes of that changes nothing about the mail.

    The library waits a minute for its answer, which is longer than what is sent is anybody's.
    """
    try:
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(GOODBYE_S):
                if client.is_connected:
                    await client.quit()
    finally:
        client.close()


def _refused(code: int) -> Outcome:
    """A code of the 500s says that it will be refused each time (RFC 5321, 4.2.1)."""
    return Outcome("failed" if code >= 500 else "again", f"smtp-{code}")
