"""Sales as files: another reader of CSV and of XLSX finds what was sold, and text as text."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl.reader.excel import load_workbook
from sqlalchemy import text
from starlette.requests import ClientDisconnect

from api.sales_files import PAGE
from api.sheets import EXPORT_BUSY, Rows, Sheet, answer_sheet, turn
from core.errors import Problem
from tests.api.shop import Token, put_refund, slug_of, staff
from tests.town_builder import Store, Town

EVIL = ("=HYPERLINK(1)", "+1", "@SUM(A1)", "＝1+1", " =2", "http://a.example")


@pytest.fixture
async def store(town: Town, app_client: httpx.AsyncClient, token: Token) -> Store:
    """A shop with sales of today: each kind, a till that looks like a formula, evil reasons."""
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 50_000)
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    paid = await town.pay(wallet, store, 1_000, terminal="=1+1", is_coin_only=True)
    for reason in EVIL:
        answer = await put_refund(
            app_client, staff(token, store), paid.entry_id, amount_yen=10, reason=reason
        )
        assert answer.is_success, answer.text
    voided = await town.pay(wallet, store, 500, is_coin_only=True)
    await town.void(voided.entry_id, store)
    return store


async def file_of(
    client: httpx.AsyncClient, headers: dict[str, str], town: Town, name: str, **query: Any
) -> httpx.Response:
    today = str(await town.today())
    params = {"from": today, "to": today} | query
    answer = await client.get(f"/v1/sales/{name}", headers=headers, params=params)
    assert answer.is_success, answer.text
    assert f'.{name.partition(".")[2]}"' in answer.headers["content-disposition"]
    return answer


def lines(answer: httpx.Response) -> list[list[str]]:
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def cells(answer: httpx.Response) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(answer.content))
    [sheet] = book.worksheets
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    return [list(row) for row in sheet.iter_rows(values_only=True)]


async def test_single_sales_are_the_same_in_both_files_and_hold_no_formula(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    headers = staff(token, store, "accountant")
    head, *rows = lines(await file_of(app_client, headers, town, "payments.csv"))
    assert head[:6] == ["日時", "営業日", "種別", "店舗", "端末", "金額"]
    kinds = ["支払い", *["返金"] * 6, "支払い", "取消"]
    assert [row[2] for row in rows] == kinds
    assert rows[0][4:12] == ["'=1+1", "1000", "1000", "60", "一部返金", "50", "", ""]
    assert rows[7][8] == "取消済み"
    assert [row[12] for row in rows[1:7]] == [*(f"'{evil}" for evil in EVIL[:5]), EVIL[5]]
    assert {row[13] for row in rows[1:7]} == {str(store.staff_id)}
    local = datetime.strptime(rows[0][0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=town.region.zone)
    assert abs(local - await town.now()) < timedelta(minutes=5), "in the region's zone"

    titles, *found = cells(await file_of(app_client, headers, town, "payments.xlsx"))
    assert titles == head
    assert [row[12] for row in found[1:7]] == list(EVIL), "as it was written: text is text"
    assert found[0][0] == local.replace(tzinfo=None)
    for told, cell in zip(rows, found, strict=True):
        assert [str(value or 0) for value in cell[5:8]] == [value or "0" for value in told[5:8]]


async def test_figures_end_with_the_whole(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    headers = staff(token, store)
    for by in ("day", "weekday", "terminal", "campaign"):
        head, *rows = lines(await file_of(app_client, headers, town, "figures.csv", by=by))
        assert rows[-1][:6] == ["合計", "", "2", "1500", "750", "6"], by
        assert len(head) == len(rows[0]) == 25
        titles, *found = cells(await file_of(app_client, headers, town, "figures.xlsx", by=by))
        assert titles == head
        assert found[-1][:6] == ["合計", None, 2, 1500, 750, 6]
        assert found[-1][-3:] == [1, 1, 0]


async def test_filters_and_stores_count_in_files_too(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    headers = staff(token, store)
    rows = lines(await file_of(app_client, headers, town, "payments.csv", kind="void"))
    assert len(rows) == 2
    nothing = staff(token, store, "manager", stores=[])
    for name in ("payments.csv", "figures.csv"):
        rows = lines(await file_of(app_client, nothing, town, name))
        assert [row[:4] for row in rows[1:]] in ([], [["合計", "", "0", "0"]])


async def test_files_are_for_bookkeepers_and_bounded(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    today = str(await town.today())
    for name in ("figures.csv", "figures.xlsx", "payments.csv", "payments.xlsx"):
        path = f"/v1/sales/{name}?from={today}&to={today}"
        for role in ("clerk", "terminal"):
            answer = await app_client.get(path, headers=staff(token, store, role))
            assert (answer.status_code, slug_of(answer)) == (403, "role-missing")
        answer = await app_client.get(
            f"/v1/sales/{name}?from=2020-01-01&to={today}", headers=staff(token, store)
        )
        assert (answer.status_code, slug_of(answer)) == (422, "sales-span-wrong")
        answer = await app_client.get(f"/v1/sales/{name}", headers=staff(token, store))
        if name.startswith("figures"):
            assert answer.status_code == 200, "the month so far"
        else:
            assert (answer.status_code, slug_of(answer)) == (422, "malformed-request")


async def test_more_than_a_file_holds_is_refused_before_it_begins(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    today = str(await town.today())
    region = town.region.region_id
    await file_of(app_client, staff(token, store), town, "payments.xlsx")
    async with town.database.transaction(region) as db:
        await db.execute(
            text(
                "INSERT INTO merchants.sales_day (region_id, merchant_id, cut, day, store_id, part,"
                " payments) VALUES (:region, :merchant, 'all', :day, :store, '', 99_999)"
            ),
            {
                "region": region, "merchant": store.merchant_id, "store": store.store_id,
                "day": await town.today(),
            },
        )  # fmt: skip
    for name, code in (("payments.xlsx", 422), ("payments.csv", 200)):
        path = f"/v1/sales/{name}?from={today}&to={today}"
        answer = await app_client.get(path, headers=staff(token, store))
        assert answer.status_code == code
        if code == 422:
            assert slug_of(answer) == "sales-export-too-long"
            assert answer.json()["most_rows"] == 100_000


async def test_more_sales_than_a_page_are_all_in_the_file(
    app_client: httpx.AsyncClient, token: Token, town: Town, store: Store
):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)
    many = (town.payment(wallet, store, 1) for _ in range(2 * PAGE))
    assert len(await town.engine.submit_all(many)) == 2 * PAGE
    rows = lines(await file_of(app_client, staff(token, store), town, "payments.csv"))
    assert len(rows) == 1 + 9 + 2 * PAGE
    assert len({row[14] for row in rows[1:]}) == 9 + 2 * PAGE


def sheet_of(pages: AsyncIterator[Rows]) -> Sheet:
    return Sheet("x", "x", ["text", "number"], pages)


async def test_a_file_that_breaks_off_leaves_nothing_behind(tmp_path: Path):
    async def pages(*, is_broken: bool) -> AsyncIterator[Rows]:
        yield [["a", 1]]
        if is_broken:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await answer_sheet(
            Sheet("x", "x", ["t", "n"], pages(is_broken=True)), "xlsx", within=tmp_path
        )
    assert list(tmp_path.iterdir()) == []
    whole = await answer_sheet(
        Sheet("x", "x", ["t", "n"], pages(is_broken=False)), "xlsx", within=tmp_path
    )
    assert list(tmp_path.iterdir())

    async def gone(*_: object) -> None:
        raise ConnectionResetError

    with pytest.raises(ClientDisconnect):
        await whole({"type": "http", "asgi": {"spec_version": "2.4"}}, gone, gone)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


async def test_a_third_spreadsheet_waits_and_is_refused_in_the_end():
    async def no_pages() -> AsyncIterator[Rows]:
        yield []

    async with turn(1), turn(1):
        with pytest.raises(Problem) as refused:
            await answer_sheet(sheet_of(no_pages()), "xlsx", patience_s=0.01)
    assert refused.value.type is EXPORT_BUSY
