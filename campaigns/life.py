"""The life of a campaign: which state leads to which, and what has come due by a given time.

What is told to happen at a time to come stands in the campaign itself, as its plan. Whoever loads
the campaign reads it as of the time of the batch (`as_of`): so a start and a version apply at their
instant, in every process and without anybody awake. A job writes them down afterwards.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NotRequired, TypedDict, cast, get_args
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder

CAMPAIGN_STATE_WRONG: Final = problem(
    "campaign-state-wrong", 409, "This cannot be done with the campaign in its state."
)
CAMPAIGN_TIME_WRONG: Final = problem(
    "campaign-time-wrong", 409, "That time is past, or too close, or too far ahead."
)

CampaignState = Literal[
    "draft", "simulated", "submitted", "approved", "scheduled", "live", "stopped", "ended"
]

_NEXT: Final[dict[str, tuple[CampaignState, ...]]] = {
    "draft": ("simulated", "submitted", "ended"),
    "simulated": ("simulated", "submitted", "ended"),
    # Asked again, where the request was over before anybody decided.
    "submitted": ("draft", "simulated", "submitted", "approved", "ended"),
    "approved": ("scheduled", "live", "ended"),
    "scheduled": ("scheduled", "live", "stopped", "ended"),
    "live": ("stopped", "ended"),
    "stopped": ("scheduled", "live", "ended"),
    "ended": (),
}
"""From which state to which. What ended stays ended."""
assert set(_NEXT) == set(get_args(CampaignState))

FARTHEST: Final = timedelta(days=366)
"""How far ahead a start or a version may be planned."""


class NextVersion(TypedDict):
    """A version that was approved: from its time on its terms are the campaign's."""

    version_id: str
    terms: str
    """Their hash, in hexadecimal."""
    applies_from: str


class Plan(TypedDict):
    """What comes by itself; instants are ISO 8601 in UTC. Kept until a job has written it down."""

    starts_at: NotRequired[str]
    next: NotRequired[NextVersion]


def check_step(before: str, after: CampaignState) -> None:
    """Raises campaign-state-wrong, with the state and where one can go from it."""
    if after not in _NEXT[before]:
        raise state_wrong(before)


def state_wrong(state: str) -> Problem:
    """The refusal of what cannot be done to a campaign in this state."""
    return Problem(CAMPAIGN_STATE_WRONG, state=state, possible=_NEXT[state])


def check_ahead(books: Books, instant: datetime, notice: timedelta) -> None:
    """Raises campaign-time-wrong unless `instant` lies ahead by `notice`, and within a year."""
    earliest, latest = books.now + notice, books.now + FARTHEST
    if not earliest < instant <= latest:
        first, last = (each.astimezone(books.zone).isoformat() for each in (earliest, latest))
        raise Problem(CAMPAIGN_TIME_WRONG, earliest=first, latest=last)


def plan_of(campaign: Holder) -> Plan:
    """What comes by itself; empty where nothing does."""
    return cast(Plan, campaign.facts.get("plan", {}))


def with_plan(campaign: Holder, plan: Plan) -> Holder:
    """The campaign in its next version as a holder, with this plan and no other."""
    facts: Facts = {name: value for name, value in campaign.facts.items() if name != "plan"}
    if plan:
        facts["plan"] = plan
    return replace(campaign, facts=facts, version=campaign.version + 1)


def as_of(campaign: Holder, now: datetime) -> Holder:
    """The campaign as it is at `now`: started if its time has come, under the terms that hold.

    What has come due stays in the plan, and read twice it is the same.
    """
    plan = plan_of(campaign)
    if not plan:
        return campaign
    state, terms_hash = campaign.state, campaign.terms_hash
    if state == "scheduled" and instant_of(plan["starts_at"]) <= now:
        state = "live"
    if "next" in plan and instant_of(plan["next"]["applies_from"]) <= now:
        terms_hash = bytes.fromhex(plan["next"]["terms"])
    return replace(campaign, state=state, terms_hash=terms_hash)


def written_state(campaign: Holder) -> CampaignState:
    """The state that the journal left it in: of one that `as_of` started, still `scheduled`."""
    return "scheduled" if "starts_at" in plan_of(campaign) else cast(CampaignState, campaign.state)


def next_version(campaign: Holder, now: datetime) -> NextVersion | None:
    """The version that is to apply after `now`, if one was approved."""
    coming = plan_of(campaign).get("next")
    if coming is None or instant_of(coming["applies_from"]) <= now:
        return None
    return coming


def key_of_next(campaign: Holder) -> tuple[UUID, bytes] | None:
    """By which key `books.versions` has the terms of a planned version, due or not."""
    coming = plan_of(campaign).get("next")
    return None if coming is None else (campaign.holder_id, bytes.fromhex(coming["terms"]))


def utc_text(instant: datetime) -> str:
    """An instant as plans and entries keep it: `2026-12-01T15:00:00+00:00`."""
    return instant.astimezone(UTC).isoformat()


def instant_of(text: str) -> datetime:
    """The instant that `utc_text` wrote."""
    return datetime.fromisoformat(text)
