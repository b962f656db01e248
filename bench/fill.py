"""Fill a region for a measurement: a live campaign, shops, and wallets with coin, in bulk."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from bench.filled import Filled
from bench.names import ACT, MERCHANT, OPENING, PERSON, STORE, WALLET, Names
from bench.scale import BUDGET_YEN, OPENING_YEN
from campaigns.campaign import ChangeCampaign, CreateCampaign, FundCampaign, keep_terms
from campaigns.terms import Terms
from core.database import Connection, Database
from core.ids import NIL
from core.months import end_of_month_after
from ledger.books import ENDLESS, LARGEST_YEN
from ledger.command import Command
from ledger.open_region import OpenRegion, make_region
from ledger.post import post
from ledger.regions import load_regions
from payments import first_payment
from payments.prepare import prepare
from payments.settings import RegionSettings

ADMIN: Final = f"admin:{NIL}"
APPROVER: Final = f"admin:{UUID(int=1)}"
CLASS: Final = "small"
_CLASSES: Final = ("street_member", "small", "convenience", "large")

Row = tuple[Any, ...]


async def fill(
    database: Database, owner_url: str, code: str, names: Names, wallets: int, merchants: int
) -> Filled:
    """Open the region `code` with everything that is paid with and for.

    Its books are sound: one top-up per wallet, of OPENING_YEN. It stands as in the middle of a
    campaign: wallets have their lots of points of this month, at 0, people their counters, at 0 but
    for that of payments ever made, and merchants their accounts. Wallets and shops are copied in by
    the owner, past the engine.
    """
    assert wallets > 0
    assert merchants > 0
    region_id = await make_region(database, code, code.title(), "Asia/Tokyo")
    region = (await load_regions(database))[code]
    today = region.day_of((await database.clock()).now())
    terms = _terms(today)
    filled = Filled(region, names, wallets, merchants, terms)
    await _open(database, filled)
    owner = await asyncpg.connect(owner_url)
    try:
        async with owner.transaction():
            await owner.execute(f"SET LOCAL meguri.region = '{region_id}'")
            await _copy_everything(owner, filled, today)
    finally:
        await owner.close()
    return filled


def _terms(today: date) -> Terms:
    """30 % to residents, 5 % to shops, with caps that a resident hardly meets in a run."""
    form = {
        "form_version": 1,
        "name": "30 % back",
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=30),
        "rebate": {"rates_bp": dict.fromkeys(_CLASSES, 3000)},
        "cashback": {"rates_bp": dict.fromkeys(_CLASSES, 500)},
        "caps": {
            "per_payment_points": 3_000,
            "per_person_month_points": 10_000,
            "per_person_campaign_points": 20_000,
        },
    }
    return Terms.model_validate(form)


async def _open(database: Database, filled: Filled) -> None:
    region_id, campaign_id = filled.region.region_id, filled.campaign_id
    async with database.transaction(region_id) as session:
        digest = await keep_terms(session, region_id, filled.terms)
        for command in _acts(filled, campaign_id, digest):
            (await post(session, region_id, command, prepare)).accepted()


def _acts(filled: Filled, campaign_id: UUID, digest: bytes) -> Iterable[Command]:
    # The other side knows no confirmations, so none is asked for here.
    settings = RegionSettings(
        confirm_above_yen=RegionSettings().limits.unverified.payment_yen,
        unconfirmed_per_day_yen=None,
    )
    yield OpenRegion(
        entry_id=filled.names.name(ACT, 0), actor=ADMIN, settings=settings.model_dump()
    )
    yield CreateCampaign(
        entry_id=campaign_id, actor=ADMIN, name=filled.terms.name, terms_hash_hex=digest.hex()
    )
    yield FundCampaign(
        entry_id=filled.names.name(ACT, 2),
        actor=ADMIN,
        campaign_id=campaign_id,
        funder="city",
        amount_yen=BUDGET_YEN,
    )
    yield ChangeCampaign(
        entry_id=filled.names.name(ACT, 5),
        actor=ADMIN,
        campaign_id=campaign_id,
        state="submitted",
        reason="measurement",
    )
    yield ChangeCampaign(
        entry_id=filled.names.name(ACT, 3),
        actor=APPROVER,
        campaign_id=campaign_id,
        state="approved",
        reason="measurement",
    )
    yield ChangeCampaign(
        entry_id=filled.names.name(ACT, 4),
        actor=ADMIN,
        campaign_id=campaign_id,
        state="live",
        reason="measurement",
    )


async def _copy_everything(owner: Connection, filled: Filled, today: date) -> None:
    region_id = filled.region.region_id
    head = await owner.fetchrow(
        "UPDATE ledger.head SET at = greatest(at, ledger.now()) WHERE region_id = $1"
        " RETURNING seq, account_no, at",
        region_id,
    )
    assert head is not None, "the region is open"
    merchants, wallets = range(filled.merchants), range(filled.wallets)
    cash = head["account_no"] + 1
    first_of_shops = cash + 1
    first_of_wallets = first_of_shops + 2 * filled.merchants
    await _copy(owner, "ledger.holder", _HOLDER, _shops(filled, merchants))
    await _copy(owner, "ledger.holder", _HOLDER, _wallets(filled, wallets))
    await _copy(owner, "merchants.merchant", _MERCHANT, _merchant_rows(filled, head["at"]))
    await _copy(owner, "merchants.store", _STORE, _store_rows(filled, head["at"]))
    till = (region_id, cash, NIL, "cash", "asset", None, None, None)
    await _copy(owner, "ledger.account", _ACCOUNT, [(*till, *_stands(filled.wallets))])
    await _copy(owner, "ledger.account", _ACCOUNT, _shop_accounts(filled, first_of_shops))
    await _copy(owner, "ledger.account", _ACCOUNT, _lots(filled, first_of_wallets, today))
    await _copy(owner, "ledger.counter", _COUNTER, _counters(filled, today))
    entries = _openings(filled, head["seq"], head["at"], today)
    await _copy(owner, "ledger.entry", _ENTRY, entries)
    postings = _opening_postings(filled, head["seq"], cash, first_of_wallets)
    await _copy(owner, "ledger.posting", _POSTING, postings)
    await owner.execute(
        "UPDATE ledger.head SET seq = seq + $2, account_no = $3 WHERE region_id = $1",
        region_id,
        filled.wallets,
        first_of_wallets + 2 * filled.wallets - 1,
    )


async def _copy(owner: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    schema, _, name = table.partition(".")
    await owner.copy_records_to_table(name, schema_name=schema, columns=columns, records=rows)


_HOLDER: Final = ("region_id", "holder_id", "kind", "parent_id", "subject_id", "state", "facts",
                  "version")  # fmt: skip
_MERCHANT: Final = ("region_id", "merchant_id", "name", "merchant_class", "category", "area",
                    "opened_at")  # fmt: skip
_STORE: Final = ("region_id", "store_id", "merchant_id", "name", "opened_at")
_ACCOUNT: Final = ("region_id", "account_no", "holder_id", "kind", "class", "value", "source_id",
                   "expires_on", "floor", "ceiling", "balance", "version")  # fmt: skip
_COUNTER: Final = ("region_id", "subject_id", "name", "scope_id", "period", "value", "cap")
_ENTRY: Final = ("region_id", "entry_id", "seq", "at", "business_date", "kind", "actor",
                 "holder_id", "amount", "fingerprint", "facts")  # fmt: skip
_POSTING: Final = ("region_id", "entry_id", "line", "seq", "account_no", "is_debit", "amount",
                   "version", "balance_after")  # fmt: skip


def _stands(openings: int) -> Row:
    """Floor, ceiling, balance and version of an account after so many openings."""
    return (0, LARGEST_YEN, openings * OPENING_YEN, openings)


def _shops(filled: Filled, merchants: Iterable[int]) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    facts = f'{{"merchant_class": "{CLASS}", "category": "food", "area": "north"}}'
    for n in merchants:
        merchant = name(MERCHANT, n)
        yield (region_id, merchant, "merchant", None, None, "open", facts, 1)
        store_facts = f'{{"name": "{store_name(n)}"}}'
        yield (region_id, name(STORE, n), "store", merchant, None, "open", store_facts, 1)


def _wallets(filled: Filled, wallets: Iterable[int]) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    for n in wallets:
        yield (region_id, name(WALLET, n), "wallet", None, name(PERSON, n), "open", "{}", 1)


def _merchant_rows(filled: Filled, at: datetime) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    for n in range(filled.merchants):
        yield (region_id, name(MERCHANT, n), f"Merchant {n}", CLASS, "food", "north", at)


def _store_rows(filled: Filled, at: datetime) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    for n in range(filled.merchants):
        yield (region_id, name(STORE, n), name(MERCHANT, n), store_name(n), at)


def store_name(number: int) -> str:
    """What the n-th store is called."""
    return f"Store {number}"


def _shop_accounts(filled: Filled, first_no: int) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    for n in range(filled.merchants):
        for place, kind in enumerate(("payable", "cashback")):
            head = (region_id, first_no + 2 * n + place, name(MERCHANT, n), kind, "liability")
            yield (*head, None, None, None, *_stands(0))


def _lots(filled: Filled, first_no: int, today: date) -> Iterable[Row]:
    """Each wallet's coin of this month, which no. `first_no` + 2n has, and its points."""
    region_id, name, campaign_id = filled.region.region_id, filled.names.name, filled.campaign_id
    coin_until = end_of_month_after(today, RegionSettings().coin_months)
    points_until = end_of_month_after(today, filled.terms.points_expire_months)
    for n in range(filled.wallets):
        no, wallet = first_no + 2 * n, name(WALLET, n)
        coin = (region_id, no, wallet, "coin", "liability", "paid", None, coin_until)
        yield (*coin, *_stands(1))
        points = (region_id, no + 1, wallet, "points", "liability", "free", campaign_id)
        yield (*points, points_until, *_stands(0))


