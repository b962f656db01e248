"""Find the stores of a region that take payments, for anybody who looks for one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.bank_days import BankDaysUnknownError, is_public_holiday
from merchants.application import as_searched
from merchants.near import Circle, box_around
from merchants.opening_hours import OpeningHours, is_open_at
from merchants.store_details import StoreDetails

START: Final = (-1, UUID(int=0))
"""Before the first store, by distance and id."""

_OPEN_AT_ONCE: Final = 500
"""Rows that are read in a piece once many have turned out to be closed."""

_TOLD: Final = ", ".join(
    f"d.{name}" for name in StoreDetails.model_fields if name not in {"area", "tags", "hours"}
)
_HOURS_KEPT: Final = 4_096
"""Opening hours that were read before, by their text: most pages show the same stores again."""
_NO_METRES: Final = "CAST(0 AS bigint)"
_METRES: Final = """
    CAST(floor(2 * 6371008.8 * asin(least(1.0, sqrt(
        power(sin(radians((d.latitude_e6 - CAST(:latitude AS integer)) / float8 '2e6')), 2)
        + cos(radians(CAST(:latitude AS integer) / float8 '1e6'))
          * cos(radians(d.latitude_e6 / float8 '1e6'))
          * power(sin(radians((d.longitude_e6 - CAST(:longitude AS integer)) / float8 '2e6')), 2)
    )))) AS bigint)
"""
"""The haversine: right over the 180th meridian and at the poles, within 0.5 % of the ellipsoid."""
_IN_BOX: Final = """
    d.latitude_e6 BETWEEN :south AND :north
    AND (d.longitude_e6 BETWEEN :west AND :east OR d.longitude_e6 BETWEEN :west_2 AND :east_2)
"""
_OF_MERCHANTS: Final = {
    "classes": "m.merchant_class = ANY (:classes)",
    "categories": "m.category = ANY (:categories)",
    "areas": "m.area = ANY (:areas)",
    "streets": "hm.facts ->> 'street' = ANY (:streets)",
    "merchants": "s.merchant_id = ANY (:merchants)",
    "but_not": "s.merchant_id <> ALL (:but_not)",
}


@dataclass(frozen=True, slots=True)
class OfMerchants:
    """Merchants whose stores are looked for; of what is named all must fit, None is no matter."""

    classes: Collection[str] | None = None
    categories: Collection[str] | None = None
    areas: Collection[str] | None = None
    """The merchants' own, wherever their stores are."""
    streets: Collection[str] | None = None
    merchants: Collection[UUID] | None = None
    but_not: Collection[UUID] | None = None


@dataclass(frozen=True, slots=True)
class WhichStores:
    """What is looked for; None is no matter."""

    text: str | None = None
    """A part of the store's name, whatever its width, case and kana."""
    category: str | None = None
    area: str | None = None
    tag: str | None = None
    merchant_class: str | None = None
    near: Circle | None = None
    """Nearest first, where it is told; else in the order of ids."""
    is_open: bool = False
    """At the time of asking. Stores that tell no hours are left out."""
    of: OfMerchants | None = None


@dataclass(frozen=True, slots=True)
class FoundStore:
    """A store that takes payments."""

    store_id: UUID
    name: str
    merchant_id: UUID
    merchant_class: str
    category: str
    merchant_area: str
    street: str | None
    metres: int
    """From the point that was asked about; 0 where none was."""
    details: StoreDetails
    """Its area is told always: the merchant's, if the store has none of its own."""
    is_open: bool | None
    """Now; None where it tells no hours."""


async def find_stores(
    db: AsyncSession,
    region_id: int,
    which: WhichStores,
    after: tuple[int, UUID],
    limit: int,
    local: datetime,
    *,
    is_placed: bool = False,
) -> list[FoundStore]:
    """At most `limit` stores after the one with this distance and id; `local` is now, in the zone.

    `is_placed` keeps those that tell their position.

    A store that is closed, and one whose merchant is not open, is in no answer from the next batch
    of the region on.
    """
    query, given = _query(region_id, which, is_placed=is_placed)
    piece = limit
    found: list[FoundStore] = []
    while True:
        rows = (
            await db.execute(query, given | {"metres": after[0], "after": after[1], "piece": piece})
        ).all()
        read = (_found(row, local) for row in rows)
        found += [each for each in read if each.is_open or not which.is_open]
        if len(found) >= limit or len(rows) < piece:
            return found[:limit]
        after, piece = (rows[-1].metres, rows[-1].store_id), _OPEN_AT_ONCE


