"""Verify the sealed history of a region: the chain, and the journal against it, block by block."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from core.database import Connection, Database, allow, bare
from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Fault
from seals.chain import HEADER_COLUMNS, NOTHING, head_of, header_of
from seals.check_proof import Unproven, block_hash, check_signature, skipped_to
from seals.compare import Sealed, difference
from seals.leaf import SALT_BYTES
from seals.read import Row, read_entries, read_region
from seals.seal import HINT_BYTES
from seals.tree import root_of

_BLOCKS: Final = f"""
    SELECT {HEADER_COLUMNS}, leaves, hints, s.salts
      FROM seals.block b LEFT JOIN seals.salt s USING (region_id, number)
     WHERE b.region_id = $1 ORDER BY number
"""  # noqa: S608  (names of columns)
_ERASURES: Final = """
    SELECT seq, salts, digests FROM seals.erasure WHERE region_id = $1 AND seq BETWEEN $2 AND $3
"""
_THERE: Final = "every sealed entry is there, once"
AT_ONCE: Final = 8
"""Blocks that are held in memory."""


@dataclass(slots=True)
class ChainVerdict:
    """What the verification of a region's sealed history came to."""

    blocks: int = 0
    sealed: int = 0
    """Entries that stand in a block."""
    unsealed: int = 0
    """Entries after the newest block: a few seconds' worth while a worker runs."""
    erased: int = 0
    """Entries of which a text was erased: that shows, as it should."""
    faults: list[Fault] = field(default_factory=list)
    most_faults: int = MOST_FAULTS
    """Of one kind, so many are listed."""
    _counts: Counter[str] = field(default_factory=Counter)

    def fault(self, check: str, place: str) -> None:
        """Note what is wrong."""
        self._counts[check] += 1
        if self._counts[check] <= self.most_faults:
            self.faults.append(Fault(check, place))


async def verify_sealed(
    database: Database,
    region: Region,
    keys: Mapping[str, bytes],
    published: Collection[Mapping[str, Any]] = (),
) -> ChainVerdict:
    """Verify one region as it stands at one moment; payments go on meanwhile."""
    async with database.snapshot(region.region_id) as session:
        await allow(session, None)
        connection = await bare(session)
        return await verify_chain(connection, region.region_id, keys, published)


async def verify_chain(
    connection: Connection,
    region_id: int,
    keys: Mapping[str, bytes],
    published: Collection[Mapping[str, Any]] = (),
    *,
    most_faults: int = MOST_FAULTS,
) -> ChainVerdict:
    """Verify within the transaction of `connection`, which sees one moment of one region.

    `keys` are the public keys that are trusted, by id. `published` are heads that somebody kept:
    each must be in the chain, or its tail was cut off or written anew.
    """
    verdict = ChainVerdict(most_faults=most_faults)
    region = await read_region(connection, region_id)
    chain = _Chain(region, keys, verdict)
    for head in published:
        chain.published.setdefault(head["header"]["number"], []).append(head["header"])
    terms: dict[str, Any] = {}
    async for block in _blocks(connection, region_id):
        chain.follow(block)
        await _compare_entries(connection, region_id, region, block, verdict, terms)
    chain.end()
    verdict.unsealed = await connection.fetchval(
        "SELECT count(*) FROM ledger.entry WHERE region_id = $1 AND seq > $2",
        region_id,
        chain.last_seq,
    )
    await _verify_publications(connection, region_id, verdict)
    await _verify_terms(connection, region_id, terms, verdict)
    return verdict


