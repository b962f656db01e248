"""Tell of notices: fill inboxes, and carry what is due by each way to each address.

Taken in one transaction with a look at whether it may still go, handed over at once and outside of
any, marked in another one. Whoever dies between lets what was taken be sent twice, and loses none.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from time import monotonic
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from access.open_vault import open_vault_of
from access.public_addresses import PublicAddresses
from core.database import SENDER_ROLE, Database
from core.metrics import notice_ways, notices
from core.settings import PREFIX, Settings, SettingsError
from ledger.regions import Region, load_regions
from notifications.deliveries import (
    RESTS,
    Delivery,
    Mark,
    give_up_deliveries,
    mark_deliveries,
    take_deliveries,
)
from notifications.fill_inboxes import fill_inboxes
from notifications.kinds import Channel
from notifications.moved_partners import heed_moves
from notifications.partners import note_gone
from notifications.service_account import BadServiceAccountError
from notifications.tell_partners import tell_partners
from notifications.vapid import BadVapidKeyError, read_vapid
from notifications.ways import WAYS, tell_ways
from worker.carry_fcm import fcm_carrier
from worker.carry_mail import MailCarrier
from worker.carry_sms import SmsCarrier, sms_client
from worker.carry_to_partner import PartnerCarrier
from worker.carry_web_push import WebPushCarrier
from worker.carry_webhook import WebhookCarrier, webhook_client
from worker.job import TROUBLE, Job, tell
from worker.notice_carriers import Handed, LetterCarrier, NoticeCarrier
from worker.pauses import Rests, next_pause_s
from worker.trips import Trips

log = logging.getLogger(__name__)

TELL_EVERY_S: Final = 1.0
TAKEN_AT_ONCE: Final = 100
"""All of them are handed over side by side, at once after the look at whether they may go."""
WAITED_FOR: Final = 50
"""So many that hang may be on the way while more are taken: anybody may name a side that hangs."""
TRIPS: Final = 2
"""Of one way in one region, side by side: while one marks, the other one sends."""
LEASE: Final = timedelta(seconds=40)
"""Longer than an attempt and its mark take: what was taken is then free for somebody else."""
MARKED_WITHIN_S: Final = 0.2
"""Of its answer: so little may go out twice by whoever is killed."""
MOST_TRIES: Final = 12
MOST_TRIES_AT_PARTNERS: Final = 60
"""Thirteen hours: a portal that was down over night is told in the morning what still holds."""
GIVEN_UP_AT_ONCE: Final = 1_000
CLOSE_WITHIN_S: Final = 12.0
WAYS_EVERY_S: Final = 60.0
DOORS: Final = 3
"""Transactions of trips side by side; filling inboxes has a connection of its own."""

_Trip = tuple[int, Channel, int]
_Left = dict[asyncio.Task[Handed], Delivery]
"""Attempts on their way."""


@dataclass(slots=True)
class Teller:
    """The notices that one process sends; several do no harm: each is taken by one of them."""

    database: Database
    carriers: Mapping[Channel, NoticeCarrier]
    job: Job = field(default_factory=lambda: Job("notices"))
    trips_of_a_way: int = TRIPS
    at_once: int = TAKEN_AT_ONCE
    waited_for: int = WAITED_FOR
    _rests: Rests[tuple[Channel, str]] = field(default_factory=Rests)
    trips: Trips[_Trip] = field(init=False)
    _called: set[_Trip] = field(default_factory=set)
    """Those who are out and shall look again: since they looked, more may be due."""
    _is_closing: bool = False
    _ways_told: dict[int, float] = field(default_factory=dict)
    """When (monotonic seconds) it is said again of each region by which ways this one carries."""
    _doors: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DOORS))

    def __post_init__(self) -> None:
        self.trips = Trips(self.job)

    async def round(self) -> None:
        """Fill inboxes, and set out by each way that nobody is on."""
        if monotonic() < self.job.not_before:
            return
        try:
            self.trips.collect()
            for region in (await load_regions(self.database)).values():
                await self.round_of(region)
        except TROUBLE as error:
            tell(self.job, error)
            return
        self.job.succeeded(date.min)

    async def finish(self) -> None:
        """Wait until all that set out are back; raises what they raised."""
        await self.trips.finish()

    async def close(self) -> None:
        """Nothing more is taken, and the attempts at hand have some seconds; what is left is free
        after its lease.
        """
        self._is_closing = True
        self._called.clear()
        await self.trips.close(CLOSE_WITHIN_S)

    async def round_of(self, region: Region) -> None:
        """The same for one region; quiet hours are by its zone."""
        region_id = region.region_id
        async with self._transaction(region_id) as db:
            over = await give_up_deliveries(db, region_id, GIVEN_UP_AT_ONCE)
            await tell_partners(db, region_id)
            if is_time := monotonic() >= self._ways_told.get(region_id, 0.0):
                await tell_ways(db, region_id, self.carriers)
        if is_time:
            self._ways_told[region_id] = monotonic() + WAYS_EVERY_S
        _count((channel, f"expired-{state}") for channel, state in over)
        await fill_inboxes(self.database, region, partial(self._set_out, region))

    def _set_out(self, region: Region) -> None:
        """Who is out already, waiting for those who hang, is called: they hold nobody else up."""
        self.trips.collect()
        if self._is_closing:
            return
        for channel in self.carriers:
            for number in range(self.trips_of_a_way):
                key = region.region_id, channel, number
                if key in self.trips:
                    self._called.add(key)
                else:
                    self.trips.set_out(key, self._send(region, key))

    async def _send(self, region: Region, key: _Trip) -> None:
        """Send by one way, some at a time, until nothing is due and all have answered."""
        left: _Left = {}
        try:
            while not self._is_closing:
                self._called.discard(key)
                room = self.at_once - len(left)
                async with self._transaction(region.region_id) as db:
                    taken = await take_deliveries(db, region, key[1], room, LEASE)
                for each in taken or ():
                    left[asyncio.create_task(self._attempt(each), name="notice")] = each
                await self._mark_until(key, left, 0 if taken is None else self.waited_for)
                if taken is None and key not in self._called:
                    return
            await self._mark_until(key, left, 0)
        finally:
            for attempt in left:
                attempt.cancel()

    async def _mark_until(self, key: _Trip, left: _Left, most: int) -> None:
        """What comes of them, as it comes in, until `most` are left, or it is called and has room:
        none waits for the slowest.
        """
        region_id = key[0]
        while len(left) > most:
            over, _ = await asyncio.wait(left, timeout=MARKED_WITHIN_S)
            marks = [_mark(left.pop(attempt), attempt.result()) for attempt in over]
            if marks:
                async with self._transaction(region_id) as db:
                    marks = await heed_moves(db, region_id, marks)
                    await mark_deliveries(db, region_id, marks)
                _tell(marks)
                await self._note_who_is_gone(region_id, marks)
            if key in self._called and len(left) < self.at_once:
                return

    async def _note_who_is_gone(self, region_id: int, marks: list[Mark]) -> None:
        """The log of acts is none of the sender's."""
        gone = {mark.delivery.address_id for mark in marks if mark.ends_partner}
        if gone:
            async with self._doors, self.database.transaction(region_id) as db:
                for partner_id in sorted(gone):
                    await note_gone(db, region_id, partner_id)

    async def _attempt(self, delivery: Delivery) -> Handed:
        """Hand it over, unless its side has asked for a pause."""
        carrier = self.carriers[delivery.channel]
        side = delivery.channel, carrier.side_of(delivery)
        if rest_s := self._rests.left_s(side):
            return Handed("again", RESTS, int(rest_s) + 1)
        handed = await carrier.carry(delivery)
        self._rests.ask(side, handed.after_s)
        return handed

    @asynccontextmanager
    async def _transaction(self, region_id: int) -> AsyncIterator[AsyncSession]:
        async with (
            self._doors,
            self.database.transaction(region_id, as_role=SENDER_ROLE) as db,
        ):
            yield db


