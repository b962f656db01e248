"""Evidence on a campaign that is over: the same bytes for all, each number with its table."""

import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.spans import is_about
from tests.insights.evidence_town import BEFORE, DURING, campaign_over, release
from tests.town_builder import Town, new_id

MAY = ("campaigns", "city", "approver", "finance", "auditor")


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def test_a_report_tells_what_a_campaign_did_and_from_which_tables(office: Office, town: Town):
    early = await town.live_campaign(name="Not over")
    path = f"campaigns/{early}/evidence"
    await office.allows(path, MAY, None)
    is_problem(await office.get("city", path), 409, "campaign-not-over")
    is_problem(await office.get("city", f"campaigns/{new_id()}/evidence"), 404, "campaign-unknown")
    await town.change_campaign(early, "ended")

    tried = await campaign_over(town)
    path = f"campaigns/{tried.campaign_id}/evidence"
    is_problem(await office.get("city", path), 409, "statistics-not-released")
    await release(town, tried.plan, BEFORE + DURING - 1, 30)
    told = {role: (await office.get(role, path)).content for role in MAY}
    assert len(set(told.values())) == 1, "one report for all, byte for byte"

    report = (await office.get("city", path)).json()
    main = report["effects"][0]
    assert report["reasons"] == []
    assert report["is_concluded"]
    assert is_about(main["numbers"]["effect"], 300)
    spent, each = report["cost"]["spent"], report["cost"]["of_a_thousand_additional_yen"]
    assert report["cost"]["as_of"] == tried.last_day.isoformat()
    assert is_about(spent, 3_500)
    assert each["value"] == 1_000 * spent["value"] // main["numbers"]["additional"]["value"]
    assert each["high"] > 0
    assert [each["name"] for each in report["effects"]] == [
        "main", "area/north", "class/street_member", "class/small", "class/convenience",
        "class/large",
    ]  # fmt: skip
    assert [each["code"] for each in report["effects"][2]["reasons"]] == ["not-told-apart"]
    await names_its_tables(town, report)

    page = await office.get("auditor", f"{path}.html")
    again = await office.get("campaigns", f"{path}.html")
    assert page.content == again.content
    assert_is_whole(page.text)


async def names_its_tables(town: Town, report: dict[str, Any]) -> None:
    """Each number leads to releases with the hash of what is stored, to cells and to a formula."""
    stored = {
        row.release_no: sha256(row.output).hexdigest()
        for row in await town.rows("SELECT release_no, output FROM insights.release")
    }
    assert {each["release_no"]: each["sha256"] for each in report["tables"]} == stored
    numbers = [
        *(each for effect in report["effects"] for each in effect["numbers"].values()),
        *(week[side] for week in report["series"] for side in ("reached", "others")),
        report["cost"]["of_a_thousand_additional_yen"],
    ]
    for number in filter(None, numbers):
        assert number["low"] <= number["value"] <= number["high"]
        assert number["formula"] in report["method"]["formulas"]
        assert number["weeks"]
        assert all(no in stored for span in number["weeks"] for no in report["weeks"][span])
        assert number["cells"]
        for cells in number["cells"]:
            name, side = cells.rsplit("/", 1)
            assert report["cells"][name][side]


def assert_is_whole(page: str) -> None:
    """Every link leads somewhere on the page, nothing runs or is loaded, and ids are one."""
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links
    assert links <= set(ids)
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="https?:', page)
    assert '<html lang="ja">' in page
    assert "対象の区分の支払額は、キャンペーンがなかった場合より増えたと推定されます。" in page


async def test_without_a_plan_there_is_no_evidence(office: Office, town: Town):
    campaign = await town.live_campaign()
    await town.change_campaign(campaign, "ended")
    await town.set_clock(await town.now() + timedelta(days=2))
    is_problem(
        await office.get("city", f"campaigns/{campaign}/evidence"), 409, "statistics-plan-missing"
    )
