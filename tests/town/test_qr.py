"""QR texts gone wrong, on the vectors of the specification."""

import pytest

from town.qr import crc16, damaged, of_unknown_shop

STATIC = (
    "00020101021126430016com.example.coin0111M00000001230204T0015204581253033925802JP5914SAMPLE "
    "SHOKUDO6011SETAGAYA-KU6107154001764140002JA0104見本食堂6304DD1D"
)
DYNAMIC = (
    "00020101021226430016com.example.coin0111M00000001230204T00152045812530339254034985802JP5914"
    "SAMPLE SHOKUDO6011SETAGAYA-KU6107154001762100506Q7F3K264140002JA0104見本食堂63045C32"
)


def is_whole(text: str) -> bool:
    return f"{crc16(text[:-4].encode()):04X}" == text[-4:]


def test_the_check_is_the_one_that_everybody_uses() -> None:
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize("text", [STATIC, DYNAMIC])
def test_a_damaged_code_fails_its_check(text: str) -> None:
    assert is_whole(text)
    assert not is_whole(damaged(text))
    assert len(damaged(text)) == len(text)


@pytest.mark.parametrize("text", [STATIC, DYNAMIC])
def test_a_made_up_shop_passes_its_check(text: str) -> None:
    made_up = of_unknown_shop(text)
    assert is_whole(made_up)
    assert made_up[:-4] != text[:-4]
    assert "com.example.coin" in made_up
