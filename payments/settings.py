"""The settings of a region that decisions read: an administrator changes them in the open."""

from functools import lru_cache
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from core.described import Described
from core.json_text import json_bytes
from ledger.books import Books, Facts
from merchants.recirculation import Recirculation
from merchants.settlement_rules import SettlementRules
from payments.deposit import IssuerKind
from payments.hold_rules import HoldRules

Yen = Annotated[int, Field(ge=0, le=100_000_000)]

_SHAPE: Final = ConfigDict(strict=True, frozen=True, extra="forbid")


class TierLimits(Described):
    """What a person of one tier may hold, pay and bring in; in yen, over all wallets of the person.

    0 allows nothing. Where a day or a month has no limit (null), nothing is counted either: a
    limit that is set later begins to count then.
    """

    model_config = _SHAPE

    balance_yen: Yen = Field(examples=[100_000])
    """The most bought coin that the person may hold (docs/RULES.md, section 6)."""
    payment_yen: Yen = Field(examples=[100_000])
    """The largest single payment."""
    payments_per_day_yen: Yen | None = Field(examples=[100_000])
    """All payments of one day, in the region's zone."""
    payments_per_month_yen: Yen | None = Field(examples=[500_000])
    """All payments of one calendar month."""
    top_up_yen: Yen = Field(examples=[50_000])
    """The largest single top-up at the counter; a provider's money is never refused."""
    top_ups_per_day_yen: Yen | None = Field(examples=[100_000])
    """All top-ups of one day: what a provider brings beyond it waits in suspense."""
    top_ups_per_month_yen: Yen | None = Field(examples=[300_000])
    """All top-ups of one calendar month, as for a day."""


class Limits(Described):
    """The limits of each tier (本人確認区分): of who was verified, and of everybody else."""

    model_config = _SHAPE

    unverified: TierLimits
    """Also of a person whose verification is over."""
    verified_resident: TierLimits
    verified_visitor: TierLimits


def _limits(balance_yen: int, payment_yen: int, top_up_yen: int) -> TierLimits:
    return TierLimits(
        balance_yen=balance_yen,
        payment_yen=payment_yen,
        payments_per_day_yen=None,
        payments_per_month_yen=None,
        top_up_yen=top_up_yen,
        top_ups_per_day_yen=None,
        top_ups_per_month_yen=None,
    )


LIMITS: Final = Limits(
    unverified=_limits(100_000, 100_000, 50_000),
    verified_resident=_limits(2_000_000, 500_000, 500_000),
    verified_visitor=_limits(2_000_000, 500_000, 500_000),
)
"""Those of a new region. The balances are what issuers' notices say; the others are ours."""


class RegionSettings(Described):
    """What an issuer may set; amounts in yen. An unknown field is refused by its name."""

    model_config = _SHAPE

    issuer_kind: IssuerKind = "local_government"
    """Which rules of the Payment Services Act (資金決済法) apply to the value it issues."""
    limits: Limits = Field(default_factory=lambda: LIMITS)
    """What people may hold, pay and bring in, by tier."""
    wallets_per_person: Annotated[int, Field(ge=1, le=1000)] = 1
    """Wallets of one person. With more than one, a debt of one wallet is not settled by the points
    of another."""
    confirm_above_yen: Yen = 20_000
    """A payment above it must be confirmed: by a device's signature, or by the PIN. A resident may
    set a lower limit."""
    unconfirmed_per_day_yen: Yen | None = 30_000
    """All payments of a person and day that were not confirmed: beyond it each must be. A resident
    may set a lower limit. Where there is none (null), the limit of a single payment holds alone."""
    coin_months: Annotated[int, Field(ge=1, le=120)] = 36
    """Bought coin expires at the end of the month, this many months on."""
    grace_days: Annotated[int, Field(ge=1, le=366)] = 30
    """How long refunded value may be used when the lot that it came from has expired."""
    void_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """How long the shop may undo a payment as if it had never been."""
    refund_days: Annotated[int, Field(ge=0, le=3650)] = 90
    """How long the shop may refund a payment."""
    holds: HoldRules = Field(default_factory=HoldRules)
    """By which rules pending points are held for a check; each is off until it is turned on."""
    settlement: SettlementRules = Field(default_factory=SettlementRules)
    """When and how merchants are paid out, and what that costs them."""
    recirculation: Recirculation = Field(default_factory=Recirculation)
    """Whether shops pay shops with what they earned, and how much."""
    resident_receivable_cap_yen: Yen = 100_000
    """The most that a resident may come to owe for each cause."""
    merchant_receivable_cap_yen: Yen = 1_000_000
    """The most that a merchant may come to owe for each cause."""
    bank_change_hours: Annotated[int, Field(ge=0, le=720)] = 72
    """How long after its approval another bank account of a merchant waits before it is paid to."""
    application_days: Annotated[int, Field(ge=1, le=3650)] = 180
    """After so many days what is personal of an application that came to nothing is forgotten."""
    identity_document_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """So many days after the approval the identity documents of an application are forgotten."""


def stored_settings(facts: Facts) -> RegionSettings:
    """Settings as the journal keeps them. A field that a newer version knows is left aside.

    Processes of two versions serve side by side while one replaces the other.
    """
    return _checked(json_bytes(facts))


@lru_cache(maxsize=1024)
def _checked(kept: bytes) -> RegionSettings:
    """Each batch brings its region's settings along; they are checked when they have changed."""
    return RegionSettings.model_validate_json(
        json_bytes(_known(RegionSettings, orjson.loads(kept)))
    )


def _known(model: type[BaseModel], facts: Facts) -> dict[str, Any]:
    """The facts whose names `model` has, and so on within them."""
    known = {name: facts[name] for name in model.model_fields if name in facts}
    for name, value in known.items():
        kind = model.model_fields[name].annotation
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
            known[name] = _known(kind, value)
    return known


def settings_of(books: Books) -> RegionSettings:
    """The region's settings as this batch loaded them."""
    settings: RegionSettings = books.settings
    return settings
