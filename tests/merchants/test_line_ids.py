"""The same line of two statements is one, however files overlap and in whichever order."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from merchants.import_statement import line_ids
from merchants.read_statement import ReadLine

FIRST = date(2026, 1, 5)
ACCOUNT = UUID(int=1)

lines = st.builds(
    lambda day, amount, text: ReadLine(
        0, FIRST + timedelta(day), amount > 0, abs(amount), None, text, ""
    ),
    st.integers(0, 5),
    st.sampled_from([-440, 440, 984]),
    st.sampled_from(["a", "b"]),
)
windows = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted)


@given(st.lists(lines, max_size=25), st.lists(windows, max_size=6), st.randoms())
def test_files_of_whole_days_count_each_line_once(all_lines, parts, chance):
    found: set[UUID] = set()
    expected: list[ReadLine] = []
    covered = {day for first, last in parts for day in range(first, last + 1)}
    for first, last in parts:
        days = {FIRST + timedelta(day) for day in range(first, last + 1)}
        file = [line for line in all_lines if line.booked_on in days]
        chance.shuffle(file)
        found.update(line_ids(ACCOUNT, file))
    expected = [line for line in all_lines if (line.booked_on - FIRST).days in covered]
    assert len(found) == len(expected)


def test_another_account_has_other_lines():
    line = ReadLine(1, FIRST, True, 984, None, "a", "")
    both = [line_ids(UUID(int=account), [line, line]) for account in (1, 2)]
    assert len({*both[0], *both[1]}) == 4


def test_lines_are_in_the_order_of_their_days():
    days = [ReadLine(1, FIRST + timedelta(day), True, 1, None, "a", "") for day in range(40)]
    ids = line_ids(ACCOUNT, days)
    assert ids == sorted(ids)
