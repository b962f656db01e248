"""Verification finds what somebody changed who went past every guard, and says where it is."""

import asyncpg
import pytest

from ledger.verify import verify_region
from tests.town_builder import Town

PAYMENT = "(SELECT entry_id FROM ledger.entry WHERE kind = 'payment')"
COIN = "(SELECT account_no FROM ledger.account WHERE kind = 'coin')"

TAMPERINGS = {
    "DELETE FROM ledger.entry WHERE kind = 'wallet.opened'": "the sequence has no gap",
    "UPDATE ledger.entry SET seq = seq + 90 WHERE kind = 'refund'": "the sequence has no gap",
    "UPDATE ledger.head SET seq = seq + 1": "the head stands at the newest entry and account",
    "UPDATE ledger.head SET account_no = 99": "the head stands at the newest entry and account",
    "UPDATE ledger.head SET at = at - interval '1 day'": (
        "the head stands at the newest entry and account"
    ),
    "UPDATE ledger.head SET at = at + interval '400 days'": (
        "the head stands at the newest entry and account"
    ),
    "INSERT INTO ledger.reader SELECT region_id, 'sales', seq + 1 FROM ledger.head": (
        "no reader is ahead of the journal"
    ),
    "UPDATE ledger.entry SET at = at + interval '1 day' WHERE kind = 'payment'": (
        "time never goes back"
    ),
    "UPDATE ledger.entry SET business_date = business_date - 1 WHERE kind = 'payment'": (
        "time never goes back"
    ),
    f"UPDATE ledger.posting SET amount = amount + 1 WHERE entry_id = {PAYMENT} AND line = 1": (
        "every entry balances, and has postings where its kind moves value"
    ),
    f"DELETE FROM ledger.posting WHERE entry_id = {PAYMENT}": (
        "every entry balances, and has postings where its kind moves value"
    ),
    "UPDATE ledger.entry SET refusal = 'wallet-frozen' WHERE kind = 'payment'": (
        "every entry balances, and has postings where its kind moves value"
    ),
    "DELETE FROM ledger.entry WHERE kind = 'refund'": (
        "every posting has its entry and its account"
    ),
    "DELETE FROM ledger.account WHERE kind = 'payable'": (
        "every posting has its entry and its account"
    ),
    f"UPDATE ledger.posting SET version = version + 90 WHERE account_no = {COIN} AND version = 3": (
        "postings of an account follow on, each with the balance that it left"
    ),
    f"UPDATE ledger.posting SET balance_after = 7 WHERE account_no = {COIN} AND version = 2": (
        "postings of an account follow on, each with the balance that it left"
    ),
    "UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'coin'": (
        "every account stands where its postings left it, within its bounds"
    ),
    "UPDATE ledger.account SET version = version + 1 WHERE kind = 'coin'": (
        "every account stands where its postings left it, within its bounds"
    ),
    "UPDATE ledger.account SET class = 'income' WHERE kind = 'coin'": (
        "an account is what its kind says"
    ),
    "UPDATE ledger.account SET value = 'free' WHERE kind = 'coin'": (
        "an account is what its kind says"
    ),
    "UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'points'": (
        "the trial balance is zero"
    ),
    "UPDATE ledger.entry SET amount = amount + 1 WHERE kind = 'payment'": (
        "an entry's amount is what its postings say"
    ),
    "UPDATE ledger.counter SET value = 1 WHERE name = 'refunded'": (
        "no payment is refunded beyond its amount"
    ),
}
"""What is done, and the check that must find it."""


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_it_finds_what_was_changed_past_every_guard(town: Town, tampering: str):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 5_000)
    payment = await town.pay(wallet, store, 1_000)
    await town.refund(payment.entry_id, store, 400)
    assert (await verify_region(town.database, town.region)).is_sound
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    assert await superuser.execute(tampering) not in {"UPDATE 0", "DELETE 0", "INSERT 0 0"}
    await superuser.close()
    verdict = await verify_region(town.database, town.region)
    found = {fault.check: fault.place for fault in verdict.faults}
    assert found.get(TAMPERINGS[tampering])
