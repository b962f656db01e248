"""The log of acts (監査記録): who did or looked at what, entered in the act's own transaction.

What moves value or changes a state of the ledger is an entry of the journal, and needs none here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import act as act_table
from core.ids import uuid7


@dataclass(frozen=True, slots=True)
class Doer:
    """Who does something: the login, as the journal names it, and the role in which it acts.

    None is the role of a login that holds no post.
    """

    login_id: UUID
    actor: str
    role: str | None


async def enter_act(
    session: AsyncSession,
    region_id: int,
    *,
    actor: str,
    act: str,
    role: str | None = None,
    object_id: UUID | None = None,
    person_id: UUID | None = None,
    reason: str | None = None,
    **facts: Any,
) -> UUID:
    """Enter one act in the caller's transaction: without its line, it did not happen.

    `act` is a thing and a verb in the past (`person.looked_at`); a look at a person has a reason.
    `facts` are ids, codes and numbers, never names, numbers of phones or secrets.
    """
    act_id = uuid7(datetime.now(UTC))
    await session.execute(
        insert(act_table).values(
            region_id=region_id,
            act_id=act_id,
            actor=actor,
            role=role,
            act=act,
            object_id=object_id,
            person_id=person_id,
            reason=reason,
            facts=facts,
        )
    )
    return act_id
