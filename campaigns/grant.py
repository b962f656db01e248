"""Read the headrooms of live campaigns from the books, and post what they grant."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final
from uuid import UUID

from campaigns.credited import credited_on
from campaigns.decide import Grant, decide_here, refusal
from campaigns.facts import Headroom, PaymentFacts
from campaigns.line_up import LineUp
from campaigns.live import line_up_of, line_up_of_top_ups
from campaigns.meters import Meter, read_headroom
from campaigns.read_end import with_end
from campaigns.record import grant_to_facts
from campaigns.rules import LiveCampaign
from core.ids import NIL
from core.months import end_of_month_after
from ledger.books import PENDING, Account, Books, CounterKey, Facts, Holder
from ledger.draft import Draft

FEWEST_TOLD: Final = 3
"""Where a payment meets the conditions of fewer campaigns, its entry tells of others until it has
so many. A town may have fifty: why each of the rest gave nothing follows from what the journal says
of campaigns, shop and person, and is looked up when somebody asks."""
NO_SHOP: Final = NIL
"""Where a top-up is made: at no merchant. Nothing is counted or granted there."""


def plan_grants(
    books: Books, person_id: UUID, merchant_id: UUID, facts: PaymentFacts
) -> tuple[Grant, ...]:
    """What the live campaigns grant for a payment by this person, as the books stand.

    Those whose conditions it meets, and a few of the others, in the order in which they are served:
    a refund goes by it too.
    """
    return _plan(books, line_up_of(books), person_id, merchant_id, facts)


def plan_bonuses(books: Books, person_id: UUID, facts: PaymentFacts) -> tuple[Grant, ...]:
    """The same for a top-up, of the live campaigns that give a bonus on those."""
    return _plan(books, line_up_of_top_ups(books), person_id, NO_SHOP, facts)


def _plan(
    books: Books, line_up: LineUp, person_id: UUID, merchant_id: UUID, facts: PaymentFacts
) -> tuple[Grant, ...]:
    day = facts.business_date

    def headroom_of(campaign: LiveCampaign) -> Headroom:
        meters = campaign.rules.meters
        room = read_headroom(books, campaign.campaign_id, meters, person_id, merchant_id, day)
        return room if campaign.rules.end is None else with_end(room, books, campaign)

    return plan(line_up, facts, headroom_of)


def plan(
    line_up: LineUp, facts: PaymentFacts, headroom_of: Callable[[LiveCampaign], Headroom]
) -> tuple[Grant, ...]:
    """All that an entry tells of, from these alone: a replay gives what was read back then."""
    decision = decide_here(line_up, facts, headroom_of)
    others = (*decision.refused, *decision.here.away)
    grants = decision.grants + [
        refusal(campaign, headroom_of(campaign), why_not)
        for campaign, why_not in others[: max(0, FEWEST_TOLD - len(decision.grants))]
    ]
    return tuple(sorted(grants, key=line_up.place))


def post_grants(
    books: Books,
    draft: Draft,
    wallet: Holder,
    merchant_id: UUID,
    facts: PaymentFacts,
    grants: Iterable[Grant],
) -> Facts:
    """Post what was granted; returns what the entry tells of it: `grants`, and how many of the
    points went to settle what the resident owes.

    Points go first to the resident's receivables (`credit_points`), those that are credited later
    on the day on which they are.
    """
    assert wallet.subject_id is not None, "a wallet has a person"
    kept: list[Facts] = []
    settled = 0
    for grant in grants:
        campaign: LiveCampaign = books.campaigns[grant.campaign_id]
        counted = amounts_counted(campaign, grant, facts)
        kept.append(told(campaign, grant, facts.business_date, counted))
        for key, amount, most in keys_of(
            campaign, counted, wallet.subject_id, merchant_id, books.today
        ):
            draft.count(key, amount, most)
        if grant.spent_yen == 0:
            continue
        draft.debit(books.account(grant.campaign_id, "budget"), grant.spent_yen)
        points = grant.rebate_points
        if points and campaign.terms.credited is not None:
            day = credited_on(campaign.terms.credited, books.today)
            draft.credit(pending_lot(books, wallet.holder_id, grant.campaign_id, day), points)
        elif points:
            lot = points_lot(books, wallet.holder_id, campaign, books.today)
            settled += credit_points(books, draft, lot, points)
        draft.credit(books.account(merchant_id, "cashback"), grant.cashback_yen)
    return {"grants": kept, "points_settled": settled}


def amounts_counted(
    campaign: LiveCampaign, grant: Grant, facts: PaymentFacts
) -> list[tuple[Meter, int]]:
    """By how much the payment moves each counter of the campaign; what it does not move is out."""
    rules = campaign.rules
    if grant.spent_yen == 0 and not rules.counts_payments:
        return []
    is_eligible = grant.is_eligible
    amounts = {
        "points": grant.rebate_points,
        "times": int(grant.rebate_points > 0),
        "spent": rules.rebate.base_yen(facts) if rules.rebate and is_eligible else 0,
        "payments": int(is_eligible or grant.is_stamped),
        "budget": grant.spent_yen,
    }
    return [(meter, amounts[meter.unit]) for meter in rules.meters if amounts[meter.unit]]


def told(
    campaign: LiveCampaign, grant: Grant, day: date, counted: Iterable[tuple[Meter, int]]
) -> Facts:
    """A grant of that day as the journal keeps it, with what its campaign was called, when its
    points are credited if that is later, until when they can be used, and what else was `counted`.
    """
    credited, terms = credited_on(campaign.terms.credited, day), campaign.terms
    kept = grant_to_facts(grant)
    kept["name"] = terms.name
    if terms.credited is not None:
        kept["credited_on"] = credited.isoformat()
    kept["points_expire_on"] = end_of_month_after(credited, terms.points_expire_months).isoformat()
    if campaign.rules.usable_where is not None:
        kept["is_tied"] = True
    if tallied := {meter.name: amount for meter, amount in counted if meter.unit != "points"}:
        kept["counted"] = tallied
    return kept


def pending_lot(books: Books, wallet_id: UUID, campaign_id: UUID, day: date) -> Account:
    """The lot for points that the campaign has granted to this wallet and credits on `day`.

    Nothing is paid from it: its day is the one on which its points stop being pending.
    """
    return books.account(wallet_id, PENDING, campaign_id, day)


def points_lot(books: Books, wallet_id: UUID, campaign: LiveCampaign, day: date) -> Account:
    """The lot for points that `campaign` credits to this wallet on `day`."""
    expires_on = end_of_month_after(day, campaign.terms.points_expire_months)
    return books.account(wallet_id, "points", campaign.campaign_id, expires_on)


def keys_of(
    campaign: LiveCampaign,
    counted: Iterable[tuple[Meter, int]],
    person_id: UUID,
    merchant_id: UUID,
    day: date,
) -> Iterator[tuple[CounterKey, int, int]]:
    """The ledger's counters, each with the amount and the most that it may reach.

    They are opened again in the period of the payment itself, whenever that is.
    """
    for meter, amount in counted:
        key = meter.key(person_id, campaign.campaign_id, merchant_id, day)
        yield key, amount, meter.most


def settle_receivable(books: Books, draft: Draft, owed: Account, points: int) -> int:
    """Let up to `points` settle one receivable of a resident, or so many yen one of a merchant;
    returns how many it took.

    What a campaign claims back through it was due to that campaign, and goes where it goes.
    """
    part = min(points, draft.held(owed))  # this draft may have settled some already
    if part == 0:
        return 0  # what is settled was not followed: its campaign need not be loaded
    draft.credit(owed, part)
    if owed.source_id is not None:
        draft.debit(books.account(owed.source_id, "budget_due"), part)
        draft.credit(collected_by(books, owed.source_id), part)
    return part


def collected_by(books: Books, campaign_id: UUID) -> Account:
    """Where what is collected goes: to be granted again, or kept for the funders."""
    campaign: LiveCampaign = books.campaigns[campaign_id]
    is_kept = campaign.terms.on_return == "keep"
    return books.account(campaign_id, "budget_kept" if is_kept else "budget")


def credit_points(books: Books, draft: Draft, lot: Account, points: int) -> int:
    """Credit points to a lot, but first to what its wallet owes; returns how many that took."""
    left = points
    for owed in books.accounts_of(lot.holder_id, "resident_receivable"):
        left -= settle_receivable(books, draft, owed, left)
    draft.credit(lot, left)
    return points - left
