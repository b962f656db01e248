"""The codes that stores show: the specification's vectors, round trips, every way to be damaged."""

import string
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Problem
from merchants import emv
from merchants.qr import GUID, Bill, StoreQr, encode, parse

STATIC = (
    "00020101021126430016com.example.coin0111M00000001230204T0015204581253033925802JP5914SAMPLE "
    "SHOKUDO6011SETAGAYA-KU6107154001764140002JA0104見本食堂6304DD1D"
)
DYNAMIC = (
    "00020101021226430016com.example.coin0111M00000001230204T00152045812530339254034985802JP5914"
    "SAMPLE SHOKUDO6011SETAGAYA-KU6107154001762100506Q7F3K264140002JA0104見本食堂63045C32"
)
STORE = StoreQr(UUID("019a0000-0000-7000-8000-00000000beef"), "見本食堂", "SETAGAYA")
BILL = replace(
    STORE,
    terminal="TILL-1",
    bill=Bill(
        UUID("019a0000-0000-7000-8000-0000000000b1"),
        498,
        "Q7F3K2",
        datetime(2026, 11, 27, 12, 0, tzinfo=UTC),
        "0123456789abcdef01234567",
    ),
)

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")),
    min_size=1,
    max_size=80,
)


def refusal_of(text: str) -> str:
    with pytest.raises(Problem) as refused:
        parse(text)
    assert refused.value.type.status == 422
    return refused.value.type.slug


def resealed(text: str, **changes: str | None) -> str:
    """A whole code like `text` with other fields; None leaves one out."""
    fields = emv.read(text) | {tag.lstrip("t"): value for tag, value in changes.items() if value}
    gone = {tag.lstrip("t") for tag, value in changes.items() if value is None}
    return emv.write({tag: value for tag, value in fields.items() if tag not in gone})


def test_the_check_is_the_one_that_everybody_uses():
    assert emv.crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize("text", [STATIC, DYNAMIC])
def test_the_vectors_are_read_and_written_as_they_are(text):
    assert emv.write(emv.read(text)) == text


def test_fields_of_a_vector_are_found_by_their_tags():
    fields = emv.read(DYNAMIC)
    assert fields["54"] == "498"
    assert emv.split(fields["26"]) == {"00": "com.example.coin", "01": "M0000000123", "02": "T001"}
    assert emv.split(fields["64"]) == {"00": "JA", "01": "見本食堂"}


def test_a_store_is_found_by_its_own_code():
    text = encode(STORE)
    assert parse(text) == STORE
    assert text.startswith("000201010211")
    assert emv.split(emv.read(text)["26"]) == {"00": GUID, "01": STORE.store_id.hex}


def test_a_name_in_other_letters_stands_beside_one_in_latin_letters():
    fields = emv.read(encode(STORE))
    assert fields["59"] == "STORE 0000BEEF"
    assert emv.split(fields["64"])["01"] == "見本食堂"
    latin = encode(StoreQr(STORE.store_id, "Sample Shokudo", "SETAGAYA"))
    assert emv.read(latin)["59"] == "Sample Shokudo"


def test_a_bill_says_how_much_by_whom_and_until_when():
    text = encode(BILL)
    fields = emv.read(text)
    assert parse(text) == BILL
    assert (fields["01"], fields["54"]) == ("12", "498")
    assert emv.split(fields["62"]) == {"05": "Q7F3K2", "07": "TILL-1"}


@given(
    st.uuids(),
    st.integers(1, 9_999_999_999),
    st.text(string.printable[:95].strip(), max_size=25),
    st.integers(1_000_000_000, 9_999_999_999),
    NAMES,
)
def test_every_bill_is_read_as_it_was_written(bill_id, amount_yen, reference, second, name):
    seal = bill_id.hex[:24]
    bill = Bill(bill_id, amount_yen, reference, datetime.fromtimestamp(second, UTC), seal)
    text = encode(replace(BILL, name=name[:25], terminal="", bill=bill))
    assert parse(text) == replace(BILL, name=name[:25], terminal="", bill=bill)


@given(NAMES, st.uuids())
def test_every_store_gets_a_code_that_names_it(name, store_id):
    text = encode(StoreQr(store_id, name, "A-CITY-WITH-A-VERY-LONG-NAME"))
    assert parse(text) == StoreQr(store_id, name[:25], "A-CITY-WITH-A-V")
    assert len(text.encode()) <= emv.MOST_BYTES


