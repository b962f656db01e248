"""Where granted points may be spent: the form, and what a process keeps of it for each source.

The terms of a campaign or benefit that once granted never change in this (a new version says the
same), so what was read once is true for ever: a payment with points of an ended campaign costs no
round trip, but for the first that a process sees.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from campaigns.conditions import Check, Where, checks_of_merchants
from campaigns.facts import PaymentFacts
from core.database import Connection
from ledger.books import VALUE, Books

MOST_REMEMBERED: Final = 16_384
"""Sources of points that a process knows, over all its regions. Those not asked for go first."""


def _names_shops(where: Where) -> Where:
    if not where.model_dump(exclude_none=True):
        raise PydanticCustomError(
            "names_no_shops", "must name the shops, or be left out: the points then pay everywhere"
        )
    return where


UsableWhere = Annotated[Where, AfterValidator(_names_shops)]
"""The shops at which points pay; what is not said does not matter. Of what is named all must fit:
class, category, area, street, and the merchant itself."""


def check_usable_where(usable_where: Where | None, *, grants_points: bool) -> Where | None:
    """Refuse shops for points where a form grants none."""
    if usable_where is not None and not grants_points:
        raise PydanticCustomError(
            "no_points_to_spend", "must be left out where there is neither a rebate nor a bonus"
        )
    return usable_where


@dataclass(frozen=True, slots=True)
class ShopGroup:
    """Shops at which the points of one source may be spent, made ready."""

    where: Where
    _checks: tuple[Check, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_checks", tuple(checks_of_merchants(self.where)))

    def has(self, shop: PaymentFacts) -> bool:
        """Whether the shop is one of them; one of which a fact is not known is none."""
        return all(check(shop) is None for check in self._checks)


_Key = tuple[int, UUID]
_REMEMBERED: OrderedDict[_Key, ShopGroup | None] = OrderedDict()
"""By region and source; None pays everywhere."""

_READ: Final = """
    SELECT h.holder_id,
           coalesce(t.form::jsonb, h.facts -> 'form') ->> 'usable_where' AS usable_where
      FROM ledger.holder h
      LEFT JOIN campaigns.terms t
        ON t.region_id = h.region_id AND t.terms_hash = h.terms_hash
     WHERE h.region_id = $1 AND h.holder_id = ANY ($2)
"""


async def load_shop_groups(connection: Connection, books: Books) -> None:
    """Fill `books.shop_groups` for the points that the loaded wallets hold, and may be granted.

    Benefits that the batch loads are among these: one may be used by its first command, and the
    points be offered to a shop by the next.
    """
    sources = {lot.source_id for lot in books.by_no.values() if lot.kind in VALUE}
    sources |= {holder.holder_id for holder in books.holders.values() if holder.kind == "benefit"}
    wanted = {source for source in sources if source is not None} - books.campaigns.keys()
    found = await shop_groups_of(connection, books.region_id, wanted) if wanted else {}
    for campaign_id, campaign in books.campaigns.items():
        if campaign.rules.usable_where is not None:
            found[campaign_id] = campaign.rules.usable_where
    books.shop_groups = found


async def shop_groups_of(
    connection: Connection, region_id: int, sources: Iterable[UUID]
) -> dict[UUID, ShopGroup]:
    """The groups of these sources of points; those that pay everywhere are left out.

    Asks the database for what this process has not seen yet, and for nothing else.
    """
    keys = {(region_id, source) for source in sources}
    found = {key: _REMEMBERED[key] for key in keys & _REMEMBERED.keys()}
    if missing := keys - found.keys():
        found |= await _read(connection, region_id, [source for _, source in missing])
    for key, group in found.items():
        _REMEMBERED[key] = group
        _REMEMBERED.move_to_end(key)
    while len(_REMEMBERED) > MOST_REMEMBERED:
        _REMEMBERED.popitem(last=False)
    return {source: group for (_, source), group in found.items() if group is not None}


def remembered(region_id: int, sources: Collection[UUID]) -> dict[UUID, ShopGroup] | None:
    """The same without asking anybody; None where this process has not seen all of them."""
    if any((region_id, source) not in _REMEMBERED for source in sources):
        return None
    found = {source: _REMEMBERED[region_id, source] for source in sources}
    return {source: group for source, group in found.items() if group is not None}


async def _read(
    connection: Connection, region_id: int, sources: Collection[UUID]
) -> Mapping[_Key, ShopGroup | None]:
    rows = await connection.fetch(_READ, region_id, list(sources))
    return {
        (region_id, UUID(int=row["holder_id"].int)): None
        if row["usable_where"] is None
        else ShopGroup(Where.model_validate_json(row["usable_where"]))
        for row in rows
    }
