"""A small town for tests: wallets, stores, campaigns, payments, each by its real command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import func, insert, select, text

from campaigns.campaign import ChangeCampaign, CreateCampaign, FundCampaign, keep_terms
from core.database import Database
from core.ids import uuid7
from ledger import tables
from ledger.books import Entry
from ledger.command import Command, Receipt
from ledger.engine import Engine
from ledger.open_region import ChangeRegion, OpenRegion, make_region
from ledger.post import post
from ledger.regions import Region, load_regions
from merchants.merchant import OpenMerchant, OpenStore
from merchants.tables import merchant as merchant_table
from merchants.tables import store as store_table
from payments.pay import Pay
from payments.prepare import prepare
from payments.refund import Refund
from payments.settings import RegionSettings
from payments.top_up import CounterTopUp, ProviderTopUp
from payments.void import Void
from residents.wallet import ChangeWallet, OpenWallet, WalletState
from tests.patient import submit
from tests.servers import Place
from tests.terms_builder import terms_of

ADMIN = f"admin:{UUID(int=1)}"
APPROVER = f"admin:{UUID(int=2)}"
State = Literal["submitted", "approved", "live", "stopped", "ended"]


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet and the person who holds it."""

    wallet_id: UUID
    person_id: UUID

    @property
    def actor(self) -> str:
        """How the journal names the person."""
        return f"resident:{self.person_id}"


@dataclass(frozen=True, slots=True)
class Store:
    """A store of a merchant."""

    store_id: UUID
    merchant_id: UUID
    staff_id: UUID = field(default_factory=uuid4)

    @property
    def actor(self) -> str:
        """How the journal names a clerk of the store."""
        return f"merchant:{self.staff_id}"


async def open_region(database: Database, code: str, zone: str, **settings: Any) -> Region:
    """Open a region with these settings (the others at their defaults)."""
    region_id = await make_region(database, code, code.title(), zone)
    async with database.transaction(region_id) as session:
        command = OpenRegion(entry_id=new_id(), actor=ADMIN, settings=_settings(**settings))
        (await post(session, region_id, command, prepare)).accepted()
    return (await load_regions(database))[code]


def _settings(**settings: Any) -> dict[str, Any]:
    """The defaults but for these, and for a person who may have several wallets."""
    return RegionSettings.model_validate({"wallets_per_person": 5, **settings}).model_dump()


async def set_clock(place: Place, at: datetime) -> None:
    """Make a database a demo whose clock says `at` now, and goes on at its usual pace."""
    owner = await asyncpg.connect(place.owner_url, server_settings={"role": "meguri_owner"})
    try:
        await owner.execute(
            "UPDATE ledger.deployment SET is_demo = true, factor = 1, town_anchor = $1,"
            " real_anchor = clock_timestamp()",
            at,
        )
    finally:
        await owner.close()


@asynccontextmanager
async def running_engine(database: Database, region: Region) -> AsyncIterator[Engine]:
    """A started engine of a region; it stops when the block ends."""
    engine = Engine(database, region.region_id, prepare)
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


def new_id(at: datetime | None = None) -> UUID:
    """A client's id of this moment."""
    return uuid7(at or datetime.now(UTC))


