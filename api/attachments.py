"""Files that clients save: how they stand in the description, and the names they are sent under."""

from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

BYTES: Final = "application/octet-stream"


def binary(media_type: str, example: str, description: str = "The file.") -> Any:
    """How a file of bytes stands in the description of its route."""
    content = {"schema": {"type": "string", "format": "binary"}, "example": example}
    return {200: {"description": description, "content": {media_type: content}}}


def shown(
    media_type: str, example: str | dict[str, Any], description: str = "The answer."
) -> dict[int | str, dict[str, Any]]:
    """How text, or JSON that another page describes, stands in the description of its route."""
    schema = {"type": "string" if isinstance(example, str) else "object"}
    content = {media_type: {"schema": schema, "example": example}}
    return {200: {"description": description, "content": content}}


def json_file(kind: str) -> Any:
    """How the content of a paper or note of this kind stands in the description."""
    return shown("application/json", {"kind": kind, "number": 17}, "The file.")


def attachment(body: bytes, media_type: str, name: str, told: str | None = None) -> Response:
    """The file, to be saved under a name in ASCII, or under one in Japanese too (RFC 5987)."""
    disposition = f'attachment; filename="{name}"'
    if told is not None:
        disposition += f"; filename*=UTF-8''{quote(told)}"
    return Response(body, media_type=media_type, headers={"content-disposition": disposition})
