"""Dashboards: figures, CSV, charts and maps of released weeks, for roles that see no person."""

import csv
import io

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.spans import is_about
from tests.insights.statistics_builder import WEEK, go_to, hold_plan, release_week
from tests.town_builder import Town

MAY = ("campaigns", "city", "approver", "finance", "auditor")
RING = [[139.6, 35.6], [139.7, 35.6], [139.7, 35.7], [139.6, 35.6]]
PATHS = ("weekly", "weekly.csv", "weekly.svg", "map.geojson")


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_figures_come_from_releases_and_are_the_same_for_all(office: Office, town: Town):
    for path in PATHS:
        await office.allows(f"statistics/{path}", MAY, None)
        missing = await office.get("city", f"statistics/{path}")
        is_problem(missing, 409, "statistics-plan-missing")
    north = {"code": "north", "names": {"ja": "=北", "en": "North"}}
    shape = {"type": "Polygon", "coordinates": [RING]}
    plan = await hold_plan(
        town,
        areas=[
            north | {"geometry": shape},
            {"code": "south", "names": {"ja": "南", "en": "South"}},
        ],
    )
    first = plan.lists.first_week
    await go_to(town, first + 4 * WEEK)
    for week in range(4):
        await release_week(town, plan, first + week * WEEK, yen=10_000_000)
    query = {"by": "area", "from_week": str(first + 2 * WEEK), "to_week": str(first + 3 * WEEK)}
    bodies = {
        path: {(await office.get(role, f"statistics/{path}", **query)).content for role in MAY}
        for path in PATHS[:3]
    }
    assert all(len(told) == 1 for told in bodies.values())

    told = (await office.get("city", "statistics/weekly", **query)).json()
    assert [line["key"] for line in told["lines"]] == ["north", "south", "other"]
    assert (told["weeks"], told["released_weeks"]) == (2, 2)
    line, total = told["lines"][0], told["total"]
    assert (line["cells"], line["suppressed"], total["cells"]) == (6, 0, 18)
    assert is_about(line["spend"], 60_000_000)
    assert is_about(line["change"]["spend"], 0)
    assert (line["change"]["cells"], line["change"]["left_out"]) == (6, 0)
    assert [source["release_no"] for source in told["sources"]] == [1, 4, 7, 10]
    newest = (await office.get("city", "statistics/weekly", by="category", area="north")).json()
    assert (newest["weeks"], newest["last_day"]) == (4, told["last_day"])
    bands = {"table": "area_age_band", "by": "age_band"}
    assert len((await office.get("city", "statistics/weekly", **bands)).json()["lines"]) == 7

    answer = await office.get("city", "statistics/weekly.csv", **query)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert [row["名称"] for row in rows] == ["'=北", "南", "その他・不明", "合計"]
    assert int(rows[0]["支払額(円)"]) == line["spend"]["value"]

    typo = is_problem(
        await office.get("city", "statistics/weekly", area="nroth"),
        422,
        "statistics-question-wrong",
    )
    assert typo["codes"] == ["north", "south", "other"]

    drawn = await office.get("city", "statistics/weekly.svg", measure="payers", **query)
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "地域別の支払者数(延べ)" in drawn.text

    areas = await office.get("city", "statistics/map.geojson")
    assert areas.headers["content-type"] == "application/geo+json"
    features = areas.json()["features"]
    assert [each["id"] for each in features] == ["north", "south"]
    assert features[0]["geometry"]["coordinates"] == [RING]
    assert features[1]["geometry"] is None
    districts = await office.get("city", "statistics/map.geojson", places="districts")
    assert [each["id"] for each in districts.json()["features"]] == ["station", "harbour"]


WRONG = (
    {"by": "age_band"},
    {"table": "district", "by": "district", "area": "north"},
    {"from_week": "2026-12-01", "to_week": "2026-11-01"},
    {"from_week": "2026-01-01", "to_week": "2027-06-01"},
)


async def test_what_no_table_tells_is_refused(office: Office):
    for query in WRONG:
        answer = await office.get("city", "statistics/weekly", **{"to_week": "2027-01-01", **query})
        is_problem(answer, 422, "statistics-question-wrong")
