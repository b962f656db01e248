"""Issue the papers of an approved settlement run, and corrections; numbers have no gap."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem
from core.ids import uuid8
from ledger.command import ID_IN_USE
from ledger.regions import Region
from merchants.paper import (
    ISSUER_UNREGISTERED,
    KINDS,
    PAPER_CORRECTED,
    PAPER_UNKNOWN,
    Correction,
    Origin,
    Paper,
    PaperKind,
    digest_of,
    may_issue,
    wants,
    write_content,
)
from merchants.paper_tables import paper, paper_counter
from merchants.read_business import legal_names
from merchants.read_papers import find_paper
from merchants.read_settlements import Wanted, find_run, list_settlements
from merchants.settlement import (
    SETTLEMENT_RUN_STATE_WRONG,
    SETTLEMENT_RUN_UNKNOWN,
    Settlement,
)
from merchants.settlement_rules import Issuer
from merchants.settlement_tables import settlement

PIECE: Final = 100
"""Papers that are written in one statement: so long nothing else is done in the process."""
LISTED: Final = 500
"""Settlements that are read at once."""

_ROW: Final = paper.c
_COUNTER: Final = paper_counter.c


async def issue_papers(
    db: AsyncSession, region: Region, issuer: Issuer, run_id: UUID, doer: Doer, now: datetime,
    *, most: int | None = None,
) -> Mapping[PaperKind, int]:  # fmt: skip
    """Issue what the run's settlements lack, so many of each kind at most, and tell how many; who
    comes again finds none.

    Invoices are left for later where the issuer is not registered: shops are paid all the same.
    Refuses settlement-run-unknown, settlement-run-state-wrong unless it is approved.
    """
    run = await find_run(db, region.region_id, run_id)
    if run is None:
        raise Problem(SETTLEMENT_RUN_UNKNOWN)
    if run.state != "approved":
        raise Problem(SETTLEMENT_RUN_STATE_WRONG, state=run.state)
    issued: dict[PaperKind, int] = dict.fromkeys(KINDS, 0)
    for kind in filter(lambda kind: may_issue(kind, issuer), KINDS):
        last = await _locked(db, region.region_id, kind)
        due = (await _lacking(db, region.region_id, run_id, kind))[:most]
        for first in range(0, len(due), PIECE):  # payments have their turn between the pieces
            piece = due[first : first + PIECE]
            names = await _recipients(db, region.region_id, piece)
            rows = [
                _row(region, kind, each, _origin(region, issuer, name, number, now), doer, now)
                for number, (each, name) in enumerate(
                    zip(piece, names, strict=True), start=last + first + 1
                )
            ]
            await db.execute(insert(paper), rows)
        issued[kind] = len(due)
        await _count(db, region.region_id, kind, last + len(due))
    if any(issued.values()):
        await enter_act(
            db, region.region_id, actor=doer.actor, role=doer.role, act="papers.issued",
            object_id=run_id, invoices=issued["invoice"], statements=issued["statement"],
        )  # fmt: skip
    return issued


async def correct_paper(
    db: AsyncSession,
    region: Region,
    issuer: Issuer,
    wished: Correction,
    doer: Doer,
    now: datetime,
) -> Paper:
    """A new paper in place of another, which it names: with the issuer as it is set now, and with
    the recipient that is wished. Its figures are those of the books.

    The same id and content are one. Refuses paper-unknown, id-in-use, paper-corrected,
    issuer-unregistered.
    """
    wrong = await find_paper(db, region.region_id, wished.paper_id)
    if wrong is None:
        raise Problem(PAPER_UNKNOWN)
    numbers = {kind: await _locked(db, region.region_id, kind) for kind in KINDS}
    number = numbers[wrong.kind] + 1
    [due] = await list_settlements(
        db, region.region_id, Wanted(settlement_id=wrong.settlement_id), None, 1
    )
    known = await find_paper(db, region.region_id, wished.correction_id)
    if known is not None:
        if not _is_the_same(known, wrong, wished, doer):
            raise Problem(ID_IN_USE)
        return known
    if await _is_corrected(db, region.region_id, wrong):
        raise Problem(PAPER_CORRECTED)
    if not may_issue(wrong.kind, issuer):
        raise Problem(ISSUER_UNREGISTERED)
    [known_name] = await _recipients(db, region.region_id, [due])
    origin = _origin(
        region,
        issuer,
        wished.recipient or known_name,
        number,
        now,
        wrong.number,
        wished.reason,
    )
    row = _row(region, wrong.kind, due, origin, doer, now) | {"paper_id": wished.correction_id}
    await db.execute(insert(paper).values(row))
    await _count(db, region.region_id, wrong.kind, number)
    await enter_act(
        db, region.region_id, actor=doer.actor, role=doer.role, act="paper.corrected",
        object_id=wished.paper_id, reason=wished.reason, number=number,
    )  # fmt: skip
    made = await find_paper(db, region.region_id, wished.correction_id)
    assert made is not None, "it was written just now"
    return made


def _is_the_same(known: Paper, wrong: Paper, wished: Correction, doer: Doer) -> bool:
    told = (known.kind, known.corrects, known.reason, known.issued_by)
    recipient = orjson.loads(known.content)["recipient"]
    return told == (wrong.kind, wrong.number, wished.reason, doer.actor) and (
        wished.recipient in {None, recipient}
    )


async def _recipients(db: AsyncSession, region_id: int, due: Sequence[Settlement]) -> list[str]:
    """The legal name of each one's business, or what the shop is called while that is not known."""
    legal = await legal_names(db, region_id, [each.merchant_id for each in due])
    return [legal.get(each.merchant_id, each.merchant_name) for each in due]


