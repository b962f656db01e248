"""Where a person can be told: browsers, phones, e-mail addresses, the own number."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.allowances import Allowance, spend
from access.challenges import Kind, answer, ask, recall_letters
from access.emails import BadEmailError, read_email
from access.messages import put_message
from access.sign_in_tables import challenge
from access.vault import Vault
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE
from ledger.regions import Region
from merchants.webhook_url import PATTERN
from notifications.encrypt_push import BadKeyError, read_public
from notifications.tables import address
from residents.open_person import lock_open_person
from residents.tables import person

OwnChannel = Literal["web_push", "fcm", "email", "sms"]
AddressState = Literal["unconfirmed", "active", "dropped"]

ADDRESS_UNKNOWN: Final = problem("address-unknown", 404, "There is no such address of yours.")
ADDRESS_WRONG: Final = problem(
    "address-wrong", 422, "This is no address by which somebody could be told."
)
ADDRESSES_ENOUGH: Final = problem(
    "addresses-enough", 409, "You have as many addresses as one may have: drop one."
)
ADDRESS_KNOWN: Final = problem("address-known", 409, "You have this address already.")
TOO_MANY_LETTERS: Final = problem("too-many-letters", 429, "Too many codes were asked for.")

MOST: Final = 20
PUSH_PORTS: Final = (None, 443, 8443)
"""Of push services; the sender connects to no other."""
CONFIRMING: Final = Kind("code to confirm an address", timedelta(minutes=30), 5)
_LETTERS: Final = Allowance("letters: person, hour", 5, timedelta(hours=1))
_LETTERS_TO_ONE: Final = Allowance("letters: address, day", 5, timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address as a client names it."""

    channel: OwnChannel
    address: str = ""
    """An https:// address, a token or an e-mail address; nothing for SMS."""
    p256dh: bytes | None = None
    auth: bytes | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it stands; its keys are told to nobody."""

    address_id: UUID
    channel: OwnChannel
    address: str
    state: AddressState
    why: str | None
    """Why it was dropped: a code."""
    made_at: datetime
    dropped_at: datetime | None


async def add_address(
    db: AsyncSession, region: Region, vault: Vault, person_id: UUID, address_id: UUID,
    wanted: Wanted,
) -> Address:  # fmt: skip
    """Keep an address; the same id and content are one. To an e-mail address a code is sent.

    Refuses person-unknown, address-wrong, address-known, addresses-enough, id-in-use,
    too-many-letters.
    """
    region_id, checked = region.region_id, _checked(wanted)
    await lock_open_person(db, region_id, person_id)
    await one_at_a_time(db, region_id, f"addresses of {person_id}")
    known = await find_address(db, region_id, person_id, address_id)
    if known is not None:
        if not await _is_same(db, region_id, address_id, checked):
            raise Problem(ID_IN_USE)
        return known
    standing = await addresses_of(db, region_id, person_id, None, MOST + 1, is_standing=True)
    if any((each.channel, each.address) == (checked.channel, checked.address) for each in standing):
        raise Problem(ADDRESS_KNOWN)
    if len(standing) >= MOST:
        raise Problem(ADDRESSES_ENOUGH, most=MOST)
    if checked.channel == "sms" and not await _has_phone(db, region_id, person_id):
        raise Problem(ADDRESS_WRONG)
    is_letter = checked.channel == "email"
    added = await db.scalars(
        insert(address)
        .values(
            region_id=region_id, address_id=address_id, person_id=person_id,
            channel=checked.channel, address=checked.address, p256dh=checked.p256dh,
            auth=checked.auth, state="unconfirmed" if is_letter else "active",
        )
        .on_conflict_do_nothing(constraint=address.primary_key)
        .returning(address.c.address_id)
    )  # fmt: skip
    if added.one_or_none() is None:  # somebody else's
        raise Problem(ID_IN_USE)
    if is_letter:
        await _send_code(db, region, vault, person_id, address_id, checked.address)
    made = await find_address(db, region_id, person_id, address_id)
    assert made is not None, "it was added just now"
    return made


async def confirm_address(
    db: AsyncSession, region_id: int, vault: Vault, person_id: UUID, address_id: UUID, code: str
) -> Address | None:
    """Active from now on, or None where the code is wrong: the try counts with the commit.

    Refuses address-unknown.
    """
    known = await find_address(db, region_id, person_id, address_id)
    if known is None or known.state == "dropped":
        raise Problem(ADDRESS_UNKNOWN)
    if known.state == "active":
        return known
    asked = await answer(db, region_id, vault, CONFIRMING, await _newest(db, region_id, address_id),
                         code)  # fmt: skip
    if asked is None or asked.facts.get("address_id") != str(address_id):
        return None
    await db.execute(
        update(address)
        .where(_is(region_id, person_id, address_id), address.c.state == "unconfirmed")
        .values(state="active", confirmed_at=func.clock_timestamp())
    )
    return await find_address(db, region_id, person_id, address_id)


async def drop_address(
    db: AsyncSession, region_id: int, person_id: UUID, address_id: UUID
) -> Address:
    """Forget it; nothing goes there from the commit on. Twice is once. Refuses address-unknown."""
    await db.execute(
        update(address)
        .where(_is(region_id, person_id, address_id), address.c.state != "dropped")
        .values(state="dropped", why="by-its-owner", dropped_at=func.clock_timestamp(), **GONE)
    )
    found = await find_address(db, region_id, person_id, address_id)
    if found is None:
        raise Problem(ADDRESS_UNKNOWN)
    await recall_letters(db, region_id, _asks_about(address_id))
    return found


async def find_address(
    db: AsyncSession, region_id: int, person_id: UUID, address_id: UUID
) -> Address | None:
    """One of the person's own."""
    rows = await db.execute(select(*_SHOWN).where(_is(region_id, person_id, address_id)))
    row = rows.one_or_none()
    return None if row is None else _address(row)


