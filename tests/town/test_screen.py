"""What is shown: the live table fits a terminal of 80 columns, and a file gets plain lines."""

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from town.check import Figure
from town.live_table import Sale, Snapshot, draw, in_words
from town.screen import Screen
from town.summary import Verdict
from town.wire import DUE

BUSY = Snapshot(
    town="ひので町",
    at=datetime(2026, 4, 1, 12, 34, tzinfo=UTC),
    acts=300_000,
    done=123_456,
    payments=199_999,
    paid_yen=478_901_234,
    top_ups=54_321,
    top_up_yen=398_765_432,
    returns=2_345,
    returns_yen=12_345_678,
    rebate_points=98_765_432,
    budget_yen=123_456_789,
    budget_left_yen=12_345_678,
    refusals=Counter({due.slug: 250 for due in DUE.values() if due.slug}),
    surprises=12,
    latest=(Sale("たかのはホームセンター 桜通り店2号店", 20_000, 3_000), Sale("大沢食堂", 100, 0)),
)


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_live_table_fits_80_columns_and_24_lines() -> None:
    console = terminal()
    console.print(draw(BUSY, [0, 120, 1_450, 900] * 9))
    lines = shown(console).splitlines()
    assert len(lines) <= 21
    assert {cell_len(line) for line in lines} == {78}
    for words in ("12:34", "41 %", "¥478,901,234", "98,765,432 pt", "refund-exceeds-payment"):
        assert any(words in line for line in lines)


def test_an_empty_town_can_be_drawn() -> None:
    nothing = replace(BUSY, acts=0, done=0, budget_yen=0, budget_left_yen=0, latest=())
    console = terminal()
    console.print(draw(nothing, []))
    assert "0 %" in shown(console)


def test_the_same_stands_in_one_line() -> None:
    told = in_words(BUSY, [50])
    assert "\n" not in told
    for words in ("12:34", "41 %", "50 payments/s", "¥478,901,234", "refused 2,750"):
        assert words in told


def test_a_file_gets_one_plain_line_for_each_step() -> None:
    console = Console(file=io.StringIO())
    screen = Screen(console)
    with screen.step("Migrations"):
        pass
    with screen.steps("Shops", 3) as bar:
        bar.advance(3)
    with screen.day():
        screen.show(BUSY)
        screen.show(BUSY)
    lines = shown(console).splitlines()
    assert [line.split()[1] for line in lines] == ["Migrations", "Shops", "41"]
    assert "\x1b" not in shown(console)


@pytest.mark.parametrize(
    ("figure", "surprises", "is_whole", "agrees"),
    [
        (Figure("paid", 1, 1), [], True, True),
        (Figure("paid", 1, 2), [], True, False),
        (Figure("paid", 1, 1), ["act 1: another answer"], True, False),
        (Figure("paid", 1, 1), [], False, False),
    ],
)
def test_one_doubt_is_enough(
    figure: Figure, surprises: list[str], is_whole: bool, agrees: bool
) -> None:
    assert Verdict([figure], surprises, "audit", is_whole).agrees is agrees
