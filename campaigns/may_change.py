"""Which fields of a campaign's terms a new version may change."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final, NamedTuple

from campaigns.terms import Terms

MAY_CHANGE: Final = frozenset(
    {
        *("name", "when", "where", "who", "payment_modes", "minimum_amount_yen"),
        *("rebate", "cashback", "every_nth_payment", "caps", "budget_per_day_yen"),
        *("points_expire_months", "priority", "together"),
    }
)
"""What a payment is decided by. The first and the last day may change within bounds, a bonus into
another one, see below. All else stays, above all whose money it is and what becomes of what
comes back; so does a new field of the form, until it is named here."""

FIXED: Final = "must stay as it is: make another campaign to say it in another way"
HAS_BEGUN: Final = "must stay as it is: the campaign has begun by the time of this version"
BEFORE_ITS_TIME: Final = "must not be before the day from which this version applies"
IS_PENDING: Final = "must stay as it is: points that are still to be credited were promised so"
ENDS_BEFORE: Final = (
    "must not be before the day from which this version applies: to stop earlier, end the campaign"
)


class Fixed(NamedTuple):
    """A field that this version may not change, and what to do."""

    field: str
    says: str


def fixed_fields(now_holds: Terms, wanted: Terms, applies_from: datetime) -> Iterator[Fixed]:
    """What of `wanted` is not allowed in place of `now_holds`, in the order of the form.

    `applies_from` is in the region's zone.
    """
    first_day = applies_from.date()
    for field in Terms.model_fields:
        before, after = getattr(now_holds, field), getattr(wanted, field)
        if before == after:
            continue
        if field == "points_expire_months" and now_holds.credited is not None:
            yield Fixed(field, IS_PENDING)
        elif field in MAY_CHANGE:
            continue
        elif field == "starts_on":
            yield from _starts_on(before, after, applies_from)
        elif field == "bonus" and before is not None and after is not None:
            continue
        elif field != "ends_on":
            yield Fixed(field, FIXED)
        elif after < first_day:
            yield Fixed(field, ENDS_BEFORE)


def _starts_on(before: date, after: date, applies_from: datetime) -> Iterator[Fixed]:
    if datetime.combine(before, time.min, applies_from.tzinfo) < applies_from:
        yield Fixed("starts_on", HAS_BEGUN)
    elif after < applies_from.date():
        yield Fixed("starts_on", BEFORE_ITS_TIME)


def changed_fields(before: Terms, after: Terms) -> tuple[str, ...]:
    """The fields in which two terms differ, in the order of the form."""
    return tuple(
        field for field in Terms.model_fields if getattr(before, field) != getattr(after, field)
    )
