"""Grants as they are kept inside a ledger entry: compact, plain JSON.

Entries are kept for ever. A key that was written once keeps its meaning; a new one is optional.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from campaigns.decide import Grant, Headroom
from campaigns.explain import Reason


def grant_to_facts(grant: Grant) -> dict[str, Any]:
    """All of a grant: what is needed to explain it and to compute it again after a refund.

    `headroom` is [budget, person's day, month, campaign]; a reason is [code] or [code, figure].
    """
    left = grant.headroom
    return {
        "campaign_id": str(grant.campaign_id),
        "hash": grant.hash.hex(),
        "rebate_points": grant.rebate_points,
        "cashback_yen": grant.cashback_yen,
        "headroom": [left.budget_yen, left.person_day, left.person_month, left.person_campaign],
        "reasons": [
            [reason.code] if reason.number is None else [reason.code, reason.number]
            for reason in grant.reasons
        ],
    }


def grant_from_facts(facts: Mapping[str, Any]) -> Grant:
    """The grant that `grant_to_facts` wrote; anything else is a bug."""
    budget_yen, person_day, person_month, person_campaign = facts["headroom"]
    return Grant(
        campaign_id=UUID(facts["campaign_id"]),
        hash=bytes.fromhex(facts["hash"]),
        rebate_points=facts["rebate_points"],
        cashback_yen=facts["cashback_yen"],
        headroom=Headroom(budget_yen, person_day, person_month, person_campaign),
        reasons=tuple(Reason(*reason) for reason in facts["reasons"]),
    )
