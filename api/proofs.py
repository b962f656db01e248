"""Proofs: that an entry of one's own stands in sealed history, to be checked without us."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path
from pydantic import Field
from starlette.requests import Request

from api.admin_journal import Reader
from api.answers import Answer
from api.closed_route import v1_router
from api.fields import Uuid
from api.identity import MerchantIdentity, Resident, merchant
from api.look_up import ENTRY_UNKNOWN
from api.merchants import check_store
from api.sales import SALES
from api.state import state_of
from api.wallets import own_wallet
from core.database import bare
from core.errors import Problem
from ledger.regions import Region
from ledger.statement import find_entry
from payments.give_back import PAYMENT_UNKNOWN
from payments.pay import Pay
from seals.prove import Shows, prove, shown_to_merchant, shown_to_office, shown_to_wallet

router = v1_router("proofs")

Staff = Annotated[MerchantIdentity, merchant("sales:read")]

_DIGEST: Final = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
_FACT: Final = ["text store_name", "見本食堂"]


class ShownPart(Answer):
    """A part of the entry that concerns who asks."""

    salt: str = Field(examples=["000102030405060708090a0b0c0d0e0f"])
    """16 bytes, in hex."""
    content: list[Any] = Field(examples=[_FACT])
    """The part's name, and what it says."""


class HiddenPart(Answer):
    """A part that does not, or that was erased: its digest tells nothing about it."""

    digest: str = Field(examples=[_DIGEST])


class BlockHeader(Answer):
    """What is hashed of a block."""

    region: str = Field(examples=["setagaya"])
    number: int = Field(examples=[8])
    first_seq: int = Field(examples=[4097])
    last_seq: int = Field(examples=[5120])
    root: str = Field(examples=[_DIGEST])
    """Of the Merkle tree (RFC 6962) over the entries, in hex."""
    previous: str = Field(examples=[_DIGEST])
    """The hash of the block before it."""
    skip: str = Field(examples=[_DIGEST])
    """The hash of an earlier block, so that chains are short."""
    sealed_at: str = Field(
        examples=["2026-11-22T03:34:57.000000+00:00"], json_schema_extra={"format": "date-time"}
    )
    """As it is hashed: in UTC, to the microsecond."""


class Head(Answer):
    """A signed block; each day's is published."""

    header: BlockHeader
    hash: str = Field(examples=[_DIGEST])
    key: str = Field(examples=["9f86d081884c7d65"])
    """Which of the issuer's keys signed it."""
    signature: str = Field(examples=[_DIGEST * 2])
    """Ed25519, in hex."""


class Proof(Answer):
    """From the shown parts to a block, and along the chain to a signed head."""

    format: int = Field(examples=[1])
    parts: list[ShownPart | HiddenPart]
    path: list[str] = Field(examples=[[_DIGEST]])
    """What stands beside the way from the entry's leaf to the root of its block."""
    block: BlockHeader
    chain: list[BlockHeader] = Field(examples=[[]])
    """The blocks between the head and the block."""
    head: Head
    is_published: bool = Field(examples=[True])
    """Whether the head is one that was published; before the day's is, it is the block itself."""


@router.get(
    "/payments/{payment_id}/proof", operation_id="provePayment", summary="The proof of a payment"
)
async def prove_payment(request: Request, resident: Resident, payment_id: Uuid) -> Proof:
    """Accepted or refused. Parts about the shop's accounts, its staff and the budget are hidden.

    `meguri check-proof` checks it without us. 503 not-sealed-yet in the first seconds.
    """
    region = resident.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_entry(session, region.region_id, payment_id)
    if entry is None or entry.kind != Pay.kind or entry.actor != resident.actor:
        raise Problem(PAYMENT_UNKNOWN)
    assert entry.holder_id is not None, "a payment has its wallet"
    return await _proof(request, region, payment_id, shown_to_wallet(entry.holder_id))


@router.get(
    "/wallets/{wallet_id}/entries/{entry_id}/proof",
    operation_id="proveWalletEntry",
    summary="The proof of an entry of a wallet's history",
)
async def prove_wallet_entry(
    request: Request, resident: Resident, wallet_id: Uuid, entry_id: Uuid
) -> Proof:
    """Top-ups, payments, refunds, expiries: whatever the wallet's history lists."""
    state, region = state_of(request), resident.region
    await own_wallet(state, resident, wallet_id)
    async with state.database.snapshot(region.region_id) as session:
        entry = await find_entry(session, region.region_id, entry_id)
    if entry is None or entry.holder_id != wallet_id:
        raise Problem(ENTRY_UNKNOWN)
    return await _proof(request, region, entry_id, shown_to_wallet(wallet_id))


@router.get(
    "/stores/{store_id}/payments/{sale_id}/proof",
    operation_id="proveStoreSale",
    summary="The proof of a payment, refund or void of a store",
)
async def prove_store_sale(
    request: Request,
    staff: Staff,
    store_id: Uuid,
    sale_id: Annotated[UUID, Path(description="Of the payment, the refund or the void.")],
) -> Proof:
    """Parts about the resident are hidden: the wallet, the person, the lots, the rebate."""
    state, region = state_of(request), staff.region
    async with state.database.snapshot(region.region_id) as session:
        await check_store(session, staff, store_id)
        entry = await find_entry(session, region.region_id, sale_id)
    is_shown = entry is not None and entry.refusal is None and entry.other_id == store_id
    if entry is None or not is_shown or entry.kind not in SALES:
        raise Problem(PAYMENT_UNKNOWN)
    return await _proof(request, region, sale_id, shown_to_merchant(staff.merchant_id))


@router.get(
    "/admin/journal/{entry_id}/proof",
    operation_id="proveJournalEntry",
    summary="The proof of any entry",
)
async def prove_journal_entry(request: Request, admin: Reader, entry_id: Uuid) -> Proof:
    """Every part is shown, but for texts that were erased."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_entry(session, region.region_id, entry_id)
    if entry is None:
        raise Problem(ENTRY_UNKNOWN)
    return await _proof(request, region, entry_id, shown_to_office)


async def _proof(request: Request, region: Region, entry_id: UUID, shows: Shows) -> Proof:
    async with state_of(request).database.snapshot(region.region_id) as session:
        found = await prove(await bare(session), region.region_id, entry_id, shows)
    return Proof.model_validate(found)
