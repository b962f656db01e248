"""The journal (仕訳帳): search its entries, and open one with its postings."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.days import Moment
from api.fields import QueryYen, Uuid
from api.identity import AdminIdentity, administrator
from api.look_up import ENTRY_UNKNOWN
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from ledger.search import PostingLine, Wanted, postings_of, search
from ledger.statement import find_entry

JOURNAL = Listing("journal", (int,))

router = v1_router("administrators: journal")

Reader = Annotated[AdminIdentity, administrator("finance", "auditor")]

EntryKind = Literal[
    "region.opened",
    "region.changed",
    "wallet.opened",
    "wallet.changed",
    "wallet.looked_at",
    "person.verified",
    "person.described",
    "person.limited",
    "person.closed",
    "merchant.opened",
    "merchant.changed",
    "merchant.described",
    "store.opened",
    "store.changed",
    "campaign.created",
    "campaign.funded",
    "campaign.changed",
    "campaign.returned",
    "campaign.threshold",
    "campaign.end_announced",
    "campaign.settled",
    "settlement.closed",
    "settlement.rejected",
    "payout.paid",
    "payout.returned",
    "funding.paid",
    "funding.payment_reversed",
    "provider.paid",
    "provider.payment_reversed",
    "shop_wallet.opened",
    "conversion",
    "conversion.returned",
    "debit_note.issued",
    "debit_note.paid",
    "debit_note.corrected",
    "debit_note.paid_back",
    "benefit.created",
    "benefit.listed",
    "benefit.funded",
    "benefit.changed",
    "benefit.used",
    "benefit.returned",
    "campaign.version_created",
    "campaign.version_changed",
    "top_up",
    "top_up.reversed",
    "suspense.placed",
    "suspense.returned",
    "payment",
    "refund",
    "void",
    "hold.placed",
    "hold.released",
    "hold.rejected",
    "vesting",
    "expiry",
    "lots.closed",
]
"""What a search can be narrowed to: the kind of every command that there is."""


class EntryAnswer(Answer):
    """One entry: a command that was accepted, or refused. By ids, without names."""

    entry_id: UUID
    seq: int = Field(examples=[4711])
    """Its number: without a gap, in the order in which everything happened."""
    at: datetime
    business_date: date
    kind: str = Field(examples=["payment"])
    actor: str = Field(examples=["resident:0192f0c1-2222-7000-8000-000000000002"])
    """Who wished it: a face or a job, a colon, an id."""
    holder_id: UUID | None
    """The wallet or campaign."""
    other_id: UUID | None
    """The store or merchant, or the wallet that an administrator looked at."""
    refers_to: UUID | None
    """The entry that this one undoes or settles."""
    amount_yen: int = Field(examples=[1200])
    refusal: str | None = Field(examples=[None])
    """The problem's name, where it was refused."""
    facts: dict[str, Any]
    """As the decision left them."""


class PostingAnswer(Answer):
    """One line of an entry."""

    line: int = Field(examples=[1])
    account_no: int = Field(examples=[42])
    account_kind: str = Field(examples=["coin"])
    holder_id: UUID
    """Whose account it is; the nil id is the issuer."""
    expires_on: date | None
    side: Literal["debit", "credit"]
    amount_yen: int = Field(examples=[1200])
    balance_after_yen: int = Field(examples=[3800])
    """What the line left on the account, on the account's own side."""
    version: int = Field(examples=[2])
    """How many lines the account has had with this one."""


class EntryDetail(EntryAnswer):
    """An entry with its postings; debits and credits are the same sum."""

    postings: list[PostingAnswer]


def _true_or_false(value: object) -> object:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise PydanticCustomError("bool_parsing", "true or false is needed")
        return value == "true"
    return value


TrueOrFalse = Annotated[bool, BeforeValidator(_true_or_false)]
Word = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9:._-]+$")]


@router.get(
    "/admin/journal", operation_id="searchJournal", summary="Search the journal, newest first"
)
async def search_journal(  # noqa: PLR0913, PLR0917  one for each way to search
    request: Request,
    admin: Reader,
    paging: Paged,
    kind: EntryKind | None = None,
    begins: Annotated[Moment | None, Query(alias="from")] = None,
    ends: Annotated[Moment | None, Query(alias="to")] = None,
    holder_id: Uuid | None = None,
    actor: Annotated[Word | None, Query(examples=["job:expire"])] = None,
    refused: TrueOrFalse | None = None,
    refers_to: Uuid | None = None,
    min_yen: QueryYen | None = None,
    max_yen: QueryYen | None = None,
) -> Page[EntryAnswer]:
    """`from` and `to` are business dates or instants, both inclusive. A holder is a wallet,
    store, merchant or campaign, on either end of the entry.
    """
    region = admin.region
    start = JOURNAL.start(paging)
    wanted = Wanted(
        kind=kind,
        begins=begins,
        ends=ends,
        holder_id=holder_id,
        actor=actor,
        is_refused=refused,
        refers_to=refers_to,
        min_yen=min_yen,
        max_yen=max_yen,
    )
    async with state_of(request).database.snapshot(region.region_id) as session:
        rows = await search(
            session, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return JOURNAL.page(
        rows, paging, lambda row: (row.seq,), lambda row: EntryAnswer(**_entry(region, row))
    )


@router.get(
    "/admin/journal/{entry_id}",
    operation_id="getJournalEntry",
    summary="One entry with its postings",
)
async def get_journal_entry(request: Request, admin: Reader, entry_id: Uuid) -> EntryDetail:
    """Accepted or refused; a refused one has no postings."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_entry(session, region.region_id, entry_id)
        if entry is None:
            raise Problem(ENTRY_UNKNOWN)
        lines = await postings_of(session, region.region_id, entry_id)
    return EntryDetail(**_entry(region, entry), postings=[_posting(line) for line in lines])


def _entry(region: Region, entry: Entry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "seq": entry.seq,
        "at": in_zone(entry.at, region),
        "business_date": entry.business_date,
        "kind": entry.kind,
        "actor": entry.actor,
        "holder_id": entry.holder_id,
        "other_id": entry.other_id,
        "refers_to": entry.refers_to,
        "amount_yen": entry.amount,
        "refusal": entry.refusal,
        "facts": entry.facts,
    }


def _posting(line: PostingLine) -> PostingAnswer:
    return PostingAnswer(
        line=line.line,
        account_no=line.account_no,
        account_kind=line.account_kind,
        holder_id=line.holder_id,
        expires_on=line.expires_on,
        side="debit" if line.is_debit else "credit",
        amount_yen=line.amount,
        balance_after_yen=line.balance_after,
        version=line.version,
    )