@given(st.integers(min_value=0), st.sampled_from(string.ascii_letters + string.digits))
def test_one_wrong_character_is_noticed(place, other):
    text = encode(STORE)
    place %= len(text)
    if text[place] != other and text[place].isascii():
        is_begun = place >= len("000201")
        slug = "qr-damaged" if is_begun else "qr-foreign"
        assert refusal_of(text[:place] + other + text[place + 1 :]) == slug


@given(st.text(max_size=600))
def test_no_text_breaks_the_reader(text):
    assert refusal_of(text) == "qr-foreign"
    assert refusal_of(f"000201{text}") == "qr-damaged"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("000201", id="nothing but the beginning"),
        pytest.param(encode(STORE)[:-1], id="cut off"),
        pytest.param(encode(STORE) + " ", id="something behind"),
        pytest.param(encode(STORE)[:-4] + encode(STORE)[-4:].lower(), id="check in lower case"),
        pytest.param(resealed(encode(STORE), t01="12"), id="not static"),
        pytest.param(resealed(encode(STORE), t62="0503ABC"), id="a reference without a bill"),
        pytest.param(resealed(encode(STORE), t62="0703Aé!"), id="an odd terminal"),
        pytest.param(resealed(encode(BILL), t01="11"), id="a bill that says it is static"),
        pytest.param(resealed(encode(BILL), t54=None), id="a bill without an amount"),
        pytest.param(resealed(encode(BILL), t54="498.00"), id="a bill in fractions"),
        pytest.param(resealed(encode(BILL), t54="0498"), id="a bill with a zero before it"),
        pytest.param(resealed(encode(BILL), t54="-498"), id="a bill of less than nothing"),
        pytest.param(resealed(encode(BILL), t80=None), id="a bill without its id"),
        pytest.param(resealed(encode(BILL), t80="0011com.example"), id="somebody else's bill"),
        pytest.param(
            resealed(encode(BILL), t80=emv.join({"00": GUID, "01": "1" * 32})), id="without an end"
        ),
        pytest.param(
            resealed(encode(BILL), t80=emv.join({"00": GUID, "01": "1" * 32, "02": "1" * 10})),
            id="without a seal",
        ),
        pytest.param(resealed(encode(STORE), t54="500"), id="with an amount"),
        pytest.param(resealed(encode(STORE), t53="840"), id="in dollars"),
        pytest.param(resealed(encode(STORE), t59=None), id="without a name"),
        pytest.param(resealed(encode(STORE), t26=emv.join({"00": GUID})), id="without a store"),
        pytest.param(
            resealed(encode(STORE), t26=emv.join({"00": GUID, "01": "M00000001"})), id="odd store"
        ),
        pytest.param(
            resealed(encode(STORE), t26=emv.join({"00": GUID, "01": STORE.store_id.hex.upper()})),
            id="store in upper case",
        ),
        pytest.param(resealed(encode(STORE), t26=emv.join({"00": GUID}) + "0199x"), id="torn"),
        pytest.param(resealed(encode(STORE), t64="broken"), id="a broken name"),
    ],
)
def test_what_is_no_whole_code_of_ours_is_damaged(text):
    assert refusal_of(text) == "qr-damaged"


@pytest.mark.parametrize(
    "content",
    ["010", "0102", "01021", "010211010212", "0100", "٠١٠٢11", "0103é", "x10211", "01-111"],
)
def test_tags_and_lengths_must_fit(content):
    unsigned = "000201" + content + "6304"
    assert refusal_of(unsigned + f"{emv.crc16(unsigned.encode()):04X}") == "qr-damaged"


def test_a_code_that_is_too_long_is_damaged():
    unsigned = "000201" + "".join(f"{tag}99{'x' * 99}" for tag in range(80, 86)) + "6304"
    assert refusal_of(unsigned + f"{emv.crc16(unsigned.encode()):04X}") == "qr-damaged"


@pytest.mark.parametrize(
    "text", [STATIC, DYNAMIC, "", "https://example.jp/pay?store=1", f" {encode(STORE)}"]
)
def test_another_service_s_code_is_foreign(text):
    assert refusal_of(text) == "qr-foreign"


def test_a_code_shared_with_another_service_is_ours_too():
    ours = emv.read(encode(STORE))
    theirs = emv.read(STATIC)["26"]
    shared = {"01": "11", "26": theirs, "27": "0005other", "31": ours["26"]}
    assert parse(emv.write(shared | {t: v for t, v in ours.items() if t > "50"})) == STORE


def test_two_stores_never_have_the_same_code():
    codes = {encode(StoreQr(uuid4(), "見本食堂", "SETAGAYA")) for _ in range(100)}
    assert len(codes) == 100
