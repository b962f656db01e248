"""Open data and the page about privacy: for anybody, without a token, as caches and people like."""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import create_app
from api.packages import Packages
from core.database import CITY_ROLE, Database
from core.settings import load_settings
from insights.guarantee import best_guess, epsilon_at
from insights.package_dcat import Kind
from insights.read_spending import Spending
from ledger.open_region import make_region
from tests.api.probe import is_problem
from tests.html_page import HtmlPage
from tests.insights.statistics_builder import WEEK, go_to, hold_plan, release_week
from tests.servers import Servers
from tests.town_builder import Town, open_region, running_engine


@dataclass(frozen=True)
class Open:
    """A client of a deployment: two released weeks in one region, nothing in another."""

    client: httpx.AsyncClient
    town: Town
    first: date
    app: FastAPI

    async def get(self, path: str, status: int = 200, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.get(path, headers=named)
        assert answer.status_code == status, (path, answer.text)
        return answer

    def name(self, slug: str, end: str = "csv") -> str:
        folder = f"/open-data/setagaya/weeks/{self.first}"
        return f"{folder}/setagaya-{self.first}-{slug}.{end}"


@pytest.fixture(scope="module")
async def shown(servers: Servers) -> AsyncIterator[Open]:
    place = await servers.clone()
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    await make_region(database, "tsubame", "燕<script>", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        town = Town(place, database, region, engine)
        plan = await hold_plan(town)
        first = plan.lists.first_week
        await go_to(town, first + 3 * WEEK)
        await release_week(town, plan, first)
        await release_week(town, plan, first + WEEK)
        await release_week(town, plan, first + 2 * WEEK, ("district",))
    superuser = await asyncpg.connect(place.superuser_url)
    # What still answers reads as the role that sees nobody.
    await superuser.execute("REVOKE SELECT ON ALL TABLES IN SCHEMA insights FROM meguri_app")
    await superuser.close()
    settings = load_settings(
        environment="test", database_url=place.app_url, redis_url=servers.redis_url,
        data_dir=servers.folder,
    )  # fmt: skip
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://meguri.test") as client:
            yield Open(client, town, first, app)
    await database.close()
    await servers.leave(place)


async def test_a_file_may_be_kept_for_good_and_is_told_by_its_hash(shown: Open):
    path = shown.name("area-category")
    answer = await shown.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["ratelimit-policy"] == '"open-data";q=300;w=60'
    tag = answer.headers["etag"]
    assert tag == f'"{sha256(answer.content).hexdigest()}"'
    for given in (tag, f'"other", W/{tag}', "*"):
        known = await shown.get(path, 304, if_none_match=given)
        assert (known.content, known.headers["etag"]) == (b"", tag)
        assert known.headers["cache-control"] == answer.headers["cache-control"]
    assert (await shown.get(path, if_none_match='"other"')).content == answer.content
    head = await shown.client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers["content-length"] == str(len(answer.content))
    described = answer.headers["link"].split(";")[0].strip("<>")
    about = await shown.get(f"/open-data/setagaya/weeks/{shown.first}/{described}")
    assert about.json()["url"] == path.rpartition("/")[2]
    assert about.headers["content-type"] == "application/csvm+json"
    parquet = await shown.get(shown.name("area-category", "parquet"))
    assert parquet.headers["cache-control"] == "public, max-age=86400"
    assert parquet.content.startswith(b"PAR1")


async def test_the_figures_are_those_that_were_released(shown: Open):
    content = (await shown.get(shown.name("district"))).content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content))
    told = [dict(zip(head, row, strict=True)) for row in rows]
    region_id = shown.town.region.region_id
    async with shown.town.database.snapshot(region_id, as_role=CITY_ROLE) as db:
        stored = await db.scalar(
            text("SELECT output FROM insights.released WHERE table_name = 'district'"
                 " ORDER BY first_day LIMIT 1")
        )  # fmt: skip
    assert stored is not None
    cells = json.loads(stored)["cells"]
    assert [row["地区"] for row in told] == [cell["keys"][0] for cell in cells]
    assert [row["支払額(円)"] for row in told] == [
        str(cell["amounts"]["spend_yen"][0]) if cell["amounts"] else "" for cell in cells
    ]