@dataclass(frozen=True)
class Town:
    """Acts in one region through one engine; whatever is refused raises its `Problem`."""

    place: Place
    database: Database
    region: Region
    engine: Engine

    async def submit(self, command: Command) -> Receipt:
        """The receipt of any command, refused or not."""
        return await submit(self.engine, command)

    async def now(self) -> datetime:  # the deployment's time
        return (await self.database.clock()).now()

    async def today(self) -> date:
        """The business date."""
        return self.region.day_of(await self.now())

    async def open_wallet(self, person_id: UUID | None = None) -> Wallet:
        """A new wallet; of a new person unless one is named."""
        wallet = Wallet(new_id(), person_id or uuid4())
        command = OpenWallet(
            entry_id=wallet.wallet_id, actor=wallet.actor, person_id=wallet.person_id
        )
        (await self.submit(command)).accepted()
        return wallet

    async def open_store(
        self, merchant_class: str = "small", *, merchant_id: UUID | None = None
    ) -> Store:
        """A new store with its rows; of a new merchant unless one is named."""
        merchant_id = merchant_id or await self._open_merchant(merchant_class)
        store = Store(new_id(), merchant_id)
        region_id = self.region.region_id
        command = OpenStore(
            entry_id=store.store_id, actor=ADMIN, merchant_id=merchant_id, name="Hinode-ya"
        )
        async with self.database.transaction(region_id) as session:
            row = {"store_id": store.store_id, "merchant_id": merchant_id, "name": command.name}
            await session.execute(insert(store_table).values(_opened(region_id, row)))
            (await post(session, region_id, command, prepare)).accepted()
        return store

    async def _open_merchant(self, merchant_class: str) -> UUID:
        region_id = self.region.region_id
        facts = {"merchant_class": merchant_class, "category": "food", "area": "north"}
        command = OpenMerchant(entry_id=new_id(), actor=ADMIN, name="Hinode", **facts)
        async with self.database.transaction(region_id) as session:
            row = {"merchant_id": command.entry_id, "name": command.name, **facts}
            await session.execute(insert(merchant_table).values(_opened(region_id, row)))
            (await post(session, region_id, command, prepare)).accepted()
        return command.entry_id

    async def top_up(self, wallet: Wallet, yen: int, provider: str = "hinode-bank") -> Entry:
        """A provider's top-up; over a limit the money goes to suspense."""
        command = ProviderTopUp(
            entry_id=new_id(),
            actor=f"provider:{provider}",
            provider=provider,
            reference=str(uuid4()),
            wallet=str(wallet.wallet_id),
            amount_yen=yen,
        )
        return (await self.submit(command)).accepted()

    async def top_up_in_cash(self, wallet: Wallet, yen: int) -> Entry:
        """A top-up at the counter."""
        command = CounterTopUp(
            entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, amount_yen=yen
        )
        return (await self.submit(command)).accepted()

    async def live_campaign(self, *, budget_yen: int = 50_000_000, **terms: Any) -> UUID:
        """A funded campaign that is live; see `terms_of` for its terms."""
        campaign_id = await self.draft_campaign(**terms)
        await self.change_campaign(campaign_id, "approved")
        await self.fund(campaign_id, budget_yen)
        await self.change_campaign(campaign_id, "live")
        return campaign_id

    async def draft_campaign(self, **terms: Any) -> UUID:
        """A campaign that has no budget and has not begun."""
        form = terms_of(await self.today(), **terms)
        region_id, campaign_id = self.region.region_id, new_id()
        async with self.database.transaction(region_id) as session:
            digest = (await keep_terms(session, region_id, form)).hex()
            make = {"entry_id": campaign_id, "actor": ADMIN, "terms_hash_hex": digest}
            command = CreateCampaign(name=form.name, **make)  # type: ignore[arg-type]
            (await post(session, region_id, command, prepare)).accepted()
        return campaign_id

    async def fund(self, campaign_id: UUID, yen: int) -> Entry:
        """Money from the city for a campaign."""
        command = FundCampaign(
            entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, funder="city", amount_yen=yen
        )
        return (await self.submit(command)).accepted()

    async def change_campaign(self, campaign_id: UUID, state: State) -> Entry:  # or end it
        if state == "approved":
            await self.change_campaign(campaign_id, "submitted")
        who = {"entry_id": new_id(), "actor": APPROVER if state == "approved" else ADMIN}
        change = ChangeCampaign(campaign_id=campaign_id, state=state, reason="-", **who)  # type: ignore[arg-type]
        return (await self.submit(change)).accepted()

    def payment(self, wallet: Wallet, store: Store, yen: int, **more: Any) -> Pay:
        """The command of a payment; `more` are fields of it (entry_id, is_coin_only)."""
        fields = {"entry_id": new_id(), "actor": wallet.actor, "person_id": wallet.person_id}
        return Pay(
            **fields | more,  # type: ignore[arg-type]
            wallet_id=wallet.wallet_id,
            store_id=store.store_id,
            amount_yen=yen,
        )

    async def pay(self, wallet: Wallet, store: Store, yen: int, **more: Any) -> Entry:
        """Pay in a store by its QR code."""
        return (await self.submit(self.payment(wallet, store, yen, **more))).accepted()

    def refund_of(self, payment_id: UUID, store: Store, yen: int | None = None) -> Refund:
        """The command of a refund; of all that remains when no amount is named."""
        return Refund(
            entry_id=new_id(),
            actor=store.actor,
            merchant_id=store.merchant_id,
            stores=None,
            payment_id=payment_id,
            amount_yen=yen,
            reason="test",
        )

    async def refund(self, payment_id: UUID, store: Store, yen: int | None = None) -> Entry:
        """Refund a payment in the store that took it."""
        return (await self.submit(self.refund_of(payment_id, store, yen))).accepted()

    def void_of(self, payment_id: UUID, store: Store) -> Void:
        """The command of a void."""
        return Void(
            entry_id=new_id(),
            actor=store.actor,
            merchant_id=store.merchant_id,
            stores=None,
            payment_id=payment_id,
            reason="test",
        )

    async def void(self, payment_id: UUID, store: Store) -> Entry:
        """Void a payment in the store that took it."""
        return (await self.submit(self.void_of(payment_id, store))).accepted()

    async def change_wallet(self, wallet: Wallet, state: WalletState) -> Entry:
        """Freeze or close a wallet, or open it again."""
        command = ChangeWallet(
            entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, state=state, reason="test"
        )
        return (await self.submit(command)).accepted()

    async def change_settings(self, **settings: Any) -> Entry:
        """Set these settings of the region, and all others to their defaults."""
        chosen = _settings(**settings)
        command = ChangeRegion(entry_id=new_id(), actor=ADMIN, settings=chosen)
        return (await self.submit(command)).accepted()

    async def set_clock(self, at: datetime) -> None:
        """Make the clock say `at` now; entries never go back in time all the same."""
        await set_clock(self.place, at)

    async def balances(self, holder_id: UUID) -> dict[str, int]:
        """What a holder has, in yen by kind of account; kinds that are at 0 are left out."""
        account = tables.account.c
        query = (
            select(account.kind, func.sum(account.balance))
            .where(account.region_id == self.region.region_id, account.holder_id == holder_id)
            .group_by(account.kind)
        )
        async with self.database.snapshot(self.region.region_id) as session:
            return {kind: int(yen) for kind, yen in await session.execute(query) if yen}

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """The rows of a query that sees this region only."""
        async with self.database.snapshot(self.region.region_id) as session:
            return list((await session.execute(text(query), values)).all())


def _opened(region_id: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"region_id": region_id, "opened_at": datetime.now(UTC), **row}
