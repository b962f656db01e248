"""Legible texts: of every character there is, alone and beside others."""

import sys

import pytest

from core.legible import is_legible, is_legible_text


def test_a_text_of_one_character_is_legible_where_the_character_is() -> None:
    differ = [
        hex(number)
        for number in range(sys.maxunicode + 1)
        if is_legible_text(chr(number)) is not is_legible(chr(number))
    ]
    assert not differ


@pytest.mark.parametrize("text", ["", "見本食堂", "見本　食堂", "👩\u200d🍳 at work", "a\u00a0b"])
def test_a_text_may_have_what_prints_and_the_spaces_and_joiners_between(text: str) -> None:
    assert is_legible_text(text)


@pytest.mark.parametrize("character", ["\n", "\x00", "\u2028", "\u202e", "\ud800", "\ue000"])
def test_one_character_that_cannot_be_read_is_enough(character: str) -> None:
    assert not is_legible_text(f"見本{character}食堂")
