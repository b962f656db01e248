"""How a region's bank wants its transfers (総合振込): who sends, from where, in which form."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.described import Described
from core.errors import Problem
from merchants.bank_account import AccountType
from merchants.kana import to_bank_kana

_SHAPE: Final = ConfigDict(strict=True, frozen=True, extra="forbid")


def _is_writable(name: str) -> str:
    try:
        to_bank_kana(name)
    except Problem as refused:
        raise PydanticCustomError(
            "kana_unwritable",
            "must be what banks can write: kana, capital letters, digits; see character {position}",
            {"position": refused.facts["position"]},
        ) from None
    return name


SenderName = Annotated[
    str, Field(min_length=1, max_length=100, examples=["セタガヤク"]), AfterValidator(_is_writable)
]


class BankProfile(Described):
    """What stands in the head of each file, and how its records are parted."""

    model_config = _SHAPE

    sender_code: Annotated[str, Field(pattern=r"^[0-9]{10}$", examples=["0000012345"])]
    """委託者コード: ten digits that the bank gave."""
    sender_name: SenderName
    """振込依頼人名, in kana; the first 40 characters are sent."""
    bank_code: Annotated[str, Field(pattern=r"^[0-9]{4}$", examples=["9999"])]
    branch_code: Annotated[str, Field(pattern=r"^[0-9]{3}$", examples=["999"])]
    account_type: AccountType = Field(default="ordinary", examples=["ordinary"])
    account_number: Annotated[str, Field(pattern=r"^[0-9]{1,7}$", examples=["0000001"])]
    separator: Literal["none", "crlf"] = "crlf"
    """What stands after each record of 120 bytes."""
    most_transfers: Annotated[int, Field(ge=1, le=999_999, examples=[3000])] = 3_000
    """In one file; more go into further ones."""
    most_yen: Annotated[int, Field(ge=1, le=999_999_999_999, examples=[999_999_999_999])] = (
        999_999_999_999
    )
    """The sum of one file."""
