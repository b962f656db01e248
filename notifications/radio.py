"""An alert as a radio announcer reads it: Japanese, with the readings of numbers and places."""

import re
from collections.abc import Iterable, Mapping
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
_D: Final = "[0-9０-９]"
_WHOLE: Final = f"(?:{_D}{{1,3}}(?:,{_D}{{3}})+|{_D}+)"
_COUNTED: Final = re.compile(rf"({_WHOLE})(時間|[年月日時人]|分(?!の{_D}))")
_CLOCK: Final = re.compile(rf"({_D}{{1,2}})[:：]({_D}{{2}})(?![:：]?{_D})")
_SPOKEN: Final = (
    rf"(?:{_COUNTED.pattern})+|{_CLOCK.pattern}|{_D}+(?:[-‐－]{_D}+)+"
    rf"|{_WHOLE}(?:[.．]{_D}+)?"
)
_HOURS: Final = (("よん", "よじ"), ("なな", "しちじ"), ("きゅう", "くじ"), ("ぜろ", "れいじ"))
_COUNTERS: Final[Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "年": ("ねん", (("よん", "よねん"),)),
    "月": ("がつ", (("よん", "しがつ"), ("なな", "しちがつ"), ("きゅう", "くがつ"))),
    "日": ("にち", (("よん", "よっか"), ("なな", "しちにち"), ("きゅう", "くにち"))),
    "時": ("じ", _HOURS),
    "時間": ("じかん", tuple((end, f"{told}かん") for end, told in _HOURS)),
    "分": (
        "ふん",
        (
            ("いち", "いっぷん"), ("ん", "んぷん"), ("ろく", "ろっぷん"), ("はち", "はっぷん"),
            ("じゅう", "じゅっぷん"), ("ゃく", "ゃっぷん"), ("ぜろ", "れいふん"),
        ),
    ),
    "人": ("にん", (("よん", "よにん"),)),
}  # fmt: skip
"""How a number is read before a word that counts, and what becomes of its end there."""
_DAYS: Final = (
    *("ふつか", "みっか", "よっか", "いつか", "むいか", "なのか", "ようか", "ここのか", "とおか"),
)
_ALONE: Final[Mapping[tuple[str, int], str]] = {
    **{("日", number): told for number, told in enumerate(_DAYS, 2)},
    ("日", 20): "はつか",
    ("人", 1): "ひとり",
    ("人", 2): "ふたり",
}
_ALWAYS: Final[Mapping[str, str]] = {"110番": "ひゃくとおばん"}


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
    if counted := _COUNTED.findall(found):
        words = [word for _, word in counted]
        return "".join(
            "ついたち" if (before, word, _int(number)) == ("月", "日", 1) else _count(number, word)
            for (number, word), before in zip(counted, ["", *words], strict=False)
        )
    if clock := _CLOCK.fullmatch(found):
        hour, minute = clock.groups()
        return _count(hour, "時") + (_count(minute, "分") if _int(minute) else "")
    if re.search(r"[-‐－]", found):  # a telephone number, or the number of a house
        return "の".join(_one_by_one(part) for part in re.split(r"[-‐－]", found))
    whole, _, fraction = found.replace("．", ".").partition(".")
    return _read_whole(whole) + ("てん" + _one_by_one(fraction) if fraction else "")


def _count(number: str, word: str) -> str:
    if alone := _ALONE.get((word, _int(number))):
        return alone
    told = read_number(_int(number)) if _int(number) < MOST_READ else _one_by_one(number)
    after, ends = _COUNTERS[word]
    for end, instead in ends:
        if told.endswith(end):
            return told.removesuffix(end) + instead
    return told + after


def _read_whole(number: str) -> str:
    is_number = _int(number) < MOST_READ and (len(number) == 1 or _int(number[0]) != 0)
    return read_number(_int(number)) if is_number else _one_by_one(number)


def _int(number: str) -> int:
    return int(number.replace(",", ""))


def _one_by_one(digits: str) -> str:
    return "".join(_DIGITS[int(each)] for each in digits if each != ",")


def with_readings(text: str, readings: Iterable[Reading]) -> str:
    """The text with the reading of each number and of each given word in brackets behind it.

    Dates, times and people are read with the word behind the number: 4月1日 is しがつついたち.
    """
    known = {**_ALWAYS, **{each.word: each.kana for each in readings}}
    words = sorted(known, key=len, reverse=True)
    pattern = "|".join([*map(re.escape, words), _SPOKEN])

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
    title, body = made.texts.ja.title.removesuffix("。"), made.texts.ja.body
    begin = f"{at(made.onset)}から" if made.onset is not None else ""
    lines = [
        "【訓練】これは訓練です。" if made.status == "Exercise" else "",
        f"{region.name}から、{kinds[made.message_type]}",
        f"{title}。繰り返します。{title}。",
        f"対象は、{'、'.join(areas) or region.name + '全域'}です。",
        body,
        f"この情報は、{begin}{at(made.expires)}まで有効です。",
        f"（{at(sent_at)}発表）" if sent_at is not None else "【未承認】まだ読まないでください。",
        "これは訓練です。" if made.status == "Exercise" else "",
    ]
    return with_readings("\n".join(line for line in lines if line), made.readings) + "\n"
