"""Fees and their tax, by hand: rounded once, and where rounding each line would differ."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from merchants.fees import fee_yen, on_demand_fee_yen, tax_yen
from merchants.settlement_rules import SettlementRules

DAY = date(2026, 11, 15)
BANK = {
    "sender_code": "0000012345",
    "sender_name": "セタガヤク",
    "bank_code": "0001",
    "branch_code": "001",
    "account_number": "1",
}


def rules(**fees: Any) -> SettlementRules:
    return SettlementRules.model_validate({"fees": fees})


@pytest.mark.parametrize(
    ("fees", "merchant_class", "net_yen", "fee"),
    [
        ({}, "small", 1_000_000, 0),
        ({"small_bp": 150}, "small", 123_456, 1_851),  # 1,851.84
        ({"small_bp": 150}, "large", 123_456, 0),
        ({"small_bp": 150, "fixed_yen": 200}, "small", 66, 200),
        ({"small_bp": 150, "fixed_yen": 200}, "small", 67, 201),  # 1.005
        ({"small_bp": 150, "fixed_yen": 200}, "small", -5_000, 200),
        ({"large_bp": 180, "free_until": "2026-11-15"}, "large", 500_000, 0),
        ({"large_bp": 180, "free_until": "2026-11-14"}, "large", 500_000, 9_000),
        ({"large_bp": 10_000}, "large", 99_999_999, 99_999_999),
    ],
)
def test_a_fee_is_a_share_by_class_and_a_fixed_part(fees, merchant_class, net_yen, fee):
    assert fee_yen(rules(**fees), merchant_class, net_yen, DAY) == fee


@pytest.mark.parametrize(
    ("converted_bp", "net_yen", "converted_yen", "fee"),
    [
        (50, 10_000, 4_000, 110),
        (None, 10_000, 4_000, 150),
        (900, 10_000, 4_000, 150),
        (0, 10_000, 10_000, 0),
        (50, 0, -4_000, 40),  # it came back after it had been charged for
        (50, 0, 4_000, 0),
        (50, 99, 50, 0),  # 0.735 and 0.25
        (50, 101, 33, 1),  # 1.02 and 0.165, rounded down once
    ],
)
def test_what_is_converted_has_a_rate_of_its_own(converted_bp, net_yen, converted_yen, fee):
    told = rules(small_bp=150, converted_bp=converted_bp)
    assert fee_yen(told, "small", net_yen, DAY, converted_yen) == fee


@pytest.mark.parametrize(
    ("rounding", "fee", "tax"),
    [
        ("floor", 1_851, 185),
        ("nearest", 1_851, 185),
        ("nearest", 1_855, 186),
        ("ceiling", 1_851, 186),
        ("ceiling", 1_850, 185),
        ("floor", 9, 0),
    ],
)
def test_tax_is_rounded_as_the_region_says(rounding, fee, tax):
    assert tax_yen(SettlementRules(tax_rounding=rounding), fee) == tax


def test_tax_of_the_whole_is_not_the_sum_of_taxes_of_the_lines():
    how = SettlementRules()
    lines = [1_851, 1_234, 999]
    assert (tax_yen(how, sum(lines)), sum(tax_yen(how, line) for line in lines)) == (408, 407)


@given(st.integers(0, 10**12), st.sampled_from(["floor", "nearest", "ceiling"]))
def test_tax_is_never_off_by_a_yen(fee: int, rounding: Any):
    tax = tax_yen(SettlementRules(tax_rounding=rounding), fee)
    assert abs(tax * 10_000 - fee * 1_000) < 10_000


def test_a_bank_profile_may_be_known():
    bank = SettlementRules.model_validate({"bank": BANK}).bank
    assert bank is not None
    assert (bank.separator, bank.most_transfers) == ("crlf", 3_000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calendar": "weekly"},
        {"bank_days_after": 0},
        {"minimum_yen": 0},
        {"minimum_yen": 1.0},
        {"tax_bp": 10_001},
        {"fees": {"small_bp": -1}},
        {"fees": {"free_until": "2026-02-30"}},
        {"fees": {"free_until": "soon"}},
        {"fees": {"medium_bp": 1}},
        {"bank": BANK | {"sender_name": "世田谷区"}},
        {"bank": BANK | {"sender_code": "12345"}},
        {"bank": BANK | {"account_number": "12345678"}},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        SettlementRules.model_validate(wrong)


@pytest.mark.parametrize(
    ("asked", "due_yen", "fee"),
    [
        ({}, 10_000, 0),
        ({"fee_yen": 300}, 1, 300),
        ({"fee_yen": 300, "fee_bp": 50}, 9_999, 349),  # 49.995
        ({"fee_bp": 50}, 10_000, 50),
        ({"fee_yen": 300, "fee_bp": 50}, -10_000, 300),
    ],
)
def test_not_to_wait_costs_a_share_of_what_is_due_and_a_fixed_part(
    asked: dict[str, int], due_yen: int, fee: int
):
    rules = SettlementRules.model_validate({"on_demand": asked})
    assert on_demand_fee_yen(rules, due_yen) == fee
