"""Random tampering with superuser SQL: at any place of what is sealed, and of the seals."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from core.database import Connection
from tests.seals.columns import ACCOUNT, BLOCK, ENTRY, HOLDER, PART_OF, POSTING, REGION


@dataclass(frozen=True)
class Tampering:
    """One change, and the words of which one fault must have all."""

    statement: str
    place: tuple[str, ...]
    is_far_reaching: bool = False
    """It shows in other blocks too, so it is tried alone."""


class _NothingThereError(Exception):
    """The block has no such thing: another kind is chosen."""


class Saboteur:
    """Thinks of tamperings in the region of `connection`, which is a superuser's."""

    def __init__(self, connection: Connection, region_id: int, rng: Random) -> None:
        self._connection = connection
        self._region_id = region_id
        self._rng = rng

    async def tamperings(self, block: int) -> Tampering:
        """One at a random place of this block, its entries, or what they name."""
        kinds: list[tuple[int, Callable[[int], Any]]] = [
            (6, self._entry), (8, self._fact), (10, self._posting), (2, self._entry_gone),
            (1, self._entry_more), (2, self._posting_gone), (2, self._posting_more),
            (5, self._block), (1, self._block_gone), (2, self._salt), (1, self._erasure),
            (4, self._account), (2, self._holder), (1, self._terms), (1, self._region),
            (1, self._publication),
        ]  # fmt: skip
        while True:
            [chosen] = self._rng.choices([do for _, do in kinds], [weight for weight, _ in kinds])
            with suppress(_NothingThereError):
                made: Tampering = await chosen(block)
                return made

    async def _entry(self, block: int) -> Tampering:
        entry = await self._an_entry(block)
        column = self._rng.choice(list(ENTRY))
        if entry["holder_id"] is None and column == "region_id":
            column = "actor"
        place = [f"number {entry['seq']}"]
        if column in {"seq", "region_id"}:
            place.append("is missing")
        elif column in PART_OF:
            place.append(PART_OF[column])
        return Tampering(self._update("ledger.entry", column, ENTRY, _of(entry)), tuple(place))

    async def _fact(self, block: int) -> Tampering:
        entry = await self._an_entry(block, "facts <> '{}'")
        facts = json.loads(entry["facts"])
        _spoil(facts, self._rng)
        text = json.dumps(facts).replace("'", "''")
        statement = f"UPDATE ledger.entry SET facts = '{text}' WHERE {_of(entry)}"
        return Tampering(statement, (f"number {entry['seq']}",))

    async def _entry_gone(self, block: int) -> Tampering:
        entry = await self._an_entry(block)
        place = (f"number {entry['seq']}", "is missing")
        return Tampering(f"DELETE FROM ledger.entry WHERE {_of(entry)}", place)

    async def _entry_more(self, block: int) -> Tampering:
        entry = await self._an_entry(block)
        copied = "region_id, seq, at, business_date, kind, actor, amount, fingerprint, facts"
        statement = (
            f"INSERT INTO ledger.entry (entry_id, {copied})"
            f" SELECT overlay(entry_id::text PLACING 'eeee' FROM 33)::uuid, {copied}"
            f" FROM ledger.entry WHERE {_of(entry)}"
        )
        return Tampering(statement, (f"number {entry['seq']} also has",))

    async def _posting(self, block: int) -> Tampering:
        posting = await self._a_posting(block)
        column = self._rng.choice(list(POSTING))
        named = "parts instead of" if column in {"entry_id", "region_id"} else "posting"
        where = f"{_of(posting)} AND line = {posting['line']}"
        statement = self._update("ledger.posting", column, POSTING, where)
        return Tampering(statement, (f"number {posting['seq']}", named))

    async def _posting_gone(self, block: int) -> Tampering:
        posting = await self._a_posting(block)
        statement = f"DELETE FROM ledger.posting WHERE {_of(posting)} AND line = {posting['line']}"
        return Tampering(statement, (f"number {posting['seq']}", "parts instead of"))

    async def _posting_more(self, block: int) -> Tampering:
        posting = await self._a_posting(block)
        copied = "region_id, entry_id, seq, account_no, is_debit, amount, balance_after"
        statement = (
            f"INSERT INTO ledger.posting ({copied}, line, version) SELECT {copied}, 99, 99999"
            f" FROM ledger.posting WHERE {_of(posting)} AND line = {posting['line']}"
        )
        return Tampering(statement, (f"number {posting['seq']}", "parts instead of"))

    async def _account(self, block: int) -> Tampering:
        posting = await self._a_posting(block)
        where = f"region_id = {self._region_id} AND account_no = {posting['account_no']}"
        column = self._rng.choice([*ACCOUNT, None])
        statement = f"DELETE FROM ledger.account WHERE {where}"
        if column is not None:
            statement = self._update("ledger.account", column, ACCOUNT, where)
        place = (f"number {posting['seq']}", f"account {posting['account_no']}")
        return Tampering(statement, place, is_far_reaching=True)

    async def _holder(self, block: int) -> Tampering:
        condition = "refusal IS NULL AND coalesce(holder_id, other_id) IS NOT NULL"
        entry = await self._an_entry(block, condition)
        end = "holder_id" if entry["holder_id"] is not None else "other_id"
        where = f"region_id = {self._region_id} AND holder_id = '{entry[end]}'"
        column = self._rng.choice([*HOLDER, None])
        statement = f"DELETE FROM ledger.holder WHERE {where}"
        if column is not None:
            statement = self._update("ledger.holder", column, HOLDER, where)
        place = (f"number {entry['seq']}", PART_OF[end])
        return Tampering(statement, place, is_far_reaching=True)

    async def _terms(self, _: int) -> Tampering:
        statement = self._rng.choice(
            (
                "UPDATE campaigns.terms SET form = form || ' '",
                "UPDATE campaigns.terms SET terms_hash = sha256(terms_hash)",
                "DELETE FROM campaigns.terms",
                "UPDATE ledger.holder SET terms_hash = sha256(terms_hash) WHERE kind = 'campaign'",
            )
        )
        return Tampering(statement, ("terms",), is_far_reaching=True)

    async def _region(self, _: int) -> Tampering:
        column = self._rng.choice(list(REGION))
        where = f"region_id = {self._region_id}"
        place = "block 1" if column == "code" else "region"
        statement = self._update("ledger.region", column, REGION, where)
        return Tampering(statement, (place,), is_far_reaching=True)

    async def _block(self, block: int) -> Tampering:
        column = self._rng.choice(list(BLOCK))
        place = {"number": "follows block", "leaves": f"(block {block})"}
        place["hints"] = f"(block {block})"
        named = place.get(column, f"block {block}")
        where = f"region_id = {self._region_id} AND number = {block}"
        return Tampering(self._update("seals.block", column, BLOCK, where), (named,))

    async def _block_gone(self, block: int) -> Tampering:
        last = await self._connection.fetchval("SELECT max(number) FROM seals.block")
        chosen = min(block, last - 1)  # a tail that is cut off is found against a published head
        statement = f"DELETE FROM seals.block WHERE number = {chosen}"
        place = (f"block {chosen + 1} follows block {chosen - 1}",)
        return Tampering(statement, place, is_far_reaching=True)

    async def _salt(self, block: int) -> Tampering:
        entry = await self._an_entry(block)
        byte = 16 * (entry["seq"] - entry["first_seq"]) + self._rng.randrange(16)
        where = f"region_id = {self._region_id} AND number = {block}"
        changed = f"set_byte(salts, {byte}, get_byte(salts, {byte}) # 1)"
        statement = f"UPDATE seals.salt SET salts = {changed} WHERE {where}"
        if self._rng.random() < 0.3:
            statement = f"DELETE FROM seals.salt WHERE {where}"
        return Tampering(statement, (f"number {entry['seq']}",))

    async def _erasure(self, block: int) -> Tampering:
        entry = await self._an_entry(block)
        statement = (
            "INSERT INTO seals.erasure (region_id, seq, erased_at, salts, digests)"
            f" VALUES ({self._region_id}, {entry['seq']}, now(), '{{}}', '{{}}')"
        )
        return Tampering(statement, (f"number {entry['seq']}", "erasure"))

    async def _publication(self, _: int) -> Tampering:
        column = self._rng.choice(("day = day - 1", "published_at = published_at - interval '9 d'"))
        statement = f"UPDATE seals.publication SET {column}"
        return Tampering(statement, ("publication",), is_far_reaching=True)

    async def _an_entry(self, block: int, condition: str = "true") -> Any:
        return await self._one_of(
            "SELECT e.region_id, e.entry_id, e.seq, e.holder_id, e.other_id,"
            " e.facts::text AS facts, b.first_seq"
            " FROM ledger.entry e JOIN seals.block b ON b.region_id = $1"
            f" WHERE e.region_id = $1 AND e.seq BETWEEN b.first_seq AND b.last_seq AND {condition}"
            " AND b.number = $2",
            block,
        )

    async def _a_posting(self, block: int) -> Any:
        return await self._one_of(
            "SELECT p.* FROM ledger.posting p JOIN seals.block b ON b.region_id = $1"
            " WHERE p.region_id = $1 AND p.seq BETWEEN b.first_seq AND b.last_seq"
            " AND b.number = $2",
            block,
        )

    async def _one_of(self, query: str, block: int) -> Any:
        rows = await self._connection.fetch(query, self._region_id, block)
        if not rows:
            raise _NothingThereError
        return self._rng.choice(rows)

    def _update(self, table: str, column: str, values: dict[str, str], where: str) -> str:
        value = values[column].replace("{byte}", str(self._rng.randrange(32)))
        value = value.replace("{nil}", str(UUID(int=7)))
        return f"UPDATE {table} SET {column} = {value} WHERE {where}"


def _of(row: Any) -> str:
    return f"region_id = {row['region_id']} AND entry_id = '{row['entry_id']}'"


def _spoil(facts: Any, rng: Random) -> None:
    """Change, remove or add something at a random place of a JSON object."""
    key = rng.choice(list(facts)) if isinstance(facts, dict) else rng.randrange(len(facts))
    value = facts[key]
    if isinstance(value, dict | list) and value and rng.random() < 0.8:
        _spoil(value, rng)
    elif rng.random() < 0.2 and isinstance(facts, dict):
        del facts[key]
    elif isinstance(value, bool | None):
        facts[key] = 1
    elif isinstance(value, int):
        facts[key] = value + rng.choice((-1, 1))
    elif isinstance(value, str):
        facts[key] = value + "x"
    else:
        facts[key] = 0
