"""What else is kept about a person, table by table, for the person's own export."""

from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import message, session
from access.tables import act, device
from ledger import tables as ledger
from residents.tables import consent, number_change, person, verification

Row = dict[str, Any]

_DEVICE: Final = ("device_id", "kind", "name", "made_at", "usable_from", "used_at", "revoked_at")
_SESSION: Final = (
    "session_id", "device_id", "installation_id", "method", "client", "made_at", "used_at",
    "ended_at", "end_reason",
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
    "payment_facts": (ledger.person_facts, "entry_id", ("entry_id", "facts")),
    "messages": (message, "address", ("message_id", "channel", "purpose", "made_at", "state")),
}
"""Each table, by whom its rows are found, and what is told of one, its id first. No secret is."""
SECTIONS: Final = tuple(_SECTIONS)


async def known_rows(
    db: AsyncSession, region_id: int, person_id: UUID, section: str, after: UUID | None, limit: int
) -> list[Row]:
    """At most `limit` rows of a section, oldest first, of those whose id follows `after`.

    Facts of payments are what campaigns asked about the person. Messages are those that wait: what
    was sent keeps no address, so nobody knows whose it was.
    """
    table, owner, names = _SECTIONS[section]
    key: ColumnElement[UUID] = table.c[names[0]]
    query: Select[Any] = select(*(table.c[name] for name in names)).where(
        table.c.region_id == region_id, _is_theirs(table.c[owner], region_id, person_id)
    )
    if after is not None:
        query = query.where(key > after)
    rows = await db.execute(query.order_by(key).limit(limit))
    told = [dict(zip(names, row, strict=True)) for row in rows]
    for row in told if section == "payment_facts" else ():
        row["facts"] = orjson.loads(row["facts"])  # it stands as the text that was hashed
    return told


def _is_theirs(owner: ColumnElement[Any], region_id: int, person_id: UUID) -> ColumnElement[bool]:
    """Whether a row is the person's, by the column that tells."""
    if owner.key == "address":
        of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
        return owner == select(person.c.phone).where(of_person).scalar_subquery()
    if owner.key == "entry_id":
        held, entered = ledger.holder.c, ledger.entry.c
        wallets = select(held.holder_id).where(
            held.region_id == region_id, held.subject_id == person_id
        )
        return owner.in_(
            select(entered.entry_id).where(
                entered.region_id == region_id, entered.holder_id.in_(wallets)
            )
        )
    return owner == person_id
