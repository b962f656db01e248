"""The leaf of an entry: what is sealed of it, in parts that can be shown or hidden one by one.

Only what never changes is in it: the entry, its postings, whose accounts they stand on, grants and
the hash of the terms that granted. How an account or a holder stands today is not: it follows from
the entries. Each part is hashed with a salt of its own, so that a digest tells nothing about it.
Text that people wrote, and the fingerprint, which covers it, are parts of their own: erased, their
digests stay behind (docs/decisions/0008-sealed-history.md).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import shake_256
from typing import Any, Final, NamedTuple

import orjson

from seals.check_proof import LEAF, digest, part_digest
from seals.read import Posting, Row

SALT_BYTES: Final = 16
FINGERPRINT: Final = "fingerprint"
ERASED_FINGERPRINT: Final = bytes(16)
TEXT: Final = "text "

PLAIN: Final = frozenset(
    {
        *(
            "kind",
            "expires_on",
            "campaign_id",
            "hash",
            "reasons",
            "rule",
            "points_expire_on",
            "name",
        ),
        *("terms", "state", "before", "merchant_class", "provider", "outcome", "obstacle"),
        *("issuer_kind", "last_day", "confirmed_by", "counted", "tier", "tier_until"),
        *("method", "evidence", "field", "offer_id", "list_id", "offer_until", "tiers"),
        *("credited_on", "category", "shop_area", "street", "mode", "person_facts"),
        *("bill_id", "due_on", "paid_on", "bank_line_id"),
        *("starts_at", "applies_from", "version_id", "version_terms", "campaign_state"),
        "payer",
        *("simulation_id", "changes", "possible", "earliest", "latest"),
    }
)
"""Names of facts whose text is a code, a date, an id, or the name of a campaign or a provider. Text
under any other name may be about a person: it is sealed so that it can be erased."""

HOLDERS_FACTS: Final = frozenset(
    {
        *("paid_with", "points_settled", "returned", "refunded_yen", "kind", "expires_on"),
        *("outcome", "state", "before", "taken_yen", "owed_yen", "credited_on", "taken", "payer"),
    }
)
"""Facts that whoever holds the wallet may see; the office sees them all."""

_GRANT: Final = (
    *("campaign_id", "hash", "name", "rebate_points", "credited_on", "points_expire_on"),
    "is_tied",
)
"""What a resident may see of a grant, beside the reasons that are not about the shop."""


class Part(NamedTuple):
    """One part of a leaf: its name, and name and value as they are hashed."""

    name: str
    content: bytes
    """A pair, as `seals.check_proof.canonical` writes it, which a test compares."""

    @property
    def value(self) -> Any:
        """What it says."""
        return orjson.loads(self.content)[1]


def part_of(name: str, value: Any) -> Part:
    """The part that says `value`."""
    return Part(name, orjson.dumps([name, value], option=orjson.OPT_SORT_KEYS))


def parts_of(region: Row, entry: Mapping[str, Any]) -> list[Part]:
    """The parts of an entry in their order, from rows as `seals.read` reads them.

    An erased part is still one of them, with nothing in it.
    """
    facts: dict[str, Any] = dict(entry["facts"])
    texts: list[Part] = []
    grants = facts.pop("grants", [])
    shown: dict[str, Any] = {}
    office: dict[str, Any] = {}
    for name, value in facts.items():
        plain = _without_texts(value, name, (name,), texts) if _has_text(value, name) else value
        (shown if name in HOLDERS_FACTS else office)[name] = plain
    entry_says = {
        "region": region["code"],
        "entry_id": entry["entry_id"],
        "seq": entry["seq"],
        "at": entry["at"].isoformat(timespec="microseconds"),
        "business_date": entry["business_date"],
        "kind": entry["kind"],
        "refers_to": entry["refers_to"],
        "amount": entry["amount"],
        "refusal": entry["refusal"],
    }
    return [
        part_of("entry", entry_says),
        part_of("actor", entry["actor"]),
        part_of("holder", _holder(entry, "holder")),
        part_of("other", _holder(entry, "other")),
        part_of(FINGERPRINT, entry["fingerprint"].hex()),
        part_of("facts", shown),
        part_of("office facts", office),
        *_of_region(region, entry),
        *map(_posting, entry["postings"]),
        *(part for place, grant in enumerate(grants) for part in _grant(place, grant)),
        *sorted(texts),
    ]


def is_erasable(part: Part) -> bool:
    """Whether the part may tell something about a person, and can be erased."""
    return part.name == FINGERPRINT or part.name.startswith(TEXT)


def is_erased(part: Part) -> bool:
    """Whether nothing is left of what could be erased."""
    nothing = ERASED_FINGERPRINT.hex() if part.name == FINGERPRINT else ""
    return bool(part.value == nothing)


def erase_texts(facts: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The facts with nothing where the texts of the parts called `names` stood."""
    return {name: _blanked(value, name, name, names) for name, value in facts.items()}


