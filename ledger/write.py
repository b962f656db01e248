"""Tell ledger.write() what a batch came to; PostgreSQL writes all of it, or refuses it."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from core import failpoints
from core.database import Connection
from core.json_text import json_text
from ledger.books import Account, Books
from ledger.journal import Journal


async def write(connection: Connection, told: dict[str, Any]) -> None:
    """Write a batch that was taken down, if there is anything to write.

    Outside of a transaction it is committed when this returns. Raises what PostgreSQL refuses with:
    SerializationError where the head is not as the batch was decided on.
    """
    if told:
        failpoints.reach("engine.before_write")
        await connection.execute(_write(tuple(told)), *told.values())
        failpoints.reach("engine.after_write")


def take_down(books: Books, journal: Journal, stamp: UUID) -> dict[str, Any]:
    """What ledger.write() is told, by the names that it gives its parameters.

    `stamp` becomes the head's. The accounts of the journal may go on changing from here.
    """
    entries = journal.entries
    postings = journal.postings
    touched = list(dict.fromkeys(account for _, account, _, _ in postings))
    touch = {account: place for place, account in enumerate(touched, start=1)}
    closing = [each.account_no for each in journal.closings if each not in touch]
    told = {
        "p_region": books.region_id,
        "p_seq": journal.first_seq,
        "p_account_no": journal.first_account_no,
        "p_stamp": books.stamp,
        "p_new_stamp": stamp,
        "p_at": books.now,
        "p_date": books.today,
        "e_id": [e.entry_id for e in entries],
        "e_kind": [e.kind for e in entries],
        "e_actor": [e.actor for e in entries],
        "e_holder": [e.holder_id for e in entries],
        "e_other": [e.other_id for e in entries],
        "e_refers": [e.refers_to for e in entries],
        "e_amount": [e.amount for e in entries],
        "e_refusal": [e.refusal for e in entries],
        "e_print": [e.fingerprint for e in entries],
        "e_facts": [json_text(e.facts) for e in entries],
        "p_entry": [place for place, _, _, _ in postings],
        "p_line": _lines(postings),
        "p_touch": [touch[account] for _, account, _, _ in postings],
        "p_is_debit": [is_debit for _, _, is_debit, _ in postings],
        "p_amount": [amount for _, _, _, amount in postings],
        "a_no": [account.account_no for account in touched],
        "a_version": [account.version for account in touched],
        "a_balance": [account.balance for account in touched],
        "a_is_open": [account.is_open for account in touched],
    }
    # What there is none of is left out, and empty there: a lone payment fills half of the lists.
    if journal.new_accounts:
        told |= _new_accounts(journal.new_accounts)
    if closing:
        told["x_no"] = closing
    if journal.holders:
        told |= _holders(journal)
    if journal.counters:
        told |= _counters(journal)
    if journal.apart:
        told["f_salt"] = [apart.salt for apart in journal.apart]
        told["f_facts"] = [apart.facts for apart in journal.apart]
    return told


def _new_accounts(made: Sequence[Account]) -> dict[str, Any]:
    return {
        "n_holder": [account.holder_id for account in made],
        "n_kind": [account.kind for account in made],
        "n_source": [account.source_id for account in made],
        "n_expires": [account.expires_on for account in made],
        "n_ceiling": [account.ceiling for account in made],
    }


def _holders(journal: Journal) -> dict[str, Any]:
    holders = [holder for _, holder in journal.holders.values()]
    return {
        "h_id": [h.holder_id for h in holders],
        "h_kind": [h.kind for h in holders],
        "h_parent": [h.parent_id for h in holders],
        "h_subject": [h.subject_id for h in holders],
        "h_state": [h.state for h in holders],
        "h_terms": [h.terms_hash for h in holders],
        "h_facts": [json_text(h.facts) for h in holders],
        "h_before": [before for before, _ in journal.holders.values()],
        "h_version": [h.version for h in holders],
    }


def _counters(journal: Journal) -> dict[str, Any]:
    counters = journal.counters
    return {
        "c_subject": [key.subject_id for key in counters],
        "c_name": [key.name for key in counters],
        "c_scope": [key.scope_id for key in counters],
        "c_period": [key.period for key in counters],
        "c_before": [before for before, _, _ in counters.values()],
        "c_after": [after for _, after, _ in counters.values()],
        "c_cap": [cap for _, _, cap in counters.values()],
    }


@cache
def _write(names: tuple[str, ...]) -> str:
    given = ", ".join(f"{name} => ${place}" for place, name in enumerate(names, start=1))
    return f"SELECT ledger.write({given})"


def _lines(postings: Sequence[tuple[int, Account, bool, int]]) -> list[int]:
    """The place of each posting within its entry, from 1."""
    lines = []
    entry = line = 0
    for place, _, _, _ in postings:
        line = line + 1 if place == entry else 1
        entry = place
        lines.append(line)
    return lines
