"""docs/WEBHOOKS.md says what is sent, and verifies it as the code signs it."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from standardwebhooks import Webhook

from ledger.events import Event
from merchants.webhook_secret import new_secret, shown, signed
from merchants.webhook_types import PING, TOLD, body_of, ping_body

PAGE = (Path(__file__).parents[2] / "docs" / "WEBHOOKS.md").read_text(encoding="utf-8")
FACTS = {
    "paid_with": [{"kind": "coin", "amount": 700}, {"kind": "points", "amount": 500}],
    "grants": [{"cashback_yen": 30}, {"cashback_yen": 5}],
    "refunded_yen": 400,
    "reason": "of somebody",
    "store_name": "of somebody",
    "asked": "of somebody",
}
OF_ALL = {"merchant_id", "business_date", "seq"}


def event(kind: str) -> Event:
    return Event(
        7, datetime(2026, 11, 22, 3, tzinfo=UTC), date(2026, 11, 22), uuid4(), kind, "resident:x",
        uuid4(), uuid4(), uuid4(), 1_200, FACTS,
    )  # fmt: skip


def body(kind: str) -> dict[str, Any]:
    if kind == PING:
        return dict(json.loads(ping_body("2026-11-22T12:00:00.000+09:00", uuid4())))
    return dict(json.loads(body_of(event(kind), uuid4(), ZoneInfo("Asia/Tokyo"))))


def rows() -> dict[str, set[str]]:
    """Each type of the page, with its members."""
    found = re.findall(r"^\| `([a-z.]+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
    rows = {name: set(re.findall(r"`(\w+)`", members)) for name, members in found}
    assert rows.pop("type") == {"data"}, "the head"
    return rows


def test_the_page_has_each_type_and_each_member():
    said = {each["type"]: set(each["data"]) - OF_ALL for each in map(body, (*TOLD, PING))}
    assert rows() == said
    for kind in TOLD:
        assert set(body(kind)["data"]) >= OF_ALL


def test_a_body_tells_amounts_and_times_and_nobody():
    paid = body("payment")
    assert paid["timestamp"] == "2026-11-22T12:00:00.000+09:00"
    assert (paid["data"]["coin_yen"], paid["data"]["cashback_yen"]) == (700, 35)
    for kind in TOLD:
        whole = event(kind)
        text = body_of(whole, uuid4(), ZoneInfo("Asia/Tokyo"))
        assert "somebody" not in text
        assert "resident" not in text
        assert str(whole.holder_id) not in text


def verifier() -> Callable[[str, dict[str, str], bytes], None]:
    """The program of the page, as it stands there."""
    [program] = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102  the page's own
    verify: Callable[[str, dict[str, str], bytes], None] = names["verify"]
    return verify


def test_the_pages_example_verifies_what_is_sent_and_nothing_else():
    verify, secret, old = verifier(), new_secret(), new_secret()
    said = json.dumps(body("payment")).encode()
    headers = signed([secret, old], str(uuid4()), int(time.time()), said)
    for each in (secret, old):
        verify(shown(each), headers, said)
        Webhook(shown(each)).verify(said, headers)
    late = signed([secret], "x", int(time.time()) - 301, said)
    wrong = [
        (shown(new_secret()), headers, said),
        (shown(secret), headers, said + b" "),
        (shown(secret), headers | {"webhook-id": "another"}, said),
        (shown(secret), headers | {"webhook-signature": "v1a," + "A" * 44}, said),
        (shown(secret), late, said),
    ]
    for given in wrong:
        with pytest.raises(ValueError, match=r"too old|not signed"):
            verify(*given)
