"""The last of its kind: a merchant keeps an owner, and the deployment an operator, whatever ends.

Whoever ends a post, or suspends a login, of such a role waits here for all others who do: so two
that end each other at one moment see what the first one did, and one of them stays.
"""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.who_stays import who_stays
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time

LAST_OF_ITS_KIND: Final = problem(
    "last-of-its-kind", 409, "This is the last one: give the post to somebody else first."
)
NEVER_WITHOUT: Final = frozenset({"owner", "operator"})
"""Roles of which a merchant, and the deployment, keep one at least."""


async def refuse_the_last(
    db: AsyncSession, region_id: int, role: str, merchant_id: UUID | None, leaving: UUID
) -> None:
    """Raise last-of-its-kind if the login that leaves is the last active one in such a role.

    Until the transaction ends nobody else leaves the role.
    """
    if role not in NEVER_WITHOUT:
        return
    await one_at_a_time(db, region_id, f"last {role} {merchant_id}")
    staying = await db.scalar(who_stays(region_id, role, merchant_id, leaving).limit(1))
    if staying is None:
        raise Problem(LAST_OF_ITS_KIND)
