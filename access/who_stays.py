"""Who stays in a role when somebody leaves it."""

from uuid import UUID

from sqlalchemy import Select, select

from access.tables import login, post


def who_stays(
    region_id: int, role: str, merchant_id: UUID | None, leaving: UUID
) -> Select[tuple[UUID, str]]:
    """The id and e-mail of each other active login with a post in this role that has not ended."""
    return (
        select(login.c.login_id, login.c.email)
        .join_from(login, post)
        .where(
            login.c.region_id == region_id,
            login.c.login_id != leaving,
            login.c.state == "active",
            post.c.role == role,
            post.c.merchant_id.is_not_distinct_from(merchant_id),
            post.c.ended_at.is_(None),
        )
        .order_by(login.c.login_id)
    )