def _mark(delivery: Delivery, handed: Handed) -> Mark:
    why = handed.why or None
    if handed.state == "sent":
        return Mark(delivery, "sent", address="good")
    if handed.state == "failed":
        return Mark(delivery, "dead", why)
    if handed.state == "gone":
        return Mark(delivery, "dropped", why, address="gone")
    said: Literal["refused", ""] = "refused" if handed.state == "refused" else ""
    most = MOST_TRIES_AT_PARTNERS if delivery.channel == "webhook" else MOST_TRIES
    if delivery.tries >= most and handed.why != RESTS:
        return Mark(delivery, "dead", why, address=said)
    pause_s = next_pause_s(delivery.tries, handed.after_s)
    return Mark(delivery, "waiting", why, pause_s, address=said)


def _count(said: Iterable[tuple[str, str]]) -> None:
    for (channel, outcome), many in Counter(said).items():
        notices.labels(channel, outcome).inc(many)


def _tell(marks: list[Mark]) -> None:
    """By number alone: neither address nor text stands in a log."""
    _count((mark.delivery.channel, mark.state) for mark in marks)
    for mark in marks:
        if mark.ends_partner:
            log.warning("partner %s says that it is gone", mark.delivery.address_id)
        if mark.state == "dead":
            log.error(
                "notice %d by %s: %s", mark.delivery.delivery_id, mark.delivery.channel, mark.why
            )


