"""One number has many spellings; what can take no message here is none."""

import pytest

from residents.phone import e164, shown

ONE = "+819012345678"


@pytest.mark.parametrize(
    "written",
    [
        "09012345678",
        "090-1234-5678",
        "090 1234 5678",
        "(090)1234-5678",
        "[090] 1234.5678",
        "０９０１２３４５６７８",
        "０９０－１２３４－５６７８",
        "０９０ー１２３４ー５６７８",
        "090‐1234‐5678",
        "090−1234−5678",
        "　０９０　１２３４　５６７８　",
        "（０９０）１２３４－５６７８",
        "090\u00a01234\u20095678",
        "+819012345678",
        "＋８１９０１２３４５６７８",
        "+81 90-1234-5678",
        "+81(0)90-1234-5678",
        "+81 (0) 90 1234 5678",
        "0081 90 1234 5678",
        "00819012345678",
        "0081(0)90-1234-5678",
        "010-81-90-1234-5678",
        "819012345678",
        "9012345678",
    ],
)
def test_every_spelling_is_the_same_number(written: str):
    assert e164(written, ["JP"]) == ONE


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "+",
        "110",
        "03-3210-1234",  # a landline takes no message
        "050-1234-5678",
        "020-1234-5678",
        "0120-444-444",
        "0990-123-456",
        "090-1234-567",
        "090-1234-56789",
        "+1 202 555 0123",
        "+82 10-1234-5678",
        "+881612345678",  # a satellite
        "٠٩٠١٢٣٤٥٦٧٨",
        "०९०१२३४५६७८",
        "𝟘𝟡𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠",
        "⓪⑨⓪①②③④⑤⑥⑦⑧",
        "O9O-1234-5678",
        "090-1234-5678 ext. 9",
        "090-1234-5678;phone-context=+44",
        "tel:09012345678",
        "０９０１２３４５６７８📱",
        "090\n1234\n5678",
        "09012345678\u0000",
        "++819012345678",
        "81+9012345678",
        "9" * 10_000,
        "0" * 40,
    ],
)
def test_what_can_take_no_message_here_is_no_number(written: str):
    assert e164(written, ["JP"]) is None


def test_other_countries_are_a_setting():
    assert e164("+1 202 555 0123", ["JP", "US"]) == "+12025550123"
    assert e164("(202) 555-0123", ["US", "JP"]) == "+12025550123"
    assert e164("(202) 555-0123", ["JP", "US"]) is None
    assert e164("+82 10-1234-5678", ["JP", "KR"]) == "+821012345678"


def test_what_is_shown_of_a_number_is_its_end():
    assert shown(ONE) == "…5678"
