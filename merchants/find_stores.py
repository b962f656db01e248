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

_MANY_AT_ONCE: Final = 1_000
"""Rows that are read in a piece once too few of the first fitted."""

_NAMES: Final = tuple(StoreDetails.model_fields)
_READ_OTHERWISE: Final = {
    "area": "coalesce(d.area, hm.facts ->> 'area')",
    "tags": "coalesce(d.tags, '{}')",
    "hours": "CAST(d.hours AS text)",
}
_TOLD: Final = ", ".join(f"{_READ_OTHERWISE.get(name, f'd.{name}')} AS {name}" for name in _NAMES)
_HOURS_KEPT: Final = 4_096
"""Opening hours that were read before, by their text: most pages show the same stores again."""
_COLUMNS: Final = f"""
    s.store_id, s.name, s.merchant_id, hm.facts ->> 'merchant_class' AS merchant_class,
    hm.facts ->> 'category' AS category, hm.facts ->> 'area' AS merchant_area,
    hm.facts ->> 'street' AS street, {_TOLD}
"""
_JOINED: Final = """
    merchants.store s
    JOIN ledger.holder hs ON hs.region_id = s.region_id AND hs.holder_id = s.store_id
    JOIN ledger.holder hm ON hm.region_id = s.region_id AND hm.holder_id = s.merchant_id
"""
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
_CALLED: Final = "s.store_id = ANY (ARRAY(SELECT merchants.stores_called(:folded, :parts)))"
_OF_MERCHANTS: Final = {
    "streets": "hm.facts ->> 'street' = ANY (:streets)",
    "merchants": "s.merchant_id = ANY (:merchants)",
    "but_not": "s.merchant_id <> ALL (:but_not)",
}
_LOOKED_UP: Final = {
    "classes": "m.merchant_class = ANY (:classes)",
    "categories": "m.category = ANY (:categories)",
    "areas": "m.area = ANY (:areas)",
}
"""Of these the planner knows how many merchants there are, where it knows nothing of facts."""
_OF_THESE: Final = """
    s.merchant_id IN (SELECT m.merchant_id FROM merchants.merchant m WHERE m.region_id = :region AND
"""


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
    told: dict[str, Any]
    """The fields of `StoreDetails`; the area always: the merchant's, where the store has none."""
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
        read = (_found(row, local) for row in rows if row.fits)
        found += [each for each in read if each.is_open or not which.is_open]
        if len(found) >= limit or len(rows) < piece:
            return found[:limit]
        after, piece = (rows[-1].metres, rows[-1].store_id), _MANY_AT_ONCE


def _query(
    region_id: int, which: WhichStores, *, is_placed: bool
) -> tuple[TextClause, dict[str, Any]]:
    wanted, given = _wanted(which, is_placed=is_placed)
    given["region"] = region_id
    if which.near is None:
        is_next = "s.store_id > :after AND CAST(:metres AS bigint) <= 0"
        conditions = " AND ".join([is_next, *wanted])
        # All that is put together here are sentences of this file.
        return text(f"""
            SELECT {_COLUMNS}, CAST(0 AS bigint) AS metres, true AS fits
              FROM {_JOINED}
              LEFT JOIN merchants.store_details d
                ON d.region_id = s.region_id AND d.store_id = s.store_id
             WHERE s.region_id = :region AND {conditions}
             ORDER BY s.store_id
             LIMIT :piece
        """), given  # noqa: S608
    given |= _bounds(which.near)
    fits = " AND ".join(wanted)
    # The nearest are found by their position alone, and only these are joined and asked the rest;
    # OFFSET keeps a distance from being reckoned at each place where it is named.
    return text(f"""
        SELECT {_COLUMNS}, d.metres, {fits} AS fits
          FROM (SELECT * FROM (SELECT d.*, {_METRES} AS metres FROM merchants.store_details d
                                WHERE d.region_id = :region AND {_IN_BOX} OFFSET 0) placed
                 WHERE placed.metres <= :radius AND (placed.metres, placed.store_id)
                       > (:metres, :after)
                 ORDER BY placed.metres, placed.store_id
                 LIMIT :piece) d
          JOIN {_JOINED} ON s.region_id = :region AND s.store_id = d.store_id
         ORDER BY d.metres, d.store_id
    """), given  # noqa: S608


def _wanted(which: WhichStores, *, is_placed: bool) -> tuple[list[str], dict[str, Any]]:
    """Conditions that all must hold, and the values that they name."""
    wanted = ["hs.state = 'open'", "hm.state = 'open'"]
    given: dict[str, Any] = {}
    for name, condition, value in (
        ("category", "hm.facts ->> 'category' = :category", which.category),
        ("area", "coalesce(d.area, hm.facts ->> 'area') = :area", which.area),
        ("tag", ":tag = ANY (d.tags)", which.tag),
        ("merchant_class", "hm.facts ->> 'merchant_class' = :merchant_class",
         which.merchant_class),
    ):  # fmt: skip
        if value is not None:
            wanted.append(condition)
            given[name] = value
    if which.text is not None:
        folded = as_searched(which.text)
        wanted.append(_CALLED)
        given |= {"folded": folded, "parts": parts_of(folded)}
    if is_placed:
        wanted.append("d.latitude_e6 IS NOT NULL")
    if which.is_open:
        wanted.append("d.hours IS NOT NULL")
    named = (
        {}
        if which.of is None
        else {
            name: sorted(value)
            for name in (*_OF_MERCHANTS, *_LOOKED_UP)
            if (value := getattr(which.of, name)) is not None
        }
    )
    wanted += [condition for name, condition in _OF_MERCHANTS.items() if name in named]
    looked_up = [condition for name, condition in _LOOKED_UP.items() if name in named]
    if looked_up:
        wanted.append(f"{_OF_THESE} {' AND '.join(looked_up)})")
    return wanted, given | named


def _bounds(near: Circle) -> dict[str, int]:
    box = box_around(near)
    (west, east), (west_2, east_2) = box.pieces
    return {
        "latitude": near.latitude_e6, "longitude": near.longitude_e6, "radius": near.radius_m,
        "south": box.south, "north": box.north,
        "west": west, "east": east, "west_2": west_2, "east_2": east_2,
    }  # fmt: skip


def parts_of(folded: str) -> list[str]:
    """What the index of names has of a text: its pairs, or itself if it is a single character."""
    pairs = {folded[at : at + 2] for at in range(len(folded) - 1)}
    return sorted(pairs) or [folded]


def _found(row: Row[Any], local: datetime) -> FoundStore:
    values = tuple[Any, ...](row)
    store_id, name, merchant_id, merchant_class, category, area, street, *told, metres, _ = values
    details = dict(zip(_NAMES, told, strict=True))
    hours = details["hours"] = None if details["hours"] is None else _hours(details["hours"])
    is_open = None if hours is None else is_open_at(hours, local, _is_holiday)
    return FoundStore(
        UUID(int=store_id.int), name, UUID(int=merchant_id.int), merchant_class, category, area,
        street, metres, details, is_open,
    )  # fmt: skip


@lru_cache(_HOURS_KEPT)
def _hours(text: str) -> OpeningHours:
    return OpeningHours.model_validate_json(text)


def _is_holiday(day: date) -> bool:
    try:
        return is_public_holiday(day)
    except BankDaysUnknownError:
        return False  # no calendar has that year: the hours of the week are what is known
