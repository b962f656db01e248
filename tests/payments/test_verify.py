"""Verification finds what was changed in counters, holders and accounts, and says where it is."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from core.database import Database
from core.silence import BoundedConnection
from ledger.regions import Region
from merchants.roll_up_sales import roll_up_sales
from payments.verify import CHECKS, verify_books
from tests.limits_builder import limits
from tests.payments.whole_life import live
from tests.servers import Place
from tests.town_builder import Town, open_region, running_engine

COUNTED = "a counter counts what the journal says"
REFERENCE = "a provider's reference is counted once"
STATE = "a holder is in the state that the journal left it in"
BEFORE = "a change of state begins where the one before it ended"
FACTS = "a holder's facts are what the journal says"
WHOSE = "a holder is whose it was opened for"
VERSION = "a grant is decided by the version that held"
APPLIED = "a version applies as it was approved"
KEY = "an account has the key and the bounds of its kind"
OWNER = "an account is whose its entries are"
MOVES = "an entry moves what its facts say, of whom and until when"
SOURCE = "value keeps its source"
RETURNS = "what refunds bring back goes where the form says"
SPENT = "a settlement says what was spent until then"
ADDED_UP = "what funders bear adds up to what was spent"
GO_ON = "settlements add up to what each funder bears"
FUNDERS = "funders get back what they put in, and no more"
PROVIDER = "a provider's account is the provider's"
LATER = "points that are credited later are credited on a later day"
IN_TIME = "no points vest before their day"
AS_WHAT = "points vest as points of their own campaign"
SAME_FUNDERS = "points answer for another campaign of the same funders alone"
TAKEN = "points that answer for another campaign are taken"
OWED = "what funders owe is what entries say that they promised and paid"
SALES = "sales are added up as the postings say"
CLOSED = "an account is closed by the entry that closed it"


def counter(name: str, change: str) -> str:
    """One counter of this name is changed, whichever comes first."""
    return (
        f"UPDATE ledger.counter SET {change} WHERE ctid = (SELECT ctid FROM ledger.counter"
        f" WHERE name = '{name}' AND value > 0 ORDER BY subject_id LIMIT 1)"
    )


def account(kind: str, change: str) -> str:
    """One account of this kind with postings is changed, the first that was made."""
    return (
        f"UPDATE ledger.account SET {change} WHERE account_no = (SELECT min(account_no)"
        f" FROM ledger.account WHERE kind = '{kind}' AND version > 0)"
    )


COUNTED_ALL = limits(
    payments_per_day_yen=50_000,
    payments_per_month_yen=90_000,
    top_ups_per_day_yen=60_000,
    top_ups_per_month_yen=90_000,
)
SOMEBODY = "'00000000-0000-0000-0000-00000000beef'"

TAMPERINGS = {
    counter("rebate.day", "value = value - 1"): COUNTED,
    counter("rebate.month", "value = value - 1"): COUNTED,
    counter("rebate.month", "cap = cap + 1"): COUNTED,
    counter("rebate.campaign", "value = value + 1"): COUNTED,
    counter("rebate.month", "period = period - interval '1 month'"): COUNTED,
    counter("rebate.month", f"subject_id = {SOMEBODY}"): COUNTED,
    "DELETE FROM ledger.counter WHERE name = 'rebate.month'": COUNTED,
    counter("budget.day", "value = value - 1"): COUNTED,
    counter("budget.day", "cap = cap + 1"): COUNTED,
    counter("budget.day", f"subject_id = {SOMEBODY}"): COUNTED,
    counter("payments.day", "value = value - 1"): COUNTED,
    counter("payments.month", "period = period - interval '1 month'"): COUNTED,
    counter("payments.month", f"subject_id = {SOMEBODY}"): COUNTED,
    counter("top_ups.day", "value = value + 1"): COUNTED,
    "DELETE FROM ledger.counter WHERE name = 'top_ups.month' AND value > 0": COUNTED,
    counter("expired", "value = value + 1"): COUNTED,
    "DELETE FROM ledger.counter WHERE name = 'expired'": COUNTED,
    counter("wallets", "value = value - 1"): COUNTED,
    counter("refunded", "value = value - 1"): COUNTED,
    counter("benefit", "value = value - 1"): COUNTED,
    counter("benefit", f"subject_id = {SOMEBODY}"): COUNTED,
    "DELETE FROM ledger.counter WHERE name = 'reversed'": COUNTED,
    f"INSERT INTO ledger.counter SELECT region_id, {SOMEBODY}, name, scope_id, period, value, cap"
    " FROM ledger.counter WHERE name = 'refunded' LIMIT 1": COUNTED,
    "DELETE FROM ledger.counter WHERE name = 'top_up' AND ctid = (SELECT min(ctid)"
    " FROM ledger.counter WHERE name = 'top_up')": REFERENCE,
    f"INSERT INTO ledger.counter SELECT region_id, {SOMEBODY}, name, scope_id, period, value, cap"
    " FROM ledger.counter WHERE name = 'top_up' LIMIT 1": REFERENCE,
    "UPDATE ledger.holder SET state = 'open' WHERE kind = 'wallet' AND state = 'frozen'": STATE,
    "UPDATE ledger.holder SET state = 'open' WHERE kind = 'wallet' AND state = 'closed'": STATE,
    "UPDATE ledger.holder SET state = 'frozen' WHERE kind = 'wallet' AND version = 1": STATE,
    "UPDATE ledger.holder SET state = 'live' WHERE state = 'stopped'": STATE,
    "UPDATE ledger.holder SET state = 'stopped' WHERE state = 'live'": STATE,
    "UPDATE ledger.holder SET state = 'open' WHERE kind = 'store' AND state = 'closed'": STATE,
    "UPDATE ledger.holder SET state = 'open' WHERE kind = 'merchant' AND state = 'closed'": STATE,
    "UPDATE ledger.holder SET version = version + 1 WHERE kind = 'issuer'": STATE,
    f"INSERT INTO ledger.holder SELECT region_id, {SOMEBODY}, kind, NULL, subject_id, state, NULL,"
    " facts, 1 FROM ledger.holder WHERE kind = 'wallet' LIMIT 1": STATE,
    'UPDATE ledger.entry SET facts = facts || \'{"before": "closed"}\''
    " WHERE kind = 'wallet.changed'": BEFORE,
    "UPDATE ledger.entry SET at = at - interval '1 hour' WHERE seq = (SELECT max(seq)"
    " FROM ledger.entry WHERE kind = 'payment' AND refusal IS NULL)": VERSION,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{applies_from}',"
    " '\"2199-01-01T00:00:00+00:00\"') WHERE kind = 'campaign.version_created'": VERSION,
    "DELETE FROM ledger.entry WHERE facts ->> 'state' = 'withdrawn'": STATE,
    'UPDATE ledger.entry SET facts = facts || \'{"version_terms": "00"}\''
    " WHERE facts ->> 'state' = 'applied'": APPLIED,
    "UPDATE ledger.holder SET facts = facts #- '{plan}' WHERE kind = 'campaign'": FACTS,
    "DELETE FROM ledger.entry WHERE kind = 'campaign.changed' AND facts ->> 'state' = 'live'": (
        BEFORE
    ),
    "UPDATE ledger.holder SET facts = facts || '{\"void_minutes\": 1}'"
    " WHERE kind = 'issuer'": FACTS,
    'UPDATE ledger.holder SET facts = facts || \'{"merchant_class": "large"}\''
    " WHERE kind = 'merchant'": FACTS,
    "UPDATE ledger.holder SET facts = '{}' WHERE kind = 'wallet' AND state = 'frozen'": FACTS,
    'UPDATE ledger.holder SET facts = facts || \'{"tier_until": "2030-01-01"}\''
    " WHERE kind = 'person' AND state = 'open'": FACTS,
    "UPDATE ledger.holder SET state = 'open' WHERE kind = 'person' AND state = 'closed'": STATE,
    "UPDATE ledger.holder SET terms_hash = sha256('') WHERE kind = 'campaign'": FACTS,
    "UPDATE ledger.holder SET facts = facts || '{\"needed_yen\": 1}'"
    " WHERE kind = 'benefit' AND state = 'closed'": FACTS,
    "UPDATE ledger.holder SET state = 'offered' WHERE kind = 'benefit' AND state = 'closed'": STATE,
    f"UPDATE ledger.holder SET subject_id = {SOMEBODY} WHERE kind = 'wallet'": WHOSE,
    "UPDATE ledger.holder s SET parent_id = (SELECT holder_id FROM ledger.holder m"
    " WHERE kind = 'merchant' AND m.holder_id <> s.parent_id LIMIT 1) WHERE kind = 'store'": WHOSE,
    "UPDATE ledger.holder SET facts = '{\"name\": \"Hinode\"}' WHERE kind = 'store'": WHOSE,
    account("coin", "expires_on = NULL"): KEY,
    account("payable", "ceiling = ceiling - 1"): KEY,
    account("cash", "floor = -1"): KEY,
    account("budget", f"source_id = {SOMEBODY}"): KEY,
    account("coin", f"holder_id = {SOMEBODY}"): OWNER,
    account("points", f"holder_id = {SOMEBODY}"): OWNER,
    account("resident_receivable", f"holder_id = {SOMEBODY}"): OWNER,
    account("payable", f"holder_id = {SOMEBODY}"): OWNER,
    account("budget", f"holder_id = {SOMEBODY}"): OWNER,
    account("suspense", f"holder_id = {SOMEBODY}"): OWNER,
    account("coin", "expires_on = expires_on + 31"): MOVES,
    account("points", "expires_on = expires_on + 31"): MOVES,
    account("points", f"source_id = {SOMEBODY}"): MOVES,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{funder}', '\"nobody\"') WHERE refers_to ="
    " (SELECT (facts #>> '{clawed_back,0,of_funder,0,campaign_id}')::uuid FROM ledger.entry"
    "   WHERE facts #> '{clawed_back,0,of_funder,0}' IS NOT NULL)": SAME_FUNDERS,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{clawed_back,0,of_funder,0,points}', '999')"
    " WHERE facts #> '{clawed_back,0,of_funder,0}' IS NOT NULL": TAKEN,
    account("points_pending", f"holder_id = {SOMEBODY}"): OWNER,
    account("points_pending", "expires_on = expires_on + 1"): MOVES,
    account("points_pending", f"source_id = {SOMEBODY}"): AS_WHAT,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{grants,0,credited_on}',"
    " to_jsonb(business_date::text)) WHERE facts -> 'grants' -> 0 ? 'credited_on'": LATER,
    "UPDATE ledger.entry SET business_date = business_date - 60 WHERE kind = 'vesting'": IN_TIME,
    "UPDATE ledger.entry SET facts = facts || '{\"points_settled\": 1}'"
    " WHERE kind = 'vesting'": MOVES,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{grants,0,rebate_points}', '1')"
    " WHERE kind = 'payment'": MOVES,
    account("suspense", f"source_id = {SOMEBODY}"): SOURCE,
    "UPDATE ledger.account SET source_id = " + SOMEBODY + " WHERE kind = 'points'"
    " AND account_no = (SELECT max(account_no) FROM ledger.account WHERE kind = 'points')": SOURCE,
    "UPDATE ledger.holder c SET terms_hash = (SELECT terms_hash FROM campaigns.terms t"
    " WHERE t.terms_hash <> c.terms_hash LIMIT 1) WHERE kind = 'campaign'": RETURNS,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{returned_to,0,amount_yen}', '1')"
    " WHERE kind = 'campaign.returned'": FUNDERS,
    'UPDATE ledger.entry SET facts = facts || \'{"funder": "nobody"}\''
    " WHERE kind = 'campaign.funded'": FUNDERS,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{returned_to,0,amount_yen}', '1')"
    " WHERE kind = 'benefit.returned'": FUNDERS,
    'UPDATE ledger.entry SET facts = facts || \'{"funder": "nobody"}\''
    " WHERE kind = 'benefit.funded'": FUNDERS,
    "UPDATE ledger.entry SET amount = amount + 1 WHERE kind = 'benefit.funded'": OWED,
    "DELETE FROM ledger.entry WHERE kind = 'campaign.returned'": OWED,
    account("funder_receivable", "balance = balance - 1"): OWED,
    'UPDATE ledger.entry SET facts = facts || \'{"last_day": "2030-01-01"}\''
    " WHERE kind = 'campaign.end_announced'": FACTS,
    "UPDATE ledger.entry SET amount = amount + 1 WHERE kind = 'campaign.settled'": SPENT,
    "UPDATE ledger.entry SET facts = facts || '{\"since_yen\": 0}'"
    " WHERE kind = 'campaign.settled'": ADDED_UP,
    "UPDATE ledger.entry SET facts = jsonb_set(facts, '{borne_by,0,since_yen}', '-1')"
    " WHERE kind = 'campaign.settled'": GO_ON,
    account("provider_receivable", f"source_id = {SOMEBODY}"): PROVIDER,
    "UPDATE merchants.sales_day SET paid_yen = paid_yen + 1 WHERE cut = 'campaign'": SALES,
    "UPDATE merchants.sales_customers SET new_customers = 0 WHERE grain = 'month'": SALES,
    "DELETE FROM ledger.reader WHERE name = 'sales'": SALES,
    "UPDATE ledger.account SET is_open = true WHERE NOT is_open": CLOSED,
    "UPDATE ledger.account SET is_open = false WHERE balance = 0": CLOSED,
}
"""What is done, and the check that must find it."""


@pytest.fixture(scope="module")
async def region(shared_place: Place, shared_database: Database) -> Region:
    """A region in which everything has happened that a counter, a holder or an account tells."""
    region = await open_region(
        shared_database,
        "setagaya",
        "Asia/Tokyo",
        grace_days=10,
        refund_days=200,
        limits=COUNTED_ALL,
    )
    async with running_engine(shared_database, region) as engine:
        await live(Town(shared_place, shared_database, region, engine))
    await roll_up_sales(shared_database, region, lambda: None)
    return region


@pytest.fixture(scope="module")
async def superuser(shared_place: Place) -> AsyncIterator[AsyncEngine]:
    """Somebody whom no trigger, key or policy stops."""
    engine = create_async_engine(
        shared_place.superuser_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        connect_args={
            "server_settings": {"session_replication_role": "replica"},
            "connection_class": BoundedConnection,
        },
    )
    yield engine
    await engine.dispose()


async def test_it_finds_nothing_in_what_the_verbs_did(shared_database: Database, region: Region):
    assert (await verify_books(shared_database, region)).faults == ()


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_it_finds_what_was_changed_past_every_guard(
    superuser: AsyncEngine, region: Region, tampering: str
):
    check = CHECKS[TAMPERINGS[tampering]]
    async with AsyncSession(superuser) as session:
        assert await check(session, region) == []
        touched = await session.execute(text(tampering))
        assert isinstance(touched, CursorResult)
        assert touched.rowcount > 0
        assert await check(session, region) != []
        await session.rollback()


@pytest.mark.parametrize(
    ("kind", "fact", "check"),
    [
        ("merchant.opened", "category", FACTS),
        ("person.verified", "person,area", FACTS),
        ("top_up", "reference", REFERENCE),
    ],
)
async def test_what_was_erased_is_no_fault(
    superuser: AsyncEngine, region: Region, kind: str, fact: str, check: str
):
    erase = (
        "UPDATE ledger.entry SET facts = jsonb_set(facts, CAST(:fact AS text[]), '\"\"', false),"
        " fingerprint = decode(repeat('00', 16), 'hex') WHERE kind = :kind"
    )
    async with AsyncSession(superuser) as session:
        await session.execute(text(erase), {"kind": kind, "fact": fact.split(",")})
        assert await CHECKS[check](session, region) == []
        await session.rollback()


async def test_a_place_says_whose_counter_it_is_and_what_it_should_be(
    shared_place: Place, shared_database: Database, region: Region
):
    superuser = await asyncpg.connect(shared_place.superuser_url)
    await superuser.execute("UPDATE ledger.counter SET value = 2, cap = 2 WHERE name = 'reversed'")
    rows = await superuser.fetch("SELECT * FROM ledger.counter WHERE name = 'reversed'")
    await superuser.close()
    faults = (await verify_books(shared_database, region)).faults
    assert sorted(fault.place for fault in faults) == sorted(
        f"reversed of {row['subject_id']}, {UUID(int=0)} from infinity on:"
        f" counted 2 of {row['cap']}, recomputed 1"
        for row in rows
    )
