"""A bank account is checked before anybody relies on it; its number never shows by itself."""

from typing import Any

import pytest

from core.errors import Problem
from merchants.bank_account import BankAccount, check_bank_account
from merchants.banks import find_branch

MIZUHO: dict[str, Any] = {
    "bank_code": "0001",
    "branch_code": "001",
    "account_type": "ordinary",
    "account_number": "123",
    "holder": "カ）ミホン",
    "is_real": True,
}


def test_an_account_is_filled_up_and_written_as_banks_do():
    found = check_bank_account(**MIZUHO)
    assert found == BankAccount("0001", "001", "ordinary", "0000123", "ｶ)ﾐﾎﾝ")
    assert "123" not in repr(found)


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ({"bank_code": "9999"}, "bank-unknown"),
        ({"bank_code": "9999", "branch_code": "999"}, "bank-unknown"),
        ({"bank_code": "1"}, "bank-unknown"),
        ({"branch_code": "000"}, "branch-unknown"),
        ({"account_number": ""}, "account-number-malformed"),
        ({"account_number": "12345678"}, "account-number-malformed"),
        ({"account_number": "12-345"}, "account-number-malformed"),
        ({"account_number": "１２３"}, "account-number-malformed"),
        ({"holder": "見本"}, "kana-unwritable"),
        ({"holder": "ア" * 101}, "account-holder-too-long"),
    ],
)
def test_what_is_wrong_has_its_slug(wrong: dict[str, Any], slug: str):
    with pytest.raises(Problem) as refused:
        check_bank_account(**MIZUHO | wrong)
    assert refused.value.type.slug == slug


def test_the_example_bank_is_known_where_money_is_not_real():
    example = {"bank_code": "9999", "branch_code": "999", "is_real": False}
    assert check_bank_account(**MIZUHO | example).bank_code == "9999"
    assert find_branch("9999", "999", is_real=False).bank_name == "見本銀行"


def test_a_branch_has_names_for_people_and_kana_for_files():
    found = find_branch("0001", "001", is_real=True)
    assert (found.bank_name, found.branch_name) == ("みずほ", "東京営業部")
    assert (found.bank_kana, found.branch_kana) == ("ﾐｽﾞﾎ", "ﾄｳｷﾖｳ")
