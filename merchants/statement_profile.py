"""How a bank writes its statements (入出金明細): a closed document, with a version, by a name."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.described import Described
from core.errors import problem
from core.legible import is_legible_text

STATEMENT_PROFILE_UNKNOWN: Final = problem(
    "statement-profile-unknown", 422, "There is no such profile of bank statements."
)

_SHAPE: Final = ConfigDict(strict=True, frozen=True, extra="forbid")


def _readable(text: str) -> str:
    if not text.strip() or not is_legible_text(text):
        raise PydanticCustomError("unreadable_text", "must be text that can be read")
    return text


Column = (
    Annotated[int, Field(ge=1, le=100)]
    | Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_readable)]
)
"""A column by its place, from 1, or by the heading that stands above it."""
DateForm = Literal["hyphens", "slashes", "compact", "kanji", "era"]
Word = Annotated[str, Field(min_length=1, max_length=20), AfterValidator(_readable)]
Lines = Annotated[int, Field(ge=0, le=50)]


class TwoColumns(Described):
    """Money that came in and money that went out stand in columns of their own."""

    model_config = _SHAPE

    kind: Literal["two_columns"]
    incoming: Column = Field(examples=["お預り金額"])
    outgoing: Column = Field(examples=["お支払金額"])


class Signed(Described):
    """One column; what went out is negative (`-`, `△` or `▲`)."""

    model_config = _SHAPE

    kind: Literal["signed"]
    column: Column = Field(examples=["金額"])


class WithSide(Described):
    """One column, and a word in another that says which way the money went."""

    model_config = _SHAPE

    kind: Literal["with_side"]
    column: Column = Field(examples=["金額"])
    side: Column = Field(examples=["入出金区分"])
    incoming: Word = Field(examples=["入金"])
    outgoing: Word = Field(examples=["出金"])


Amounts = Annotated[TwoColumns | Signed | WithSide, Field(discriminator="kind")]


class CsvLayout(Described):
    """A table as text. Where a column is named by its heading, the headings are read."""

    model_config = _SHAPE

    kind: Literal["csv"]
    encoding: Literal["utf-8", "cp932"] = Field(examples=["cp932"])
    """UTF-8 with or without a byte order mark."""
    separator: Literal[",", "\t", ";"] = ","
    lines_before: Lines = 0
    """That stand before the headings, or before the first row where there are none."""
    lines_after: Lines = 0
    """That stand after the last row: sums, notes."""
    order: Literal["oldest_first", "newest_first"] = "oldest_first"
    date: Column = Field(examples=["日付"])
    date_form: DateForm = "slashes"
    """2026-11-02, 2026/11/2, 20261102, 2026年11月2日, or in an era: R8.11.2, 令和8年11月2日."""
    amounts: Amounts
    texts: Annotated[list[Column], Field(min_length=1, max_length=5)] = Field(examples=[["摘要"]])
    """What is said about a line, put together in this order."""
    balance: Column | None = None
    """What the account held after the line; null where the bank does not say."""
    reference: Column | None = None
    """The bank's own number of the line; null where it has none."""
    currency: Column | None = None
    """Where it stands, each line has to be in yen."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns that are read."""
        amounts = self.amounts
        if isinstance(amounts, TwoColumns):
            parts: tuple[Column, ...] = (amounts.incoming, amounts.outgoing)
        elif isinstance(amounts, WithSide):
            parts = (amounts.column, amounts.side)
        else:
            parts = (amounts.column,)
        rest = (self.balance, self.reference, self.currency)
        return (self.date, *parts, *self.texts, *(each for each in rest if each is not None))


class ZenginLayout(Described):
    """入出金取引明細 as Zengin lays it out: records of 200 bytes, with both balances."""

    model_config = _SHAPE

    kind: Literal["zengin"]


class StatementProfile(Described):
    """One way in which a bank writes. A version is never changed: another follows it."""

    model_config = _SHAPE

    format: Literal[1] = 1
    """Of this document itself."""
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", examples=["generic"])]
    version: Annotated[int, Field(ge=1, le=1000, examples=[1])]
    layout: Annotated[CsvLayout | ZenginLayout, Field(discriminator="kind")]


_SHIPPED: Final = (
    StatementProfile(
        name="generic",
        version=1,
        layout=CsvLayout(
            kind="csv",
            encoding="utf-8",
            date="date",
            date_form="hyphens",
            amounts=Signed(kind="signed", column="amount"),
            texts=["text"],
            balance="balance",
            reference="reference",
            currency="currency",
        ),
    ),
    StatementProfile(
        name="two-columns",
        version=1,
        layout=CsvLayout(
            kind="csv",
            encoding="cp932",
            date="日付",
            date_form="slashes",
            amounts=TwoColumns(kind="two_columns", incoming="お預り金額", outgoing="お支払金額"),
            texts=["お取引内容", "摘要"],
            balance="残高",
        ),
    ),
    StatementProfile(
        name="era-newest-first",
        version=1,
        layout=CsvLayout(
            kind="csv",
            encoding="cp932",
            lines_before=2,
            lines_after=1,
            order="newest_first",
            date=1,
            date_form="era",
            amounts=WithSide(kind="with_side", column=3, side=2, incoming="入金", outgoing="出金"),
            texts=[5],
            balance=4,
        ),
    ),
    StatementProfile(name="zengin", version=1, layout=ZenginLayout(kind="zengin")),
)

SHIPPED: Final = {(each.name, each.version): each for each in _SHIPPED}
"""What comes with the program; docs/OPERATING.md says how each looks."""