def _say_what_is_missing(carried: Collection[Channel], *, is_real: bool) -> None:
    """In the log and in `/metrics`; administrators see it beside their notices."""
    for channel in WAYS:
        notice_ways.labels(channel).set(channel in carried)
    if missing := ", ".join(sorted(set(WAYS) - set(carried))):
        log.log(
            logging.WARNING if is_real else logging.INFO,
            "not set up: %s; notices by these ways wait, and expire", missing,
        )  # fmt: skip


@asynccontextmanager
async def teller_of(database: Database, settings: Settings) -> AsyncIterator[Teller]:
    """The teller of a deployment, with the ways that its settings name.

    Raises SettingsError where the key of Web Push or of FCM is none, and OSError where it cannot be
    read. By a way without a carrier notices wait until their time is over; the inbox has them at
    once.
    """
    carriers: dict[Channel, NoticeCarrier] = {}
    async with AsyncExitStack() as parts:
        if settings.sms_provider is not None:
            client = await parts.enter_async_context(sms_client())
            carriers["sms"] = LetterCarrier("sms", SmsCarrier(settings.sms_provider, client))
        if settings.smtp_url:
            must_encrypt = settings.environment == "production"
            mail = MailCarrier(settings.smtp_url, settings.mail_from, must_encrypt=must_encrypt)
            carriers["email"] = LetterCarrier("email", mail)
        addresses = PublicAddresses(allows_loopback=settings.webhooks_to_loopback)
        parts.callback(addresses.close)
        to_partners = WebhookCarrier(await parts.enter_async_context(webhook_client()), addresses)
        carriers["webhook"] = PartnerCarrier(open_vault_of(settings), to_partners)
        if settings.web_push is not None:
            try:
                vapid = read_vapid(settings.web_push.key_file, settings.web_push.contact)
            except BadVapidKeyError as error:
                raise SettingsError(f"{PREFIX}WEB_PUSH[key_file]: {error}") from None
            push = WebPushCarrier(vapid, addresses)
            parts.push_async_callback(push.close)
            carriers["web_push"] = push
        if settings.fcm is not None:
            try:
                carriers["fcm"] = await parts.enter_async_context(fcm_carrier(settings.fcm))
            except BadServiceAccountError as error:
                raise SettingsError(f"{PREFIX}FCM[key_file]: {error}") from None
        _say_what_is_missing(carriers, is_real=settings.environment == "production")
        made = Teller(database, carriers)
        parts.push_async_callback(made.close)
        yield made
