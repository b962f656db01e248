"""Find what a form says of shops that no shop is: told before an approval, and never refused.

A shop may join later, so such a form is a good one; a word that was mistyped is one too, and would
grant nothing without anybody's knowing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.conditions import Where
from campaigns.terms import Terms

_KNOWN: Final = text("""
    SELECT w.name, w.word
      FROM unnest(CAST(:names AS text[]), CAST(:words AS text[])) AS w(name, word)
     WHERE EXISTS (SELECT FROM ledger.holder m
                    WHERE m.region_id = :region AND m.kind = 'merchant' AND m.state <> 'closed'
                      AND CASE w.name WHEN 'categories' THEN m.facts ->> 'category'
                                      WHEN 'areas' THEN m.facts ->> 'area'
                                      WHEN 'streets' THEN m.facts ->> 'street'
                                      ELSE m.holder_id::text END = w.word)
""")
_NAMES: Final = ("categories", "areas", "streets", "only_merchants", "except_merchants")


@dataclass(frozen=True, slots=True)
class UnknownShops:
    """One word of a form that fits no shop which is not closed."""

    field: str
    """As in `where.areas`."""
    value: str


async def find_unknown_shops(
    db: AsyncSession, region_id: int, terms: Terms
) -> tuple[UnknownShops, ...]:
    """What fits no shop by now, in the order of the form."""
    said = [
        (field, name, value)
        for field, where in (("where", terms.where), ("usable_where", terms.usable_where))
        for name, value in _words(where)
    ]
    if not said:
        return ()
    rows = await db.execute(
        _KNOWN,
        {
            "region": region_id,
            "names": [name for _, name, _ in said],
            "words": [value for _, _, value in said],
        },
    )
    known = {(row.name, row.word) for row in rows}
    return tuple(
        UnknownShops(f"{field}.{name}", value)
        for field, name, value in said
        if (name, value) not in known
    )


def _words(where: Where | None) -> Iterator[tuple[str, str]]:
    for name in _NAMES if where is not None else ():
        named: tuple[str | UUID, ...] | None = getattr(where, name)
        for value in named or ():
            yield name, str(value)
