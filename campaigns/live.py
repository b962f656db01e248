"""Bring the terms of loaded campaigns into the books; each is read from the database once."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from campaigns.life import as_of, key_of_next
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from campaigns.terms import parse
from core.database import Connection
from ledger.books import Books, Holder

MOST_KNOWN: Final = 1024
"""Campaigns that a process keeps, over all its regions. Those that no batch names go first."""

MOST_LINE_UPS: Final = 64
"""Sets of live campaigns that are kept ready: a region has one until a campaign starts or stops."""

_K = TypeVar("_K")
_V = TypeVar("_V")
_Key = tuple[UUID, bytes]

_KNOWN: OrderedDict[_Key, LiveCampaign] = OrderedDict()
"""Terms are known by their hash and never change, so a copy is never stale. Used last, stands last.
"""


class _LineUps(NamedTuple):
    """The live campaigns of a region, made ready apart: payments do not ask those of top-ups."""

    payments: LineUp
    top_ups: LineUp


_LINE_UPS: OrderedDict[frozenset[_Key], _LineUps] = OrderedDict()


async def load_terms(connection: Connection, books: Books) -> None:
    """Bring every campaign among the holders of `books` to their time, and fill `books.campaigns`
    with its terms; `books.versions` with these and all others that loaded entries or plans name.
    """
    loaded = [holder for holder in books.holders.values() if holder.kind == "campaign"]
    holders = [as_of(holder, books.now) for holder in loaded]
    books.holders.update((holder.holder_id, holder) for holder in holders)
    in_force = {
        (holder.holder_id, holder.terms_hash) for holder in holders if holder.terms_hash is not None
    }
    wanted = in_force.union(_named(books), filter(None, map(key_of_next, holders)))
    # Other regions' batches may push out of _KNOWN whatever is there while this one reads.
    campaigns = {key: _KNOWN[key] for key in wanted & _KNOWN.keys()}
    if missing := wanted - campaigns.keys():
        campaigns |= await _read(connection, books.region_id, missing)
    for key, campaign in campaigns.items():
        _keep(_KNOWN, key, campaign, MOST_KNOWN)
    books.versions.update(campaigns)
    books.campaigns.update((key[0], campaigns[key]) for key in in_force)


def known_campaign(holder: Holder) -> LiveCampaign | None:
    """The campaign if its terms were read before, without asking the database."""
    return _KNOWN.get((holder.holder_id, holder.terms_hash)) if holder.terms_hash else None


def line_up_of(books: Books) -> LineUp:
    """The live campaigns that are asked about payments, as the books stand, made ready."""
    return _line_ups(books).payments


def line_up_of_top_ups(books: Books) -> LineUp:
    """The live campaigns that give a bonus on top-ups, as the books stand, made ready."""
    return _line_ups(books).top_ups


def live_campaigns(books: Books) -> Iterator[LiveCampaign]:
    """All that are live as the books stand."""
    for campaign_id, campaign in books.campaigns.items():
        if books.holders[campaign_id].state == "live":
            yield campaign


def _line_ups(books: Books) -> _LineUps:
    if books.line_up is None:
        live = list(live_campaigns(books))
        key = frozenset((campaign.campaign_id, campaign.hash) for campaign in live)
        line_ups = _LINE_UPS.get(key)
        if line_ups is None:
            line_ups = _LineUps(
                LineUp(each for each in live if not each.rules.is_of_top_ups),
                LineUp(each for each in live if each.rules.is_of_top_ups),
            )
        _keep(_LINE_UPS, key, line_ups, MOST_LINE_UPS)
        books.line_up = line_ups
    assert isinstance(books.line_up, _LineUps)
    return books.line_up


def _named(books: Books) -> Iterator[_Key]:
    """The terms that loaded entries name: a refund goes by those of the grants for ever, and a
    version is looked at again before it is approved.
    """
    granted = {  # as texts: a batch of payments names few campaigns, and each of them often
        (grant["campaign_id"], grant["hash"])
        for entry in books.entries.values()
        for grant in entry.facts.get("grants", ())
    }
    for campaign_id, terms_hash in granted:
        yield UUID(campaign_id), bytes.fromhex(terms_hash)
    for entry in books.entries.values():
        if entry.holder_id is not None and "version_terms" in entry.facts:
            yield entry.holder_id, bytes.fromhex(entry.facts["version_terms"])


async def _read(
    connection: Connection, region_id: int, missing: set[_Key]
) -> dict[_Key, LiveCampaign]:
    rows = await connection.fetch(
        "SELECT terms_hash, form FROM campaigns.terms"
        " WHERE region_id = $1 AND terms_hash = ANY ($2)",
        region_id,
        [terms_hash for _, terms_hash in missing],
    )
    forms = {row["terms_hash"]: parse(row["form"]) for row in rows}
    return {key: LiveCampaign(*key, forms[key[1]]) for key in missing}


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
