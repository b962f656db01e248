"""The limits of a person (限度額): what one payment, a day or a month may come to, by tier.

Days and months are those of the region's zone. What is counted says so in its entry, so that a
refund, void or reversal gives it back in the period of what it undoes, and nothing else.
"""

from datetime import date
from typing import Final, Literal
from uuid import UUID

from core.errors import Problem, ProblemType, problem
from core.ids import NIL
from ledger.books import Books, CounterKey, Entry
from ledger.draft import Draft
from payments.settings import TierLimits, settings_of
from residents.person import CONFIRMATION_NEEDED, known_of, lower_of, tier_of

PAYMENTS_OVER_DAY: Final = problem(
    "payments-over-day-limit", 409, "The payments of this day would be over the limit."
)
PAYMENTS_OVER_MONTH: Final = problem(
    "payments-over-month-limit", 409, "The payments of this month would be over the limit."
)
TOP_UPS_OVER_DAY: Final = problem(
    "top-ups-over-day-limit", 409, "The top-ups of this day would be over the limit."
)
TOP_UPS_OVER_MONTH: Final = problem(
    "top-ups-over-month-limit", 409, "The top-ups of this month would be over the limit."
)

What = Literal["payments", "top_ups"]
Counted = list[tuple[CounterKey, int]]
"""Counters that an amount uses up, each with its limit."""

_OVER: Final[dict[str, ProblemType]] = {
    "payments.day": PAYMENTS_OVER_DAY,
    "payments.month": PAYMENTS_OVER_MONTH,
    "top_ups.day": TOP_UPS_OVER_DAY,
    "top_ups.month": TOP_UPS_OVER_MONTH,
}


def limits_of(books: Books, person_id: UUID) -> TierLimits:
    """The limits of the tier that the person has today."""
    limits: TierLimits = getattr(settings_of(books).limits, tier_of(books, person_id))
    return limits


def check_unconfirmed(books: Books, person_id: UUID, amount_yen: int) -> Counted:
    """What a payment without a confirmation uses up of today; raises confirmation-needed.

    The limits are the region's, or the resident's own where lower. Of a day that has none, nothing
    is counted.
    """
    settings, known = settings_of(books), known_of(books, person_id)
    limit_yen = lower_of(known, "confirm_above_yen", settings.confirm_above_yen)
    if limit_yen is not None and amount_yen > limit_yen:
        raise Problem(CONFIRMATION_NEEDED, limit_yen=limit_yen)
    per_day_yen = lower_of(known, "unconfirmed_per_day_yen", settings.unconfirmed_per_day_yen)
    if per_day_yen is None:
        return []
    key = CounterKey(person_id, "unconfirmed.day", NIL, books.today)
    used_yen = books.used(key)
    if used_yen + amount_yen > per_day_yen:
        raise Problem(CONFIRMATION_NEEDED, limit_yen=per_day_yen, used_yen=used_yen)
    return [(key, per_day_yen)]


def check_periods(
    books: Books, limits: TierLimits, person_id: UUID, what: What, amount_yen: int
) -> Counted:
    """The counters of today and of this month that have a limit; raises what is over one."""
    counted: Counted = []
    for name, limit_yen in _of_periods(limits, what):
        if limit_yen is not None:
            key = CounterKey(person_id, name, NIL, _period(name, books.today))
            used_yen = books.used(key)
            if used_yen + amount_yen > limit_yen:
                raise Problem(_OVER[name], limit_yen=limit_yen, used_yen=used_yen)
            counted.append((key, limit_yen))
    return counted


def count_periods(draft: Draft, counted: Counted, amount_yen: int) -> None:
    """Use up what `check_periods` found, and let the entry say so. The draft's facts are there."""
    for key, limit_yen in counted:
        draft.count(key, amount_yen, limit_yen)
    if counted:
        draft.facts["counted"] = [key.name for key, _ in counted]


def give_back_periods(draft: Draft, entry: Entry, person_id: UUID, amount_yen: int) -> None:
    """Give back `amount_yen` of what `entry` used up, in its own periods."""
    for name in entry.facts.get("counted", ()):
        key = CounterKey(person_id, name, NIL, _period(name, entry.business_date))
        draft.count(key, -amount_yen, 0)


def _of_periods(limits: TierLimits, what: What) -> tuple[tuple[str, int | None], ...]:
    """The counters by their names, each with its limit."""
    if what == "payments":
        return (
            ("payments.day", limits.payments_per_day_yen),
            ("payments.month", limits.payments_per_month_yen),
        )
    return (
        ("top_ups.day", limits.top_ups_per_day_yen),
        ("top_ups.month", limits.top_ups_per_month_yen),
    )


def _period(name: str, day: date) -> date:
    """When the period of such a counter began that `day` lies in."""
    return day.replace(day=1) if name.endswith(".month") else day
