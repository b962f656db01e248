"""Documents that are brought: JSON with the content in base64, larger than any other body.

Few are read at once, so that nobody fills a process's memory; and each network has so many requests
before anything is read.
"""

import asyncio
import base64
import binascii
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.body import read_whole
from api.closed_route import ClosedRoute
from api.fields import Body
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.errors import Problem
from ledger.engine import BUSY
from merchants.application_documents import MOST_BYTES, DocumentKind, MediaType

UPLOADS: Final = Quota("uploads", 60, 600)
"""Per address."""
MOST_AT_ONCE: Final = 4
MOST_BODY_BYTES: Final = MOST_BYTES * 4 // 3 + 4096

reading: Final = asyncio.Semaphore(MOST_AT_ONCE)
"""Held by each whose document comes in."""


class UploadRoute(ClosedRoute):
    """A route whose body may be as long as a document."""

    async def read(self, request: Request) -> Request:
        """The request with its whole body; 503 busy while others bring theirs."""
        state = state_of(request)
        state.limiter.limit(request, UPLOADS, address_of(request))
        if reading.locked():
            raise Problem(BUSY, retry_after=1)
        async with reading:
            return await read_whole(request, state.settings.body_seconds, MOST_BODY_BYTES)


def _decoded(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PydanticCustomError("base64", "base64 is needed") from error
    return text


Base64 = Annotated[str, Field(strict=True, max_length=MOST_BODY_BYTES), AfterValidator(_decoded)]
"""The content of a file, in a body."""


class DocumentBody(Body):
    """A document: its type is looked for in its content, and has to be what is said."""

    kind: DocumentKind = Field(examples=["identity"])
    media_type: MediaType = Field(examples=["application/pdf"])
    content: Annotated[Base64, Field(min_length=4)] = Field(
        examples=[base64.b64encode(b"%PDF-1.7\n%%EOF\n").decode()],
        description=f"In base64; at most {MOST_BYTES} bytes of content.",
    )

    @property
    def bytes_of_it(self) -> bytes:
        """The content itself."""
        return base64.b64decode(self.content)