async def addresses_of(
    db: AsyncSession, region_id: int, person_id: UUID, after: UUID | None, limit: int,
    *, is_standing: bool = False,
) -> list[Address]:  # fmt: skip
    """At most `limit`, oldest first, of those with greater ids; dropped ones too, or only those
    that stand."""
    of = address.c
    query = select(*_SHOWN).where(of.region_id == region_id, of.person_id == person_id)
    if after is not None:
        query = query.where(of.address_id > after)
    if is_standing:
        query = query.where(of.state != "dropped")
    rows = await db.execute(query.order_by(of.address_id).limit(limit))
    return [_address(row) for row in rows]


def _checked(wanted: Wanted) -> Wanted:
    """In one spelling. Refuses address-wrong."""
    has_keys = wanted.p256dh is not None and wanted.auth is not None
    if has_keys != (wanted.channel == "web_push"):
        raise Problem(ADDRESS_WRONG)
    try:
        match wanted.channel:
            case "email":
                return Wanted("email", read_email(wanted.address).address)
            case "web_push":
                parts = urlsplit(wanted.address)
                assert wanted.p256dh is not None, "it was asked for above"
                read_public(wanted.p256dh)
                is_right = re.fullmatch(PATTERN, wanted.address) is not None
                is_right = is_right and parts.scheme == "https" and parts.port in PUSH_PORTS
                if not is_right or len(wanted.auth or b"") != 16:
                    raise Problem(ADDRESS_WRONG)
                return wanted
            case "fcm":
                if not wanted.address.isascii() or not wanted.address.isprintable():
                    raise Problem(ADDRESS_WRONG)
                return wanted if wanted.address else _nowhere()
            case "sms":
                return Wanted("sms") if not wanted.address else _nowhere()
    except (BadEmailError, BadKeyError, ValueError) as error:
        raise Problem(ADDRESS_WRONG) from error


def _nowhere() -> Wanted:
    raise Problem(ADDRESS_WRONG)


async def _send_code(
    db: AsyncSession, region: Region, vault: Vault, person_id: UUID, address_id: UUID, where: str
) -> None:
    region_id = region.region_id
    for allowed, whose in ((_LETTERS, str(person_id)), (_LETTERS_TO_ONE, where.lower())):
        if wait_s := await spend(db, region_id, allowed, vault.mac("letters", allowed.name, whose)):
            raise Problem(TOO_MANY_LETTERS, retry_after=wait_s)
    code = f"{secrets.randbelow(1_000_000):06}"
    body = (
        f"【{region.name}】確認コード {code}\n\n"
        f"お知らせをこのアドレスで受け取るには、アプリでこのコードを入力してください（30分間有効）。\n"
        "心当たりがなければ、何もしないでください。\n\n"
        f"Code {code}: enter it in the app to be told at this address. Not you? Do nothing."
    )
    message_id = await put_message(
        db, region_id, channel="email", purpose=CONFIRMING.purpose, address=where, body=body,
        lasts=CONFIRMING.lasts,
    )  # fmt: skip
    kept = {"address_id": str(address_id), "message_id": str(message_id)}
    await ask(db, region_id, vault, CONFIRMING, code, subject_id=person_id, facts=kept)


async def _is_same(db: AsyncSession, region_id: int, address_id: UUID, checked: Wanted) -> bool:
    """Whether what is kept is this, its keys too, which are shown to nobody."""
    of = address.c
    rows = await db.execute(
        select(of.channel, of.address, of.p256dh, of.auth).where(
            of.region_id == region_id, of.address_id == address_id
        )
    )
    wanted = (checked.channel, checked.address, checked.p256dh, checked.auth)
    return tuple(rows.one()) == wanted


async def _newest(db: AsyncSession, region_id: int, address_id: UUID) -> UUID:
    found = await db.scalar(
        select(challenge.c.challenge_id)
        .where(challenge.c.region_id == region_id, _asks_about(address_id))
        .order_by(challenge.c.challenge_id.desc())
        .limit(1)
    )
    return address_id if found is None else found


def _asks_about(address_id: UUID) -> ColumnElement[bool]:
    of = challenge.c
    return and_(of.purpose == CONFIRMING.purpose, of.facts["address_id"].astext == str(address_id))


async def _has_phone(db: AsyncSession, region_id: int, person_id: UUID) -> bool:
    of = person.c
    found = select(of.phone).where(of.region_id == region_id, of.person_id == person_id)
    return await db.scalar(found) is not None


def _is(region_id: int, person_id: UUID, address_id: UUID) -> ColumnElement[bool]:
    of = address.c
    return and_(of.region_id == region_id, of.person_id == person_id, of.address_id == address_id)


def _address(row: Any) -> Address:
    return Address(
        UUID(int=row.address_id.int), row.channel, row.address, row.state, row.why, row.made_at,
        row.dropped_at,
    )  # fmt: skip


GONE: Final = {"address": "", "p256dh": None, "auth": None, "secret": None}
"""What is left of an address that is dropped."""
_SHOWN: Final = (
    address.c.address_id,
    address.c.channel,
    address.c.address,
    address.c.state,
    address.c.why,
    address.c.made_at,
    address.c.dropped_at,
)
