"""Points of another campaign that a claw-back may take: of the same funders, if its form allows."""

from collections.abc import Collection, Iterable
from uuid import UUID

from campaigns.campaign import FundCampaign
from campaigns.live import known_campaign
from campaigns.rules import LiveCampaign
from ledger.books import Account, Books, Entry
from ledger.command import Reads
from payments.lots import POINTS


def reads_of_funders(books: Books, payment: Entry | None) -> Reads | None:
    """What tells whether other points of the wallet may be taken: their campaigns, and who funded
    these and those that granted. None where no other points could be.
    """
    if payment is None or payment.holder_id is None:
        return None
    granting = granted_by(payment)
    lots = [lot for lot in books.accounts_of(payment.holder_id, POINTS) if lot.balance]
    paid = [books.by_no[part["lot"]] for part in payment.facts.get("paid_with", ())]
    others = {
        lot.source_id
        for lot in (*lots, *paid)
        if lot.source_id and lot.source_id not in granting and _may_allow(books, lot.source_id)
    }
    if not granting or not others:
        return None
    return Reads(holders=others, referring=granting | others)


def granted_by(payment: Entry) -> set[UUID]:
    """The campaigns that the entry tells of: their points answer for their own grants only."""
    return {UUID(grant["campaign_id"]) for grant in payment.facts.get("grants", ())}


def of_same_funders(
    books: Books, lots: Iterable[Account], campaign_id: UUID, granting: Collection[UUID]
) -> list[Account]:
    """Those of the wallet's lots, still good, that may pay what is due to the campaign."""
    return [
        lot
        for lot in lots
        if lot.kind == POINTS
        and lot.source_id is not None
        and lot.source_id not in granting
        and not books.is_over(lot)
        and _may_pay_for(books, lot.source_id, campaign_id)
    ]


def _may_pay_for(books: Books, source_id: UUID, campaign_id: UUID) -> bool:
    source: LiveCampaign | None = books.campaigns.get(source_id)
    if source is None or not source.terms.claw_back_from_funder:
        return False
    if not {source_id, campaign_id} <= books.referred:
        return False  # granted in this very batch: who funded it was not loaded
    return _funders(books, source_id) == _funders(books, campaign_id)


def _funders(books: Books, campaign_id: UUID) -> set[str]:
    return {
        entry.facts["funder"]
        for entry in books.entries.values()
        if (entry.kind, entry.refers_to) == (FundCampaign.kind, campaign_id)
        and entry.refusal is None
    }


def _may_allow(books: Books, source_id: UUID) -> bool:
    """Whether the campaign's form may allow it: it does not if it is known not to."""
    holder = books.holders.get(source_id)
    known = known_campaign(holder) if holder is not None else None
    return known is None or bool(known.terms.claw_back_from_funder)
