"""What a payment's decision leaves in its entry, for rows that are written past the engine."""

from collections.abc import Iterable, Sequence
from datetime import date

import orjson

from bench.fill import CLASS, store_name
from bench.filled import Filled
from campaigns.terms import terms_hash
from core.months import end_of_month_after
from payments.settings import RegionSettings

Part = tuple[int, str, int]
"""Account number and kind of a lot that pays, and how much."""


class PaymentFacts:
    """The facts of payments of one day in one region, in which no cap cuts a grant."""

    def __init__(self, filled: Filled, today: date) -> None:
        terms = filled.terms
        points_until = end_of_month_after(today, terms.points_expire_months)
        coin_until = end_of_month_after(today, RegionSettings().coin_months)
        self._rebate_bp, self._cashback_bp = filled.rates_bp
        self._until = {"points": points_until.isoformat(), "coin": coin_until.isoformat()}
        self._caps = (
            ("month", terms.caps.per_person_month_points),
            ("campaign", terms.caps.per_person_campaign_points),
        )
        self._first = {"campaign_id": str(filled.campaign_id), "hash": terms_hash(terms).hex()}
        self._last = {"name": terms.name, "points_expire_on": self._until["points"]}

    def grant(self, coin_yen: int) -> tuple[int, int]:
        """Points and cashback for the coin part of a payment."""
        return coin_yen * self._rebate_bp // 10_000, coin_yen * self._cashback_bp // 10_000

    def told(
        self, store: int, parts: Sequence[Part], grant: tuple[int, int], headroom: tuple[int, int]
    ) -> str:
        """The JSON. `headroom`: the budget that was left, and what the person had been granted."""
        points, cashback_yen = grant
        budget_yen, granted = headroom
        left = {name: cap - granted for name, cap in self._caps if cap is not None}
        told = {
            **self._first,
            "rebate_points": points,
            "cashback_yen": cashback_yen,
            "headroom": {"budget": budget_yen, **left},
            "reasons": list(self._reasons(parts)),
            **self._last,
        }
        facts = {
            "store_name": store_name(store),
            "paid_with": [
                {"lot": lot, "kind": kind, "amount": amount, "expires_on": self._until[kind]}
                for lot, kind, amount in parts
            ],
            "merchant_class": CLASS,
            "grants": [told],
            "points_settled": 0,
        }
        return orjson.dumps(facts).decode()

    def _reasons(self, parts: Sequence[Part]) -> Iterable[list[str | int]]:
        if any(kind == "coin" for _, kind, _ in parts):
            yield ["rate-applied", self._rebate_bp]
            yield ["cashback-rate-applied", self._cashback_bp]
        else:
            yield ["no-coin-part"]
