"""Leaves, trees and hashes: one form for the same content, and the shape that RFC 6962 gives."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seals.check_proof import NODE, Unproven, canonical, digest, fold, skipped_to
from seals.leaf import digests_of, erase_texts, is_erased, part_of, parts_of, salts_of
from seals.tree import path_of, root_of

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def rfc_6962(leaves: list[bytes]) -> bytes:
    """The definition, word for word: split at the largest power of two below the number."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + rfc_6962(leaves[:split]) + rfc_6962(leaves[split:])).digest()


@given(LEAVES)
def test_the_tree_has_the_shape_of_rfc_6962(leaves: list[bytes]):
    assert root_of(leaves) == rfc_6962(leaves)


@given(LEAVES, st.data())
def test_every_path_leads_to_the_root_and_to_nothing_else(leaves: list[bytes], data: Any):
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = path_of(leaves, place)
    assert fold(leaves[place], place, len(leaves), path) == root_of(leaves)
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda x: x != leaves[place]))
    assert fold(other, place, len(leaves), path) != root_of(leaves)
    with pytest.raises(Unproven):
        fold(leaves[place], place, len(leaves), [*path, bytes(32)])
    if path:
        with pytest.raises(Unproven):
            fold(leaves[place], place, len(leaves), path[:-1])
    with pytest.raises(Unproven):
        fold(leaves[place], len(leaves), len(leaves), path)


@given(JSON)
def test_the_sealer_and_the_verifier_write_the_same_bytes(value: Any):
    assert part_of("anything", value).content == canonical(["anything", value])


@given(st.integers(1, 2**40), st.data())
def test_a_chain_to_any_earlier_block_is_short(number: int, data: Any):
    wanted = data.draw(st.integers(1, number))
    at, steps = number, 0
    while at > wanted:
        at = skipped_to(at) if skipped_to(at) >= wanted else at - 1
        steps += 1
    assert at == wanted
    assert steps <= 3 * number.bit_length()


REGION = {"code": "setagaya", "zone": "Asia/Tokyo", "opened_at": datetime(2027, 1, 1, tzinfo=UTC)}


def entry_with(facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "entry_id": str(UUID(int=1)), "seq": 7, "at": datetime(2027, 1, 2, tzinfo=UTC),
        "business_date": "2027-01-02", "kind": "refund", "actor": "merchant:1",
        "holder_id": None, "other_id": None, "refers_to": None, "amount": 5, "refusal": None,
        "fingerprint": bytes(range(16)), "facts": facts, "postings": [], **more,
    }  # fmt: skip


FACTS = {
    "reason": "Tanaka Hanako came twice",
    "store_name": "田中商店",
    "state": "frozen",
    "points": 3,
    "nested": [{"wallet": "not an id"}, {"kind": "coin"}],
}


def test_only_texts_that_people_wrote_can_be_erased_and_they_stand_apart():
    parts = parts_of(REGION, entry_with(FACTS))
    texts = {part.name: part.value for part in parts if part.name.startswith("text ")}
    assert texts == {
        "text nested.0.wallet": "not an id",
        "text reason": FACTS["reason"],
        "text store_name": FACTS["store_name"],
    }
    others = b"".join(part.content for part in parts if part.name not in texts)
    assert "田中商店".encode() not in others
    assert b"frozen" in others


def test_erasing_a_text_leaves_every_other_part_as_it_was():
    before = parts_of(REGION, entry_with(FACTS))
    blank = erase_texts(FACTS, ["text reason", "text nested.0.wallet"])
    after = parts_of(REGION, entry_with(blank))
    assert [part.name for part in after] == [part.name for part in before]
    changed = [b.name for a, b in zip(before, after, strict=True) if a != b]
    assert changed == ["text nested.0.wallet", "text reason"]
    assert [part.name for part in after if is_erased(part)] == changed


def test_a_digest_tells_nothing_without_its_salt():
    parts = parts_of(REGION, entry_with(FACTS))
    one, other = digests_of(parts, bytes(16)), digests_of(parts, bytes([1] * 16))
    assert not {*one} & {*other}
    assert len({*salts_of(bytes(16), 40)}) == 40


def test_each_kind_of_hash_has_a_domain_of_its_own():
    assert digest(NODE, b"a", b"b") == hashlib.sha256(b"\x01ab").digest()
