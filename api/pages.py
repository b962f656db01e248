"""Lists, a page at a time: what a page looks like, and the cursor that continues after it.

A cursor holds the sort key of the last item that was shown (keyset paging), so a page costs the
same wherever it is, and items that arrive meanwhile shift nothing. Clients treat it as opaque. It
is not secret and not signed: it says where to go on, and who may see what is decided each time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from jwt.utils import base64url_decode, base64url_encode
from pydantic import BaseModel, BeforeValidator, Field

from api.fields import digits
from core.errors import Problem, problem

MALFORMED_CURSOR: Final = problem(
    "malformed-cursor", 422, "This cursor does not belong to this list."
)

VERSION: Final = 1
MAX_CURSOR: Final = 256

Item = TypeVar("Item")
Row = TypeVar("Row")
Step = int | UUID | str
"""A part of a sort key; text is a date or a code of at most 64 characters."""


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[Item]
    # Described here: for a docstring pydantic would search all modules again at each kind of page.
    next_cursor: str | None = Field(
        description="Give it as `cursor` to get what follows; null on the last page.",
        examples=["WzEsIm5hbWUiLDQ3MTFd"],
    )

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What a page of these items is called in the description: EntryPage, not Page[...]."""
        noun = getattr(params[0], "__name__", "").removesuffix("Answer").removesuffix("Item")
        return f"{noun[:1].upper()}{noun[1:]}{cls.__name__}"


@dataclass(frozen=True, slots=True)
class Paging:
    """What the client asked for: at most `limit` items, after `cursor` if it has one."""

    limit: int
    cursor: str | None


async def _paging(
    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(digits)] = 50,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Paging:
    return Paging(limit, cursor)


Paged = Annotated[Paging, Depends(_paging)]
"""What a route that lists takes as its parameter."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of list: its name and the types of its sort key, which together make its cursors.

    PAYMENTS = Listing("payments", (int,)); the statement reads `paging.limit + 1` rows after
    `PAYMENTS.start(paging)`, and `PAYMENTS.page` keeps the extra one back.
    """

    name: str
    key: tuple[type[Step], ...]

    def start(self, paging: Paging) -> tuple[Any, ...] | None:
        """The sort key after which the page begins, typed as `key`; None at the beginning.

        422 malformed-cursor for anything that this list did not give out.
        """
        if paging.cursor is None:
            return None
        try:
            version, name, *steps = orjson.loads(base64url_decode(paging.cursor.encode("ascii")))
            if (version, name) == (VERSION, self.name):
                pairs = zip(self.key, steps, strict=True)
                return tuple(_read_step(kind, step) for kind, step in pairs)
        except (ValueError, TypeError) as error:
            raise Problem(MALFORMED_CURSOR) from error
        raise Problem(MALFORMED_CURSOR)

    def page(
        self,
        rows: Sequence[Row],
        paging: Paging,
        key: Callable[[Row], tuple[Step, ...]],
        item: Callable[[Row], Item],
    ) -> Page[Item]:
        """The page of `rows`, of which there are up to `paging.limit + 1`."""
        assert len(rows) <= paging.limit + 1
        shown = rows[: paging.limit]
        follows = self._cursor(key(shown[-1])) if len(rows) > len(shown) else None
        return Page(items=[item(row) for row in shown], next_cursor=follows)

    def _cursor(self, key: tuple[Step, ...]) -> str:
        # The database's driver has a UUID type of its own, which JSON does not know.
        steps = [UUID(int=step.int) if isinstance(step, UUID) else step for step in key]
        assert tuple(map(type, steps)) == self.key, key
        text = orjson.dumps([VERSION, self.name, *steps])
        cursor = base64url_encode(text).decode()
        assert len(cursor) <= MAX_CURSOR
        return cursor


def _read_step(kind: type[Step], value: object) -> Step:
    if kind is UUID:
        return UUID(value if isinstance(value, str) else "")
    if type(value) is not kind:
        raise TypeError(kind)
    if isinstance(value, int):
        return _bounded(value)
    assert isinstance(value, str)
    if not (value.isascii() and value.isprintable() and len(value) <= 64):
        raise ValueError(kind)
    return value


def _bounded(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise ValueError
    return value
