"""Books: what a batch has loaded of a region, and how its commands leave it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from core.ids import NIL

LARGEST_YEN: Final = 2**53 - 1
"""No balance and no amount is larger: every JSON client can hold it exactly."""

ENDLESS: Final = date(9999, 12, 31)
"""The period of a counter that never begins anew; PostgreSQL has it as 'infinity'."""

Facts = dict[str, Any]
"""JSON that decisions wrote and read: ints, strings, booleans, lists and objects of them."""


@dataclass(slots=True, eq=False)
class Account:
    """One balance in yen (or points, 1 = ¥1), on the account's normal side; never under `floor`."""

    account_no: int
    """0 until the account is written for the first time."""
    holder_id: UUID
    kind: str
    is_asset: bool
    """Assets grow by debits; liabilities and income grow by credits."""
    source_id: UUID | None
    """Whose value it is: the campaign of points, the provider or funder of a receivable."""
    expires_on: date | None
    """The last day on which the value can be used, in the region's zone; of pending points, which
    cannot, the day on which they are credited."""
    floor: int
    ceiling: int
    balance: int = 0
    version: int = 0
    """How many postings the account has."""
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever has accounts or a state: issuer, wallet, person, merchant, store or campaign."""

    holder_id: UUID
    kind: str
    state: str
    facts: Facts
    """What decisions may read of this holder."""
    parent_id: UUID | None = None
    """The merchant of a store."""
    subject_id: UUID | None = None
    """The person of a wallet."""
    terms_hash: bytes | None = None
    """The terms of a campaign."""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One command that was accepted, or refused for the reason `refusal`."""

    entry_id: UUID
    seq: int
    at: datetime
    business_date: date
    kind: str
    actor: str
    holder_id: UUID | None
    other_id: UUID | None
    refers_to: UUID | None
    amount: int
    refusal: str | None
    fingerprint: bytes
    facts: Facts


class CounterKey(NamedTuple):
    """How much of one cap a subject has used in a period that starts on `period`."""

    subject_id: UUID
    name: str
    scope_id: UUID
    period: date


AccountKey = tuple[UUID, str, UUID | None, date | None]

ASSETS: Final = frozenset(
    {
        "bank",
        "cash",
        "provider_receivable",
        "funder_receivable",
        "resident_receivable",
        "merchant_receivable",
    }
)
PENDING: Final = "points_pending"
"""Granted, and credited on a later day: nothing is paid from it, and it does not expire."""
VALUE: Final = frozenset({"coin", "points", PENDING})
"""What a wallet holds in lots, bought or granted: kinds that have a `value` in PostgreSQL."""
_ACCOUNT_NO: Final = attrgetter("account_no")
FLOORLESS: Final = frozenset({"bank", "provider_receivable"})
"""Money outside of the region: it may be owed either way."""


@dataclass(slots=True)
class Books:
    """A region as one batch sees it: under the lock of the region's head, or as of its stamp."""

    region_id: int
    seq: int
    """The number of the newest entry, counting those that this batch has decided."""
    account_no: int
    stamp: UUID
    """Which batch was the last to be written; another with each."""
    now: datetime
    zone: ZoneInfo
    today: date
    """The business date: the day of `now` in the region's zone."""
    holders: dict[UUID, Holder] = field(default_factory=dict)
    accounts: dict[AccountKey, Account] = field(default_factory=dict)
    by_no: dict[int, Account] = field(default_factory=dict)
    by_holder: dict[UUID, list[Account]] = field(default_factory=dict)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    referred: set[UUID] = field(default_factory=set)
    """What all entries that refer to it were loaded of."""
    counters: dict[CounterKey, int] = field(default_factory=dict)
    campaigns: dict[UUID, Any] = field(default_factory=dict)
    """The terms of each loaded campaign that hold now, in the form that campaigns/ decides by."""
    versions: dict[tuple[UUID, bytes], Any] = field(default_factory=dict)
    """The same for all terms of a campaign that a loaded entry or a loaded plan names, by campaign
    and hash: those that granted, and those to come."""
    line_up: Any = None
    """The live ones of them, made ready by campaigns/; None once the state of one has changed."""
    shop_groups: dict[UUID, Any] = field(default_factory=dict)
    """By source, at which shops its points pay, in the form of campaigns/; of those that do not pay
    everywhere, as far as they are loaded."""
    settings: Any = None
    """The region's settings, in the form that payments/ reads."""

    def holder(self, holder_id: UUID, kind: str) -> Holder | None:
        """The holder with this id if it is of this kind."""
        found = self.holders.get(holder_id)
        return found if found is not None and found.kind == kind else None

    @property
    def local_time(self) -> datetime:
        """`now` on the clocks of the town: for rules that look at the hour."""
        return self.now.astimezone(self.zone)

    @property
    def issuer(self) -> Holder:
        """The region itself; its facts are the region's settings."""
        return self.holders[NIL]

    def account(
        self,
        holder_id: UUID,
        kind: str,
        source_id: UUID | None = None,
        expires_on: date | None = None,
        *,
        ceiling: int = LARGEST_YEN,
    ) -> Account:
        """The account of that holder and kind; a new, empty one where there is none yet."""
        key = (holder_id, kind, source_id, expires_on)
        found = self.accounts.get(key)
        if found is None:
            assert holder_id in self.holders, "the accounts of this holder were not loaded"
            floor = -LARGEST_YEN if kind in FLOORLESS else 0
            found = Account(
                0, holder_id, kind, kind in ASSETS, source_id, expires_on, floor, ceiling
            )
            self.accounts[key] = found
        return found

    def accounts_of(self, holder_id: UUID, kind: str) -> list[Account]:
        """The open accounts of one kind that a holder has, oldest first."""
        found = [
            account
            for account in self.by_holder.get(holder_id, ())
            if account.kind == kind and account.is_open
        ]
        found.sort(key=_ACCOUNT_NO)
        return found

    def is_over(self, lot: Account) -> bool:
        """Whether the lot's last day has passed: it pays nothing any more, swept or not."""
        return lot.expires_on is not None and lot.expires_on < self.today

    def used(self, key: CounterKey) -> int:
        """How much of a cap is used so far."""
        return self.counters.get(key, 0)

    def add(self, account: Account) -> None:
        """Take in an account that stands in the database, or is about to."""
        key = (account.holder_id, account.kind, account.source_id, account.expires_on)
        self.accounts[key] = account
        self.by_no[account.account_no] = account
        self.by_holder.setdefault(account.holder_id, []).append(account)
