"""What a paper of a settlement says: statement (支払明細書) or qualified invoice (適格請求書)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from core.errors import problem
from merchants.settlement import Settlement
from merchants.settlement_rules import Issuer

PAPER_UNKNOWN: Final = problem("paper-unknown", 404, "There is no such paper.")
PAPER_CORRECTED: Final = problem(
    "paper-corrected", 409, "This paper was corrected already: correct the newest one."
)
ISSUER_UNREGISTERED: Final = problem(
    "issuer-unregistered", 409, "The issuer's name and registration number are not set."
)

PaperKind = Literal["invoice", "statement"]
KINDS: Final[tuple[PaperKind, ...]] = ("invoice", "statement")
"""In the order in which their counters are locked."""

LineCode = Literal[
    "sales",
    "refunded",
    "cashback",
    "returned",
    "owed",
    "converted",
    "fee",
    "on_demand_fee",
    "tax",
]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it was issued; nothing of it changes."""

    paper_id: UUID
    kind: PaperKind
    number: int
    settlement_id: UUID
    merchant_id: UUID
    corrects: int | None
    reason: str | None
    content: bytes
    digest: bytes
    issued_at: datetime
    issued_by: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wished in place of a paper."""

    correction_id: UUID
    """The id of the new paper."""
    paper_id: UUID
    """The one that is wrong."""
    recipient: str | None
    """The recipient's name; None: the business's legal name of today, or the merchant's."""
    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a paper bears besides the figures of its settlement."""

    number: int
    issued_on: date
    """The region's day."""
    issuer_name: str
    registration_number: str | None
    recipient: str
    corrects: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line; amounts in yen, negative where it takes from the sum."""

    code: LineCode
    yen: int


@dataclass(frozen=True, slots=True)
class Rate:
    """All that is taxed at one rate, without tax, and the tax on it, rounded once."""

    rate_bp: int
    total_yen: int
    tax_yen: int


def wants(kind: PaperKind, settlement: Settlement) -> bool:
    """Whether a settlement has a paper of this kind: without a fee it has no invoice."""
    return settlement.state in {"due", "paid", "returned"} and (
        kind == "statement" or settlement.fee_yen > 0
    )


def may_issue(kind: PaperKind, issuer: Issuer) -> bool:
    """Whether all is known that the law wants of who issues a paper of this kind."""
    return kind == "statement" or None not in (issuer.name, issuer.registration_number)


def write_content(kind: PaperKind, settlement: Settlement, origin: Origin) -> bytes:
    """The paper as JSON: the same facts have the same bytes.

    Its figures are those of the settlement, which was taxed once at one rate: nothing is added up
    or rounded anew.
    """
    lines = _LINES[kind](settlement)
    total_yen = sum(line.yen for line in lines)
    rates: list[Rate] = []
    if settlement.fee_yen > 0:
        rates = [Rate(settlement.tax_bp, settlement.fee_yen, settlement.tax_yen)]
    if kind == "invoice":
        assert origin.registration_number is not None, "an invoice has who issued it"
        assert total_yen == sum(rate.total_yen + rate.tax_yen for rate in rates) > 0
    else:
        assert total_yen == settlement.payout_yen > 0, "a statement comes to what is paid"
    told: dict[str, Any] = {
        "kind": kind,
        "number": origin.number,
        "issued_on": origin.issued_on.isoformat(),
        "issuer": {"name": origin.issuer_name, "registration_number": origin.registration_number},
        "recipient": origin.recipient,
        "settlement_id": str(settlement.settlement_id),
        "first_day": settlement.first_day.isoformat(),
        "last_day": settlement.last_day.isoformat(),
        "pays_on": settlement.pays_on.isoformat(),
        "description": _DESCRIPTIONS[kind],
        "lines": [asdict(line) for line in lines],
        "rates": [asdict(rate) for rate in rates],
        "total_yen": total_yen,
        "corrects": origin.corrects,
        "reason": origin.reason,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def digest_of(content: bytes) -> bytes:
    """Its SHA-256, which PostgreSQL checks too."""
    return sha256(content).digest()


def _of_statement(settlement: Settlement) -> list[Line]:
    return [
        Line("sales", settlement.sales_yen),
        Line("refunded", -settlement.refunded_yen),
        Line("cashback", settlement.cashback_yen),
        Line("returned", settlement.returned_yen),
        Line("owed", -settlement.owed_yen),
        *([Line("converted", -settlement.converted_yen)] if settlement.converted_yen else []),
        *(Line(line.code, -line.yen) for line in _of_invoice(settlement)),
    ]


def _of_invoice(settlement: Settlement) -> list[Line]:
    """Its fees are taxed together, since they have one rate."""
    extra_yen = settlement.on_demand_fee_yen
    return [
        Line("fee", settlement.fee_yen - extra_yen),
        *([Line("on_demand_fee", extra_yen)] if extra_yen else []),
        Line("tax", settlement.tax_yen),
    ]


_LINES: Final = {"statement": _of_statement, "invoice": _of_invoice}
_DESCRIPTIONS: Final = {
    "statement": "加盟店精算金の支払い",
    "invoice": "電子地域通貨の決済手数料",
}
