"""Clients stop with the post of whoever knows their secret, until another owner takes them over.

That is the owner who saw it last, the client's keeper. Taking over is getting another secret
(`access.clients.rotate_client`): with the old one whoever left could still refund.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.client_families import family_of, revoke_family
from access.messages import put_message
from access.tables import client
from access.who_left import has_left
from access.who_stays import who_stays
from core.errors import Problem, problem

OWNER: Final = "owner"
KEEPER_LEFT: Final = problem("keeper-left", 403, "Your post has ended: another owner does that.")

_LETTER_LASTS: Final = timedelta(days=3)


async def stop_clients(
    db: AsyncSession,
    region_id: int,
    login_id: UUID,
    merchant_id: UUID | None,
    *,
    actor: str,
    role: str | None,
) -> None:
    """Stop what a login that leaves keeps, of this merchant or of all; other owners are told.

    The caller has ended the post, or suspended the login, in the same transaction.
    """
    where = [
        client.c.region_id == region_id,
        client.c.kept_by == login_id,
        client.c.revoked_at.is_(None),
        client.c.stopped_at.is_(None),
    ]
    if merchant_id is not None:
        where.append(client.c.merchant_id == merchant_id)
    rows = await db.execute(
        update(client)
        .where(*where)
        .values(stopped_at=func.clock_timestamp())
        .returning(client.c.client_id, client.c.merchant_id, client.c.secret_hash)
    )
    stopped: dict[UUID, int] = {}
    for row in sorted(rows, key=lambda row: row.client_id):
        await revoke_family(db, region_id, family_of(row.secret_hash))
        await enter_act(
            db, region_id, actor=actor, role=role, act="client.stopped", object_id=row.client_id,
            merchant_id=str(row.merchant_id), kept_by=str(login_id),
        )  # fmt: skip
        stopped[row.merchant_id] = stopped.get(row.merchant_id, 0) + 1
    for of_merchant, many in stopped.items():
        await _tell_owners(db, region_id, of_merchant, login_id, many)


async def refuse_who_left(
    db: AsyncSession, region_id: int, login_id: UUID, merchant_id: UUID
) -> None:
    """Raise keeper-left for a login whose post of an owner has ended, or that is suspended.

    It would make a client that nobody stops.
    """
    if await has_left(db, region_id, login_id, OWNER, merchant_id):
        raise Problem(KEEPER_LEFT)


async def _tell_owners(
    db: AsyncSession, region_id: int, merchant_id: UUID, leaving: UUID, many: int
) -> None:
    body = (
        "レジまたはサーバーの接続が停止しました。\n"
        f"鍵を知る人の職務が終わったため、{many}台が停止しました。新しい鍵を発行すると再開します。\n"
        f"Who knew their secret holds no post any more, so {many} of your tills or servers have"
        " stopped. Give them another secret, and they go on.\n"
    )
    staying = await db.execute(who_stays(region_id, OWNER, merchant_id, leaving))
    for other in staying.all():
        await put_message(
            db, region_id, channel="email", purpose="clients stopped", address=other.email,
            body=body, lasts=_LETTER_LASTS,
        )  # fmt: skip