@dataclass(slots=True)
class _Chain:
    """Follows the blocks in order and checks what each says about itself and the ones before."""

    region: Row
    keys: Mapping[str, bytes]
    verdict: ChainVerdict
    published: dict[int, list[Mapping[str, Any]]] = field(default_factory=dict)
    last_seq: int = 0
    newest: int = 0
    previous: bytes = NOTHING
    sealed_at: Any = None
    hashes: list[tuple[int, bytes]] = field(default_factory=lambda: [(0, NOTHING)])
    """The newest block, the one that it skips to, and so on. A block skips to the one before it, or
    to one of these."""

    def follow(self, block: Row) -> None:
        """The next block. What it says wrongly is noted under its number."""
        number, fault = block["number"], self.verdict.fault
        header = header_of(self.region["code"], block)
        if number != self.newest + 1:
            fault("no block is missing", f"block {number} follows block {self.newest}")
        if block["first_seq"] != self.last_seq + 1:
            fault("no entry lies between blocks", f"block {number} begins at {block['first_seq']}")
        if block["previous"] != self.previous:
            fault("a block names the one before it", f"block {number}: link")
        if block["skip"] != self._skipped(number):
            fault("a block names the one before it", f"block {number}: link to an earlier one")
        if self.sealed_at is not None and block["sealed_at"] < self.sealed_at:
            fault("a block is what its hash says", f"block {number}: sealed before the last one")
        if block["hash"] != block_hash(header):
            fault("a block is what its hash says", f"block {number}")
        if block["root"] != _root(block["leaves"]):
            fault("the leaves of a block have its root", f"block {number}")
        self._check_signature(block)
        self._check_published(block)
        self.newest, self.last_seq = number, block["last_seq"]
        self.previous, self.sealed_at = block["hash"], block["sealed_at"]
        self.hashes.append((number, block["hash"]))
        self.verdict.blocks += 1

    def end(self) -> None:
        """Published heads that were not met are beyond the end of what is there."""
        for number, [header, *_] in sorted(self.published.items()):
            place = (
                f"block {number}, with entries up to {header['last_seq']}, sealed at"
                f" {header['sealed_at']}, is not there: the chain ends at block {self.newest}"
            )
            self.verdict.fault("a published head is in the chain", place)

    def _skipped(self, number: int) -> bytes | None:
        wanted = skipped_to(number)
        while len(self.hashes) > 1 and self.hashes[-1][0] > wanted:
            self.hashes.pop()
        found, named = self.hashes[-1]
        return named if found == wanted else None

    def _check_signature(self, block: Row) -> None:
        check = "a block is signed by a key of ours"
        public = self.keys.get(block["key_id"])
        if public is None:
            place = f"block {block['number']}: key {block['key_id']} is not one that is trusted"
            self.verdict.fault(check, place)
            return
        try:
            check_signature(head_of(self.region["code"], block), public)
        except Unproven as error:
            self.verdict.fault(check, f"block {block['number']}: {error}")

    def _check_published(self, block: Row) -> None:
        header = header_of(self.region["code"], block)
        if any(each != header for each in self.published.pop(block["number"], [])):
            place = f"block {block['number']} is not the one that was published"
            self.verdict.fault("a published head is in the chain", place)


async def _blocks(connection: Connection, region_id: int) -> AsyncIterator[Row]:
    async for block in connection.cursor(_BLOCKS, region_id, prefetch=AT_ONCE):
        yield block


def _root(leaves: bytes) -> bytes | None:
    split = [leaves[begins : begins + 32] for begins in range(0, len(leaves), 32)]
    return root_of(split) if split else None


async def _compare_entries(
    connection: Connection,
    region_id: int,
    region: Row,
    block: Row,
    verdict: ChainVerdict,
    terms: dict[str, Any],
) -> None:
    """Every entry of the block against its leaf."""
    first, last = block["first_seq"], block["first_seq"] + len(block["leaves"]) // 32 - 1
    erasures = {
        row["seq"]: row for row in await connection.fetch(_ERASURES, region_id, first, last)
    }
    verdict.sealed += last - first + 1
    verdict.erased += len(erasures)
    entries: dict[int, dict[str, Any]] = {}
    for entry in await read_entries(connection, region_id, first, last):
        _note_terms(entry, terms)
        if entry["seq"] in entries:
            verdict.fault(_THERE, f"number {entry['seq']} also has {entry['entry_id']}")
        entries.setdefault(entry["seq"], entry)
    for seq, sealed in zip(range(first, last + 1), _sealed(block, erasures), strict=True):
        found = entries.get(seq)
        if found is None:
            verdict.fault(_THERE, f"number {seq} (block {block['number']}) is missing")
        elif (where := difference(region, found, sealed)) is not None:
            named = f"entry {found['entry_id']}, number {seq} (block {block['number']})"
            verdict.fault("an entry is as it was sealed", f"{named}: {where}")


