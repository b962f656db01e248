"""Own accounts, and the import of their statements: once, whole, and of one's own region."""

import asyncio
import base64
from hashlib import sha256
from typing import Any

import pytest

from payments.verify import verify_books
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.merchant_rows import STATEMENT
from tests.town_builder import Town, new_id

ACCOUNT: dict[str, Any] = {
    "label": "精算口座",
    "bank_code": "9999",
    "branch_code": "999",
    "account_type": "ordinary",
    "account_number": "54321",
}
GOLDEN = STATEMENT.read_bytes()
ZENGIN = STATEMENT.with_name("zengin.txt")


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def opened(office: Office, **more: Any) -> str:
    """The id of an own account."""
    account_id = str(new_id())
    answer = await office.put("finance", f"own-accounts/{account_id}", ACCOUNT | more)
    assert answer.status_code == 201, answer.text
    return account_id


def body(account_id: str, content: bytes, profile: str = "generic") -> dict[str, Any]:
    said = base64.b64encode(content).decode()
    return {"own_account_id": account_id, "profile": profile, "content": said}


async def imported(office: Office, account_id: str, content: bytes) -> dict[str, Any]:
    path = f"bank-statements/{new_id()}"
    answer = await office.put("finance", path, body(account_id, content))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_region_tells_its_bank_accounts_once(office: Office, town: Town):
    path = f"own-accounts/{new_id()}"
    answer = await office.put("finance", path, ACCOUNT)
    assert (answer.status_code, answer.json()["account_number"]) == (201, "0054321")
    assert (await office.put("finance", path, ACCOUNT)).json() == answer.json()
    is_problem(await office.put("finance", path, ACCOUNT | {"label": "他"}), 409, "id-in-use")
    again = await office.put("finance", f"own-accounts/{new_id()}", ACCOUNT)
    is_problem(again, 409, "own-account-known")
    for more, slug in (
        ({"bank_code": "9998"}, "bank-unknown"),
        ({"bank_code": "0001", "branch_code": "000"}, "branch-unknown"),
        ({"account_number": "12345678"}, "account-number-malformed"),
    ):
        wrong = await office.put("finance", f"own-accounts/{new_id()}", ACCOUNT | more)
        is_problem(wrong, 422, slug)
    assert (await office.get("auditor", path)).json() == answer.json()
    listed = await office.get("approver", "own-accounts")
    assert listed.json()["items"] == [answer.json()]
    is_problem(await office.get("finance", f"own-accounts/{new_id()}"), 404, "own-account-unknown")
    is_problem(await office.put("auditor", path, ACCOUNT), 403, "role-missing")
    acts = await town.rows("SELECT act FROM access.act WHERE act LIKE 'own_account%'")
    assert [row.act for row in acts] == ["own_account.opened"]


async def test_a_statement_is_imported_once_and_kept_as_it_came(office: Office, town: Town):
    account_id = await opened(office)
    path = f"bank-statements/{new_id()}"
    answer = await office.put("finance", path, body(account_id, GOLDEN))
    told = answer.json()
    assert (answer.status_code, told["lines"], told["known_lines"]) == (201, 4, 0)
    assert (told["opening_yen"], told["closing_yen"]) == (100_000, 1_597_593)
    assert told["sha256"] == sha256(GOLDEN).hexdigest()
    assert (await office.put("finance", path, body(account_id, GOLDEN))).json() == told
    other = await office.put("finance", path, body(account_id, GOLDEN + b"\n"))
    is_problem(other, 409, "id-in-use")
    again = await office.put("finance", f"bank-statements/{new_id()}", body(account_id, GOLDEN))
    is_problem(again, 409, "bank-statement-known")
    assert again.json()["statement_id"] == told["statement_id"]
    assert (await office.get("auditor", path)).json() == told
    assert (await office.get("auditor", f"{path}/content")).content == GOLDEN
    listed = await office.get("finance", "bank-statements", own_account_id=account_id)
    assert listed.json()["items"] == [told]
    missing = f"bank-statements/{new_id()}"
    for what in (missing, f"{missing}/content"):
        is_problem(await office.get("finance", what), 404, "bank-statement-unknown")
    lines = await town.rows("SELECT count(*) AS n FROM merchants.bank_line")
    assert lines[0].n == 4


async def test_overlapping_files_at_once_count_each_line_once(office: Office, town: Town):
    account_id = await opened(office)
    head, first, fee, _, back, funder = GOLDEN.splitlines(keepends=True)
    files = [head + first + fee + back, head + fee + back + funder, head + back + funder]
    both = await asyncio.gather(*(imported(office, account_id, each) for each in files))
    assert sum(each["lines"] - each["known_lines"] for each in both) == 4
    other = await imported(office, await opened(office, account_number="1"), GOLDEN)
    assert other["known_lines"] == 0, "of another account"


