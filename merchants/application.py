"""The form of an application to become a merchant (加盟申請), strict, and what it refuses."""

import unicodedata
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from access.emails import BadEmailError, read_email
from core.described import Described
from core.errors import Problem, problem
from core.legible import is_legible_text
from merchants.bank_account import AccountType, BankAccount, check_bank_account
from merchants.business_numbers import check_corporate_number, check_registration_number

DECLARATION_MISSING: Final = problem(
    "declaration-missing",
    422,
    "It has to be declared that none of the excluded businesses applies.",
)

ApplicationState = Literal[
    "submitted", "more_asked", "recommended", "refused", "withdrawn", "approved"
]
ExcludedBusiness = Literal["adult", "gang_related", "religious", "political"]
"""What no merchant may be (docs/RULES.md, section 11)."""


def _legible(text: str) -> str:
    if not is_legible_text(text) or text.isspace():
        raise PydanticCustomError("unreadable_text", "a character cannot be read")
    return text


def _address(text: str) -> str:
    try:
        return read_email(text).address
    except BadEmailError as error:
        raise PydanticCustomError("email", "an e-mail address in ASCII is needed") from error


_Text = Annotated[str, Field(strict=True, min_length=1), AfterValidator(_legible)]
Code = Annotated[_Text, Field(max_length=20)]
Text40 = Annotated[_Text, Field(max_length=40)]
Text80 = Annotated[_Text, Field(max_length=80)]
Text200 = Annotated[_Text, Field(max_length=200)]


class _Strict(Described):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AccountGiven(_Strict):
    """Where money is to be paid to, as it is written in a form."""

    bank_code: Code = Field(examples=["0001"])
    branch_code: Code = Field(examples=["001"])
    account_type: AccountType = Field(examples=["ordinary"])
    account_number: Code = Field(examples=["0012345"])
    """At most seven digits; shorter ones are filled with zeros."""
    holder_kana: Text80 = Field(examples=["ミホンシヨクドウ"])
    """As the bank book has it."""

    def checked(self, *, is_real: bool) -> BankAccount:
        """As banks have it; refuses what `check_bank_account` refuses."""
        return check_bank_account(
            self.bank_code, self.branch_code, self.account_type, self.account_number,
            self.holder_kana, is_real=is_real,
        )  # fmt: skip


PostalCode = Annotated[
    str,
    Field(strict=True, pattern=r"^[0-9]{3}-?[0-9]{4}$"),
    AfterValidator(lambda code: code.replace("-", "")),
]
"""Seven digits; `154-0017`, as it is written on letters, is the same one."""


class BusinessForm(_Strict):
    """Who a merchant is, for papers and letters."""

    legal_name: Text80 = Field(examples=["株式会社見本"])
    """Of the corporation, or of the person whose business it is."""
    representative: Text80 = Field(examples=["見本花子"])
    postal_code: PostalCode = Field(examples=["1540017"])
    address: Text200 = Field(examples=["東京都世田谷区世田谷4-21-27"])
    email: Annotated[
        str, Field(strict=True, min_length=3, max_length=254), AfterValidator(_address)
    ] = Field(examples=["hanako@example.jp"])
    """Of an application: its owner is invited there."""
    telephone: Annotated[str, Field(strict=True, pattern=r"^[0-9+][0-9-]{5,19}$")] = Field(
        examples=["03-5432-1111"]
    )
    corporate_number: Annotated[str, Field(strict=True, max_length=20)] | None = Field(
        default=None, examples=["5835678256246"]
    )
    """法人番号 with its check digit; a business of one person has none."""
    registration_number: Annotated[str, Field(strict=True, max_length=20)] | None = Field(
        default=None, examples=["T5835678256246"]
    )
    """適格請求書発行事業者の登録番号; null where no qualified invoices are issued."""


class Application(BusinessForm):
    """What a would-be merchant says about the business."""

    name: Text80 = Field(examples=["見本食堂"])
    """By what residents know it."""
    merchant_class: Literal["street_member", "small", "convenience", "large"] = Field(
        examples=["small"]
    )
    """The class that is wished."""
    category: Text40 = Field(examples=["food"])
    area: Text40 = Field(examples=["kitazawa"])
    street: Text40 | None = Field(default=None, examples=["しもきた商店街"])
    bank_account: AccountGiven
    declares_none_of: Annotated[list[ExcludedBusiness], Field(max_length=4)] = Field(
        examples=[["adult", "gang_related", "religious", "political"]]
    )
    """The excluded businesses that it declares not to be: all of them."""

    @property
    def search(self) -> str:
        """The names as lists compare them."""
        return as_searched(f"{self.name} {self.legal_name}")


KATAKANA: Final = "".join(map(chr, range(ord("ァ"), ord("ヶ") + 1)))
HIRAGANA: Final = "".join(map(chr, range(ord("ぁ"), ord("ゖ") + 1)))
"""One for one, as searches take them for the same."""
_TO_HIRAGANA: Final = str.maketrans(KATAKANA, HIRAGANA)

EXCLUDED: Final[frozenset[ExcludedBusiness]] = frozenset(
    ("adult", "gang_related", "religious", "political")
)


def check_application(form: Application, *, is_real: bool) -> None:
    """Refuses corporate-number-wrong, registration-number-wrong, declaration-missing, and what is
    wrong with the bank account; where money is real (`is_real`) also the example bank.
    """
    form.bank_account.checked(is_real=is_real)
    if form.corporate_number is not None:
        check_corporate_number(form.corporate_number)
    if form.registration_number is not None:
        check_registration_number(form.registration_number, form.corporate_number)
    if frozenset(form.declares_none_of) != EXCLUDED:
        raise Problem(DECLARATION_MISSING)


def as_searched(text: str) -> str:
    """Without width, case and the difference of hiragana and katakana; at most 200 characters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return plain.translate(_TO_HIRAGANA)[:200]
