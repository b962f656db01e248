"""What else is kept about a person, table by table, for the person's own export."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import message, session
from access.tables import act, device
from residents.tables import consent, number_change, person, verification

Row = dict[str, Any]

_DEVICE: Final = ("device_id", "kind", "name", "made_at", "usable_from", "used_at", "revoked_at")
_SESSION: Final = (
    "session_id", "device_id", "method", "client", "made_at", "used_at", "ended_at", "end_reason",
)  # fmt: skip
_VERIFICATION: Final = (
    "verification_id", "tier", "method", "evidence", "verified_by", "verified_at", "expires_on",
    "area", "age_band",
)  # fmt: skip
_SECTIONS: Final[dict[str, tuple[Any, str, tuple[str, ...]]]] = {
    "devices": (device, "subject_id", _DEVICE),
    "sessions": (session, "subject_id", _SESSION),
    "consents": (consent, "person_id", ("consent_id", "purpose", "is_given", "at")),
    "verifications": (verification, "person_id", _VERIFICATION),
    "number_changes": (
        number_change,
        "person_id",
        ("change_id", "new_phone", "asked_at", "holds_from", "state"),
    ),
    "acts": (act, "person_id", ("act_id", "at", "actor", "role", "act", "object_id", "reason")),
    "messages": (message, "address", ("message_id", "channel", "purpose", "made_at", "state")),
}
"""Each table, by whom its rows are found, and what is told of one, its id first. No secret is."""
SECTIONS: Final = tuple(_SECTIONS)


async def known_rows(
    db: AsyncSession, region_id: int, person_id: UUID, section: str, after: UUID | None, limit: int
) -> list[Row]:
    """At most `limit` rows of a section, oldest first, of those whose id follows `after`.

    Messages are those that wait: what was sent keeps no address, so nobody knows whose it was.
    """
    table, owner, names = _SECTIONS[section]
    whose: Any = person_id
    if owner == "address":
        of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
        whose = select(person.c.phone).where(of_person).scalar_subquery()
    key: ColumnElement[UUID] = table.c[names[0]]
    query: Select[Any] = select(*(table.c[name] for name in names)).where(
        table.c.region_id == region_id, table.c[owner] == whose
    )
    if after is not None:
        query = query.where(key > after)
    rows = await db.execute(query.order_by(key).limit(limit))
    return [dict(zip(names, row, strict=True)) for row in rows]