async def _locked(db: AsyncSession, region_id: int, kind: PaperKind) -> int:
    """The last number, its row held until the caller's transaction ends."""
    row = insert(paper_counter).values(region_id=region_id, kind=kind, last_number=0)
    held = row.on_conflict_do_update(
        constraint=paper_counter.primary_key, set_={"last_number": _COUNTER.last_number}
    )
    return int((await db.execute(held.returning(_COUNTER.last_number))).scalar_one())


async def _count(db: AsyncSession, region_id: int, kind: PaperKind, last_number: int) -> None:
    await db.execute(
        update(paper_counter)
        .where(_COUNTER.region_id == region_id, _COUNTER.kind == kind)
        .values(last_number=last_number)
    )


async def _lacking(
    db: AsyncSession, region_id: int, run_id: UUID, kind: PaperKind
) -> list[Settlement]:
    """The run's settlements that want such a paper and have none, by id."""
    has = set(
        await db.scalars(
            select(_ROW.settlement_id)
            .join(
                settlement,
                (settlement.c.region_id == _ROW.region_id)
                & (settlement.c.settlement_id == _ROW.settlement_id),
            )
            .where(
                _ROW.region_id == region_id,
                _ROW.kind == kind,
                _ROW.corrects.is_(None),
                settlement.c.run_id == run_id,
            )
        )
    )
    found: list[Settlement] = []
    before: UUID | None = None
    while True:
        rows = await list_settlements(db, region_id, Wanted(run_id=run_id), before, LISTED)
        found += [row for row in rows if wants(kind, row) and row.settlement_id not in has]
        if len(rows) < LISTED:
            return sorted(found, key=lambda row: row.settlement_id)
        before = rows[-1].settlement_id


async def _is_corrected(db: AsyncSession, region_id: int, wrong: Paper) -> bool:
    later = select(_ROW.paper_id).where(
        _ROW.region_id == region_id, _ROW.kind == wrong.kind, _ROW.corrects == wrong.number
    )
    return (await db.execute(later)).first() is not None


def _origin(
    region: Region,
    issuer: Issuer,
    recipient: str,
    number: int,
    now: datetime,
    corrects: int | None = None,
    reason: str | None = None,
) -> Origin:
    return Origin(
        number=number,
        issued_on=region.day_of(now),
        issuer_name=issuer.name or region.name,
        registration_number=issuer.registration_number,
        recipient=recipient,
        corrects=corrects,
        reason=reason,
    )


def _row(
    region: Region,
    kind: PaperKind,
    due: Settlement,
    origin: Origin,
    doer: Doer,
    now: datetime,
) -> dict[str, Any]:
    """An original has the id that follows from its settlement and kind."""
    content = write_content(kind, due, origin)
    midnight = datetime.combine(due.last_day, time(), UTC)
    return {
        "region_id": region.region_id,
        "paper_id": uuid8(midnight, "paper", region.code, kind, due.settlement_id),
        "kind": kind,
        "number": origin.number,
        "previous": origin.number - 1 or None,
        "settlement_id": due.settlement_id,
        "merchant_id": due.merchant_id,
        "corrects": origin.corrects,
        "reason": origin.reason,
        "content": content,
        "digest": digest_of(content),
        "issued_at": now,
        "issued_by": doer.actor,
    }
