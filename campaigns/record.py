"""Grants as they are kept inside a ledger entry: compact, plain JSON.

Entries are kept for ever. A key that was written once keeps its meaning; a new one is optional.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from campaigns.decide import Grant
from campaigns.facts import Headroom
from campaigns.reasons import Reason


def grant_to_facts(grant: Grant) -> dict[str, Any]:
    """All of a grant: what is needed to explain it and to compute it again after a refund.

    `headroom` has the budget and what each cap left, by its name; `seen` has tallies, where there
    are any. A reason is [code] or [code, figure].
    """
    facts = {
        "campaign_id": str(grant.campaign_id),
        "hash": grant.hash.hex(),
        "rebate_points": grant.rebate_points,
        "cashback_yen": grant.cashback_yen,
        "headroom": {"budget": grant.headroom.budget_yen, **grant.headroom.left},
        "reasons": [
            [reason.code] if reason.number is None else [reason.code, reason.number]
            for reason in grant.reasons
        ],
    }
    if grant.headroom.seen:
        facts["seen"] = dict(grant.headroom.seen)
    return facts


def grant_from_facts(facts: Mapping[str, Any]) -> Grant:
    """The grant that `grant_to_facts` wrote; anything else is a bug."""
    left = dict(facts["headroom"])
    return Grant(
        campaign_id=UUID(facts["campaign_id"]),
        hash=bytes.fromhex(facts["hash"]),
        rebate_points=facts["rebate_points"],
        cashback_yen=facts["cashback_yen"],
        headroom=Headroom(left.pop("budget"), left, facts.get("seen", {})),
        reasons=tuple(reasons_from_facts(facts)),
    )


def reasons_from_facts(facts: Mapping[str, Any]) -> Iterator[Reason]:
    """Its reasons alone."""
    return (Reason(*reason) for reason in facts["reasons"])
