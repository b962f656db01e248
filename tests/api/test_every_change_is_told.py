"""Whatever staff and administrators change stands in the journal or the log of acts, by whom.

A new route is called here by itself: it leaves such a line, or is said not to be reached.
"""

from typing import Any, Final

import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.open_vault import open_vault_of
from api.state import State
from core.settings import Settings
from tests.api.described import DOCUMENT
from tests.api.furnished import Furnished, furnish
from tests.town_builder import ADMIN, Town, new_id

CHANGES = {"put", "post", "patch", "delete"}
FACES: Final[tuple[list[dict[str, list[str]]], ...]] = ([{"merchant": []}], [{"admin": []}])
NOT_REACHED = {
    *("makeVoid", "changeCampaign", "returnBudget"),  # of the engine: an entry, or nothing
    "returnSuspense",  # the same: what was placed just before
    *("decideRequest", "withdrawRequest", "askForRecovery", "showRecoveryCode"),  # test_recovery.py
    *("endPostOfMerchant", "endPostOfOperators"),  # the last of their kind; as endPostOfMyShop
    *("askForCampaignApproval", "withdrawCampaignApproval"),  # test_campaign_approvals.py
    "askForBankAccountChange",  # test_bank_account_changes.py
    *("issueDebitNote", "recordDebtPayment"),  # nobody owes: test_debit_notes.py
    "askForSettlement",  # off by default: test_settlements.py
    *("makeTransferFiles", "sendTransferFile", "payTransferFile"),  # test_transfer_files.py
    "returnPayout",  # the same
    *("openShopWallet", "returnConversion"),  # test_shop_wallets.py
    "matchBankLine",  # test_bank_lines.py
    *("issuePapers", "correctPaper"),  # test_papers.py
    "withdrawCampaignVersion",  # test_campaign_versions.py
    *("releaseHold", "askForHoldRejection"),  # test_holds.py
    *("withdrawBenefitApproval", "putBenefitList", "returnBenefit"),  # test_admin_benefits.py
    "retryDeadLetter",  # its time is over: test_dead_letters.py
    *("draftNotice", "askForNotice"),  # the template is retired before: test_notices.py
    "changeLoginStateOfOperators",  # the same; test_staff_at_once.py
}
"""Operations that one call with these names does not bring to an end."""
NO_CHANGE = {"makeBill"}  # a code and nothing else: whoever pays it changes something
LINES = text(
    "SELECT (SELECT count(*) FROM access.act WHERE actor = :actor)"
    " + (SELECT count(*) FROM ledger.entry WHERE actor = :actor AND refusal IS NULL)"
)


@pytest.fixture
async def furnished(town: Town, settings: Settings) -> Furnished:
    """A region with something of every kind."""
    return await furnish(town, open_vault_of(settings))


def changes(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each operation by which staff or administrators change something: method, path, itself."""
    found = [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in CHANGES
        and operation.get("security") in FACES
        and operation["operationId"] not in NO_CHANGE
    ]
    # What freezes and closes comes last, and a reversal, which freezes too, after all.
    return sorted(found, key=lambda each: ("reversals" in each[1], "state-changes" in each[1]))


def address_of(method: str, path: str, furnished: Furnished) -> str:
    """The path, with what really has these names; the last one is new where it is put."""
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        is_new = method == "put" and path.endswith(f"{{{name}}}")
        fresh = "kitazawa" if name == "code" else new_id()
        path = path.replace(f"{{{name}}}", str(fresh if is_new else furnished.really(path, name)))
    return path


def bodies(operation: dict[str, Any], path: str, furnished: Furnished) -> list[Any]:
    """The examples of the description, with what really exists in them."""
    if "requestBody" not in operation:
        return [None]
    [content] = operation["requestBody"]["content"].values()
    given = [each["value"] for each in content.get("examples", {}).values()]
    return [
        {
            name: furnished.really(path, name) or said
            for name, said in body.items()
            if name != "phone"  # a person is named by one of two
        }
        for body in given or [content["example"]]
    ]


async def lines_of(state: State, actor: str) -> int:
    """How many lines of the two logs, of any region or none, name this actor."""
    found = 0
    for region_id in (0, *(region.region_id for region in state.regions.all())):
        async with state.database.snapshot(region_id) as db:
            found += await db.scalar(LINES, {"actor": actor}) or 0
    return found


async def acts_without_role(state: State) -> list[str]:
    """What staff and administrators did, in no role that the log of acts would tell."""
    said = text(
        "SELECT act FROM access.act WHERE actor ~ '^(admin|merchant):' AND role IS NULL"
        " AND actor <> :furnisher"
    )
    found: list[str] = []
    for region_id in (0, *(region.region_id for region in state.regions.all())):
        async with state.database.snapshot(region_id) as db:
            found += (await db.scalars(said, {"furnisher": ADMIN})).all()
    return found


async def test_every_change_names_who_made_it(app: FastAPI, app_client, furnished: Furnished):
    state: State = app.state.meguri
    done, silent, refused = set(), [], {}
    for method, path, operation in changes(DOCUMENT):
        name = operation["operationId"]
        for body in bodies(operation, path, furnished):
            headers = furnished.headers(app, path, operation["security"])
            token = headers["Authorization"].removeprefix("Bearer ")
            said = jwt.decode(token, options={"verify_signature": False})
            answer = await app_client.request(
                method, address_of(method, path, furnished), json=body, headers=headers
            )
            if not answer.is_success:
                refused[name] = answer.text
                continue
            done.add(name)
            if not await lines_of(state, f"{said['aud']}:{said['sub']}"):
                silent.append(name)
    assert silent == []
    assert {name for name in refused if name not in done} == NOT_REACHED, refused
    assert len(done) > 30
    assert await acts_without_role(state) == [], "each says in which role"
