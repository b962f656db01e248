"""Rows about merchants, written straight into the tables: those that no verb of a town makes."""

from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from access.acts import Doer
from core.database import Database
from ledger.regions import load_regions
from merchants.application import Application
from merchants.application_documents import put_document
from merchants.apply import apply
from merchants.bank_account_tables import bank_account
from merchants.import_statement import Wished, import_statement, read_statement
from merchants.own_account import OwnAccount, open_own_account
from merchants.own_profile import keep_profile
from merchants.read_business import Business, change_business
from merchants.roll_up_sales import roll_up_sales
from merchants.settlement_tables import settlement, settlement_run, transfer_file
from merchants.statement_profile import SHIPPED
from merchants.statement_tables import bank_line, line_match
from merchants.store_details import StoreDetails, change_details
from merchants.tables import merchant, store
from merchants.terminals import add_terminal
from tests.api.application_steps import FORM, PDF
from tests.paper_rows import keep_paper
from tests.town_builder import ADMIN, Store, Town, new_id
from tests.webhook_rows import keep_webhook

DOER: Final = Doer(UUID(int=1), ADMIN, "finance")
BUSINESS: Final = Business(
    "見本", "見本", "1540017", "見本", "a@example.jp", "0354321111", None, None
)
DETAILS: Final = StoreDetails.model_validate(
    {
        "address": "東京都世田谷区世田谷4-21-27",
        "latitude_e6": 35_646_572,
        "longitude_e6": 139_653_247,
        "hours": {"weekly": [[{"opens": "18:00", "closes": "02:00"}]] * 7},
        "tags": ["soba", "テラス席"],
    }
)
SUMS: Final = (
    *("from_seq", "until_seq", "sales_yen", "refunded_yen", "cashback_yen", "returned_yen"),
    *("owed_yen", "converted_yen", "due_yen", "fee_yen", "tax_yen", "payout_yen"),
)
STATEMENT: Final = Path(__file__).parent / "merchants" / "statements" / "generic.csv"
NOON: Final = datetime(2026, 7, 1, 3, tzinfo=UTC)


async def keep_account(database: Database, region_id: int, merchant_id: UUID, **more: Any) -> UUID:
    """A version that was approved at noon and applies at once, unless `more` says otherwise."""
    version_id = new_id()
    kept = {
        "region_id": region_id,
        "version_id": version_id,
        "merchant_id": merchant_id,
        "bank_code": "0001",
        "branch_code": "001",
        "account_type": "ordinary",
        "account_number": "0012345",
        "holder_kana": "ﾐﾎﾝｼﾖｸﾄﾞｳ",
        "state": "approved",
        "asked_by": "merchant:1",
        "approved_by": "admin:2",
        "approved_at": NOON,
        "applies_from": NOON,
    }
    async with database.transaction(region_id) as session:
        await session.execute(insert(bank_account).values(kept | more))
    return version_id


async def keep_terminal(town: Town, store: Store, label: str) -> UUID:
    """An open till of the store, by its id."""
    made = (new_id(), store.store_id, label, f"レジ {label}")
    async with town.database.transaction(town.region.region_id) as session:
        await add_terminal(session, town.region.region_id, made, DOER)
    return made[0]


async def fill_merchants(database: Database, region_id: int) -> None:
    """A row in each table of merchants that a town leaves empty, about one of its merchants."""
    async with database.snapshot(region_id) as session:
        found = select(merchant.c.merchant_id).where(merchant.c.region_id == region_id).limit(1)
        merchant_id = (await session.execute(found)).scalar_one()
        placed = select(store.c.store_id).where(store.c.region_id == region_id).limit(1)
        store_id = (await session.execute(placed)).scalar_one()
    await keep_account(database, region_id, merchant_id)
    async with database.transaction(region_id) as session:
        await change_business(session, region_id, merchant_id, BUSINESS, DOER)
        await change_details(session, region_id, store_id, DETAILS, DOER)
        await add_terminal(session, region_id, (new_id(), store_id, "TILL-9", "レジ9"), DOER)
    await apply_with_document(database, region_id)
    await carry_over(database, region_id, merchant_id)
    await keep_statement(database, region_id)
    await keep_webhook(database, region_id, merchant_id, DOER)
    [region] = [
        each for each in (await load_regions(database)).values() if each.region_id == region_id
    ]
    await keep_paper(database, region)
    await roll_up_sales(database, region, lambda: None)


async def carry_over(database: Database, region_id: int, merchant_id: UUID) -> None:
    """A run whose only settlement pays nothing, so that no entry stands behind it."""
    run_id, nothing = new_id(), dict.fromkeys(SUMS, 0)
    run = {
        "region_id": region_id,
        "run_id": run_id,
        "first_day": date(2026, 6, 16),
        "last_day": date(2026, 6, 30),
        "pays_on": date(2026, 7, 15),
        "until_seq": 0,
    }
    row = {
        "region_id": region_id,
        "settlement_id": new_id(),
        "run_id": run_id,
        "merchant_id": merchant_id,
        "tax_bp": 1_000,
        "state": "carried",
        "obstacle": "below-minimum",
    }
    file = {
        "region_id": region_id,
        "file_id": new_id(),
        "run_id": run_id,
        "pays_on": run["pays_on"],
        "content": b"file",
        "sha256": sha256(b"file").digest(),
        "transfers": 1,
        "total_yen": 1,
        "made_by": "admin:1",
    }
    async with database.transaction(region_id) as session:
        await session.execute(insert(settlement_run).values(run))
        await session.execute(insert(transfer_file).values(file))
        await session.execute(insert(settlement).values(row | nothing))


async def apply_with_document(database: Database, region_id: int) -> tuple[UUID, UUID]:
    """An application that staff entered, and its document."""
    application_id, document_id = new_id(), new_id()
    form = Application.model_validate(FORM)
    async with database.transaction(region_id) as session:
        made = await apply(session, region_id, application_id, form, DOER, is_real=True)
        await put_document(
            session, region_id, made.applied, document_id, "shop", "application/pdf", PDF, DOER
        )
    return application_id, document_id


async def keep_statement(database: Database, region_id: int) -> dict[str, UUID]:
    """An own account with a statement of four lines, of which the first is set aside.

    Returns the ids of the account, the statement, that line and its match.
    """
    account_id, statement_id, match_id, profile_id = (new_id() for _ in range(4))
    account = OwnAccount(account_id, "見本", "9999", "999", "ordinary", "7654320", ADMIN)
    profile, content = SHIPPED["generic", 1], STATEMENT.read_bytes()
    said = read_statement(profile, content, date(2026, 1, 31))
    wished = Wished(statement_id, account_id, profile, content)
    async with database.transaction(region_id) as session:
        own = profile.model_copy(update={"name": "mihon-bank"})
        await keep_profile(session, region_id, profile_id, own, DOER)
        await open_own_account(session, region_id, account, DOER, is_real=False)
        await import_statement(session, region_id, wished, said, DOER)
        first = select(bank_line.c.line_id, bank_line.c.amount_yen)
        line = (await session.execute(first.order_by(bank_line.c.line_id).limit(1))).one()
        line_id = UUID(int=line.line_id.int)
        aside = {
            "region_id": region_id,
            "match_id": match_id,
            "line_id": line_id,
            "kind": "aside",
            "amount_yen": line.amount_yen,
            "fee_yen": 0,
            "reason": "見本",
            "decided_by": ADMIN,
        }
        await session.execute(insert(line_match).values(aside))
    return {
        "own_account_id": account_id,
        "statement_id": statement_id,
        "line_id": line_id,
        "match_id": match_id,
        "profile_id": profile_id,
    }
