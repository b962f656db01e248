"""Fields: what a text may hold, and what a number in a query is."""

import pytest
from pydantic import TypeAdapter, ValidationError

from api.fields import Label, QrText, QueryYen, Reason, Yen

REASON = TypeAdapter(Reason)


@pytest.mark.parametrize(
    "text", ["x", "返品のため", "a" * 200, "がぎぐ", "👨\u200d👩\u200d👧", "a b", "Zoë's 50 %"]
)
def test_a_reason_in_any_language_is_taken_as_it_is(text):
    assert REASON.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u3000\u3000",
        "a" * 201,
        "a\nb",
        "a\tb",
        "a\x00b",
        "a\x7fb",
        "a\x85b",
        "a\u2028b",
        "a\u202eb",
        "a\u2066b",
        "a\ud800b",
        "a\ue000b",
        5,
        None,
        b"bytes",
    ],
)
def test_a_reason_that_cannot_be_read_is_malformed(text):
    with pytest.raises(ValidationError):
        REASON.validate_python(text)


def test_a_label_is_shorter():
    TypeAdapter(Label).validate_python("店" * 100)
    with pytest.raises(ValidationError):
        TypeAdapter(Label).validate_python("店" * 101)


def test_a_qr_text_is_measured_in_bytes():
    qr = TypeAdapter(QrText)
    qr.validate_python("a" * 512)
    qr.validate_python("店" * 170)
    for text in ("a" * 513, "店" * 171, "", "a\x00"):
        with pytest.raises(ValidationError):
            qr.validate_python(text)


@pytest.mark.parametrize("text", ["0", "7", "007", "9007199254740991"[:15]])
def test_digits_in_a_query_are_a_number(text):
    assert TypeAdapter(QueryYen).validate_python(text) == int(text)


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "-1", "1.0", "1e2", "1_000", "0x1", "１２", "9" * 16]
)
def test_anything_else_in_a_query_is_not(text):
    with pytest.raises(ValidationError):
        TypeAdapter(QueryYen).validate_python(text)


@pytest.mark.parametrize("amount", [0, -1, 10_000_001, 1.0, "100", True, None, 2**53, 2**63, 2**70])
def test_an_amount_is_a_whole_number_of_yen_within_bounds(amount):
    with pytest.raises(ValidationError):
        TypeAdapter(Yen).validate_python(amount)


def test_the_bounds_themselves_are_amounts():
    assert TypeAdapter(Yen).validate_python(1) == 1
    assert TypeAdapter(Yen).validate_python(10_000_000) == 10_000_000