async def test_every_process_sends_the_same_bytes(shown: Open):
    other = Packages(shown.town.database)
    made = await other.of(shown.town.region, "weeks", shown.first)
    assert made is not None
    for name, file in made.package.files.items():
        answer = await shown.get(f"/open-data/setagaya/weeks/{shown.first}/{name}")
        assert answer.content == file.content


async def test_all_files_of_the_catalogue_are_there(shown: Open):
    answer = await shown.get("/open-data/setagaya/catalog.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    await shown.get("/open-data/setagaya/catalog.jsonld", 304, if_none_match=answer.headers["etag"])
    graph = answer.json()["@graph"]
    files = [each for node in graph for each in node.get("dcat:distribution", [])]
    assert len(files) == 2 * 3 * 2
    for each in files:
        address = httpx.URL("http://meguri.test/open-data/setagaya/catalog.jsonld")
        found = await shown.get(str(address.join(each["dcat:downloadURL"]["@id"])))
        assert str(len(found.content)) == each["dcat:byteSize"]["@value"]
        told = each["spdx:checksum"]["spdx:checksumValue"]["@value"]
        assert told == sha256(found.content).hexdigest()
    terms = (await shown.get("/open-data/terms.jsonld")).json()["@graph"]
    assert {each["@id"] for each in terms} >= {"terms.jsonld#rho"}
    empty = (await shown.get("/open-data/tsubame/catalog.jsonld")).json()["@graph"]
    assert [each["@type"] for each in empty] == ["dcat:Catalog", *["dcat:DatasetSeries"] * 4]


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/open-data/atlantis", 404, "region-unknown"),
        ("/open-data/atlantis/catalog.jsonld", 404, "region-unknown"),
        ("/open-data/setagaya/weeks/2020-01-06", 404, "period-not-released"),
        ("/open-data/setagaya/weeks/2026-02-31/SHA256SUMS", 404, "period-not-released"),
        ("/open-data/setagaya/weeks/{third}", 404, "period-not-released"),
        ("/open-data/setagaya/quarters/{first}", 404, "period-not-released"),
        ("/open-data/setagaya/weeks/{first}/..%2f..%2fx", 404, "no-such-route"),
        ("/open-data/setagaya/weeks/{first}/x.csv", 404, "open-data-file-unknown"),
        ("/open-data/setagaya/months/{first}/x.csv", 422, "malformed-request"),
        ("/open-data/setagaya/weeks/last", 422, "malformed-request"),
        ("/open-data/setagaya?limit=1", 422, "malformed-request"),
        ("/privacy/atlantis", 404, "region-unknown"),
        ("/privacy/atlantis.json", 404, "region-unknown"),
    ],
)
async def test_what_is_not_there_is_a_problem(shown: Open, path: str, status: int, slug: str):
    """A week of which a table is missing has no package."""
    asked = path.format(first=shown.first, third=shown.first + 2 * WEEK)
    is_problem(await shown.client.get(asked), status, slug)


PAGES = (
    "/open-data",
    "/open-data/setagaya",
    "/open-data/tsubame",
    "/open-data/setagaya/weeks/{first}",
    "/privacy",
    "/privacy/setagaya",
    "/privacy/tsubame",
)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_nothing_loads_nothing_and_leads_on(shown: Open, path: str):
    address = httpx.URL("http://meguri.test" + path.format(first=shown.first))
    answer = await shown.get(str(address))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    await shown.get(str(address), 304, if_none_match=answer.headers["etag"])
    page = HtmlPage(answer.text)
    assert page.open == [], "every element is closed"
    assert {"main", "h1"} <= page.seen
    assert not {"script", "link", "img", "form", "iframe"} & page.seen
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"style", "src"}
    assert ("lang", "ja") in page.attributes
    assert ("lang", "en") in page.attributes
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(set(ids)) == len(ids)
    for name, value in page.attributes:
        if name == "href" and value is not None and "creativecommons" not in value:
            if value.startswith("#"):
                assert value[1:] in ids
            else:
                await shown.get(str(address.join(value)))


