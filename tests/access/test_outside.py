"""When the other side wants to be asked again: whatever it writes there is a time, or nothing."""

import httpx
import pytest

from access.outside import retry_after_s

DAY_S = 86_400


@pytest.mark.parametrize(
    ("said", "pause_s"),
    [
        ("0", 0),
        ("120", 120),
        ("999999999", DAY_S),
        ("Fri, 31 Dec 2100 23:59:59 GMT", DAY_S),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("31 Dec 0001 00:00:00 +2359", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", DAY_S),
        ("Fri, 31 Dec 2100 23:59:59", None),
        ("Fri, 31 Dec 2100 23:59:59 -0000", None),
        ("9999999999", None),
        ("-5", None),
        ("1e400", None),
        ("٣", None),
        ("soon", None),
        ("((((((", None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 2100 23:59:99999999999 GMT", None),
        ("Fri, 31 Dec 2100 23:59:59 +99999999999", None),
    ],
)
def test_a_wish_is_read_and_bounded_or_left_aside(said: str, pause_s: int | None):
    answer = httpx.Response(503, headers=[(b"Retry-After", said.encode())])
    assert retry_after_s(answer, DAY_S) == pause_s


def test_without_a_wish_there_is_none():
    assert retry_after_s(httpx.Response(503), DAY_S) is None
