"""Change a campaign that was approved: by a new version of its terms, from a time to come on."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal
from uuid import UUID

from access.requests import SECOND_PERSON_NEEDED
from campaigns.campaign import NOT_DUE, campaign_in, facts_of_step
from campaigns.groups import Coming, check_group, spans_of
from campaigns.life import (
    NextVersion,
    Plan,
    check_ahead,
    instant_of,
    next_version,
    plan_of,
    state_wrong,
    utc_text,
    with_plan,
    written_state,
)
from campaigns.may_change import changed_fields, fixed_fields
from campaigns.start import CAMPAIGN_OVER, spans_in_force
from campaigns.terms import Terms
from core.errors import Problem, problem
from ledger.books import Books, Entry, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

CAMPAIGN_VERSION_UNKNOWN: Final = problem(
    "campaign-version-unknown", 404, "There is no such version of this campaign."
)
CAMPAIGN_VERSION_STATE_WRONG: Final = problem(
    "campaign-version-state-wrong", 409, "The version cannot go from its state to that one."
)
CAMPAIGN_VERSION_PENDING: Final = problem(
    "campaign-version-pending", 409, "Another version is to apply: withdraw it first, or wait."
)
CAMPAIGN_VERSION_SAME: Final = problem(
    "campaign-version-same", 409, "These are the terms that the campaign has."
)
CAMPAIGN_TERM_FIXED: Final = problem(
    "campaign-term-fixed", 409, "This field of a campaign cannot change any more."
)

NOTICE: Final = timedelta(minutes=5)
"""A version is drafted at least so long before it applies."""

VersionState = Literal["draft", "submitted", "approved", "applied", "withdrawn"]

_NEXT: Final[dict[str, tuple[VersionState, ...]]] = {
    "draft": ("submitted", "withdrawn"),
    "submitted": ("draft", "submitted", "approved", "withdrawn"),
    "approved": ("withdrawn",),
    "applied": (),  # by itself, once its time has come
    "withdrawn": (),
}
_HAS_VERSIONS: Final = frozenset({"approved", "scheduled", "live", "stopped"})
"""A draft is not changed: another one is drafted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVersion(Command):
    """Draft a version under the command's id; its terms are kept by `keep_terms`."""

    kind: ClassVar[str] = "campaign.version_created"
    campaign_id: UUID
    terms_hash_hex: str
    applies_from: datetime
    """In UTC."""
    reason: str
    terms: Terms = field(compare=False)

    def reads(self) -> Reads:
        """The campaign."""
        return Reads(holders=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses campaign-unknown, campaign-state-wrong before its approval and after its end,
        campaign-time-wrong, and what `_check_terms` refuses.
        """
        campaign = _campaign(books, self.campaign_id)
        check_ahead(books, self.applies_from, NOTICE)
        _check_terms(books, campaign, self.terms, self.applies_from)
        draft = self.draft(books)
        draft.facts = {
            "version_terms": self.terms_hash_hex,
            "applies_from": utc_text(self.applies_from),
            "changes": list(changed_fields(books.campaigns[self.campaign_id].terms, self.terms)),
            "reason": self.reason,
        }
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeVersion(Command):
    """A step in the life of a version. Once approved, it applies by itself."""

    kind: ClassVar[str] = "campaign.version_changed"
    campaign_id: UUID
    version_id: UUID
    state: Literal["draft", "submitted", "approved", "withdrawn"]
    reason: str

    def reads(self) -> Reads:
        """The campaign, the version, and what became of it so far."""
        ids = (self.version_id,)
        return Reads(holders=(self.campaign_id,), entries=ids, referring=ids)

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id, refers_to=self.version_id)

    def decide(self, books: Books) -> Draft:
        """Refuses a version that is unknown or in the wrong state; an approval by who made it, when
        its time has come, beside another one that is to apply, and of what `_check_terms` refuses.
        """
        campaign = campaign_in(books, self.campaign_id)
        version = books.entries.get(self.version_id)
        if version is None or not is_version_of(version, self.campaign_id):
            raise Problem(CAMPAIGN_VERSION_UNKNOWN)
        state = version_state(version, books.entries.values(), books.now)
        check_version_step(state, self.state)
        plan: Plan = {**plan_of(campaign)}
        if self.state == "approved":
            plan["next"] = _approved(self, books, version)
        elif state == "approved":
            del plan["next"]
        draft = self.draft(books)
        draft.put(replace(with_plan(campaign, plan), state=written_state(campaign)))
        draft.facts = {
            "state": self.state,
            **_facts_of_version(campaign, plan, version),
            "reason": self.reason,
        }
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyVersion(Command):
    """Write down that a version applies: payments go by it since its instant already."""

    kind: ClassVar[str] = ChangeVersion.kind
    campaign_id: UUID
    version_id: UUID

    def reads(self) -> Reads:
        """The campaign and the version."""
        return Reads(holders=(self.campaign_id,), entries=(self.version_id,))

    def decide(self, books: Books) -> Draft:
        """Refuses what is not due, or was changed meanwhile: a job must not be refused for ever."""
        campaign = books.holders[self.campaign_id]
        plan: Plan = {**plan_of(campaign)}
        coming = plan.get("next")
        is_planned = coming is not None and coming["version_id"] == str(self.version_id)
        if not is_planned or next_version(campaign, books.now) is not None:
            raise Problem(NOT_DUE, retry_after=60)
        del plan["next"]
        draft = Draft(holder_id=self.campaign_id, refers_to=self.version_id)
        draft.put(replace(with_plan(campaign, plan), state=written_state(campaign)))
        version = books.entries[self.version_id]
        draft.facts = {"state": "applied", **_facts_of_version(campaign, plan, version)}
        draft.facts["reason"] = "as approved"
        return draft


def is_version_of(entry: Entry, campaign_id: UUID) -> bool:
    """Whether the entry is a version of this campaign."""
    is_version = entry.kind == CreateVersion.kind and entry.refusal is None
    return is_version and entry.holder_id == campaign_id


def version_state(version: Entry, later: Iterable[Entry], now: datetime) -> VersionState:
    """How a version stands at `now`, by what was entered about it; other entries may be among them.

    What ended the campaign before the version applied is about it, too.
    """
    steps = [e for e in later if e.refers_to == version.entry_id and e.refusal is None]
    if not steps:
        return "draft"
    last = max(steps, key=lambda entry: entry.seq)
    if last.kind != ChangeVersion.kind:
        return "withdrawn"
    state: VersionState = last.facts["state"]
    is_due = instant_of(version.facts["applies_from"]) <= now
    return "applied" if state == "approved" and is_due else state


def check_version_step(before: VersionState, after: VersionState) -> None:
    """Raises campaign-version-state-wrong, with the state and where one can go from it."""
    if after not in _NEXT[before]:
        raise Problem(CAMPAIGN_VERSION_STATE_WRONG, state=before, possible=_NEXT[before])


def _campaign(books: Books, campaign_id: UUID) -> Holder:
    campaign = campaign_in(books, campaign_id)
    if campaign.state not in _HAS_VERSIONS:
        raise state_wrong(campaign.state)
    return campaign


def _approved(change: ChangeVersion, books: Books, version: Entry) -> NextVersion:
    campaign = _campaign(books, change.campaign_id)
    if version.actor == change.actor:
        raise Problem(SECOND_PERSON_NEEDED)
    applies_from = instant_of(version.facts["applies_from"])
    check_ahead(books, applies_from, timedelta(0))
    pending = next_version(campaign, books.now)
    if pending is not None:
        raise Problem(CAMPAIGN_VERSION_PENDING, version_id=UUID(pending["version_id"]))
    terms_hash = version.facts["version_terms"]
    terms: Terms = books.versions[change.campaign_id, bytes.fromhex(terms_hash)].terms
    _check_terms(books, campaign, terms, applies_from)
    return {
        "version_id": str(version.entry_id),
        "terms": terms_hash,
        "applies_from": version.facts["applies_from"],
    }


def _check_terms(books: Books, campaign: Holder, terms: Terms, applies_from: datetime) -> None:
    """Raises campaign-over where the campaign does not last until then, campaign-version-same,
    campaign-term-fixed with the field, and campaign-group-differs.
    """
    holds: Terms = books.campaigns[campaign.holder_id].terms
    local = applies_from.astimezone(books.zone)
    if holds.ends_on < local.date():
        raise Problem(CAMPAIGN_OVER)
    if terms == holds:
        raise Problem(CAMPAIGN_VERSION_SAME)
    for fixed in fixed_fields(holds, terms, local):
        raise Problem(CAMPAIGN_TERM_FIXED, field=fixed.field)
    ours = spans_of(campaign.holder_id, holds, Coming(terms, local))
    check_group(ours, spans_in_force(books))


def _facts_of_version(campaign: Holder, plan: Plan, version: Entry) -> dict[str, object]:
    """The campaign's own state stays: it is told apart from the version's."""
    kept = facts_of_step(campaign, plan)
    return {
        "campaign_state": kept.pop("before"),
        **kept,
        "version_terms": version.facts["version_terms"],
        "applies_from": version.facts["applies_from"],
    }
