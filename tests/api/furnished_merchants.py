"""The applications of a furnished region: one for each thing that may be done to one."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from merchants.application import Application
from merchants.application_documents import put_document
from merchants.apply import apply
from merchants.read_business import change_business
from merchants.statement_profile import SHIPPED
from merchants.store_details import change_details
from payments.run_settlement import close_what_is_over
from tests.api.application_steps import ACCOUNT, FORM, PDF
from tests.api.furnished_webhooks import furnish_webhooks
from tests.debit_notes import ask_a_shop
from tests.merchant_rows import (
    BUSINESS,
    DETAILS,
    DOER,
    STATEMENT,
    apply_with_document,
    keep_account,
    keep_statement,
    keep_terminal,
)
from tests.town_builder import Store, Town, new_id

NEVER = datetime(2100, 1, 1, tzinfo=UTC)

FORMS: dict[str, Any] = {
    "form": FORM,
    "documents content": base64.b64encode(PDF).decode(),
    "documents media_type": "application/pdf",
    "corporate_number": FORM["corporate_number"],
    "registration_number": FORM["registration_number"],
    "declares_none_of": FORM["declares_none_of"],
    "bank_account": ACCOUNT,
    "bank-statements profile": "generic",
    "bank-statements content": base64.b64encode(STATEMENT.read_bytes() + b"\n").decode(),
    "statement-profiles profile": SHIPPED["two-columns", 1]
    .model_copy(update={"name": "furnished-bank"})
    .model_dump(),
    "own-accounts bank_code": "9999",
    "own-accounts branch_code": "999",
    "own-accounts account_number": "7654321",
}
"""Members of bodies in which little that is made up would be good."""


async def furnish_merchants(town: Town, store: Store) -> dict[str, Any]:
    """What really has each name."""
    database, region_id = town.database, town.region.region_id
    first, _ = await apply_with_document(database, region_id)
    reviewed, _ = await apply_with_document(database, region_id)
    own_id, document_id = new_id(), new_id()
    form = Application.model_validate(FORM)
    async with database.transaction(region_id) as session:
        own = await apply(session, region_id, own_id, form, None, is_real=True)
        await put_document(
            session, region_id, own.applied, document_id, "shop", "application/pdf", PDF, None
        )
        await change_business(session, region_id, store.merchant_id, BUSINESS, DOER)
        await change_details(session, region_id, store.store_id, DETAILS, DOER)
    note_id = await ask_a_shop(town)
    later = await town.today() + timedelta(days=40)
    await close_what_is_over(database, town.region, later, lambda: None)
    query = "SELECT run_id, settlement_id FROM merchants.settlement WHERE merchant_id = :merchant"
    [settled] = await town.rows(query, merchant=store.merchant_id)
    asked = {"approved_by": None, "approved_at": None, "applies_from": None, "state": "asked"}
    account_id = await keep_account(database, region_id, store.merchant_id, **asked)
    waits_id = await keep_account(database, region_id, store.merchant_id, applies_from=NEVER)
    kept = await keep_statement(database, region_id)
    return {
        **await furnish_webhooks(town, store),
        **kept,
        "matches kind": "transfer",
        "matches target_id": settled.settlement_id,
        "bank-account-changes change_id": account_id,
        "bank_account_id": waits_id,
        "note_id": note_id,
        "run_id": settled.run_id,
        "settlements settlement_id": settled.settlement_id,
        "admin application_id": first,
        "reviews application_id": reviewed,
        "regions application_id": own_id,
        "regions reference": own.reference,
        "withdrawals application_id": own_id,
        "documents application_id": own_id,
        "document_id": document_id,
        "terminal_id": await keep_terminal(town, store, "TILL-9"),
    }
