"""Clients: tills and servers of a merchant, which come with a secret of their own.

A secret is `<region>.<43 characters>`, and PostgreSQL keeps its SHA-256. Tokens descend from the
secret that they were got with: when it is changed or revoked, they end within seconds.
Who saw the secret last is the client's keeper (`access.stop_clients`).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.client_families import family_of, revoke_family
from access.posts import POST_BEYOND_OWN, Reach
from access.sessions import Home
from access.stop_clients import refuse_who_left
from access.tables import client
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE

CLIENT_UNKNOWN: Final = problem("client-unknown", 404, "There is no such client of this merchant.")
CLIENT_REVOKED: Final = problem("client-revoked", 409, "The client was revoked: make another one.")
CLIENTS_ENOUGH: Final = problem("clients-enough", 409, "There are as many clients as are allowed.")
CLIENT_REFUSED: Final = problem("client-refused", 401, "This is no client and its secret.")

MOST_CLIENTS: Final = 500
"""Of a merchant, without those that were revoked."""


@dataclass(frozen=True, slots=True)
class Client:
    """A till or server, without its secret."""

    client_id: UUID
    merchant_id: UUID
    stores: frozenset[UUID] | None
    name: str
    made_by: str
    kept_by: UUID
    """The login that saw its secret last."""
    made_at: datetime
    used_at: datetime | None
    stopped_at: datetime | None
    """When that login lost the post of an owner, if nobody has taken the client over since."""
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A client that showed its secret, and the family of the tokens that it gets by it."""

    client: Client
    family: UUID


async def make_client(
    db: AsyncSession, home: Home, client_id: UUID, merchant_id: UUID,
    stores: frozenset[UUID] | None, name: str, doer: Doer,
) -> tuple[Client, str | None]:  # fmt: skip
    """A client and its secret, which is not known a second time: None where the id was known.

    The doer keeps it. Raises id-in-use for another content under the id, clients-enough and
    keeper-left.
    """
    await refuse_who_left(db, home.region_id, doer.login_id, merchant_id)
    await one_at_a_time(db, home.region_id, f"clients {merchant_id}")
    known = await _found(db, home.region_id, client_id)
    if known is not None:
        if (known.merchant_id, known.stores, known.name) != (merchant_id, stores, name):
            raise Problem(ID_IN_USE)
        return known, None
    held = await db.scalar(
        select(func.count()).where(
            client.c.region_id == home.region_id,
            client.c.merchant_id == merchant_id,
            client.c.revoked_at.is_(None),
        )
    )
    if (held or 0) >= MOST_CLIENTS:
        raise Problem(CLIENTS_ENOUGH, most=MOST_CLIENTS)
    secret = _new_secret(home)
    made = await db.scalars(
        insert(client)
        .values(
            region_id=home.region_id,
            client_id=client_id,
            secret_hash=_hashed(secret),
            merchant_id=merchant_id,
            stores=None if stores is None else sorted(stores),
            name=name,
            made_by=doer.actor,
            kept_by=doer.login_id,
        )
        .on_conflict_do_nothing(constraint=client.primary_key)
        .returning(client.c.client_id)
    )
    if made.one_or_none() is None:  # another merchant's, at the same moment
        raise Problem(ID_IN_USE)
    await _enter(db, home.region_id, doer, "client.made", client_id, merchant_id)
    found = await _found(db, home.region_id, client_id)
    assert found is not None
    return found, secret


async def find_client(
    db: AsyncSession, region_id: int, merchant_id: UUID, client_id: UUID
) -> Client:
    """The client, if it is this merchant's. Raises client-unknown."""
    found = await _found(db, region_id, client_id)
    if found is None or found.merchant_id != merchant_id:
        raise Problem(CLIENT_UNKNOWN)
    return found


async def list_clients(
    db: AsyncSession, region_id: int, merchant_id: UUID, after: UUID | None, most: int
) -> list[Client]:
    """A merchant's clients, newest first, also those that were revoked."""
    query = _clients(region_id).where(client.c.merchant_id == merchant_id)
    if after is not None:
        query = query.where(client.c.client_id < after)
    rows = await db.execute(query.order_by(client.c.client_id.desc()).limit(most))
    return [_client(row) for row in rows]


