"""Turn entries of the journal into the answers that clients see: from the entry alone."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from starlette.requests import Request

from api.envelope import add_header
from api.usable_where import Shops
from campaigns.explain import Of, explain
from campaigns.form import MerchantClass
from campaigns.reasons import RATE_APPLIED, Reason
from campaigns.record import reasons_from_facts
from campaigns.sentences_of_pending import explain_pending
from core.described import Described
from core.errors import REGISTRY, Problem
from ledger.books import Entry, Facts
from ledger.command import Receipt
from ledger.regions import Region

_PENDING: Final = explain_pending(300, date(2026, 11, 17))
_RATE_APPLIED: Final = explain(Reason(RATE_APPLIED, 3000))


class Answer(Described):
    """What is told to a client: amounts are whole yen or points (1 point = ¥1)."""

    model_config = ConfigDict(
        frozen=True,
        # What has a default is told all the same: no client needs to ask whether it is there.
        json_schema_serialization_defaults_required=True,
    )


LotKind = Literal["coin", "points"]


class UsableWhereAnswer(Answer):
    """The shops at which points pay: those of which all fits that is not null here."""

    classes: list[MerchantClass] | None
    categories: list[str] | None
    areas: list[str] | None
    streets: list[str] | None = Field(examples=[["しもきた商店街"]])
    """Shopping streets (商店街)."""
    only_merchants: list[UUID] | None
    except_merchants: list[UUID] | None


class PartAnswer(Answer):
    """A part of an amount, from or to one lot."""

    kind: LotKind
    """`coin` was bought, `points` were granted."""
    amount: int = Field(examples=[700])
    """In yen; one point is one yen."""
    expires_on: date | None
    """The last day on which it can be used, in the region's zone."""
    usable_where: UsableWhereAnswer | None = Field(examples=[None])
    """Where these points pay; null for what pays at every shop."""


class ReasonAnswer(Answer):
    """One step of a campaign's decision, for programs and in words."""

    code: str = Field(examples=[RATE_APPLIED])
    number: int | None = Field(examples=[3000])
    """The rate in basis points, or the limit in points or yen, that the step was about."""
    ja: str = Field(examples=[_RATE_APPLIED["ja"]])
    ja_easy: str = Field(examples=[_RATE_APPLIED["ja_easy"]])
    """In plain Japanese (やさしい日本語)."""
    en: str = Field(examples=[_RATE_APPLIED["en"]])


class WordsAnswer(Answer):
    """One sentence in each language."""

    ja: str = Field(examples=[_PENDING["ja"]])
    ja_easy: str = Field(examples=[_PENDING["ja_easy"]])
    """In plain Japanese (やさしい日本語)."""
    en: str = Field(examples=[_PENDING["en"]])


class GrantAnswer(Answer):
    """What one campaign gave for a payment or a top-up, and why."""

    campaign_id: UUID
    campaign_name: str = Field(examples=["秋のにぎわいキャンペーン"])
    rebate_points: int = Field(examples=[300])
    credited_on: date | None = Field(examples=[None])
    """The day from which its points can be used, in the region's zone; null where it is at once."""
    credited_in_words: WordsAnswer | None = Field(examples=[None])
    """How many points can be used from that day on; null where there are none."""
    points_expire_on: date = Field(examples=["2027-05-31"])
    """The last day of the points that it grants, in the region's zone."""
    usable_where: UsableWhereAnswer | None = Field(examples=[None])
    """Where these points pay; null for points that pay at every shop."""
    reasons: list[ReasonAnswer]


def accepted(request: Request, receipt: Receipt) -> Entry:
    """The entry of a receipt; marks a replay, raises the problem of a refusal."""
    if receipt.is_replay:
        add_header(request, "Idempotent-Replay", "true")
    return receipt.accepted()


def told(entry: Entry) -> Entry:
    """An entry found by its id, if it was accepted; the problem that refused it, if not."""
    if entry.refusal is not None:
        raise Problem(REGISTRY[entry.refusal], **entry.facts)
    return entry


def in_zone(at: datetime, region: Region) -> datetime:
    """An instant as it is told: with the region's offset."""
    return at.astimezone(region.zone)


def in_zone_if(at: datetime | None, region: Region) -> datetime | None:
    """The same of one that may not have come yet."""
    return None if at is None else in_zone(at, region)


def parts(facts: list[Facts], shops: Shops) -> list[PartAnswer]:
    """The parts of a payment or refund as the journal keeps them; `shops`: where tied ones pay."""
    return [
        PartAnswer(
            kind=part["kind"],
            amount=part["amount"],
            expires_on=part["expires_on"],
            usable_where=usable_where(shops, UUID(part["campaign_id"]))
            if "campaign_id" in part
            else None,
        )
        for part in facts
    ]


def usable_where(shops: Shops, source_id: UUID | None) -> UsableWhereAnswer | None:
    """Where points of this source pay; None for everywhere."""
    where = None if source_id is None else shops.get(source_id)
    return UsableWhereAnswer.model_validate(where.model_dump()) if where is not None else None


def grants(facts: Facts, shops: Shops, of: Of = "payment") -> list[GrantAnswer]:
    """Each campaign that the entry tells of, its reasons in words; the shop's side stays out.

    The entry of a top-up tells of none where no campaign of top-ups was live. `shops`: where points
    of these campaigns pay.
    """
    return [
        GrantAnswer(
            campaign_id=kept["campaign_id"],
            campaign_name=kept["name"],
            credited_on=kept.get("credited_on"),
            credited_in_words=pending_in_words(kept, kept["rebate_points"]),
            points_expire_on=kept["points_expire_on"],
            rebate_points=kept["rebate_points"],
            usable_where=usable_where(shops, UUID(kept["campaign_id"])) if shops else None,
            reasons=reasons_for_resident(reasons_from_facts(kept), of),
        )
        for kept in (facts["grants"] if of == "payment" else facts.get("grants", ()))
    ]


def pending_in_words(kept: Facts, points: int) -> WordsAnswer | None:
    """That so many points of a grant, as the journal keeps it, can be used from its day on."""
    if not points or "credited_on" not in kept:
        return None
    words = explain_pending(points, date.fromisoformat(kept["credited_on"]))
    return WordsAnswer.model_validate(words)


def reasons_for_resident(reasons: Iterable[Reason], of: Of = "payment") -> list[ReasonAnswer]:
    """The reasons in words, without those that are for the merchant's eyes."""
    return [in_words(reason, of) for reason in reasons if not reason.code.startswith("cashback-")]


@lru_cache(maxsize=1024)
def in_words(reason: Reason, of: Of = "payment") -> ReasonAnswer:
    """A reason with its figure and its words in each language: most payments have one of a few."""
    return ReasonAnswer(number=reason.number, **explain(reason, of))
