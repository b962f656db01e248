"""Batches made by hand for ledger.write(), as an attacker with the application's role would."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from payments.suspense import ReturnSuspense
from tests.servers import Place
from tests.town_builder import Store, Town, Wallet, new_id

FINGERPRINT = bytes(16)


@dataclass
class Batch:
    """The arguments of ledger.write(), in its order and by its names."""

    p_region: int
    p_seq: int
    p_account_no: int
    p_stamp: UUID
    p_new_stamp: UUID
    p_at: datetime
    p_date: date
    e_id: Any = field(default_factory=list)
    e_kind: Any = field(default_factory=list)
    e_actor: Any = field(default_factory=list)
    e_holder: Any = field(default_factory=list)
    e_other: Any = field(default_factory=list)
    e_refers: Any = field(default_factory=list)
    e_amount: Any = field(default_factory=list)
    e_refusal: Any = field(default_factory=list)
    e_print: Any = field(default_factory=list)
    e_facts: Any = field(default_factory=list)
    p_entry: Any = field(default_factory=list)
    p_line: Any = field(default_factory=list)
    p_touch: Any = field(default_factory=list)
    p_is_debit: Any = field(default_factory=list)
    p_amount: Any = field(default_factory=list)
    a_no: Any = field(default_factory=list)
    a_version: Any = field(default_factory=list)
    a_balance: Any = field(default_factory=list)
    a_is_open: Any = field(default_factory=list)
    n_holder: Any = field(default_factory=list)
    n_kind: Any = field(default_factory=list)
    n_source: Any = field(default_factory=list)
    n_expires: Any = field(default_factory=list)
    n_ceiling: Any = field(default_factory=list)
    x_no: Any = field(default_factory=list)
    h_id: Any = field(default_factory=list)
    h_kind: Any = field(default_factory=list)
    h_parent: Any = field(default_factory=list)
    h_subject: Any = field(default_factory=list)
    h_state: Any = field(default_factory=list)
    h_terms: Any = field(default_factory=list)
    h_facts: Any = field(default_factory=list)
    h_before: Any = field(default_factory=list)
    h_version: Any = field(default_factory=list)
    c_subject: Any = field(default_factory=list)
    c_name: Any = field(default_factory=list)
    c_scope: Any = field(default_factory=list)
    c_period: Any = field(default_factory=list)
    c_before: Any = field(default_factory=list)
    c_after: Any = field(default_factory=list)
    c_cap: Any = field(default_factory=list)
    f_salt: Any = field(default_factory=list)
    f_facts: Any = field(default_factory=list)

    def entry(self, kind: str, entry_id: UUID | None = None, **more: Any) -> int:
        """Add an entry; returns its place, counted from 1."""
        row = {
            "id": entry_id or new_id(),
            "kind": kind,
            "actor": "attacker",
            "holder": None,
            "other": None,
            "refers": None,
            "amount": 0,
            "refusal": None,
            "print": FINGERPRINT,
            "facts": "{}",
        }
        for name, value in (row | more).items():
            getattr(self, f"e_{name}").append(value)
        return len(self.e_id)

    def touch(self, account: "Known", change: int, times: int = 1) -> int:
        """Name an account and how it stands once it has grown by `change`; returns its place."""
        self.a_no.append(account.no)
        self.a_version.append(account.version + times)
        self.a_balance.append(account.balance + change)
        self.a_is_open.append(True)
        return len(self.a_no)

    def post(self, entry: int, touch: int, *, debit: int = 0, credit: int = 0) -> None:
        """Add a posting."""
        self.p_entry.append(entry)
        self.p_line.append(self.p_entry.count(entry))
        self.p_touch.append(touch)
        self.p_is_debit.append(debit != 0)
        self.p_amount.append(debit or credit)

    def open_account(self, holder: UUID, kind: str, ceiling: int = 2**53 - 1) -> "Known":
        """Open an account; it stands empty."""
        self.n_holder.append(holder)
        self.n_kind.append(kind)
        self.n_source.append(uuid4())
        self.n_expires.append(None)
        self.n_ceiling.append(ceiling)
        return Known(self.p_account_no + len(self.n_holder), 0, 0)

    def change(self, holder: UUID, kind: str, before: int, **more: Any) -> None:
        """Make a holder (before 0) or change one."""
        row = {
            "id": holder,
            "kind": kind,
            "parent": None,
            "subject": None,
            "state": "open",
            "terms": None,
            "facts": "{}",
            "before": before,
            "version": before + 1,
        }
        for name, value in (row | more).items():
            getattr(self, f"h_{name}").append(value)

    def count(self, subject: UUID, before: int, after: int, cap: int) -> None:
        """Change a counter."""
        row = (subject, "attack", UUID(int=0), date(2020, 1, 1), before, after, cap)
        names = ("subject", "name", "scope", "period", "before", "after", "cap")
        for name, value in zip(names, row, strict=True):
            getattr(self, f"c_{name}").append(value)

    def arguments(self) -> list[Any]:
        """The values, in order."""
        return [getattr(self, part.name) for part in fields(self)]


@dataclass(frozen=True, slots=True)
class Known:
    """An account as it stands."""

    no: int
    version: int
    balance: int


@dataclass(frozen=True)
class World:
    """What an attacker may read of a region where one wallet holds ¥10,000 of coin."""

    place: Place
    region_id: int
    other_region_id: int
    wallet: Wallet
    store: Store
    lot: Known
    funds: Known
    """What the provider has to pay."""
    closed: Known
    payment_id: UUID
    seq: int
    account_no: int
    stamp: UUID
    now: datetime
    today: date

    def batch(self) -> Batch:
        """An empty batch on the head as it stands."""
        return Batch(
            self.region_id, self.seq, self.account_no, self.stamp, uuid4(), self.now, self.today
        )

    def sound(self) -> Batch:
        """A batch with nothing wrong: a top-up of ¥100, a new wallet, a counter of 1."""
        batch = self.batch()
        entry = batch.entry("top_up", holder=self.wallet.wallet_id, amount=100)
        batch.post(entry, batch.touch(self.funds, 100), debit=100)
        batch.post(entry, batch.touch(self.lot, 100), credit=100)
        wallet_id = new_id()
        batch.entry("wallet.opened", wallet_id)
        batch.change(wallet_id, "wallet", 0, subject=uuid4())
        batch.count(uuid4(), 0, 1, 1)
        return batch

    async def attack(
        self, batch: Batch, *, region: str | None = None, cast: Mapping[str, str] | None = None
    ) -> None:
        """Send a batch as the application, in one transaction; raises what PostgreSQL says.

        `cast` has the SQL that makes an argument of another form, {} being its number.
        """
        forms = cast or {}
        values = ", ".join(
            forms.get(part.name, "${}").format(n) for n, part in enumerate(fields(batch), 1)
        )
        statement = f"SELECT ledger.write({values})"
        await self.execute(statement, *batch.arguments(), region=region)

    async def execute(self, statement: str, *values: Any, region: str | None = None) -> None:
        """Run a statement as the application, in one transaction of the region's session."""
        session = {"role": "meguri_app", "meguri.region": region or str(self.region_id)}
        connection = await asyncpg.connect(self.place.app_url, server_settings=session)
        try:
            async with connection.transaction():
                await connection.execute(statement, *values)
        finally:
            await connection.close()

    async def everything(self) -> str:
        """A digest of all that stands in the ledger's tables."""
        tables = ("deployment", "region", "head", "holder", "account", "entry", "posting")
        digests = ", ".join(
            f"(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ledger.{table} t)"
            for table in (*tables, "counter", "reader")
        )
        connection = await asyncpg.connect(self.place.superuser_url)
        try:
            return str(await connection.fetchrow(f"SELECT {digests}"))
        finally:
            await connection.close()


async def make_world(town: Town, other_region_id: int) -> World:
    """A wallet with ¥10,000, one payment of ¥1,000 and a closed account in suspense."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 11_000)
    payment = await town.pay(wallet, store, 1_000)
    lost = await town.top_up(Wallet(uuid4(), uuid4()), 500)
    command = ReturnSuspense(
        entry_id=new_id(), actor="admin:1", item_id=lost.entry_id, reason="unknown"
    )
    (await town.submit(command)).accepted()
    known = {
        row.kind: Known(row.account_no, row.version, row.balance)
        for row in await town.rows("SELECT kind, account_no, version, balance FROM ledger.account")
    }
    [head] = await town.rows("SELECT seq, account_no, stamp, at FROM ledger.head")
    return World(
        town.place,
        town.region.region_id,
        other_region_id,
        wallet,
        store,
        known["coin"],
        known["provider_receivable"],
        known["suspense"],
        payment.entry_id,
        head.seq,
        head.account_no,
        head.stamp,
        head.at,
        town.region.day_of(head.at),
    )
