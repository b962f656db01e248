"""Draft: what one decision wants written, before it stands in the books."""

from dataclasses import dataclass, field
from uuid import UUID

from ledger.books import Account, CounterKey, Facts, Holder


@dataclass(slots=True)
class Draft:
    """The entry of one accepted command: postings, counters, holders and the answer's facts."""

    holder_id: UUID | None = None
    """In whose statement the entry stands: the wallet."""
    other_id: UUID | None = None
    """Who stands at the other end: the store."""
    refers_to: UUID | None = None
    """The entry that this one undoes or settles."""
    amount: int = 0
    """The headline amount in yen."""
    facts: Facts = field(default_factory=dict)
    apart: Facts = field(default_factory=dict)
    """Facts about a person: they stand apart and can be erased, the entry holds a commitment."""
    postings: list[tuple[Account, bool, int]] = field(default_factory=list)
    counts: list[tuple[CounterKey, int, int]] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    closings: list[Account] = field(default_factory=list)

    def debit(self, account: Account, amount: int) -> None:
        """Post `amount` (positive; 0 is left out) on the debit side."""
        if amount:
            self.postings.append((account, True, amount))

    def credit(self, account: Account, amount: int) -> None:
        """Post `amount` (positive; 0 is left out) on the credit side."""
        if amount:
            self.postings.append((account, False, amount))

    def held(self, account: Account) -> int:
        """What `account` holds once the postings so far are made."""
        return account.balance + sum(
            amount if is_debit == account.is_asset else -amount
            for posted, is_debit, amount in self.postings
            if posted is account
        )

    def count(self, key: CounterKey, change: int, cap: int) -> None:
        """Use up `change` of a cap, or give it back where `change` is negative."""
        if change:
            self.counts.append((key, change, cap))

    def put(self, holder: Holder) -> None:
        """Make a holder (version 1), or change one (the version after the loaded one)."""
        self.holders.append(holder)

    def close(self, account: Account) -> None:
        """Close an account that this entry leaves empty."""
        self.closings.append(account)
