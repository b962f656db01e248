"""An alert as a radio announcer reads it: Japanese, with the readings of numbers and places."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ledger.regions import Region
from notifications.alert import Alert, Reading

_DIGITS: Final = ("ぜろ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")
_HUNDREDS: Final = {3: "さんびゃく", 6: "ろっぴゃく", 8: "はっぴゃく", 1: "ひゃく"}
_THOUSANDS: Final = {3: "さんぜん", 8: "はっせん", 1: "せん"}
_MYRIADS: Final = ((10**8, "おく"), (10**4, "まん"))
MOST_READ: Final = 10**12
"""Larger numbers are read digit by digit, as are those that begin with a zero."""
_NUMBER: Final = re.compile(
    r"[0-9０-９]+(?:[-‐－][0-9０-９]+)+|[0-9０-９]{1,3}(?:,[0-9]{3})+|[0-9０-９]+(?:[.．][0-9０-９]+)?"
)


def read_number(number: int) -> str:
    """In hiragana, of 0 until MOST_READ."""
    assert 0 <= number < MOST_READ, "read digit by digit"
    if number == 0:
        return _DIGITS[0]
    told = ""
    for unit, word in _MYRIADS:
        if number >= unit:
            told += _below_myriad(number // unit) + word
            number %= unit
    return told + _below_myriad(number)


def _below_myriad(number: int) -> str:
    thousands, hundreds, tens, ones = (number // unit % 10 for unit in (1000, 100, 10, 1))
    told = ""
    if thousands:
        told += _THOUSANDS.get(thousands, _DIGITS[thousands] + "せん")
    if hundreds:
        told += _HUNDREDS.get(hundreds, _DIGITS[hundreds] + "ひゃく")
    if tens:
        told += ("" if tens == 1 else _DIGITS[tens]) + "じゅう"
    return told + (_DIGITS[ones] if ones else "")


def _read(found: str) -> str:
    plain = "".join(str(int(each)) if each.isdigit() else each for each in found)
    if re.search(r"[-‐－]", plain):  # a telephone number, or the number of a house
        return "の".join(_one_by_one(part) for part in re.split(r"[-‐－]", plain))
    whole, _, fraction = plain.replace(",", "").replace("．", ".").partition(".")
    is_number = int(whole) < MOST_READ and (whole == "0" or not whole.startswith("0"))
    told = read_number(int(whole)) if is_number else _one_by_one(whole)
    return told + ("てん" + _one_by_one(fraction) if fraction else "")


def _one_by_one(digits: str) -> str:
    return "".join(_DIGITS[int(each)] for each in digits)


def with_readings(text: str, readings: Iterable[Reading]) -> str:
    """The text with the reading of each number and of each given word in brackets behind it."""
    known = {each.word: each.kana for each in readings}
    words = sorted(known, key=len, reverse=True)
    pattern = "|".join([*map(re.escape, words), _NUMBER.pattern])

    def told(match: re.Match[str]) -> str:
        found = match.group()
        return f"{found}（{known[found] if found in known else _read(found)}）"

    return re.sub(pattern, told, text)


def radio_text(region: Region, made: Alert, sent_at: datetime | None, areas: Iterable[str]) -> str:
    """What is read aloud, twice over in its headline; `areas` are the places in Japanese."""

    def at(moment: datetime) -> str:
        local = moment.astimezone(region.zone)
        return f"{local.month}月{local.day}日{local.hour}時{local.minute}分"

    kinds = {
        "Alert": "お知らせします。",
        "Update": "新しい情報です。",
        "Cancel": "解除の情報です。",
    }
    title, body = made.texts.ja.title, made.texts.ja.body
    lines = [
        "【訓練】これは訓練です。" if made.status == "Exercise" else "",
        f"{region.name}から、{kinds[made.message_type]}",
        f"{title}。繰り返します。{title}。",
        f"対象は、{'、'.join(areas) or region.name + '全域'}です。",
        body,
        f"この情報は、{at(made.expires)}まで有効です。",
        f"（{at(sent_at)}発表）" if sent_at is not None else "【未承認】まだ読まないでください。",
        "これは訓練です。" if made.status == "Exercise" else "",
    ]
    return with_readings("\n".join(line for line in lines if line), made.readings) + "\n"
