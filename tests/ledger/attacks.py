"""What the application's role may try on ledger.write(), each with the refusal it must meet."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

from tests.ledger.batches import Batch, World

LARGEST: Final = 2**53 - 1
CHECK: Final = "23514"
UNIQUE: Final = "23505"
FOREIGN: Final = "23503"
NOT_NULL: Final = "23502"

Attack = Callable[[World], Batch]
Spoil = Callable[[Batch, World], object]
ATTACKS: Final[dict[str, tuple[Attack, str]]] = {}
"""By a sentence: how it is done, and the SQLSTATE that refuses it."""


def refused(sqlstate: str) -> Callable[[Attack], Attack]:
    """Register an attack by its name."""

    def register(attack: Attack) -> Attack:
        ATTACKS[attack.__name__] = (attack, sqlstate)
        return attack

    return register


def spoiled(sqlstate: str, name: str, spoil: Spoil) -> None:
    """Register an attack that is a sound batch with one thing changed."""

    def attack(world: World) -> Batch:
        batch = world.sound()
        spoil(batch, world)
        return batch

    ATTACKS[name] = (attack, sqlstate)


def put(name: str, place: int, value: object) -> Spoil:
    """Put a value at a place of one list."""
    return lambda batch, _: getattr(batch, name).__setitem__(place, value)


def set_to(name: str, value: object) -> Spoil:
    """Give one argument another value."""
    return lambda batch, _: setattr(batch, name, value)


spoiled("MG002", "an_entry_that_does_not_balance", put("p_amount", 1, 99))
spoiled("MG002", "both_postings_on_one_side", put("p_is_debit", 1, True))
spoiled("MG002", "a_refusal_with_postings", put("e_refusal", 0, "wallet-frozen"))
spoiled("MG002", "a_kind_without_postings_with_some", put("e_kind", 0, "wallet.changed"))
spoiled("MG002", "an_unknown_kind_of_entry", put("e_kind", 1, "gift"))
spoiled("MG002", "postings_of_another_entry_of_the_batch", set_to("p_entry", [2, 2]))
spoiled("MG004", "amounts_of_zero", set_to("p_amount", [0, 0]))
spoiled("MG004", "negative_amounts", set_to("p_amount", [-100, -100]))
spoiled("MG002", "an_amount_that_is_null", set_to("p_amount", [100, None]))
spoiled("MG002", "postings_of_no_entry", set_to("p_entry", [9, 9]))
spoiled("MG007", "an_amount_too_many", set_to("p_amount", [100, 100, 100]))
spoiled("MG003", "a_posting_on_an_account_of_no_region", put("a_no", 1, 987_654))
spoiled("MG003", "a_posting_on_a_closed_account", lambda b, w: b.a_no.__setitem__(1, w.closed.no))
spoiled("MG003", "one_account_named_twice", lambda b, w: b.a_no.__setitem__(0, w.lot.no))
spoiled("MG004", "a_balance_other_than_decided", put("a_balance", 1, 1))
spoiled("MG004", "a_version_left_out", lambda b, w: b.a_version.__setitem__(1, w.lot.version + 2))
spoiled("MG004", "a_version_again", lambda b, w: b.a_version.__setitem__(1, w.lot.version))
spoiled("40001", "a_stale_head", lambda b, w: setattr(b, "p_seq", w.seq - 1))
spoiled("40001", "a_number_left_out", lambda b, w: setattr(b, "p_seq", w.seq + 1))
spoiled("40001", "the_stamp_of_another_batch", set_to("p_stamp", uuid4()))
spoiled("40001", "the_same_stamp_again", lambda b, w: setattr(b, "p_new_stamp", w.stamp))
spoiled("40001", "account_numbers_left_out", set_to("p_account_no", 999))
spoiled("40001", "time_that_goes_back",
        lambda b, w: setattr(b, "p_at", w.now - timedelta(microseconds=1)))  # fmt: skip
spoiled("MG007", "time_from_the_future",
        lambda b, w: setattr(b, "p_at", w.now + timedelta(hours=3)))  # fmt: skip
spoiled("MG007", "another_business_date", set_to("p_date", date(2020, 1, 1)))
spoiled("MG007", "no_list_of_accounts", set_to("a_no", None))
spoiled("MG007", "no_list_of_postings_entries", set_to("p_entry", None))
spoiled("MG001", "another_region", lambda b, w: setattr(b, "p_region", w.other_region_id))
spoiled(UNIQUE, "an_id_that_stands_already", lambda b, w: b.e_id.__setitem__(0, w.payment_id))
spoiled(UNIQUE, "one_id_twice_in_a_batch", lambda b, _: b.e_id.__setitem__(1, b.e_id[0]))
spoiled(CHECK, "a_headline_amount_below_zero", put("e_amount", 0, -1))
spoiled(CHECK, "a_headline_amount_past_the_largest", put("e_amount", 0, LARGEST + 1))
spoiled(CHECK, "half_a_fingerprint", put("e_print", 0, bytes(8)))
spoiled(NOT_NULL, "an_entry_without_an_actor", put("e_actor", 0, None))
spoiled(NOT_NULL, "an_entry_without_facts", put("e_facts", 0, None))
spoiled("22P02", "facts_that_are_no_json", put("e_facts", 0, "{"))
spoiled("MG006", "a_counter_not_as_loaded", put("c_before", 0, 1))
spoiled(CHECK, "a_counter_over_its_cap", put("c_after", 0, 2))
spoiled(CHECK, "a_counter_below_zero", put("c_after", 0, -1))
spoiled("MG006", "a_counter_changed_twice", lambda b, _: b.count(b.c_subject[0], 0, 1, 1))
spoiled("MG005", "a_holder_not_as_loaded", lambda b, w: b.change(w.wallet.wallet_id, "wallet", 7))
spoiled("MG005", "a_wallet_that_changes_its_person",
        lambda b, w: b.change(w.wallet.wallet_id, "wallet", 1, subject=uuid4()))  # fmt: skip
spoiled("MG005", "a_wallet_that_becomes_a_campaign",
        lambda b, w: b.change(w.wallet.wallet_id, "campaign", 1, subject=w.wallet.person_id,
                              terms=b"x"))  # fmt: skip
spoiled("MG005", "a_holder_whose_version_stays",
        lambda b, w: b.change(w.wallet.wallet_id, "wallet", 1, subject=w.wallet.person_id,
                              version=1))  # fmt: skip
spoiled("MG005", "a_holder_that_nobody_opened", lambda b, _: b.change(uuid4(), "merchant", 1))
spoiled(UNIQUE, "a_holder_opened_again",
        lambda b, w: b.change(w.store.merchant_id, "merchant", 0))  # fmt: skip
spoiled(CHECK, "a_wallet_without_a_person", put("h_subject", 0, None))
spoiled(CHECK, "a_store_without_a_merchant", lambda b, _: b.change(uuid4(), "store", 0))
spoiled(FOREIGN, "a_store_of_no_merchant",
        lambda b, _: b.change(uuid4(), "store", 0, parent=uuid4()))  # fmt: skip
spoiled(CHECK, "a_kind_of_holder_that_is_unknown", lambda b, _: b.change(uuid4(), "bank", 0))
spoiled(CHECK, "closing_an_account_that_holds_value", lambda b, w: b.x_no.append(w.lot.no))
spoiled(CHECK, "closing_an_account_that_a_posting_filled", put("a_is_open", 1, False))
spoiled(NOT_NULL, "an_account_neither_open_nor_closed", put("a_is_open", 1, None))
spoiled("MG007", "fewer_words_on_what_closes", set_to("a_is_open", [True]))
spoiled("MG003", "closing_an_account_twice", lambda b, w: b.x_no.append(w.closed.no))
spoiled("MG003", "closing_an_account_of_nobody", lambda b, _: b.x_no.append(987_654))
spoiled(FOREIGN, "an_account_of_no_holder", lambda b, _: b.open_account(uuid4(), "coin"))
spoiled(NOT_NULL, "an_account_of_an_unknown_kind",
        lambda b, w: b.open_account(w.wallet.wallet_id, "gold"))  # fmt: skip
spoiled(CHECK, "an_account_with_too_high_a_ceiling",
        lambda b, w: b.open_account(w.wallet.wallet_id, "coin", LARGEST + 1))  # fmt: skip


@refused("40001")
def a_batch_of_nothing(world: World) -> Batch:
    """Accounts would be opened with no entry to say so."""
    batch = world.batch()
    batch.open_account(world.wallet.wallet_id, "coin")
    return batch


@refused("MG002")
def an_entry_without_its_postings(world: World) -> Batch:
    """A payment that moved nothing."""
    batch = world.batch()
    batch.entry("payment", amount=100)
    return batch


@refused("MG003")
def a_balance_without_its_posting(world: World) -> Batch:
    """The account is named with more than it has; no posting says why."""
    batch = world.batch()
    batch.entry("wallet.opened")
    batch.touch(world.lot, 1_000_000)
    return batch


@refused(CHECK)
def a_zero_beside_a_sound_pair(world: World) -> Batch:
    """The sums agree; the posting says nothing."""
    batch = world.sound()
    batch.p_entry.append(1)
    batch.p_line.append(3)
    batch.p_touch.append(2)
    batch.p_is_debit.append(True)
    batch.p_amount.append(0)
    batch.a_version[1] += 1
    return batch


@refused(CHECK)
def a_negative_beside_a_larger_one(world: World) -> Batch:
    """The sums agree; one side is made up of 200 and -100."""
    batch = world.batch()
    entry = batch.entry("top_up", amount=100)
    funds = batch.touch(world.funds, 100, times=2)
    batch.post(entry, funds, debit=200)
    batch.post(entry, funds, debit=-100)
    batch.post(entry, batch.touch(world.lot, 100), credit=100)
    return batch


def _move(world: World, *steps: int) -> Batch:
    """One top-up after the other, each of so many yen; a negative one takes back."""
    batch = world.batch()
    funds = batch.touch(world.funds, sum(steps), times=len(steps))
    lot = batch.touch(world.lot, sum(steps), times=len(steps))
    for yen in steps:
        entry = batch.entry("top_up")
        out, into = (funds, lot) if yen > 0 else (lot, funds)
        batch.post(entry, out, debit=abs(yen))
        batch.post(entry, into, credit=abs(yen))
    return batch


@refused(CHECK)
def a_balance_over_its_ceiling(world: World) -> Batch:
    """2^53 - 1 more than the lot has."""
    return _move(world, LARGEST)


@refused("22003")
def sums_past_two_to_the_63rd(world: World) -> Batch:
    """A sum that would wrap round if nobody looked."""
    batch = _move(world, 2**62, 2**62)
    batch.a_balance[:] = [world.funds.balance - 2**63 + 2**63, 0]
    return batch


@refused(CHECK)
def a_balance_under_its_floor(world: World) -> Batch:
    """One yen more than the lot has is taken."""
    return _move(world, -world.lot.balance - 1)


@refused("MG004")
def a_balance_under_its_floor_for_a_moment(world: World) -> Batch:
    """It is brought back by the next entry of the same batch."""
    return _move(world, -world.lot.balance - 1, 1_000)


@refused("MG004")
def a_balance_over_its_ceiling_for_a_moment(world: World) -> Batch:
    """The same at the other end."""
    return _move(world, LARGEST - world.lot.balance + 1, -5_000)


@refused("MG004")
def a_balance_under_its_floor_in_the_order_of_the_journal(world: World) -> Batch:
    """What comes later is listed first, so that it would be there already."""
    batch = world.batch()
    taken = world.lot.balance + 500
    funds = batch.touch(world.funds, 1_000 - taken, times=2)
    lot = batch.touch(world.lot, 1_000 - taken, times=2)
    taking, bringing = batch.entry("top_up", amount=taken), batch.entry("top_up", amount=1_000)
    batch.post(bringing, funds, debit=1_000)
    batch.post(bringing, lot, credit=1_000)
    batch.post(taking, lot, debit=taken)
    batch.post(taking, funds, credit=taken)
    return batch


@refused("MG007")
def a_refused_entry_with_the_postings_of_another(world: World) -> Batch:
    """The counts agree; looked up by its place, nothing in a list of lists is a refusal."""
    batch = world.batch()
    refused_entry = batch.entry("top_up", refusal="wallet-frozen", amount=100)
    batch.entry("payment", amount=100)
    batch.post(refused_entry, batch.touch(world.funds, 100), debit=100)
    batch.post(refused_entry, batch.touch(world.lot, 100), credit=100)
    batch.e_refusal = [[refusal] for refusal in batch.e_refusal]
    return batch


@refused(UNIQUE)
def a_pair_added_to_an_old_entry(world: World) -> Batch:
    """It balances, under the id of a payment that stands."""
    batch = world.sound()
    batch.e_id[0] = world.payment_id
    batch.e_kind[0] = "payment"
    return batch


@refused(UNIQUE)
def a_second_account_of_one_kind(world: World) -> Batch:
    """A holder has one account of a kind, a source and an expiry."""
    batch = world.sound()
    for _ in range(2):
        batch.open_account(world.wallet.wallet_id, "coin")
    batch.n_source[:] = [UUID(int=5)] * 2
    return batch


def with_one_thing_missing(world: World) -> Iterator[tuple[str, Batch]]:
    """Sound batches, each with one list one element too short or too long, or with a null."""
    needed = (
        "e_id", "e_kind", "e_actor", "e_amount", "e_print", "e_facts",
        "p_entry", "p_line", "p_touch", "p_is_debit", "p_amount", "a_no", "a_version", "a_balance",
        "h_kind", "h_state", "h_facts", "h_before", "h_version",
        "c_name", "c_scope", "c_period", "c_before", "c_after", "c_cap",
    )  # fmt: skip
    for name in needed:
        for what, spoil in _SPOILED.items():
            if name[0] in "hc" and what == "a null too many":
                continue  # a row of nothing but nulls is no holder and no counter
            batch = world.sound()
            spoil(getattr(batch, name))
            yield f"{name} with {what}", batch


_SPOILED: Final[dict[str, Callable[[list[object]], object]]] = {
    "one too few": lambda rows: rows.pop(),
    "a null too many": lambda rows: rows.append(None),
    "a null": lambda rows: rows.__setitem__(0, None),
}
