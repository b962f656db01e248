"""Read and change what is known of a merchant's business: who it is, and its numbers."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from merchants.application_tables import business
from merchants.business_numbers import check_corporate_number, check_registration_number

BUSINESS_UNKNOWN: Final = problem(
    "business-unknown", 404, "Nothing is known yet of this merchant's business."
)

_ROW = business.c


@dataclass(frozen=True, slots=True, repr=False)
class Business:
    """Who a merchant is; it has no repr, lest a name stand in a log."""

    legal_name: str
    representative: str
    postal_code: str
    address: str
    email: str
    telephone: str
    corporate_number: str | None
    registration_number: str | None
    """T and thirteen digits; None where it issues no qualified invoices."""


async def find_business(db: AsyncSession, region_id: int, merchant_id: UUID) -> Business:
    """The business of a merchant. Raises business-unknown."""
    rows = await db.execute(
        select(*(_ROW[name] for name in Business.__slots__)).where(
            _ROW.region_id == region_id, _ROW.merchant_id == merchant_id
        )
    )
    row = rows.one_or_none()
    if row is None:
        raise Problem(BUSINESS_UNKNOWN)
    return Business(*row)


async def legal_names(
    db: AsyncSession, region_id: int, merchant_ids: Collection[UUID]
) -> dict[UUID, str]:
    """What papers call these merchants; those of whose business nothing is known are left out."""
    rows = await db.execute(
        select(_ROW.merchant_id, _ROW.legal_name).where(
            _ROW.region_id == region_id, _ROW.merchant_id.in_(merchant_ids)
        )
    )
    return {UUID(int=row.merchant_id.int): row.legal_name for row in rows}


async def change_business(
    db: AsyncSession, region_id: int, merchant_id: UUID, said: Business, doer: Doer
) -> None:
    """Write it down as it is now; the caller knows the merchant. Refuses wrong numbers."""
    if said.corporate_number is not None:
        check_corporate_number(said.corporate_number)
    if said.registration_number is not None:
        check_registration_number(said.registration_number, said.corporate_number)
    values = asdict(said) | {"changed_by": doer.actor}
    await db.execute(
        insert(business)
        .values(region_id=region_id, merchant_id=merchant_id, **values)
        .on_conflict_do_update(
            constraint=business.primary_key, set_=values | {"changed_at": func.clock_timestamp()}
        )
    )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="business.changed",
        object_id=merchant_id,
    )  # fmt: skip
