"""Look up at which shops points pay, for answers about wallets and payments."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from api.state import State
from campaigns.conditions import Where
from campaigns.shop_groups import remembered, shop_groups_of
from core.database import bare
from ledger.books import Facts
from residents.reads import Wallet

Shops = Mapping[UUID, Where]
"""By the campaign or benefit that granted them; points of others pay everywhere."""


async def shops_of_entries(state: State, region_id: int, entries: Iterable[Facts]) -> Shops:
    """For the points that these entries say are tied to shops: mostly there are none."""
    sources = {
        UUID(told["campaign_id"])
        for facts in entries
        for told in (
            *(part for name in ("paid_with", "returned") for part in facts.get(name, ())),
            *(grant for grant in facts.get("grants", ()) if grant.get("is_tied")),
        )
        if "campaign_id" in told
    }
    return await _shops_of(state, region_id, sources)


async def shops_of_wallets(state: State, region_id: int, wallets: Iterable[Wallet]) -> Shops:
    """For the points that these wallets hold."""
    sources = {lot.source_id for wallet in wallets for lot in (*wallet.lots, *wallet.pending)}
    return await _shops_of(state, region_id, {each for each in sources if each is not None})


async def _shops_of(state: State, region_id: int, sources: set[UUID]) -> Shops:
    if not sources:
        return {}
    groups = remembered(region_id, sources)
    if groups is None:
        async with state.database.snapshot(region_id) as session:
            groups = await shop_groups_of(await bare(session), region_id, sources)
    return {source: group.where for source, group in groups.items()}