def _sealed(block: Row, erasures: Mapping[int, Row]) -> Iterator[Sealed]:
    """What stands sealed for each number of the block, in order."""
    hints = _hints(block["hints"])
    for place in range(len(block["leaves"]) // 32):
        yield Sealed(
            block["leaves"][32 * place : 32 * place + 32],
            hints[place] if place < len(hints) else b"",
            (block["salts"] or b"")[SALT_BYTES * place : SALT_BYTES * (place + 1)],
            erasures.get(block["first_seq"] + place),
        )


def _hints(hints: bytes) -> list[bytes]:
    found, begins = [], 0
    while begins < len(hints):
        ends = begins + 2 + HINT_BYTES * int.from_bytes(hints[begins : begins + 2])
        found.append(hints[begins:ends])
        begins = ends
    return found


def _note_terms(entry: Mapping[str, Any], terms: dict[str, Any]) -> None:
    """Which terms the journal knows, and which ones a campaign has."""
    facts = entry["facts"] if isinstance(entry["facts"], dict) else {}
    if entry["kind"].startswith("campaign.") and isinstance(facts.get("terms"), str):
        terms[facts["terms"]] = True
        terms[entry["holder_id"]] = facts["terms"]
    if isinstance(facts.get("version_terms"), str):
        terms[facts["version_terms"]] = True
    grants = facts.get("grants")
    for grant in grants if isinstance(grants, list) else ():
        if isinstance(grant, dict) and isinstance(grant.get("hash"), str):
            terms[grant["hash"]] = True


async def _verify_publications(
    connection: Connection, region_id: int, verdict: ChainVerdict
) -> None:
    rows = await connection.fetch(
        "SELECT p.day, p.number FROM seals.publication p"
        " JOIN ledger.region r USING (region_id)"
        " LEFT JOIN seals.block b USING (region_id, number)"
        " WHERE p.region_id = $1 AND (b.number IS NULL OR p.published_at < b.sealed_at"
        "   OR p.day <> (p.published_at AT TIME ZONE r.zone)::date"
        "   OR EXISTS (SELECT FROM seals.publication q WHERE q.region_id = $1"
        "               AND q.day < p.day AND q.number > p.number))",
        region_id,
    )
    for row in rows:
        place = f"the publication of {row['day']}, block {row['number']}"
        verdict.fault("what was published is in the chain", place)


async def _verify_terms(
    connection: Connection, region_id: int, terms: dict[str, Any], verdict: ChainVerdict
) -> None:
    check = "the terms of a campaign are what their hash says"
    kept = await connection.fetch(
        "SELECT terms_hash, form FROM campaigns.terms WHERE region_id = $1", region_id
    )
    for row in kept:
        if sha256(row["form"].encode()).digest() != row["terms_hash"]:
            verdict.fault(check, f"terms {row['terms_hash'].hex()}")
    known = {row["terms_hash"].hex() for row in kept}
    for named, value in terms.items():
        if value is True and named not in known:
            verdict.fault(check, f"terms {named} are missing")
    holders = await connection.fetch(
        "SELECT holder_id, terms_hash FROM ledger.holder"
        " WHERE region_id = $1 AND kind = 'campaign'",
        region_id,
    )
    for row in holders:
        sealed = terms.get(str(row["holder_id"]))
        if sealed is not None and row["terms_hash"].hex() != sealed:
            verdict.fault(check, f"campaign {row['holder_id']} has terms that it was not made with")