async def test_people_read_what_was_released_and_what_was_not(shown: Open):
    week = HtmlPage((await shown.get(f"/open-data/setagaya/weeks/{shown.first}")).text)
    assert {"地域×業種別の支払(週次)", "地区別の支払(週次)", "その他・不明"} <= {
        text.strip() for text in week.texts
    }
    region = HtmlPage((await shown.get("/open-data/setagaya")).text)
    weeks = [each for each in region.texts if each.startswith(f"{shown.first.year}-")]
    assert weeks == [f"{day} 〜 {day + timedelta(days=6)}"
                     for day in (shown.first + WEEK, shown.first)]  # fmt: skip
    other = HtmlPage((await shown.get("/open-data/tsubame")).text)
    assert "公開された週は、まだありません。" in "".join(other.texts)
    assert "燕<script> 地域通貨 統計オープンデータ" in other.texts


async def test_the_guarantee_is_computed_from_what_was_paid(shown: Open):
    told: dict[str, Any] = (await shown.get("/privacy/setagaya.json")).json()
    used = 2 * 9_000_000 + 2_250_000
    assert [each["cost_nano_rho"] for each in told["releases"]] == [
        *[2_250_000], *[2_250_000, 2_250_000, 4_500_000] * 2,
    ]  # fmt: skip
    assert [each["release_no"] for each in told["releases"]] == [7, 6, 5, 4, 3, 2, 1]
    assert told["so_far"]["cost_nano_rho"] == used
    [year] = told["years"]
    assert year["left_nano_rho"] == 520_000_000 - used
    assert year["used"] == told["so_far"]
    for meaning in (told["week"], told["year"], told["so_far"]):
        cost = meaning["cost_nano_rho"]
        assert 0 <= meaning["guess_percent"] - 100 * best_guess(cost) <= 0.1
        assert 0 <= meaning["epsilon"] - epsilon_at(cost, told["delta"]) <= 0.01
    assert (told["week"]["cost_nano_rho"], told["is_planned"]) == (9_000_000, False)
    page = (await shown.get("/privacy/setagaya")).text
    for words in ("52.7回", "69.5回", "52.7 times", "あと 96% あります", "0.49975"):
        assert words in page, words
    planned = (await shown.get("/privacy/tsubame.json")).json()
    assert (planned["is_planned"], planned["releases"]) == (True, [])
    assert planned["so_far"]["guess_percent"] == 50.0
    assert "公表された統計は、まだありません。" in (await shown.get("/privacy/tsubame")).text


async def test_what_is_asked_for_again_is_not_made_again(shown: Open):
    made: list[Spending] = []

    async def make(spending: Spending) -> bytes:
        made.append(spending)
        return b"%d" % len(made)

    packages = Packages(shown.town.database)
    region = shown.town.region
    first = await packages.of(region, "weeks", shown.first)
    assert await packages.of(region, "weeks", shown.first) is first
    kinds: list[Kind] = ["weeks", "quarters"]
    assert [await packages.of(region, kind, shown.first + 2 * WEEK) for kind in kinds] == [None] * 2
    assert len(await packages.listed(region, "weeks", shown.first + WEEK)) == 3
    assert await packages.listed(region, "quarters", shown.first) == ()
    for _ in range(2):
        assert await packages.document(region, "page", make) == b"1"
    assert await packages.document(region, "other", make) == b"2"
    assert [each.releases[0].release_no for each in made] == [7, 7]


async def test_what_is_released_next_shows_at_once(town: Town):
    packages = Packages(town.database)
    plan = await hold_plan(town)
    first = plan.lists.first_week
    await go_to(town, first + 2 * WEEK)

    async def make(spending: Spending) -> bytes:
        return b"%d" % len(spending.releases)

    for week, told in ((None, b"0"), (first, b"3"), (first + WEEK, b"6")):
        if week is not None:
            await release_week(town, plan, week)
        assert await packages.document(town.region, "page", make) == told
