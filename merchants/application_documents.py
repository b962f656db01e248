"""The documents of an application: of three types by their content, few, small, with a hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from core.errors import Problem, problem
from ledger.command import ID_IN_USE
from merchants.application_tables import document
from merchants.apply import APPLICATION_STATE_WRONG, Applied, note

DOCUMENT_UNKNOWN: Final = problem("document-unknown", 404, "There is no such document.")
DOCUMENT_FORGOTTEN: Final = problem(
    "document-forgotten", 404, "The document was seen, and is not kept any more."
)
DOCUMENT_TYPE_WRONG: Final = problem(
    "document-type-wrong", 422, "The document is not what it says: PDF, JPEG and PNG are taken."
)
DOCUMENT_TOO_LARGE: Final = problem("document-too-large", 422, "The document is too large.")
TOO_MANY_DOCUMENTS: Final = problem(
    "too-many-documents", 409, "The application has as many documents as it may have."
)

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_DOCUMENTS: Final = 6
MOST_SEEN_BY: Final = 50
"""Who are remembered to have seen a document, the first; the log of acts has all."""

DocumentKind = Literal["identity", "licence", "bank_book", "shop", "other"]
MediaType = Literal["application/pdf", "image/jpeg", "image/png"]

_ROW: Final = document.c
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Document:
    """A document without its content."""

    document_id: UUID
    application_id: UUID
    kind: DocumentKind
    media_type: MediaType
    size: int | None
    """None once it is forgotten."""
    sha256: bytes
    made_at: datetime
    seen_by: Sequence[str]
    """Those of the issuer who read it, as the journal names them."""
    forgotten_at: datetime | None


def type_of(content: bytes) -> MediaType | None:
    """What it is by how it begins and ends; a name or a header says nothing. None: none of them.

    What is also something else (a page before its PDF, an archive behind its picture) is none.
    """
    end = content[-1024:].rstrip(b"\r\n\x00 ")
    if content.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "application/pdf" if end.endswith(b"%%EOF") else None
    if content.startswith(_PNG) and content[12:16] == b"IHDR":
        return "image/png" if content.endswith(b"\x00\x00\x00\x00IEND\xaeB`\x82") else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg" if content.endswith(b"\xff\xd9") else None
    return None


async def put_document(
    db: AsyncSession, region_id: int, found: Applied, document_id: UUID, kind: DocumentKind,
    said: MediaType, content: bytes, doer: Doer | None,
) -> Document:  # fmt: skip
    """Keep a document of an application that is locked; the same id and content are one.

    Refuses document-too-large, document-type-wrong, id-in-use, application-state-wrong and
    too-many-documents.
    """
    if len(content) > MOST_BYTES:
        raise Problem(DOCUMENT_TOO_LARGE, max_bytes=MOST_BYTES)
    if type_of(content) != said:
        raise Problem(DOCUMENT_TYPE_WRONG)
    digest = sha256(content).digest()
    known = await _find(db, region_id, document_id)
    if known is not None:
        if (known.application_id, known.kind, known.sha256) != (found.application_id, kind, digest):
            raise Problem(ID_IN_USE)
        return known
    if found.state not in ("submitted", "more_asked"):
        raise Problem(APPLICATION_STATE_WRONG, state=found.state)
    if len(await documents_of(db, region_id, found.application_id)) >= MOST_DOCUMENTS:
        raise Problem(TOO_MANY_DOCUMENTS, most=MOST_DOCUMENTS)
    made = await db.scalars(
        insert(document)
        .values(
            region_id=region_id,
            document_id=document_id,
            application_id=found.application_id,
            kind=kind,
            media_type=said,
            sha256=digest,
            content=content,
            made_by=f"applicant:{found.application_id}" if doer is None else doer.actor,
        )
        .on_conflict_do_nothing(constraint=document.primary_key)
        .returning(_ROW.document_id)
    )
    if made.one_or_none() is None:  # two applications at once, under one id
        raise Problem(ID_IN_USE)
    await note(
        db, region_id, found.application_id, doer, "document_added", kind=kind, bytes=len(content)
    )
    kept = await _find(db, region_id, document_id)
    assert kept is not None
    return kept


async def documents_of(db: AsyncSession, region_id: int, application_id: UUID) -> list[Document]:
    """The documents of an application, the oldest first."""
    rows = await db.execute(
        select(*_SHOWN)
        .where(_ROW.region_id == region_id, _ROW.application_id == application_id)
        .order_by(_ROW.document_id)
    )
    return [Document(*row) for row in rows]


async def read_document(
    db: AsyncSession, region_id: int, application_id: UUID, document_id: UUID, doer: Doer
) -> tuple[Document, bytes]:
    """A document with its content, for a doer who has then seen it.

    Raises document-unknown, also for another application's, and document-forgotten.
    """
    found = await _find(db, region_id, document_id)
    if found is None or found.application_id != application_id:
        raise Problem(DOCUMENT_UNKNOWN)
    it = (_ROW.region_id == region_id, _ROW.document_id == document_id)
    content: bytes | None = await db.scalar(select(_ROW.content).where(*it))
    if found.forgotten_at is not None:
        raise Problem(DOCUMENT_FORGOTTEN)
    if content is None:
        raise Problem(DOCUMENT_UNKNOWN)
    is_new = ~_ROW.seen_by.contains([doer.actor]) & (func.cardinality(_ROW.seen_by) < MOST_SEEN_BY)
    seen = {"seen_by": func.array_append(_ROW.seen_by, doer.actor)}
    await db.execute(update(document).where(*it, is_new).values(seen))
    await note(db, region_id, application_id, doer, "document_read", document_id=str(document_id))
    return found, content


async def _find(db: AsyncSession, region_id: int, document_id: UUID) -> Document | None:
    rows = await db.execute(
        select(*_SHOWN).where(_ROW.region_id == region_id, _ROW.document_id == document_id)
    )
    row = rows.one_or_none()
    return None if row is None else Document(*row)


_SHOWN: Final = (
    _ROW.document_id,
    _ROW.application_id,
    _ROW.kind,
    _ROW.media_type,
    func.octet_length(_ROW.content),
    _ROW.sha256,
    _ROW.made_at,
    _ROW.seen_by,
    _ROW.forgotten_at,
)
