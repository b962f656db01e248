"""Papers: what they say, by hand, and that the printed page says the same."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from merchants.draw_paper import draw_paper
from merchants.paper import Origin, digest_of, may_issue, wants, write_content
from merchants.settlement import Settlement
from merchants.settlement_rules import Issuer
from tests.pdf_text import text_of

SETTLEMENT = Settlement(
    settlement_id=UUID("0192f0c1-2222-8000-8000-000000000001"),
    run_id=UUID(int=1),
    merchant_id=UUID(int=2),
    merchant_name="髙﨑 #食堂 & *酒場*",
    first_day=date(2026, 11, 1),
    last_day=date(2026, 11, 15),
    pays_on=date(2026, 11, 30),
    from_seq=0,
    until_seq=9,
    sales_yen=158_000,
    refunded_yen=1_200,
    cashback_yen=7_900,
    returned_yen=0,
    owed_yen=500,
    converted_yen=0,
    due_yen=164_200,
    fee_yen=2_352,
    on_demand_fee_yen=0,
    tax_yen=235,
    tax_bp=1_000,
    payout_yen=161_613,
    state="due",
    obstacle=None,
    account_id=None,
    run_state="approved",
)
ORIGIN = Origin(
    number=12,
    issued_on=date(2026, 11, 20),
    issuer_name="見本商店街振興組合",
    registration_number="T7000012050002",
    recipient=SETTLEMENT.merchant_name,
)


def test_an_invoice_says_what_the_law_wants_of_it():
    told = orjson.loads(write_content("invoice", SETTLEMENT, ORIGIN))
    assert told["issuer"] == {"name": "見本商店街振興組合", "registration_number": "T7000012050002"}
    assert (told["number"], told["issued_on"]) == (12, "2026-11-20")
    assert (told["first_day"], told["last_day"]) == ("2026-11-01", "2026-11-15")
    assert told["description"] == "電子地域通貨の決済手数料"
    assert told["rates"] == [{"rate_bp": 1_000, "total_yen": 2_352, "tax_yen": 235}]
    assert told["total_yen"] == 2_587
    assert told["recipient"] == "髙﨑 #食堂 & *酒場*"
    assert (told["corrects"], told["reason"]) == (None, None)


def test_a_statement_leads_from_sales_to_what_is_paid():
    told = orjson.loads(write_content("statement", SETTLEMENT, ORIGIN))
    assert [(line["code"], line["yen"]) for line in told["lines"]] == [
        ("sales", 158_000),
        ("refunded", -1_200),
        ("cashback", 7_900),
        ("returned", 0),
        ("owed", -500),
        ("fee", -2_352),
        ("tax", -235),
    ]
    assert told["total_yen"] == sum(line["yen"] for line in told["lines"]) == 161_613


@pytest.mark.parametrize("name", ["fee_yen", "tax_yen", "payout_yen", "sales_yen"])
def test_a_statement_whose_lines_do_not_come_to_what_is_paid_is_a_bug(name):
    wrong = replace(SETTLEMENT, **{name: getattr(SETTLEMENT, name) + 1})
    with pytest.raises(AssertionError, match="a statement comes to what is paid"):
        write_content("statement", wrong, ORIGIN)


def test_without_a_fee_there_is_no_invoice():
    free = replace(SETTLEMENT, fee_yen=0, tax_yen=0)
    assert (wants("invoice", free), wants("statement", free)) == (False, True)


@pytest.mark.parametrize("state", ["due", "paid", "returned"])
def test_what_is_paid_has_both_papers(state):
    assert wants("invoice", replace(SETTLEMENT, state=state))
    assert wants("statement", replace(SETTLEMENT, state=state))


@pytest.mark.parametrize("state", ["carried", "rejected"])
def test_what_is_not_paid_has_no_paper(state):
    assert not wants("invoice", replace(SETTLEMENT, state=state))
    assert not wants("statement", replace(SETTLEMENT, state=state))


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("T7000012050002", True),
        ("T7000012050003", False),
        ("T8000012050002", False),
        ("7000012050002", False),
        ("T700001205000", False),
        ("T70000120500021", False),
        ("t7000012050002", False),
        ("Ｔ7000012050002", False),
        ("T７000012050002", False),
    ],
)
def test_a_registration_number_has_its_check_digit(number, is_one):
    if is_one:
        assert Issuer(registration_number=number).registration_number == number
    else:
        with pytest.raises(ValidationError):
            Issuer(registration_number=number)


def test_who_is_not_registered_issues_statements_only():
    for issuer in (Issuer(), Issuer(name="組合"), Issuer(registration_number="T7000012050002")):
        assert (may_issue("invoice", issuer), may_issue("statement", issuer)) == (False, True)
    assert may_issue("invoice", Issuer(name="組合", registration_number="T7000012050002"))


def drawn(kind, **more):
    content = write_content(kind, SETTLEMENT, replace(ORIGIN, **more))
    return draw_paper(content, digest_of(content))


def test_the_printed_invoice_says_the_same_and_holds_its_font():
    page = drawn("invoice")
    text = text_of(page)
    for said in (
        *("適格請求書", "髙﨑#食堂&*酒場*御中", "番号12", "2026年11月20日", "見本商店街振興組合"),
        *("T7000012050002", "2026年11月1日から2026年11月15日まで", "電子地域通貨の決済手数料"),
        *("10%対象2,352円235円", "2,587円"),
        digest_of(write_content("invoice", SETTLEMENT, ORIGIN)).hex(),
    ):
        assert said in text, said
    assert b"/FontFile3" in page, "the font is embedded"
    assert b"/Count 1/" in page, "it is one page"
    assert drawn("invoice") == page, "the same paper has the same bytes"


def test_a_printed_correction_names_what_it_corrects_and_why():
    text = text_of(drawn("statement", number=14, corrects=12, reason="宛名の誤り [#x]"))
    assert "番号12を訂正し" in text
    assert "宛名の誤り[#x]" in text
    assert "売上158,000円" in text
    assert "返金・取消-1,200円" in text
    assert "振込額161,613円" in text
