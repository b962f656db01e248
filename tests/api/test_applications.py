"""A would-be merchant applies without an account, and is let in by two people of the issuer."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from access.sign_in_tables import message
from core.database import Database
from ledger.regions import Region
from merchants.bank_account_versions import account_versions_at
from tests.api.admin_office import Office
from tests.api.application_steps import ACCOUNT, FORM, Applicant, decided, document, recommended
from tests.api.probe import is_problem
from tests.invariants import check_books
from tests.servers import Place
from tests.town_builder import Town, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
def applicant(app_client) -> Applicant:
    return Applicant(app_client)


async def letters(database: Database, region: Region) -> list[str]:
    async with database.snapshot(region.region_id) as db:
        query = select(message.c.purpose).where(message.c.region_id == region.region_id)
        return list(await db.scalars(query.order_by(message.c.message_id)))


async def test_a_shop_applies_and_is_let_in_by_two_people(
    office: Office, applicant: Applicant, town: Town, place: Place, app_client
):
    made = (await applicant.apply()).json()
    assert (made["state"], made["version"], made["form"]["name"]) == ("submitted", 1, "見本食堂")
    assert (await applicant.bring(document())).status_code == 201
    request_id = await recommended(office, applicant.application_id)
    is_problem(await applicant.post("amendments", form=FORM), 409, "application-state-wrong")
    is_problem(await decided(office, request_id, role="desk"), 403, "role-missing")
    is_problem(await decided(office, request_id, role="finance"), 409, "second-person-needed")
    assert (await decided(office, request_id)).json()["state"] == "approved"
    seen = (await applicant.post("looks")).json()
    assert seen["state"] == "approved"
    merchant_id = UUID(seen["merchant_id"])
    merchant = (await office.get("finance", f"merchants/{merchant_id}")).json()
    assert (merchant["name"], merchant["state"], merchant["payable_yen"]) == ("見本食堂", "open", 0)
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as db:
        found = await account_versions_at(db, region_id, [merchant_id], await town.now())
    account = found[merchant_id]
    assert (account.account_number, account.holder_kana) == ("0012345", "ﾐﾎﾝｼﾖｸﾄﾞｳ")
    listed = await office.get("finance", "bank-accounts", merchant_id=merchant_id)
    assert listed.json()["items"][0]["asked_at"] == seen["made_at"]
    business = (await office.get("finance", f"merchants/{merchant_id}/business")).json()
    assert business["registration_number"] == "T5835678256246"
    invited = (await office.get("finance", f"merchants/{merchant_id}/invitations")).json()
    assert [each["role"] for each in invited["items"]] == ["owner"]
    assert await letters(town.database, town.region) == ["application", "invitation"]
    is_problem(await decided(office, request_id), 409, "request-over")
    await check_books(place.superuser_url)


async def test_an_application_is_made_once_and_its_reference_is_told_once(applicant: Applicant):
    first = (await applicant.apply()).json()
    again = await applicant.apply()
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first | {"reference": None}
    is_problem(await applicant.apply(name="another"), 409, "id-in-use")


async def test_two_at_once_make_one_application(applicant: Applicant, database, region):
    answers = await asyncio.gather(*(applicant.apply() for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert sum(answer.json()["reference"] is not None for answer in answers) == 1
    assert await letters(database, region) == ["application"]


async def test_without_the_reference_nobody_learns_that_there_is_one(
    applicant: Applicant, app_client, second_region
):
    await applicant.apply()
    right, elsewhere = applicant.reference, Applicant(app_client, "tsubame")
    elsewhere.application_id, elsewhere.reference = applicant.application_id, right
    stranger = Applicant(app_client)
    stranger.reference = right
    for who in (elsewhere, stranger):
        is_problem(await who.post("looks"), 404, "application-unknown")
        is_problem(await who.post("amendments", form=FORM), 404, "application-unknown")
        is_problem(await who.post("withdrawals"), 404, "application-unknown")
        is_problem(await who.bring(document()), 404, "application-unknown")
    applicant.reference = "x" * 43
    is_problem(await applicant.post("looks"), 404, "application-unknown")


async def test_nobody_lets_letters_rain_on_one_address(app_client, database, region):
    """Whoever types it: an address is written to five times a day."""
    answers = [await Applicant(app_client).apply() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    is_problem(answers[-1], 429, "too-many-tries")
    elsewhere = await Applicant(app_client).apply(email="taro@example.jp")
    assert elsewhere.status_code == 201
    assert len(await letters(database, region)) == 6


CORPORATE, REGISTERED = "corporate-number-wrong", "registration-number-wrong"


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ({"corporate_number": "6835678256246"}, CORPORATE),
        ({"corporate_number": "５835678256246"}, CORPORATE),
        ({"corporate_number": "5-8356-7825-6246"}, CORPORATE),
        ({"registration_number": "T6835678256246"}, REGISTERED),
        ({"registration_number": "5835678256246"}, REGISTERED),
        ({"registration_number": "T7000012050002"}, REGISTERED),
        ({"declares_none_of": ["adult", "religious", "political"]}, "declaration-missing"),
        ({"bank_account": ACCOUNT | {"account_number": "12345678"}}, "account-number-malformed"),
        ({"bank_account": ACCOUNT | {"account_number": "１２３"}}, "account-number-malformed"),
        ({"bank_account": ACCOUNT | {"holder_kana": "見本"}}, "kana-unwritable"),
        ({"bank_account": ACCOUNT | {"bank_code": "8888"}}, "bank-unknown"),
        ({"bank_account": ACCOUNT | {"branch_code": "000"}}, "branch-unknown"),
        ({"email": "花子@example.jp"}, "malformed-request"),
        ({"postal_code": "1540-017"}, "malformed-request"),
        ({"name": "\u202eevil"}, "malformed-request"),
        ({"more": 1}, "malformed-request"),
    ],
)
async def test_what_is_wrong_in_a_form_is_refused_by_its_name(
    applicant: Applicant, database, region, wrong, slug
):
    is_problem(await applicant.apply(**wrong), 422, slug)
    assert await letters(database, region) == []


async def test_more_is_asked_for_and_the_amended_form_is_reviewed_anew(
    office: Office, applicant: Applicant, town: Town
):
    await applicant.apply()
    path = f"applications/{applicant.application_id}"
    asked = {"outcome": "more_asked", "reason": "許可証をお送りください"}
    for _ in range(2):
        told = (await office.post("finance", f"{path}/reviews", asked)).json()
        assert (told["state"], told["told"]) == ("more_asked", asked["reason"])
    await_it = await office.put("finance", f"{path}/approvals/{new_id()}", {"reason": "x"})
    is_problem(await_it, 409, "application-state-wrong")
    for _ in range(2):
        amended = await applicant.post("amendments", form=FORM | {"name": "見本食堂二号"})
        assert (amended.json()["state"], amended.json()["version"]) == ("submitted", 2)
    refused = {"outcome": "refused", "reason": "区域外のため"}
    done = (await office.post("finance", f"{path}/reviews", refused)).json()
    assert done["state"] == "refused"
    is_problem(await applicant.post("withdrawals"), 409, "application-state-wrong")
    is_problem(await applicant.bring(document()), 409, "application-state-wrong")
    assert await letters(town.database, town.region) == [
        "application", "application more_asked", "application refused",
    ]  # fmt: skip


async def test_who_wrote_at_an_application_does_not_approve_it(office: Office, town: Town):
    path = f"applications/{new_id()}"
    await office.puts_once("finance", path, FORM, FORM | {"name": "another"})
    application_id = UUID(path.rpartition("/")[2])
    writer = office.people["finance"]
    office.people["finance"] = uuid4()
    request_id = await recommended(office, application_id)
    office.people["approver"] = writer
    is_problem(await decided(office, request_id), 409, "second-person-needed")
    office.people["approver"] = uuid4()
    assert (await decided(office, request_id)).status_code == 200


async def test_a_second_person_who_says_no_leaves_it_to_be_reviewed_again(
    office: Office, applicant: Applicant
):
    await applicant.apply()
    request_id = await recommended(office, applicant.application_id)
    second = f"applications/{applicant.application_id}/approvals/{new_id()}"
    is_problem(await office.put("finance", second, {"reason": "x"}), 409, "request-pending")
    assert (await decided(office, request_id, "refused")).status_code == 200
    assert (await applicant.post("looks")).json()["state"] == "submitted"
    for _ in range(2):
        assert (await applicant.post("withdrawals")).json()["state"] == "withdrawn"


async def test_two_who_approve_at_once_open_one_merchant(
    office: Office, applicant: Applicant, database, region
):
    await applicant.apply()
    request_id = await recommended(office, applicant.application_id)
    answers = await asyncio.gather(*(decided(office, request_id) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    async with database.snapshot(region.region_id) as db:
        counts = text(
            "SELECT (SELECT count(*) FROM merchants.merchant),"
            " (SELECT count(*) FROM merchants.bank_account),"
            " (SELECT count(*) FROM access.invitation)"
        )
        assert tuple((await db.execute(counts)).one()) == (1, 1, 1)


async def test_applications_are_listed_by_what_is_looked_for(office: Office, app_client):
    shops = [Applicant(app_client) for _ in range(3)]
    shops.sort(key=lambda shop: shop.application_id)
    for shop, more in zip(shops, ({"name": "ｶﾌｪ見本"}, {"area": "ogawa"}, {}), strict=True):
        await shop.apply(**more)
    await shops[2].post("withdrawals")

    async def found(**which: str) -> list[int]:
        items = (await office.get("finance", "applications", **which)).json()["items"]
        ids = [str(shop.application_id) for shop in shops]
        return sorted(ids.index(item["application_id"]) for item in items)

    assert await found() == [0, 1, 2]
    assert await found(state="withdrawn") == [2]
    assert await found(area="ogawa") == [1]
    assert await found(category="books") == []
    assert await found(merchant_class="small", text="かふぇ") == [0]
    assert await found(text="%") == []
    first = (await office.get("finance", "applications", limit=2)).json()
    rest = await office.get("finance", "applications", limit=2, cursor=first["next_cursor"])
    assert [item["application_id"] for item in rest.json()["items"]] == [
        str(shops[0].application_id)
    ]


async def test_only_finance_sees_and_reviews_applications(office: Office, applicant: Applicant):
    await applicant.apply()
    path = f"applications/{applicant.application_id}"
    await office.allows("applications", ["finance"], None)
    await office.allows(path, ["finance"], None)
    await office.allows(f"{path}/approvals/{new_id()}", ["finance"], {})
    await office.allows(f"applications/{new_id()}", ["finance"], {})


async def test_no_act_and_no_entry_holds_a_name_or_an_account_number(
    office: Office, applicant: Applicant, place: Place, database, region
):
    await applicant.apply()
    await applicant.bring(document())
    request_id = await recommended(office, applicant.application_id)
    await decided(office, request_id)
    async with database.snapshot(region.region_id) as db:
        query = "SELECT row_to_json(a)::text FROM access.act a UNION ALL"
        lines = await db.scalars(text(f"{query} SELECT facts::text FROM ledger.entry"))
        said = "\n".join(lines)
    for secret in ("12345", "花子", "hanako", "5432", "見本食堂"):
        assert secret not in said
