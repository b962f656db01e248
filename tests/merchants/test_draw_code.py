"""Codes as pictures: a reader that is not ours reads each of them."""

from io import BytesIO
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image

from merchants.draw_code import draw_png, draw_stand, draw_svg
from merchants.qr import StoreQr, encode, parse

STORE = StoreQr(UUID("019a0000-0000-7000-8000-00000000beef"), "見本食堂 #1 *本店*", "SETAGAYA")
TEXT = encode(STORE)


def read(picture: bytes) -> str:
    """What another program reads in a picture, which holds one code."""
    [found] = zxingcpp.read_barcodes(Image.open(BytesIO(picture)).convert("L"))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return str(found.bytes.decode())


def test_another_program_reads_the_png():
    assert read(draw_png(TEXT)) == TEXT
    assert parse(read(draw_png(TEXT))) == STORE


def test_another_program_reads_the_stand_as_it_is_printed():
    assert read(draw_stand(TEXT, STORE.name, "TILL-1", "png")) == TEXT


@pytest.mark.parametrize("name", ["見本食堂", "髙﨑 & 彅", "#let x = [", '"\\ $x$ @ref', "あ" * 80])
def test_the_stand_is_a_page_with_its_font_whatever_the_shop_is_called(name):
    page = draw_stand(TEXT, name, "")
    assert page.startswith(b"%PDF-")
    assert b"/FontFile3" in page or b"/FontFile2" in page, "the font is embedded"
    assert (
        page.count(b"/Type /Page\n") + page.count(b"/Type/Page/") + page.count(b"/Type /Page ") <= 1
    )


def test_the_same_code_is_the_same_picture():
    assert draw_svg(TEXT) == draw_svg(TEXT)
    assert draw_svg(TEXT).startswith(b"<?xml") or draw_svg(TEXT).startswith(b"<svg")
