"""A week at a new shop, over HTTP as its people live it: from the form until the money is there."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import pytest
import zxingcpp
from PIL import Image

from payments.verify import verify_books
from payments.verify_acts import ACTS
from tests.api.admin_office import Office
from tests.api.application_steps import Applicant, decided, document, recommended
from tests.api.phone import Phone, Token, phone_of
from tests.api.shop import put_refund, put_void, staff
from tests.api.test_bank_lines import lines_of, match, sent
from tests.api.test_settlements import settlement_of
from tests.api.test_transfer_files import SETTINGS
from tests.merchants.bank_by_column import read_by_column
from tests.servers import Place
from tests.tampered import missed
from tests.town_builder import Store, Town, new_id
from worker.issue_papers import issue_what_lacks

FIRST = (datetime.now(UTC).replace(day=1, hour=3, minute=0) + timedelta(days=32)).replace(day=1)
"""Noon in Tokyo on the first of the month to come: the app says what day it is on others."""
ISSUER = {"name": "見本商店街振興組合", "registration_number": "T7000012050002"}
WEEK = {0: [1_200], 1: [800, 450], 3: [2_000], 4: [3_333], 6: [1]}
"""What is paid on which day of it: 7,784 in all."""

REWRITTEN = (
    "UPDATE merchants.transfer_file SET content = c, sha256 = sha256(c) FROM (SELECT convert_to("
    "replace(convert_from(content, 'SJIS'), '10012345', '17654321'), 'SJIS') AS c"
    " FROM merchants.transfer_file) f"
)
CHANGED = {
    "UPDATE merchants.bank_account SET account_number = '7654321'": "a transfer file pays",
    "UPDATE merchants.bank_account SET branch_code = '999'": "bank accounts",
    "UPDATE merchants.bank_account SET approved_by = 'admin:1'": "bank accounts",
    "DELETE FROM access.act WHERE act = 'application.approved'": "bank accounts",
    "UPDATE merchants.bank_account SET merchant_id = gen_random_uuid()": "a settlement is paid to",
    "UPDATE merchants.settlement_run SET reviewed_by = 'admin:1'": "runs of settlements",
    "UPDATE merchants.settlement_run SET approved_by = 'admin:1'": "runs of settlements",
    "DELETE FROM access.request WHERE kind = 'settlement.approval'": "runs of settlements",
    "UPDATE access.request SET made_by = gen_random_uuid()": "requests",
    "DELETE FROM merchants.transfer_file": "transfer files were",
    "UPDATE merchants.transfer_file SET sent_by = 'admin:1'": "transfer files were",
    "UPDATE merchants.transfer_file SET state = 'made', sent_by = NULL, sent_at = NULL,"
    " paid_by = NULL, paid_at = NULL": "transfer files were",
    "DELETE FROM access.act WHERE act = 'transfer_file.sent'": "transfer files were",
    "UPDATE merchants.transfer_file SET total_yen = 5392": "a transfer file pays",
    "UPDATE merchants.settlement SET file_id = NULL": "a transfer file pays",
    # Rewritten whole, with the digest of what it is now.
    REWRITTEN: "a transfer file pays",
}
"""Past every guard, and which check finds it."""


@pytest.fixture
async def office(app_client: httpx.AsyncClient, token: Token, town: Town) -> Office:
    await town.change_settings(settlement=SETTINGS | {"issuer": ISSUER})
    return Office(app_client, token)


async def _joins(office: Office) -> Store:
    """Somebody applies with a document, two people let the shop in, and a store opens."""
    applicant = Applicant(office.client)
    assert (await applicant.apply()).status_code == 201
    assert (await applicant.bring(document())).status_code == 201
    asked = await recommended(office, applicant.application_id)
    assert (await decided(office, asked)).json()["state"] == "approved"
    merchant_id = (await applicant.post("looks")).json()["merchant_id"]
    store = Store(new_id(), UUID(merchant_id))
    path = f"merchants/{merchant_id}/stores/{store.store_id}"
    opened = await office.put("finance", path, {"name": "見本食堂 本店"})
    assert opened.json()["takes_payments"] is True
    return store


async def _scanned(client: httpx.AsyncClient, headers: dict[str, str], store: Store) -> str:
    """What a phone reads on the picture that the shop printed: read by a program of others."""
    picture = await client.get(f"/v1/stores/{store.store_id}/code.png", headers=headers)
    [found] = zxingcpp.read_barcodes(Image.open(BytesIO(picture.content)).convert("L"))
    return str(found.bytes.decode())


async def _sells(town: Town, phone: Phone, qr: str) -> dict[int, list[str]]:
    """The payments of the week, by their day."""
    made: dict[int, list[str]] = {}
    for day, amounts in WEEK.items():
        await town.set_clock(FIRST + timedelta(days=day))
        for yen in amounts:
            body = {"wallet_id": str(phone.wallet.wallet_id), "qr": qr, "amount_yen": yen}
            paid = await phone.put(f"payments/{new_id()}", body)
            assert paid.status_code == 201, paid.text
            made.setdefault(day, []).append(paid.json()["payment_id"])
    return made


async def test_a_new_shop_sells_for_a_week_and_is_paid_to_the_yen(
    office: Office, town: Town, token: Token, place: Place
):
    client, store = office.client, await _joins(office)
    owner = staff(token, store)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    phone = phone_of(client, token, wallet)
    paid = await _sells(town, phone, await _scanned(client, owner, store))
    # The wrong amount of the fourth day is undone on the seventh, by a refund: a void had minutes.
    # The last yen is voided at once; 300 of the first day's lunch come back.
    manager = staff(token, store, "manager")
    for day, what, yen in ((3, 0, 2_000), (0, 0, 300)):
        back = await put_refund(client, manager, UUID(paid[day][what]), amount_yen=yen)
        assert back.status_code == 201, back.text
    assert (await put_void(client, manager, UUID(paid[6][0]))).status_code == 201
    asked = {"from": f"{FIRST:%Y-%m-%d}", "to": f"{FIRST + timedelta(days=6):%Y-%m-%d}"}
    sold = (await client.get("/v1/sales/figures", headers=owner, params=asked)).json()
    assert [sold["total"][name] for name in ("paid_yen", "refunded_yen", "voided_yen")] == [
        7_784, 2_300, 1,
    ]  # fmt: skip
    assert (sold["total"]["net_yen"], sold["new_customers"]) == (5_483, 1)

    # 1.5 % of 5,483 are 82.245; 10 % of 82 are 8.2: 5,483 - 82 - 8.
    file = await sent(office, town, FIRST + timedelta(days=15))
    assert file["total_yen"] == 5_393
    content = await office.get("finance", f"transfer-files/{file['file_id']}/content")
    read = read_by_column(content.content, b"\r\n")
    [transfer] = read.transfers
    assert (transfer["bank"], transfer["branch"], transfer["number"]) == (
        b"0001", b"001", b"0012345",
    )  # fmt: skip
    assert transfer["holder"].decode("cp932") == "ﾐﾎﾝｼﾖｸﾄﾞｳ"
    assert (int(transfer["yen"]), read.yen) == (5_393, 5_393)
    assert read.head["day"].decode() == file["pays_on"][5:].replace("-", "")

    lines = await lines_of(office, town, [(1, -5_393, "総合振込")])
    done = await match(office, lines[-5_393], "file", file["file_id"])
    assert done.status_code == 201, done.text
    assert (await settlement_of(office, store))["state"] == "paid"
    assert await town.balances(store.merchant_id) == {}
    await issue_what_lacks(town.database, town.region, lambda: None)
    papers = (await client.get("/v1/merchant/papers", headers=owner)).json()["items"]
    told: dict[str, Any] = {each["kind"]: each["total_yen"] for each in papers}
    assert told == {"statement": 5_393, "invoice": 90}
    assert (await verify_books(town.database, town.region)).faults == ()
    assert await missed(place.superuser_url, town.region, ACTS, CHANGED) == {}
