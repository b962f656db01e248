"""E-mail is handed to a mail server, and what that answers is for now or for good."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from access.messages import put_message
from access.outbox import Letter
from core.database import Database
from ledger.regions import Region
from tests.town_builder import new_id
from tests.worker.other_side import MailSide, listening
from worker.carriers import DEADLINE_S, Outcome
from worker.carry_mail import MailCarrier
from worker.send import Sender


def a_letter(address: str = "hanako@example.jp") -> Letter:
    now = datetime.now(UTC)
    return Letter(new_id(), "email", "test", address, "ようこそ\n\nMeguri", now, 1)


async def test_an_email_is_plain_text_with_its_first_line_as_subject(
    database: Database, region: Region
):
    side = MailSide()
    async with listening(side):
        carrier = MailCarrier(side.url, "meguri@example.jp", must_encrypt=False)
        async with database.transaction(1) as db:
            message_id = await put_message(
                db, 1, channel="email", purpose="test", address="hanako@example.jp", body="ようこそ"
            )
        await Sender(database, {"email": carrier}).round()
    [mail] = side.mails
    assert "To: hanako@example.jp" in mail
    assert f"Message-ID: <{message_id}@example.jp>" in mail
    assert "Subject: =?utf-8?" in mail
    async with database.transaction(1) as db:
        assert await db.scalar(text("SELECT state FROM access.message")) == "sent"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"RCPT": "550 nobody"}, Outcome("failed", "smtp-550")),
        ({"RCPT": "450 later"}, Outcome("again", "smtp-450")),
        ({"DATA": "554 no"}, Outcome("failed", "smtp-554")),
        ({".": "552 too large"}, Outcome("failed", "smtp-552")),
        ({".": "451 later"}, Outcome("again", "smtp-451")),
        ({"MAIL": "530 who are you"}, Outcome("again", "smtp-530")),
        ({"EHLO": "close"}, Outcome("again", "SMTPServerDisconnected")),
        ({"DATA": "close"}, Outcome("again", "SMTPServerDisconnected")),
        ({"RCPT": "nonsense"}, Outcome("again", "smtp--1")),
    ],
)
async def test_a_mail_server_fails_for_now_or_for_good(answers: dict[str, str], outcome: Outcome):
    side = MailSide(answers=answers)
    async with listening(side):
        carrier = MailCarrier(side.url, "meguri@example.jp", must_encrypt=False)
        assert await carrier.carry(a_letter()) == outcome


@pytest.mark.parametrize(
    ("verb", "deadline_s", "outcome"),
    [(".", 0.3, Outcome("again", "TimeoutError")), ("QUIT", DEADLINE_S, Outcome("sent"))],
)
async def test_nobody_waits_for_a_mail_server_that_is_silent(
    verb: str, deadline_s: float, outcome: Outcome
):
    side = MailSide(answers={verb: "silent"})
    async with listening(side), asyncio.timeout(30):
        carrier = MailCarrier(side.url, "a@example.jp", must_encrypt=False, deadline_s=deadline_s)
        assert await carrier.carry(a_letter()) == outcome


async def test_no_mail_goes_in_the_clear_where_it_must_not():
    side = MailSide()
    letter = a_letter()
    async with listening(side):
        carrier = MailCarrier(side.url, "meguri@example.jp", must_encrypt=True)
        assert (await carrier.carry(letter)).state == "again"
    assert side.mails == []
    gone = MailCarrier(side.url, "meguri@example.jp", must_encrypt=False)
    assert (await gone.carry(letter)).state == "again", "nobody listens there"


async def test_an_address_adds_no_line_to_a_mail():
    side = MailSide()
    async with listening(side):
        carrier = MailCarrier(side.url, "meguri@example.jp", must_encrypt=False)
        letter = a_letter("hanako@example.jp\r\nBcc: all@example.jp")
        assert await carrier.carry(letter) == Outcome("failed", "unsendable")
    assert side.mails == []
