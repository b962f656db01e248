"""A phone finds its own receipts in signed bulletins, believes no others, and asks nobody."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.bulletin import LONGEST, Bulletin
from notifications.match_bulletins import (
    NotBelieved,
    Receipt,
    believed,
    main,
    matches,
    statement_of,
)
from seals.keys import SealKeys, new_seal_keys, public_list
from tests.notifications.bulletins_builder import bulletin_of

_IS_OFFLINE = [False]


def _refuse_sockets(event: str, _: tuple[object, ...]) -> None:
    """As an audit hook, which stays: it counts only while a phone looks into its receipts."""
    if _IS_OFFLINE[0] and event.startswith("socket."):
        raise AssertionError(event)


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STORE, OTHER = UUID(int=7), UUID(int=8)


def published(keys: SealKeys, **more: Any) -> dict[str, Any]:
    wished = Bulletin.model_validate_json(json.dumps(bulletin_of(NOW, [STORE], **more)))
    return signed_by(keys, wished.published("setagaya", uuid4()))


def signed_by(keys: SealKeys, told: dict[str, Any]) -> dict[str, Any]:
    signature = keys.sign_text(statement_of(told)).hex()
    return {"bulletin": told, "key": keys.key_id, "signature": signature}


def test_a_bulletin_is_believed_by_its_signature_alone():
    keys = new_seal_keys()
    signed = published(keys)
    assert believed(signed, keys.known)["region"] == "setagaya"
    told = signed["bulletin"]
    nested: list[Any] = []
    for _ in range(5_000):
        nested = [nested]
    wrongs: tuple[Any, ...] = (
        signed | {"bulletin": told | {"stores": [str(OTHER)]}},
        signed | {"bulletin": told | {"until_at": "2026-11-30T00:00:00+00:00"}},
        signed | {"bulletin": {**told, "more": 1}},
        signed | {"signature": "00" * 64},
        signed | {"signature": "no hex"},
        signed | {"key": "ffffffffffffffff"},
        {},
        {"bulletin": [], "key": keys.key_id, "signature": ""},
        signed | {"bulletin": told | {"texts": nested}},
        signed_by(keys, told | {"from_at": "2026-11-20T11:00:00"}),
        "no object",
    )
    for wrong in wrongs:
        with pytest.raises(NotBelieved):
            believed(wrong, keys.known)
    with pytest.raises(NotBelieved):
        believed(signed, new_seal_keys().known)


@given(
    st.integers(-4_000, 4_000), st.sampled_from([STORE, OTHER]), st.sampled_from([None, "a", "b"])
)
def test_a_receipt_matches_by_place_and_time(second: int, store: UUID, area: str | None):
    told = published(new_seal_keys(), areas=["a"])["bulletin"]
    receipt = Receipt(str(store), NOW + timedelta(seconds=second), area)
    is_there = abs(second) <= 3_600 and (store == STORE or area == "a")
    assert matches(told, [receipt]) == ([receipt] if is_there else [])


@pytest.mark.parametrize(
    "more",
    [
        {"stores": []},
        {"stores": [str(STORE)] * 2},
        {"stores": ["no id"]},
        {"areas": ["a", "a"]},
        {"until_at": (NOW - timedelta(hours=2)).isoformat()},
        {"until_at": (NOW + LONGEST).isoformat()},
        {"from_at": "2026-11-20T11:00:00"},
        {"texts": {"ja": {"title": "x", "body": "y"}}},
        {"kind": "party"},
        {"more": 1},
    ],
)
def test_what_is_no_bulletin_is_refused(more: dict[str, Any]):
    with pytest.raises(ValueError, match="validation error"):
        Bulletin.model_validate_json(json.dumps(bulletin_of(NOW, [STORE], **more)))


def test_the_command_reads_files_and_opens_no_socket(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    sys.addaudithook(_refuse_sockets)
    keys = new_seal_keys()
    entries = [
        {"kind": "payment", "store_id": str(store), "at": at.isoformat()}
        for store, at in ((STORE, NOW), (STORE, NOW + timedelta(hours=2)), (OTHER, NOW))
    ]
    top_up = {"kind": "top_up", "store_id": None, "at": NOW.isoformat()}
    files = {
        "export": {"wallets": [{"wallet": {}, "entries": [*entries, top_up]}]},
        "keys": public_list(keys.public),
        "bulletins": {"bulletins": [published(keys), published(new_seal_keys())]},
        "stores": {"items": [{"store_id": str(OTHER), "area": "kita"}]},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    words = [str(tmp_path / "bulletins"), str(tmp_path / "export"), "--key", str(tmp_path / "keys")]
    elsewhere = [*words, "--region", "tsubame"]
    words += ["--region", "setagaya"]
    _IS_OFFLINE[0] = True
    try:
        assert main(words, NOW) == 1
    finally:
        _IS_OFFLINE[0] = False
    told = capsys.readouterr().out
    assert "食中毒 (ja)" in told
    assert told.count(str(STORE)) == 1
    assert str(OTHER) not in told
    assert "NOT BELIEVED" in told
    assert told.endswith("1 of 2 bulletins concern you\n")
    assert main(elsewhere, NOW) == 0, "areas of another region may be called the same"
    assert main(words, NOW + timedelta(days=20)) == 0, "somebody shows again what is over"
    (tmp_path / "bulletins").write_text(
        json.dumps({"bulletins": [published(keys, stores=[], areas=["kita"])]})
    )
    assert main([*words, "--stores", str(tmp_path / "stores"), "--language", "en"], NOW) == 1
    assert str(OTHER) in capsys.readouterr().out
    assert main(words, NOW) == 0, "without the directory the phone knows no areas"
    for name, hostile in (
        ("bulletins", '{"bulletins": 5}'),
        ("bulletins", "[" * 100_000),
        ("stores", '{"items": [[]]}'),
        ("export", "[]"),
    ):
        (tmp_path / name).write_text(hostile)
        assert main([*words, "--stores", str(tmp_path / "stores")], NOW) == 2, name