async def test_nothing_of_a_wrong_file_is_kept(office: Office, town: Town):
    account_id = await opened(office)
    path = f"bank-statements/{new_id()}"
    for content, profile, slug in (
        (b"", "generic", "bank-statement-empty"),
        (GOLDEN, "nobody", "statement-profile-unknown"),
        (GOLDEN, "two-columns", "bank-statement-encoding-wrong"),
    ):
        answer = await office.put("finance", path, body(account_id, content, profile))
        is_problem(answer, 422, slug)
    wrong = body(account_id, GOLDEN.replace(b"984", b"9.4"))
    answer = await office.put("finance", path, wrong)
    is_problem(answer, 422, "bank-statement-amount-wrong")
    assert answer.json()["row"] == 5
    is_problem(
        await office.put("finance", path, body(str(new_id()), GOLDEN)), 404, "own-account-unknown"
    )
    is_problem(
        await office.put("finance", path, body(account_id, b"x") | {"content": "?"}),
        422,
        "malformed-request",
    )
    is_problem(await office.put("auditor", path, body(account_id, GOLDEN)), 403, "role-missing")
    # A file that says whose it is: of 7654321, and not of this account.
    zengin = ZENGIN.read_bytes()
    other = await office.put("finance", path, body(account_id, zengin, "zengin"))
    is_problem(other, 409, "bank-statement-other-account")
    kept = await town.rows("SELECT count(*) AS n FROM merchants.bank_line")
    assert kept[0].n == 0
    theirs = await opened(office, account_number="7654321")
    told = await office.put("finance", path, body(theirs, zengin, "zengin"))
    assert (told.status_code, told.json()["lines"]) == (201, 4), told.text


async def test_another_region_sees_and_uses_none_of_it(
    office: Office, app_client, token, town: Town, second_town: Town
):
    account_id = await opened(office)
    told = await imported(office, account_id, GOLDEN)
    theirs = Office(app_client, token, "tsubame")
    path = f"bank-statements/{told['statement_id']}"
    is_problem(await theirs.get("finance", path), 404, "bank-statement-unknown")
    is_problem(
        await theirs.get("finance", f"own-accounts/{account_id}"), 404, "own-account-unknown"
    )
    answer = await theirs.put("finance", f"bank-statements/{new_id()}", body(account_id, GOLDEN))
    is_problem(answer, 404, "own-account-unknown")
    for what in ("bank-statements", "own-accounts"):
        assert (await theirs.get("finance", what)).json()["items"] == []


async def test_a_region_says_how_its_own_bank_writes(office: Office, town: Town):
    shipped = (await office.get("auditor", "statement-profiles")).json()["items"]
    assert {"generic", "two-columns", "zengin"} <= {each["name"] for each in shipped}
    own = {**shipped[0], "name": "mihon-bank", "layout": {**shipped[0]["layout"], "separator": ";"}}
    path = f"statement-profiles/{new_id()}"
    answer = await office.put("finance", path, {"profile": own})
    assert (answer.status_code, answer.json()["profile"]) == (201, own), answer.text
    assert (await office.put("finance", path, {"profile": own})).json() == answer.json()
    assert (await office.get("auditor", path)).json() == answer.json()
    is_problem(
        await office.put("finance", path, {"profile": own | {"version": 2}}), 409, "id-in-use"
    )
    fresh = f"statement-profiles/{new_id()}"
    for changed, slug in (
        ({"version": 3}, "statement-profile-version-wrong"),
        ({"name": "generic", "version": 2}, "statement-profile-name-taken"),
    ):
        is_problem(await office.put("finance", fresh, {"profile": own | changed}), 409, slug)
    wrong = {"profile": own | {"layout": {**own["layout"], "date_form": "guess"}}}
    is_problem(await office.put("finance", fresh, wrong), 422, "malformed-request")
    is_problem(await office.get("finance", fresh), 404, "own-profile-unknown")
    account_id, file = await opened(office), f"bank-statements/{new_id()}"
    content = GOLDEN.replace(b",", b";").replace(b"1;500;000", b"1,500,000")
    told = await office.put("finance", file, body(account_id, content, "mihon-bank"))
    assert (told.status_code, told.json()["lines"]) == (201, 4), told.text
    assert (await office.put("finance", fresh, {"profile": own | {"version": 2}})).is_success
    assert (await verify_books(town.database, town.region)).faults == (), "read by its version"
