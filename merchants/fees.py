"""The fee of a settlement (手数料) and the consumption tax on it: pure, each rounded once."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from merchants.settlement_rules import Rounding, SettlementRules

WHOLE_BP: Final = 10_000


def fee_yen(
    rules: SettlementRules,
    merchant_class: str,
    net_sales_yen: int,
    last_day: date,
    converted_yen: int = 0,
) -> int:
    """What a period costs that ends on `last_day`, without tax: a share of sales less refunds,
    rounded down once, and a fixed part. Where more was refunded than sold the share is of nothing.

    What the shop converted has a rate of its own, which is never above that of what is paid out.
    Where it is below zero, more came back than was converted: then that is paid out after all.
    """
    fees = rules.fees
    if fees.free_until is not None and last_day <= date.fromisoformat(fees.free_until):
        return 0
    rate_bp: int = getattr(fees, f"{merchant_class}_bp")
    converted_bp = rate_bp if fees.converted_bp is None else min(rate_bp, fees.converted_bp)
    whole = (net_sales_yen - converted_yen) * rate_bp + converted_yen * converted_bp
    return max(0, whole) // WHOLE_BP + fees.fixed_yen


def on_demand_fee_yen(rules: SettlementRules, due_yen: int) -> int:
    """What being settled on demand costs beside that, without tax; also in a free period."""
    asked = rules.on_demand
    return max(0, due_yen) * asked.fee_bp // WHOLE_BP + asked.fee_yen


def tax_yen(rules: SettlementRules, fee: int) -> int:
    """The consumption tax on the whole fee of one invoice (適格請求書: once for each rate).

    Rounding it line by line would come to another sum, and is not allowed.
    """
    return _ROUNDED[rules.tax_rounding](fee * rules.tax_bp)


_ROUNDED: Final[Mapping[Rounding, Callable[[int], int]]] = {
    "floor": lambda of_whole: of_whole // WHOLE_BP,
    "nearest": lambda of_whole: (of_whole + WHOLE_BP // 2) // WHOLE_BP,
    "ceiling": lambda of_whole: -(-of_whole // WHOLE_BP),
}
