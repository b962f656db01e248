"""Finance reads the statutory figures of a base date: as JSON, as a spreadsheet, as a page."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from api.base_date_page import base_date_page
from ledger.remember_base_dates import remember_base_dates
from ledger.unused_balance import Issue, KindOfValue
from payments.base_date_report import BaseDateReport, Line
from payments.deposit import deposit_due
from payments.reverse_top_up import ReverseTopUp
from payments.verify import verify_books
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.html_page import HtmlPage
from tests.limits_builder import limits
from tests.payments.expiring import expire_all
from tests.town_builder import ADMIN, Town, new_id

MARCH = datetime(2027, 3, 31, 15, 0, tzinfo=UTC)
"""The end of 31 March in Tokyo."""
SEPTEMBER = datetime(2027, 9, 30, 15, 0, tzinfo=UTC)
A_LITTLE = timedelta(minutes=10)
PATH = "base-date-report"


@pytest.fixture
async def year(town: Town) -> Town:
    """A year around two base dates, each with something shortly before midnight and after it."""
    await town.set_clock(MARCH - A_LITTLE)
    await town.live_campaign(rebate_bp=1_000, cashback_bp=0, points_expire_months=1)
    wallet, other, store = (
        await town.open_wallet(),
        await town.open_wallet(),
        await town.open_store(),
    )
    await town.top_up(wallet, 20_000)
    paid = await town.pay(wallet, store, 4_000)  # of coin; 400 points
    await town.set_clock(MARCH + A_LITTLE)
    reversed_later = await town.top_up(other, 5_000)
    reversal = ReverseTopUp(
        entry_id=new_id(), actor=ADMIN, top_up_id=reversed_later.entry_id, reason="chargeback"
    )
    (await town.submit(reversal)).accepted()
    await town.pay(wallet, store, 1_000)  # 400 points, 600 of coin; 60 points
    await town.refund(paid.entry_id, store, 500)  # coin comes back, 50 points go
    await town.set_clock(SEPTEMBER - A_LITTLE)
    assert await expire_all(town) == 10
    await town.top_up_in_cash(wallet, 1_000)
    await town.set_clock(SEPTEMBER + A_LITTLE)
    await town.top_up(wallet, 7_777)
    return town


@pytest.fixture
def office(year: Town, app_client, token) -> Office:
    """Begins when all that has happened, so that it reads the clock of then."""
    return Office(app_client, token)


def moves(answer: dict[str, Any]) -> list[int]:
    return [answer[f"{name}_yen"] for name in ("issued", "redeemed", "expired", "refunded")]


def told_of(value: dict[str, Any]) -> tuple[int, list[int], list[int], int]:
    period, total = moves(value["in_period"]), moves(value["in_total"])
    return value["unused_before_yen"], period, total, value["unused_yen"]


async def test_a_half_year_ends_at_midnight_in_the_regions_zone(office: Office):
    march = (await office.get("finance", PATH, base_date="2027-03-31")).json()
    assert told_of(march["paid"]) == (0, [20_000, 4_000, 0, 0], [20_000, 4_000, 0, 0], 16_000)
    assert told_of(march["free"]) == (0, [400, 0, 0, 0], [400, 0, 0, 0], 400)
    told = (await office.get("auditor", PATH, base_date="2027-09-30")).json()
    assert (told["previous_base_date"], told["is_final"]) == ("2027-03-31", True)
    assert told_of(told["paid"]) == (
        16_000, [6_000, 100, 0, 5_000], [26_000, 4_100, 0, 5_000], 16_900,
    )  # fmt: skip
    assert told_of(told["free"]) == (400, [10, 400, 10, 0], [410, 400, 10, 0], 0)
    assert [(kind["kind"], kind["value"], kind["unused_yen"]) for kind in told["kinds"]] == [
        ("coin", "paid", 16_900),
        ("points", "free", 0),
        ("points_pending", "free", 0),
    ]
    now = (await office.get("finance", PATH)).json()
    assert (now["base_date"], now["is_final"]) == ("2028-03-31", False)
    assert told_of(now["paid"])[::3] == (16_900, 24_677)
    books = (await office.get("finance", "unused-balance", date="2027-09-30")).json()
    assert (books["seq"], moves(books["paid"])) == (told["seq"], moves(told["paid"]["in_total"]))


async def test_what_is_remembered_of_base_dates_is_told_and_verified(office: Office, year: Town):
    asked = [{"base_date": "2027-03-31"}, {"base_date": "2027-09-30"}, {}]
    read = [(await office.get("finance", PATH, **query)).json() for query in asked]
    day = MARCH.date()  # in Tokyo it is 1 April
    assert await remember_base_dates(year.database, year.region, day) == 0
    for today, new in (
        (day + timedelta(days=1), 1),
        (await year.today(), 1),
        (await year.today(), 0),
    ):
        assert await remember_base_dates(year.database, year.region, today) == new
    assert [(await office.get("finance", PATH, **query)).json() for query in asked] == read
    assert (await verify_books(year.database, year.region)).faults == ()
    owner = await asyncpg.connect(year.place.superuser_url)
    try:
        await owner.execute(
            "UPDATE ledger.base_date SET sums = jsonb_set(sums, '{0,4}', '1')"
            " WHERE base_date = '2027-09-30'"
        )
    finally:
        await owner.close()
    spoiled = (await office.get("finance", PATH, base_date="2027-09-30")).json()
    assert spoiled["paid"] != read[1]["paid"], "it is read from what is remembered"
    [fault] = (await verify_books(year.database, year.region)).faults
    assert fault.place == (
        "of 2027-09-30 the books remember 1 of coin by payment on the debit side,"
        " the postings say 4600"
    )


async def test_the_deposit_goes_by_the_kind_of_the_issuer_and_the_threshold(
    office: Office, year: Town
):
    told: dict[str, Any] = {}
    for issuer_kind, yen, deposit_yen, rule in (
        ("third_party", 10_000_000 - 24_677, 0, "not_above"),
        ("third_party", 1, 5_000_001, "half"),
        ("own_use", 0, 5_000_001, "half"),
        ("six_month_only", 0, 0, "six_months_are_exempt"),
        ("local_government", 0, 0, "local_government_is_exempt"),
    ):
        most = limits(balance_yen=100_000_000, top_up_yen=100_000_000)
        await year.change_settings(issuer_kind=issuer_kind, limits=most)
        if yen:
            await year.top_up(await year.open_wallet(), yen)
        told = (await office.get("finance", PATH)).json()["deposit"]
        assert (told["issuer_kind"], told["rule"]) == (issuer_kind, rule)
        assert told["deposit_yen"] == deposit_yen
    assert told["unused_paid_yen"] == 10_000_001


async def test_a_spreadsheet_has_the_table_and_what_stands_beside_it(office: Office):
    answer = await office.get("finance", PATH + ".csv", base_date="2027-09-30")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    table, beside = rows[: rows.index([])], rows[rows.index([]) + 1 :]
    assert [row[0] for row in table] == [
        *("有償 コイン", "無償 ポイント", "無償 付与予定ポイント", "有償 計", "無償 計"),
    ]
    coin = ["16000", "6000", "100", "0", "5000", "26000", "4100", "0", "5000", "16900"]
    assert dict(zip(head, table[0], strict=True))["基準日未使用残高"] == "16900"
    assert (table[0][1:], table[3][1:]) == (coin, coin)
    facts = [(row[0], row[1]) for row in beside]
    for fact in (("基準日", "2027-09-30"), ("状態", "確定"), ("要供託額", "0")):
        assert fact in facts
    assert [name for name, _ in facts].count("確認していないこと") == 6


async def test_a_page_is_printed_that_runs_nothing_and_loads_nothing(office: Office):
    answer = await office.get("finance", PATH + ".html", base_date="2027-09-30")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    page = HtmlPage(answer.text)
    assert page.open == []
    assert {"main", "h1", "caption", "dl", "th"} <= page.seen
    assert not {"script", "link", "img", "form", "iframe"} & page.seen
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"style", "src", "href"}
    assert ("lang", "ja") in page.attributes
    for text in ("16,900", "26,000", "2027-09-30", "国・地方公共団体"):
        assert text in page.texts


def test_whatever_a_region_is_called_is_text_in_the_page():
    name = "<script>alert(1)</script>\"'&"
    nothing = Line(Issue(), Issue())
    report = BaseDateReport(
        *(date(2027, 3, 31), date(2026, 9, 30), 1, True),
        kinds={KindOfValue("coin", "paid"): nothing},
        paid=nothing,
        free=nothing,
        issuer_kind="own_use",
        deposit=deposit_due("own_use", 0),
    )
    page = HtmlPage(base_date_page(name, report))
    assert "script" not in page.seen
    assert name in page.texts


async def test_days_without_such_a_report_are_refused_and_other_roles_too(office: Office):
    for path in (PATH, PATH + ".csv", PATH + ".html"):
        for day, slug in (
            ("2028-03-31", "day-ahead"),
            ("2027-09-29", "not-a-base-date"),
            ("2020-03-31", "day-before-region"),
        ):
            is_problem(await office.get("finance", path, base_date=day), 422, slug)
        await office.allows(path, ["finance", "approver", "auditor"], None)