def _query(
    region_id: int, which: WhichStores, *, is_placed: bool
) -> tuple[TextClause, dict[str, Any]]:
    wanted: list[str] = []
    given: dict[str, Any] = {"region": region_id}
    for condition, value in (
        ("m.category = :category", which.category),
        ("coalesce(d.area, m.area) = :area", which.area),
        (":tag = ANY (d.tags)", which.tag),
        ("m.merchant_class = :merchant_class", which.merchant_class),
    ):
        if value is not None:
            wanted.append(condition)
            given[condition.split(":")[1].split(" ")[0]] = value
    if which.text is not None:
        wanted.append("s.store_id IN (SELECT merchants.stores_called(:folded, :parts))")
        folded = as_searched(which.text)
        given |= {"folded": folded, "parts": parts_of(folded)}
    if is_placed:
        wanted.append("d.latitude_e6 IS NOT NULL")
    if which.is_open:
        wanted.append("d.hours IS NOT NULL")
    if which.of is not None:
        for name, condition in _OF_MERCHANTS.items():
            named = getattr(which.of, name)
            if named is not None:
                wanted.append(condition)
                given[name] = sorted(named)
    if which.near is None:
        wanted.append("s.store_id > :after AND CAST(:metres AS bigint) <= 0")
    else:
        box = box_around(which.near)
        (west, east), (west_2, east_2) = box.pieces
        wanted += [_IN_BOX, f"{_METRES} <= :radius", f"({_METRES}, s.store_id) > (:metres, :after)"]
        given |= {
            "latitude": which.near.latitude_e6, "longitude": which.near.longitude_e6,
            "radius": which.near.radius_m, "south": box.south, "north": box.north,
            "west": west, "east": east, "west_2": west_2, "east_2": east_2,
        }  # fmt: skip
    metres = _NO_METRES if which.near is None else _METRES
    order = "s.store_id" if which.near is None else "metres, s.store_id"
    conditions = "".join(f" AND {each}" for each in wanted)
    # All that is put together here are sentences of this file.
    return text(f"""
        SELECT s.store_id, s.name, s.merchant_id, m.merchant_class, m.category,
               m.area AS merchant_area, hm.facts ->> 'street' AS street,
               {metres} AS metres, coalesce(d.area, m.area) AS area,
               coalesce(d.tags, '{{}}') AS tags, {_TOLD},
               CAST(d.hours AS text) AS hours
          FROM merchants.store s
          JOIN merchants.merchant m
            ON m.region_id = s.region_id AND m.merchant_id = s.merchant_id
          JOIN ledger.holder hs ON hs.region_id = s.region_id AND hs.holder_id = s.store_id
          JOIN ledger.holder hm ON hm.region_id = s.region_id AND hm.holder_id = s.merchant_id
          LEFT JOIN merchants.store_details d
            ON d.region_id = s.region_id AND d.store_id = s.store_id
         WHERE s.region_id = :region AND hs.state = 'open' AND hm.state = 'open' {conditions}
         ORDER BY {order}
         LIMIT :piece
    """), given  # noqa: S608


def parts_of(folded: str) -> list[str]:
    """What the index of names has of a text: its pairs, or itself if it is a single character."""
    pairs = {folded[at : at + 2] for at in range(len(folded) - 1)}
    return sorted(pairs) or [folded]


def _found(row: Row[Any], local: datetime) -> FoundStore:
    hours = None if row.hours is None else _hours(row.hours)
    told = {name: getattr(row, name) for name in StoreDetails.model_fields}
    # They were checked when they were written down; fifty checks took longer than the search.
    details = StoreDetails.model_construct(**(told | {"hours": hours}))
    is_open = None if hours is None else is_open_at(hours, local, _is_holiday)
    return FoundStore(
        UUID(int=row.store_id.int), row.name, UUID(int=row.merchant_id.int), row.merchant_class,
        row.category, row.merchant_area, row.street, row.metres, details, is_open,
    )  # fmt: skip


@lru_cache(_HOURS_KEPT)
def _hours(text: str) -> OpeningHours:
    return OpeningHours.model_validate_json(text)


def _is_holiday(day: date) -> bool:
    try:
        return is_public_holiday(day)
    except BankDaysUnknownError:
        return False  # no calendar has that year: the hours of the week are what is known
