"""How a region settles with its merchants: calendar, fees and tax, as part of its settings."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.described import Described
from core.legible import is_legible_text
from merchants.bank_profile import BankProfile
from merchants.business_numbers import is_registration_number

_SHAPE: Final = ConfigDict(strict=True, frozen=True, extra="forbid")

CalendarKind = Literal["twice_a_month", "month_end", "daily"]
Rounding = Literal["floor", "nearest", "ceiling"]

RateBp = Annotated[int, Field(ge=0, le=10_000)]
Yen = Annotated[int, Field(ge=0, le=100_000_000)]


def _is_a_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day_unreal", "must be a day, as in 2026-11-01") from None
    return text


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2027-03-31"]),
    AfterValidator(_is_a_day),
]
"""A date as settings keep it: they are JSON."""


def _is_registered(text: str) -> str:
    if not is_registration_number(text):
        raise PydanticCustomError(
            "registration_number_wrong", "must be T and thirteen digits with their check digit"
        )
    return text


def _is_a_name(text: str) -> str:
    if not text.strip() or not is_legible_text(text):
        raise PydanticCustomError("text_illegible", "must be a name that can be read")
    return text


class Issuer(Described):
    """Who the papers of settlements come from (適格請求書発行事業者)."""

    model_config = _SHAPE

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_is_a_name)] | None = (
        Field(default=None, examples=["見本商店街振興組合"])
    )
    """As it is registered; null: statements bear the region's name, and there are no invoices."""
    registration_number: (
        Annotated[str, Field(pattern=r"^T[0-9]{13}$"), AfterValidator(_is_registered)] | None
    ) = Field(default=None, examples=["T7000012050002"])
    """Its registration number (登録番号); null: there are no invoices until it is set."""


class Fees(Described):
    """What a merchant pays for being settled with; the tax on it comes on top."""

    model_config = _SHAPE

    street_member_bp: RateBp = Field(default=0, examples=[0])
    """Of sales less refunds, in basis points, by the merchant's class."""
    small_bp: RateBp = Field(default=0, examples=[150])
    convenience_bp: RateBp = Field(default=0, examples=[180])
    large_bp: RateBp = Field(default=0, examples=[180])
    converted_bp: RateBp | None = Field(default=None, examples=[50])
    """Of sales that the shop makes coin of instead of being paid (shop to shop); null, or above the
    rate of its class: that one."""
    fixed_yen: Yen = Field(default=0, examples=[200])
    """For each settlement that pays something out."""
    free_until: Day | None = None
    """Periods that end by this day are free; null where none is."""


class OnDemand(Described):
    """Whether merchants may ask to be settled at once, and what that costs beside the fees."""

    model_config = _SHAPE

    is_offered: bool = False
    """Off until it is turned on."""
    fee_yen: Yen = Field(default=0, examples=[300])
    """For each settlement that is asked for, without tax."""
    fee_bp: RateBp = Field(default=0, examples=[50])
    """And so much of what is due before fees, in basis points, rounded down."""
    minimum_yen: Annotated[int, Field(ge=1, le=100_000_000, examples=[10_000])] = 1
    """The least that is paid out so, after fees and tax."""
    per_day: Annotated[int, Field(ge=1, le=100, examples=[1])] = 1
    """How often a merchant may ask on one day of the region's zone."""
    bank_days_after: Annotated[int, Field(ge=1, le=20, examples=[1])] = 1
    """So many bank days later it is paid."""


class SettlementRules(Described):
    """When periods close, when they are paid, and what is kept back. Amounts in yen."""

    model_config = _SHAPE

    calendar: CalendarKind = "twice_a_month"
    """`twice_a_month`: 1 to 15, paid at the month's end, and 16 to the end, paid on the 15th of the
    next month; `month_end` and `daily`: paid so many bank days after the close."""
    bank_days_after: Annotated[int, Field(ge=1, le=20, examples=[5])] = 5
    """Of `month_end` and `daily`."""
    when_banks_are_closed: Literal["next", "previous"] = "next"
    """Of `twice_a_month`: on which bank day it is paid where its day is none."""
    minimum_yen: Annotated[int, Field(ge=1, le=1_000_000, examples=[1000])] = 1
    """Less than that is carried over to the next period."""
    fees: Fees = Field(default_factory=Fees)
    on_demand: OnDemand = Field(default_factory=OnDemand)
    """Settlements that merchants ask for, between the periods."""
    debit_note_days: Annotated[int, Field(ge=0, le=3650, examples=[60])] = 60
    """What a merchant has owed for so many days may be asked for by a debit note; until then it is
    netted. Of one that is leaving or closed at once."""
    bank: BankProfile | None = None
    """How transfers are handed to the region's bank; null while that is not known."""
    issuer: Issuer = Field(default_factory=Issuer)
    tax_bp: RateBp = Field(default=1_000, examples=[1000])
    """Consumption tax (消費税) on fees."""
    tax_rounding: Rounding = "floor"
    """Once for each settlement, which is one invoice at one rate; never for each line."""