def _counters(filled: Filled, today: date) -> Iterable[Row]:
    """Each person's caps of the month and of the campaign, untouched; all have paid before."""
    region_id, name, campaign_id = filled.region.region_id, filled.names.name, filled.campaign_id
    caps = filled.terms.caps
    month = ("rebate.month", campaign_id, today.replace(day=1), 0, caps.per_person_month_points)
    campaign = ("rebate.campaign", campaign_id, ENDLESS, 0, caps.per_person_campaign_points)
    ever = (first_payment.NAME, NIL, ENDLESS, first_payment.ENOUGH, first_payment.ENOUGH)
    for n in range(filled.wallets):
        person = (region_id, name(PERSON, n))
        yield (*person, *month)
        yield (*person, *campaign)
        yield (*person, *ever)


def _openings(filled: Filled, seq: int, at: datetime, today: date) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    expires_on = end_of_month_after(today, RegionSettings().coin_months)
    facts = f'{{"provider": null, "outcome": "credited", "expires_on": "{expires_on}"}}'
    for n in range(filled.wallets):
        opening = (region_id, name(OPENING, n), seq + n + 1, at, today, "top_up", ADMIN)
        yield (*opening, name(WALLET, n), OPENING_YEN, bytes(16), facts)


def _opening_postings(filled: Filled, seq: int, cash: int, first_no: int) -> Iterable[Row]:
    region_id, name = filled.region.region_id, filled.names.name
    for n in range(filled.wallets):
        opening = (region_id, name(OPENING, n))
        number = seq + n + 1
        yield (*opening, 1, number, cash, True, OPENING_YEN, n + 1, (n + 1) * OPENING_YEN)
        yield (*opening, 2, number, first_no + 2 * n, False, OPENING_YEN, 1, OPENING_YEN)
