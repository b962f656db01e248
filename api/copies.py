"""Answers of which clients may keep a copy: by its tag they learn whether it is still as it was."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.public_page import POLICY

AGE_S: Final = 300
"""How long anybody may keep a copy of a page or of a catalogue."""
_NONE: Final[Mapping[str, str]] = {}


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has it (RFC 9110, 13.1.2): tags are compared weakly, `*` is any."""
    given = ",".join(request.headers.getlist("if-none-match")).split(",")
    return any(each.strip().removeprefix("W/") in {tag, "*"} for each in given)


def answer_page(request: Request, content: bytes) -> Response:
    """The page, or that the client has it already."""
    headers = {
        "content-security-policy": POLICY + "; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
    }
    return answer_copy(request, content, "text/html", headers=headers)


def answer_copy(
    request: Request,
    content: bytes,
    media_type: str,
    *,
    age_s: int = AGE_S,
    headers: Mapping[str, str] = _NONE,
) -> Response:
    """What may be kept for so many seconds and is told by its hash, the same from every process."""
    tag = f'"{sha256(content).hexdigest()}"'
    told = {**headers, "cache-control": f"public, max-age={age_s}", "etag": tag}
    if is_known(request, tag):
        return Response(status_code=304, headers=told)
    return Response(content, headers=told, media_type=media_type)