async def rotate_client(
    db: AsyncSession, home: Home, client_id: UUID, own: Reach, doer: Doer
) -> tuple[Client, str]:
    """Another secret; the old one, and all tokens got with it, end.

    The doer keeps the client from then on: it goes on if it was stopped, and stops with the doer's
    post. Raises client-unknown, client-revoked, keeper-left, and post-beyond-own where it reaches
    further than `own`.
    """
    assert own.merchant_id is not None
    await refuse_who_left(db, home.region_id, doer.login_id, own.merchant_id)
    row, merchant_id = await _locked(db, home.region_id, client_id, own)
    if row.revoked_at is not None:
        raise Problem(CLIENT_REVOKED)
    await revoke_family(db, home.region_id, family_of(row.secret_hash))
    secret = _new_secret(home)
    await _change(
        db, home.region_id, client_id, secret_hash=_hashed(secret), kept_by=doer.login_id,
        stopped_at=None,
    )  # fmt: skip
    done = "client.rotated" if row.kept_by == doer.login_id else "client.taken_over"
    await _enter(db, home.region_id, doer, done, client_id, merchant_id)
    return await find_client(db, home.region_id, merchant_id, client_id), secret


async def revoke_client(
    db: AsyncSession, region_id: int, client_id: UUID, own: Reach, doer: Doer
) -> Client:
    """End a client with all its tokens, for good. Twice is once.

    Raises client-unknown, and post-beyond-own where it reaches further than `own`.
    """
    row, merchant_id = await _locked(db, region_id, client_id, own)
    if row.revoked_at is None:
        await revoke_family(db, region_id, family_of(row.secret_hash))
        await _change(db, region_id, client_id, revoked_at=func.clock_timestamp())
        await _enter(db, region_id, doer, "client.revoked", client_id, merchant_id)
    return await find_client(db, region_id, merchant_id, client_id)


async def enter_as_client(
    db: AsyncSession, region_id: int, client_id: UUID, secret: str
) -> Entered:
    """The client with this secret. Raises client-refused, alike for whatever is wrong."""
    query = select(client).where(client.c.region_id == region_id, client.c.client_id == client_id)
    row = (await db.execute(query)).one_or_none()
    expected = row.secret_hash if row is not None else bytes(32)
    is_right = compare_digest(_hashed(secret), expected)
    if row is None or not is_right or row.revoked_at is not None or row.stopped_at is not None:
        raise Problem(CLIENT_REFUSED)
    await _change(db, region_id, client_id, used_at=func.clock_timestamp())
    return Entered(_client(row), family_of(row.secret_hash))


def _new_secret(home: Home) -> str:
    return f"{home.code}.{secrets.token_urlsafe(32)}"


def _hashed(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


async def _locked(
    db: AsyncSession, region_id: int, client_id: UUID, own: Reach
) -> tuple[Row[Any], UUID]:
    """The row of a client within `own`, and its merchant."""
    merchant_id = own.merchant_id
    assert merchant_id is not None
    query = select(client).where(
        client.c.region_id == region_id,
        client.c.client_id == client_id,
        client.c.merchant_id == merchant_id,
    )
    row = (await db.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise Problem(CLIENT_UNKNOWN)
    stores = _client(row).stores
    if own.stores is not None and (stores is None or not stores <= own.stores):
        raise Problem(POST_BEYOND_OWN)
    return row, merchant_id


async def _change(db: AsyncSession, region_id: int, client_id: UUID, **values: Any) -> None:
    await db.execute(
        update(client)
        .where(client.c.region_id == region_id, client.c.client_id == client_id)
        .values(**values)
    )


async def _enter(
    db: AsyncSession, region_id: int, doer: Doer, done: str, client_id: UUID, merchant_id: UUID
) -> None:
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=done, object_id=client_id,
        merchant_id=str(merchant_id),
    )  # fmt: skip


def _clients(region_id: int) -> Select[Any]:
    return select(client).where(client.c.region_id == region_id)


async def _found(db: AsyncSession, region_id: int, client_id: UUID) -> Client | None:
    rows = await db.execute(_clients(region_id).where(client.c.client_id == client_id))
    row = rows.one_or_none()
    return None if row is None else _client(row)


def _client(row: Row[Any]) -> Client:
    stores = None if row.stores is None else frozenset(UUID(int=one.int) for one in row.stores)
    return Client(
        row.client_id, row.merchant_id, stores, row.name, row.made_by, row.kept_by, row.made_at,
        row.used_at, row.stopped_at, row.revoked_at,
    )  # fmt: skip
