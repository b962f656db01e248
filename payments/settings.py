"""The settings of a region that decisions read: an administrator changes them in the open."""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.books import Books, Facts

Yen = Annotated[int, Field(ge=0, le=100_000_000)]


class RegionSettings(BaseModel):
    """What an issuer may set; amounts in yen. An unknown field is refused by its name."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    issuer_kind: Literal["local_government", "third_party", "own_use", "six_month_only"] = (
        "local_government"
    )
    """Which rules of the Payment Services Act (資金決済法) apply to the value it issues."""
    balance_limit_yen: Yen = 100_000
    """The most bought coin that a wallet may hold (docs/RULES.md, section 6)."""
    wallets_per_person: Annotated[int, Field(ge=1, le=1000)] = 1
    """Wallets of one person. With more than one, the limits of a wallet are no longer the
    person's, and a debt of one wallet is not settled by the points of another."""
    payment_limit_yen: Yen = 100_000
    """The largest single payment."""
    confirm_above_yen: Yen = 100_000
    """A payment above it must be confirmed: by a device's signature, or by the PIN. A resident may
    set a lower limit."""
    top_up_limit_yen: Yen = 50_000
    """The largest single top-up at the counter; a provider's money is never refused."""
    coin_months: Annotated[int, Field(ge=1, le=120)] = 36
    """Bought coin expires at the end of the month, this many months on."""
    grace_days: Annotated[int, Field(ge=1, le=366)] = 30
    """How long refunded value may be used when the lot that it came from has expired."""
    void_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """How long the shop may undo a payment as if it had never been."""
    refund_days: Annotated[int, Field(ge=0, le=3650)] = 90
    """How long the shop may refund a payment."""
    resident_receivable_cap_yen: Yen = 100_000
    """The most that a resident may come to owe for each cause."""
    merchant_receivable_cap_yen: Yen = 1_000_000
    """The most that a merchant may come to owe for each cause."""


def stored_settings(facts: Facts) -> RegionSettings:
    """Settings as the journal keeps them. A field that a newer version knows is left aside.

    Processes of two versions serve side by side while one replaces the other.
    """
    fields = RegionSettings.model_fields
    return _checked(tuple((name, value) for name, value in facts.items() if name in fields))


@lru_cache(maxsize=1024, typed=True)
def _checked(known: tuple[tuple[str, int | str], ...]) -> RegionSettings:
    """Each batch brings its region's settings along; they are checked when they have changed."""
    return RegionSettings.model_validate(dict(known))


def settings_of(books: Books) -> RegionSettings:
    """The region's settings as this batch loaded them."""
    settings: RegionSettings = books.settings
    return settings
