"""What is told of an application, to whoever made it and to finance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.answers import Answer, in_zone
from api.state import State
from ledger.regions import Region
from merchants.application import Application, ApplicationState
from merchants.application_documents import Document, DocumentKind, MediaType
from merchants.apply import Applied

SeenBy = Annotated[str, Field(examples=["admin:0192f0c1-2222-7000-8000-000000000001"])]


class DocumentAnswer(Answer):
    """A document of an application, without its content."""

    document_id: UUID
    kind: DocumentKind
    media_type: MediaType
    bytes: int | None = Field(examples=[48_211])
    """Null once it is forgotten."""
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    made_at: datetime
    seen_by: list[SeenBy] | None
    """Who of the issuer read it, the first fifty; told to the issuer alone, else null."""
    forgotten_at: datetime | None = Field(examples=[None])
    """Since then its content is not kept any more: it was of identity, and the merchant joined."""


class ApplicationAnswer(Answer):
    """An application as it stands."""

    application_id: UUID
    state: ApplicationState
    version: int = Field(examples=[1])
    """How often it was written: an amendment is the next version."""
    form: Application | None
    """Null once it is forgotten: some months after it came to nothing."""
    told: str | None = Field(examples=["営業許可証の写しをお送りください"])
    """What came of the last review, in the reviewer's words."""
    made_at: datetime
    changed_at: datetime
    merchant_id: UUID | None
    """The merchant that it became."""
    documents: list[DocumentAnswer]


def is_real(state: State) -> bool:
    """Whether money is: then the example bank is none."""
    return state.settings.environment == "production"


def application_answer(
    region: Region, applied: Applied, documents: list[Document], *, is_finance: bool = False
) -> ApplicationAnswer:
    """The application with its documents."""
    return ApplicationAnswer(
        application_id=applied.application_id,
        state=applied.state,
        version=applied.version,
        form=applied.form,
        told=applied.told,
        made_at=in_zone(applied.made_at, region),
        changed_at=in_zone(applied.changed_at, region),
        merchant_id=applied.merchant_id,
        documents=[document_answer(region, each, is_finance=is_finance) for each in documents],
    )


def document_answer(
    region: Region, document: Document, *, is_finance: bool = False
) -> DocumentAnswer:
    """A document without its content."""
    forgotten_at = document.forgotten_at
    return DocumentAnswer(
        document_id=document.document_id,
        kind=document.kind,
        media_type=document.media_type,
        bytes=document.size,
        sha256=document.sha256.hex(),
        made_at=in_zone(document.made_at, region),
        seen_by=list(document.seen_by) if is_finance else None,
        forgotten_at=forgotten_at and in_zone(forgotten_at, region),
    )
