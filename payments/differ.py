"""Say where an entry differs from what is decided again: granted, taken back, or given."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from campaigns.benefit_terms import benefit_terms
from campaigns.decide import Grant
from campaigns.facts import Headroom, PaymentFacts
from campaigns.find_terms import Key
from campaigns.grant import amounts_counted, plan, told
from campaigns.line_up import LineUp
from campaigns.offered_then import Listed
from campaigns.record import grant_from_facts
from campaigns.rules import LiveCampaign
from core.errors import Problem
from ledger.books import Entry, Facts, Holder
from payments.kept import grants_due_back
from payments.recall import Recalled
from payments.use_benefit import check_offered, check_tier, points_of_line, points_taken
from residents.person import tier_on

_NO_MEASURE = "budget_day"
"""What opens again of it follows from what was collected, not from the grant."""


class _UntoldError(Exception):
    """The decision asks for the headroom of a campaign that the entry does not tell of."""


def granted_otherwise(
    entry: Entry, line_up: LineUp, known: Recalled, budgets: Mapping[tuple[UUID, UUID], int]
) -> Iterator[str]:
    """A payment, top-up or placement, against what the campaigns of its time grant for it.

    `budgets` is what each campaign's budget held before the entry.
    """
    stored = entry.facts["grants"]
    originals = {grant.campaign_id: grant for grant in map(grant_from_facts, stored)}

    def headroom_of(campaign: LiveCampaign) -> Headroom:
        if campaign.campaign_id not in originals:
            raise _UntoldError(campaign.campaign_id)
        return originals[campaign.campaign_id].headroom

    try:
        grants = plan(line_up, known.facts, headroom_of)
    except _UntoldError as missing:
        yield f"campaign {missing}: it is not told of"
        return
    campaigns = {each.campaign_id: each for each in line_up.ordered}
    again = [_told(campaigns[grant.campaign_id], grant, known.facts) for grant in grants]
    names = [[grant["campaign_id"] for grant in grants] for grants in (stored, again)]
    if names[0] != names[1]:
        yield f"it tells of campaigns {names[0]}, recomputed {names[1]}"
        return
    for was, is_now in zip(stored, again, strict=True):
        yield from _otherwise(f"campaign {was['campaign_id']}: ", was, is_now)
    for grant in originals.values():
        held = budgets.get((entry.entry_id, grant.campaign_id))
        if grant.spent_yen and grant.headroom.budget_yen != held:
            yield (
                f"campaign {grant.campaign_id}: budget read as {grant.headroom.budget_yen},"
                f" its account held {held}"
            )


def taken_otherwise(
    undoing: Entry,
    undone: Entry,
    refunded: tuple[int, int],
    campaigns: Mapping[Key, LiveCampaign],
) -> Iterator[str]:
    """What a refund, void or reversal took back of each campaign, against what was due back.

    `undone` is the payment, or the entry that brought a top-up into its wallet; `refunded` is how
    many yen of it had gone back before, and how many have now.
    """
    stored = {each["campaign_id"]: each for each in undoing.facts.get("clawed_back", ())}
    for due in grants_due_back(undone, campaigns, refunded):
        campaign_id = str(due.campaign.campaign_id)
        was = stored.pop(campaign_id, {})
        points, yen = was.get("points", 0), was.get("cashback_yen", 0)
        if (points, yen) != (due.points, due.cashback_yen):
            yield (
                f"campaign {campaign_id}: {points} points and ¥{yen}"
                f" taken back, recomputed {due.points} and ¥{due.cashback_yen}"
            )
        reopened = {name: n for name, n in was.get("reopened", {}).items() if name != _NO_MEASURE}
        yield from _otherwise(f"campaign {campaign_id}: opened again: ", reopened, due.reopened)
    if stored:
        yield "it takes back from a campaign that granted nothing"


def reversed_otherwise(
    reversal: Entry, credited: Entry | None, campaigns: Mapping[Key, LiveCampaign]
) -> Iterator[str]:
    """A reversed top-up: its bonus, against all that was granted for it, and what became of it.

    `credited` is the entry that brought the money into a wallet; None where it lay in suspense.
    """
    if credited is None:
        if {"taken_yen", "owed_yen", "clawed_back"} & reversal.facts.keys():
            yield "it takes something from a wallet, and the money was in none"
        return
    taken_yen, owed_yen = reversal.facts["taken_yen"], reversal.facts["owed_yen"]
    if taken_yen + owed_yen != credited.amount:
        yield f"¥{taken_yen} taken and ¥{owed_yen} owed, of ¥{credited.amount}"
    yield from taken_otherwise(reversal, credited, (0, credited.amount), campaigns)


def given_otherwise(
    used: Entry, benefit: Holder | None, line: Listed | None, person: Facts
) -> Iterator[str]:
    """What an offer gave, against its form, its list and its state at that time.

    `line` is the line that was used, `person` what was known of who used it. That nobody and no
    line has one twice is proved by the counters (`payments/verify_counters.py`).
    """
    if benefit is None or line is None:
        yield "no list has such a line" if benefit else "there was no such benefit"
        return
    day, terms = used.business_date, benefit_terms(benefit.facts["form"])
    try:
        points = points_of_line(benefit, terms, line.list_id, line.group)
        check_offered(benefit, day)
        check_tier(terms, tier_on(person, day))
    except Problem as refused:
        yield f"{used.amount} points, recomputed: refused as {refused.type.slug}"
        return
    stored = {"points": used.amount, **used.facts}
    again = {"points": points, **points_taken(terms, day), "offer_id": used.facts["offer_id"]}
    yield from _otherwise("", stored, again)


def _told(campaign: LiveCampaign, grant: Grant, facts: PaymentFacts) -> Facts:
    return told(campaign, grant, facts.business_date, amounts_counted(campaign, grant, facts))


def _otherwise(place: str, stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(stored.keys() | again.keys()):
        if stored.get(name) != again.get(name):
            yield f"{place}{name} {stored.get(name)}, recomputed {again.get(name)}"
