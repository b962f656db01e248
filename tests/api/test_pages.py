"""Pages: a list is walked whole, once, and no made-up cursor gets anywhere."""

from base64 import urlsafe_b64encode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.pages import Listing, Paging
from core.errors import Problem
from tests.api.probe import is_problem

SEQS = Listing("seqs", (int,))


def cursor(content: object) -> str:
    raw = content if isinstance(content, bytes) else orjson.dumps(content)
    return urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("limit", [1, 7, 50, 100, 200])
async def test_a_list_is_walked_whole_and_once(client, limit):
    seen: list[int] = []
    params: dict[str, object] = {"limit": limit}
    while True:
        page = (await client.get("/v1/probe/numbers", params=params)).json()
        assert len(page["items"]) <= limit
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == list(range(500, 0, -1))


async def test_a_list_without_items_has_one_empty_page(client):
    page = (await client.get("/v1/probe/numbers", params={"min_yen": 501})).json()
    assert page == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.0", "1e1", " 1", "+1", "1_0", "", "x", "١"])
async def test_a_limit_is_digits_from_1_to_200(client, limit):
    answer = await client.get("/v1/probe/numbers", params={"limit": limit})
    told = is_problem(answer, 422, "malformed-request")
    assert told["errors"][0]["pointer"] == "query:limit"


@pytest.mark.parametrize(
    "made_up",
    [
        "",
        "x",
        "=",
        "💴",
        "A" * 257,
        cursor(b"\xff"),
        cursor({}),
        cursor([]),
        cursor([1]),
        cursor([2, "numbers", 5, "00000000-0000-0000-0000-000000000000"]),
        cursor([1, "letters", 5, "00000000-0000-0000-0000-000000000000"]),
        cursor([1, "numbers", 5]),
        cursor([1, "numbers", "5", "00000000-0000-0000-0000-000000000000"]),
        cursor([1, "numbers", 5.0, "00000000-0000-0000-0000-000000000000"]),
        cursor([1, "numbers", True, "00000000-0000-0000-0000-000000000000"]),
        cursor([1, "numbers", 2**63, "00000000-0000-0000-0000-000000000000"]),
        cursor([1, "numbers", 5, "x"]),
        cursor([1, "numbers", 5, None]),
        cursor([1, "numbers", 5, "00000000-0000-0000-0000-000000000000", 6]),
    ],
)
async def test_a_made_up_cursor_is_malformed(client, made_up):
    answer = await client.get("/v1/probe/numbers", params={"cursor": made_up})
    slug = "malformed-request" if len(made_up) > 256 else "malformed-cursor"
    told = is_problem(answer, 422, slug)
    assert "errors" in told or set(told) == {"type", "title", "status", "instance"}


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=256), st.binary(max_size=190).map(cursor)))
def test_no_text_breaks_a_cursor(text):
    with pytest.raises(Problem) as refused:
        SEQS.start(Paging(50, text))
    assert refused.value.type.slug == "malformed-cursor"


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_reads_back(seq):
    page = SEQS.page([seq, 0], Paging(1, None), key=lambda row: (row,), item=int)
    assert SEQS.start(Paging(1, page.next_cursor)) == (seq,)