def salts_of(entry_salt: bytes, count: int) -> list[bytes]:
    """The salts of the parts of an entry from which nothing was erased: 16 bytes each.

    Whoever knows one of them learns nothing of the others: they are SHAKE-256 of the entry's.
    """
    stream = shake_256(entry_salt).digest(SALT_BYTES * count)
    return [stream[at : at + SALT_BYTES] for at in range(0, len(stream), SALT_BYTES)]


def digests_of(parts: Sequence[Part], entry_salt: bytes) -> list[bytes]:
    """What each part leaves in the leaf."""
    salts = salts_of(entry_salt, len(parts))
    return list(map(part_digest, salts, [part.content for part in parts]))


def leaf_of(digests: Sequence[bytes]) -> bytes:
    """The leaf: the hash of its parts' digests."""
    return digest(LEAF, *digests)


_Way = tuple[Any, ...]
"""Where something stands: its name or number, after the way to what it stands in."""


def _has_text(value: Any, name: str) -> bool:
    """Whether there is anything in it that could be about a person: mostly there is not."""
    if isinstance(value, str):
        return name not in PLAIN
    if isinstance(value, dict):
        return any(_has_text(inner, key) for key, inner in value.items())
    return isinstance(value, list) and any(_has_text(inner, name) for inner in value)


def _without_texts(value: Any, name: str, way: _Way, texts: list[Part]) -> Any:
    """The value with null where a person's text stands, which becomes a part of its own."""
    if isinstance(value, dict):
        return {key: _without_texts(inner, key, (way, key), texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_texts(inner, name, (way, nth), texts) for nth, inner in enumerate(value)]
    if isinstance(value, str) and name not in PLAIN:
        texts.append(part_of(f"{TEXT}{_place(way)}", value))
        return None
    return value


def _place(way: _Way) -> str:
    *before, last = way
    return f"{_place(before[0])}.{last}" if before else str(last)


def _blanked(value: Any, name: str, place: str, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _blanked(inner, key, f"{place}.{key}", names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_blanked(inner, name, f"{place}.{n}", names) for n, inner in enumerate(value)]
    is_wanted = isinstance(value, str) and name not in PLAIN and f"{TEXT}{place}" in names
    return "" if is_wanted else value


def _holder(entry: Mapping[str, Any], end: str) -> Any:
    """Who stands at one end, by opaque ids. Of a refused entry only the id: nobody may be there."""
    holder_id = entry[f"{end}_id"]
    if holder_id is None:
        return None
    if entry["refusal"] is not None:
        return {"holder_id": holder_id}
    return {
        "holder_id": holder_id,
        "kind": entry[f"{end}_kind"],
        "merchant": entry[f"{end}_parent"],
        "person": entry[f"{end}_subject"],
    }


def _of_region(region: Row, entry: Mapping[str, Any]) -> Iterator[Part]:
    """The first entry of a region seals its zone as well: business dates follow from it."""
    if entry["kind"] == "region.opened":
        opened_at = region["opened_at"].isoformat(timespec="microseconds")
        yield part_of("region", {"zone": region["zone"], "opened_at": opened_at})


def _posting(posting: Posting) -> Part:
    """Six of them a payment: put together here, since all of it but the account is numbers."""
    content = (
        b'["posting %d",{"account":%b,"amount":%d,"balance_after":%d,"seq":%d,"side":"%b",'
        b'"version":%d}]'
    ) % (
        posting.line,
        posting.account,
        posting.amount,
        posting.balance_after,
        posting.seq,
        b"debit" if posting.is_debit else b"credit",
        posting.version,
    )
    return Part(f"posting {posting.line}", content)


def _grant(place: int, grant: dict[str, Any]) -> list[Part]:
    """One part for the resident; the shop's side and the headrooms apart, for the office."""
    shown = {name: grant[name] for name in _GRANT if name in grant}
    is_shops = [reason[0].startswith("cashback-") for reason in grant["reasons"]]
    reasons = list(zip(is_shops, grant["reasons"], strict=True))
    office = {name: value for name, value in grant.items() if name not in {*_GRANT, "reasons"}}
    return [
        part_of(
            f"grant {place}", {**shown, "reasons": [each for shop, each in reasons if not shop]}
        ),
        part_of(
            f"office grant {place}", {**office, "reasons": [each for shop, each in reasons if shop]}
        ),
    ]
