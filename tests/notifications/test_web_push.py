"""A push is read by the browser that it is for and by nobody else; the service knows who sends."""

from base64 import urlsafe_b64decode
from pathlib import Path
from time import time

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from notifications.encrypt_push import LARGEST_BYTES, BadKeyError, _encrypt, encrypt_push
from notifications.vapid import BadVapidKeyError, Vapid, read_vapid
from torture.browser import Browser

# RFC 8291, appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def read(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(read(text)), ec.SECP256R1())


def test_the_example_of_the_standard_comes_out_byte_for_byte():
    browser = Browser(key_of(RECEIVER), read(AUTH))
    body = _encrypt(TEXT, browser.public, browser.secret, key_of(SENDER), read(SALT))
    assert body == read(BODY)
    assert browser.decrypt(read(BODY)) == TEXT


@given(st.binary(max_size=LARGEST_BYTES))
def test_its_browser_reads_it_and_no_other_one(text: bytes):
    browser, other = Browser(), Browser()
    body = encrypt_push(text, browser.public, browser.secret)
    assert len(body) <= 4_096
    assert browser.decrypt(body) == text
    assert encrypt_push(text, browser.public, browser.secret) != body
    with pytest.raises(InvalidTag):
        other.decrypt(body)


def test_keys_that_are_none_are_refused():
    secret = b"s" * 16
    for public, auth in (
        (b"", secret),
        (b"\x04" * 65, secret),
        (b"\x02" + b"x" * 32, secret),
        (Browser().public, b"s" * 15),
    ):
        with pytest.raises(BadKeyError):
            encrypt_push(b"", public, auth)


def test_a_push_service_finds_out_who_sends():
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.jp")
    said = vapid.authorization("https://push.example:8443")
    scheme, token, public = said.replace(",", "").split(" ")
    assert (scheme, public) == ("vapid", f"k={vapid.public}")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), read(vapid.public))
    claims = jwt.decode(
        token.removeprefix("t="), point, ["ES256"], audience="https://push.example:8443"
    )
    assert claims["sub"] == "mailto:ops@example.jp"
    assert vapid.authorization("https://push.example:8443") == said, "made once"
    assert vapid.authorization("https://other.example") != said


def test_a_token_of_a_clock_that_was_set_back_is_made_anew():
    """Push services refuse one of more than a day, and three refusals drop a subscription."""
    vapid, now = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.jp"), time()
    vapid._headers["https://push.example"] = now + 60 * 3_600, "made-two-days-ahead"
    token = vapid.authorization("https://push.example").removeprefix("vapid t=").split(",")[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert 0 < claims["exp"] - now <= 24 * 3_600


def test_another_key_is_told_when_it_is_read(tmp_path: Path):
    path = tmp_path / "vapid.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*form))
    assert len(read(read_vapid(path, "mailto:a@example.jp").public)) == 65
    for key in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        path.write_bytes(key.private_bytes(*form))
        with pytest.raises(BadVapidKeyError):
            read_vapid(path, "mailto:a@example.jp")
    path.write_text("nothing")
    with pytest.raises(BadVapidKeyError):
        read_vapid(path, "mailto:a@example.jp")
