"""Two campaigns and three ways of living together, with caps: the table of docs/RULES.md."""

import re
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest

from campaigns.groups import check_group, spans_of
from campaigns.recompute import recompute_all
from campaigns.rules import LiveCampaign
from core.errors import Problem
from tests.campaigns.deciding import decide_all
from tests.campaigns.examples import CAMPAIGN, flat, head, payment, terms
from tests.rules_page import table_under

OURS = UUID(int=7)

GROUPS: dict[str, dict[str, Any] | None] = {
    "stacking": None,
    "stacking, at most 50 % of the coin part": {"how": "stacking", "most_of_coin_bp": 5000},
    "best": {"how": "best", "group": "autumn"},
    "exclusive": {"how": "exclusive", "group": "autumn"},
}


SIDE = re.compile(r"(\d+) %(?:, at most (\d+) points)?")


def side(number: int, cell: str, **more: Any) -> LiveCampaign:
    """A campaign as a cell of the table says it."""
    said = SIDE.fullmatch(cell)
    assert said is not None, cell
    rate, cap = said.groups(default="1000000")
    return flat(number, int(rate) * 100, caps={"per_payment_points": int(cap)}, **more)


def two(how: str, first: str, second: str) -> list[LiveCampaign]:
    """Both of a row: the first has priority."""
    together = GROUPS[how]
    return [
        side(1, first, together=together, priority=5),
        side(2, second, together=together),
    ]


@pytest.mark.parametrize(
    ("how", "first", "second", "granted"), table_under("| how | first | second | granted |")
)
def test_two_campaigns_grant_what_the_table_says(
    how: str, first: str, second: str, granted: str
) -> None:
    campaigns = two(how, first, second)
    points = [int(each) for each in granted.split(" + ")]
    headrooms = {campaign.campaign_id: head(10**6) for campaign in campaigns}
    grants = decide_all(campaigns, payment(1000), headrooms)
    assert [grant.rebate_points for grant in grants] == points
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    half = recompute_all(grants, by_id, payment(1000), payment(500))
    assert all(
        kept.rebate_points <= all_of_it for kept, all_of_it in zip(half, points, strict=True)
    )
    passed_over = [grant.rebate_points == 0 and not how.startswith("stacking") for grant in grants]
    for kept, was_passed_over in zip(half, passed_over, strict=True):
        assert not was_passed_over or kept.rebate_points == 0, "who was not chosen stays so"


def test_who_was_not_chosen_is_told_why() -> None:
    for how, code in (("best", "another-is-better"), ("exclusive", "another-comes-first")):
        campaigns = two(how, "50 %", "40 %")
        headrooms = {campaign.campaign_id: head(10**6) for campaign in campaigns}
        _, second = decide_all(campaigns, payment(1000), headrooms)
        assert (second.spent_yen, second.reasons) == (0, ((code, None),))


def test_one_that_does_not_apply_excludes_nobody() -> None:
    campaigns = two("exclusive", "50 %", "40 %")
    headrooms = {UUID(int=1): head(0), UUID(int=2): head(10**6)}
    first, second = decide_all(campaigns, payment(1000), headrooms)
    assert first.reasons == (("budget-empty", None),)
    assert second.rebate_points == 400


def test_a_group_is_served_in_the_place_of_its_first() -> None:
    campaigns = [*two("best", "30 %", "60 %"), flat(3, 9000, priority=3)]
    headrooms = {campaign.campaign_id: head(10**6) for campaign in campaigns}
    grants = decide_all(campaigns, payment(1000), headrooms)
    assert [(g.campaign_id.int, g.rebate_points) for g in grants] == [(1, 0), (2, 600), (3, 400)]
    # A refund goes in the same order: what remains is shared as it would have been.
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    kept = recompute_all(grants, by_id, payment(1000), payment(990))
    assert [grant.rebate_points for grant in kept] == [0, 594, 396]


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_refused"),
    [
        ("2025-07-01", "2025-08-31", True),
        ("2025-08-31", "2025-09-30", True),
        ("2025-06-01", "2025-07-01", True),
        ("2025-09-01", "2025-09-30", False),
        ("2025-06-01", "2025-06-30", False),
    ],
)
def test_a_group_chooses_in_one_way_on_each_day(
    starts_on: str, ends_on: str, *, is_refused: bool
) -> None:
    one = terms(together={"how": "best", "group": "summer"})
    other = terms(
        together={"how": "exclusive", "group": "summer"}, starts_on=starts_on, ends_on=ends_on
    )
    for ours, theirs in ((one, other), (other, one)):
        with pytest.raises(Problem) if is_refused else nullcontext():
            check_group(
                spans_of(OURS, ours, None),
                [*spans_of(OURS, theirs, None), *spans_of(CAMPAIGN, theirs, None)],
            )
