"""The journal of a batch: gives each draft its number and keeps what is to be written."""

from dataclasses import dataclass, field
from uuid import UUID

from ledger.books import Account, Books, CounterKey, Entry, Holder
from ledger.command import Command
from ledger.commit_facts import COMMITMENT, Apart, set_apart
from ledger.draft import Draft


@dataclass(slots=True)
class Journal:
    """What one batch will write, in order. Nothing in it can be refused any more."""

    first_seq: int
    first_account_no: int
    entries: list[Entry] = field(default_factory=list)
    postings: list[tuple[int, Account, bool, int]] = field(default_factory=list)
    """The entry's place in `entries` counted from 1, the account, whether debit, the amount."""
    new_accounts: list[Account] = field(default_factory=list)
    closings: list[Account] = field(default_factory=list)
    holders: dict[UUID, tuple[int, Holder]] = field(default_factory=dict)
    """Each holder that was made or changed, and the version that was loaded; 0 for a new one."""
    counters: dict[CounterKey, tuple[int, int, int]] = field(default_factory=dict)
    """Before, after and cap of each counter that changed."""
    apart: list[Apart] = field(default_factory=list)
    """Facts about people, of those entries that are committed to some."""


def enter(
    books: Books, journal: Journal, command: Command, draft: Draft, refusal: str | None
) -> Entry:
    """Make a draft an entry: the books then stand as if it had been written.

    Asserts what PostgreSQL will check again: the entry balances, every account stays within its
    bounds at every step, every counter within its cap. A failed assert leaves the books as they
    were, so that a bug in one verb harms no other command of the batch.
    """
    balances = _checked_balances(draft)
    _check_counts(books, draft)
    assert refusal is None or not (draft.postings or draft.counts or draft.holders)
    apart = set_apart(draft.apart) if draft.apart else None
    # After this line nothing may fail.
    if apart is not None:
        draft.facts[COMMITMENT] = apart.commitment
    books.seq += 1
    entry = Entry(
        entry_id=command.entry_id,
        seq=books.seq,
        at=books.now,
        business_date=books.today,
        kind=command.kind,
        actor=command.actor,
        holder_id=draft.holder_id,
        other_id=draft.other_id,
        refers_to=draft.refers_to,
        amount=draft.amount,
        refusal=refusal,
        fingerprint=command.fingerprint,
        facts=draft.facts,
    )
    books.entries[entry.entry_id] = entry
    journal.entries.append(entry)
    place = len(journal.entries)
    if apart is not None:
        journal.apart.append(apart)
    for account, is_debit, amount in draft.postings:
        if account.account_no == 0:
            _number(books, journal, account)
        journal.postings.append((place, account, is_debit, amount))
        account.version += 1
    for account, balance in balances.items():
        account.balance = balance
    for key, change, cap in draft.counts:
        used = books.used(key)
        before, _, _ = journal.counters.get(key, (used, used, cap))
        books.counters[key] = after = used + change
        journal.counters[key] = (before, after, max(cap, after))
    for holder in draft.holders:
        before, _ = journal.holders.get(holder.holder_id, (holder.version - 1, holder))
        journal.holders[holder.holder_id] = (before, holder)
        books.holders[holder.holder_id] = holder
        if holder.kind == "campaign":
            books.line_up = None
    for account in draft.closings:
        account.is_open = False
        journal.closings.append(account)
    return entry


def _checked_balances(draft: Draft) -> dict[Account, int]:
    balances: dict[Account, int] = {}
    debited = credited = 0
    for account, is_debit, amount in draft.postings:
        assert amount > 0, "an amount is not positive"
        assert account.is_open, "an account is closed"
        if is_debit:
            debited += amount
        else:
            credited += amount
        balance = balances.get(account, account.balance)
        balance += amount if is_debit == account.is_asset else -amount
        assert account.floor <= balance <= account.ceiling, "an account leaves its bounds"
        balances[account] = balance
    assert debited == credited, "an entry does not balance"
    for account in draft.closings:
        assert balances.get(account, account.balance) == 0, "a closing account is not empty"
    return balances


def _check_counts(books: Books, draft: Draft) -> None:
    used: dict[CounterKey, int] = {}
    for key, change, cap in draft.counts:
        value = used.get(key, books.used(key)) + change
        assert value >= 0, "a counter falls below zero"
        assert change < 0 or value <= cap, "a counter exceeds its cap"
        used[key] = value


def _number(books: Books, journal: Journal, account: Account) -> None:
    books.account_no += 1
    account.account_no = books.account_no
    books.add(account)
    journal.new_accounts.append(account)
