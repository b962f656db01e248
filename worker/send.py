"""Send what stands in the outbox: codes, invitations and notices of security.

A message is taken in one transaction, handed over outside of any, and marked in another one.
Whoever dies between the last two lets it be sent twice: it is never lost. A carrier that asks for a
pause is left alone for as long.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import monotonic
from typing import Final

from access.messages import Channel
from access.outbox import Letter, end_letter, expire_letters, put_back, take_letters
from core.database import Database
from core.metrics import messages
from core.settings import PREFIX, Settings, SettingsError
from ledger.regions import load_regions
from worker.carriers import Carrier, Outcome
from worker.carry_mail import MailCarrier
from worker.carry_sms import SmsCarrier, sms_client
from worker.job import TROUBLE, Job, tell
from worker.pauses import Rests, next_pause_s

log = logging.getLogger(__name__)

SEND_EVERY_S: Final = 1.0
AT_ONCE: Final = 8
"""So many attempts run side by side; each takes as long as the other side takes."""
TAKEN_AT_ONCE: Final = 24
MOST_TURNS: Final = 10
"""Of one region, before the next one has its turn."""
LEASE: Final = timedelta(seconds=90)
"""Longer than three turns of attempts take: what was taken is then free for somebody else."""
RESTS: Final = "carrier-rests"
OPERATORS: Final = 0
"""The region of messages to those who belong to none."""


@dataclass(slots=True)
class Sender:
    """The sending of one process; several do no harm: each message is taken by one of them."""

    database: Database
    carriers: Mapping[Channel, Carrier]
    job: Job = field(default_factory=lambda: Job("send"))
    _rests: Rests[Channel] = field(default_factory=Rests)

    async def round(self) -> None:
        """Send all that is due, region by region."""
        if monotonic() < self.job.not_before:
            return
        try:
            regions = await load_regions(self.database)
            for region_id in (OPERATORS, *(region.region_id for region in regions.values())):
                await self._send(region_id)
        except TROUBLE as error:
            tell(self.job, error)
            return
        self.job.succeeded(date.min)

    async def _send(self, region_id: int) -> None:
        await self._expire(region_id)
        for _ in range(MOST_TURNS):
            async with self.database.transaction(region_id) as db:
                taken = await take_letters(db, region_id, self._open_ways(), TAKEN_AT_ONCE, LEASE)
            places = asyncio.Semaphore(AT_ONCE)
            attempts = (self._carry(region_id, letter, places) for letter in taken)
            for told in await asyncio.gather(*attempts, return_exceptions=True):
                if told is not None:
                    raise told
            if len(taken) < TAKEN_AT_ONCE:
                return

    async def _carry(self, region_id: int, letter: Letter, places: asyncio.Semaphore) -> None:
        async with places:
            outcome = await self._attempt(letter)
        async with self.database.transaction(region_id) as db:
            if outcome.state == "again":
                pause = timedelta(seconds=next_pause_s(letter.tries, outcome.after_s))
                await put_back(db, region_id, letter.message_id, pause, outcome.why)
            else:
                why = outcome.why or None
                await end_letter(db, region_id, letter.message_id, outcome.state, why)
        if outcome.why != RESTS:
            _tell(letter, outcome.state, outcome.why)

    async def _attempt(self, letter: Letter) -> Outcome:
        """Hand it over, unless its carrier has asked for a pause since it was taken."""
        rest_s = self._rests.left_s(letter.channel)
        if rest_s > 0:
            return Outcome("again", RESTS, int(rest_s) + 1)
        outcome = await self.carriers[letter.channel].carry(letter)
        self._rests.ask(letter.channel, outcome.after_s)
        return outcome

    def _open_ways(self) -> list[Channel]:
        return [way for way in self.carriers if not self._rests.left_s(way)]

    async def _expire(self, region_id: int) -> None:
        async with self.database.transaction(region_id) as db:
            over = await expire_letters(db, region_id, 1000)
        for letter in over:
            _tell(letter, "expired", f"after {letter.tries} attempts")


@asynccontextmanager
async def sender_of(database: Database, settings: Settings) -> AsyncIterator[Sender]:
    """The sender of a deployment, with the carriers that its settings name.

    Raises SettingsError where a provider of SMS has no token. Without a carrier, messages wait in
    the outbox until their time is over.
    """
    carriers: dict[Channel, Carrier] = {}
    async with AsyncExitStack() as open_clients:
        if settings.sms_provider is not None:
            if not settings.sms_provider.token.get_secret_value():
                raise SettingsError(f"{PREFIX}SMS_PROVIDER needs its token here: the worker sends")
            client = await open_clients.enter_async_context(sms_client())
            carriers["sms"] = SmsCarrier(settings.sms_provider, client)
        is_real = settings.environment == "production"
        if settings.smtp_url:
            carriers["email"] = MailCarrier(
                settings.smtp_url, settings.mail_from, must_encrypt=is_real
            )
        missing = sorted({"sms", "email"} - carriers.keys())
        if missing and is_real:
            log.warning("nobody carries %s: such messages wait, and expire", ", ".join(missing))
        yield Sender(database, carriers)


def _tell(letter: Letter, outcome: str, why: str) -> None:
    """By id alone: neither address nor text stands in a log."""
    messages.labels(letter.channel, outcome).inc()
    if outcome == "sent":
        return
    level = logging.INFO if outcome == "again" else logging.ERROR
    log.log(level, "message %s by %s: %s (%s)", letter.message_id, letter.channel, outcome, why)
