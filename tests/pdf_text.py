"""Read the text of a page as a viewer does: each glyph drawn, by the font's own ToUnicode map.

Enough for pages with one font, whose glyphs have two bytes (Identity-H): what Typst writes.
"""

import re
import zlib
from collections.abc import Iterator

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_TOKEN = re.compile(rb"\bBT\b|\bET\b|\(", re.DOTALL)
_PAREN = re.compile(rb"\\.|[()]", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """All that is drawn, in the order of the file, without the spaces between."""
    streams = [_opened(found) for found in _STREAM.findall(pdf)]
    [letters] = [_letters(stream) for stream in streams if b"begincmap" in stream]
    pages = [stream for stream in streams if b"BT" in stream and b"TJ" in stream]
    glyphs = b"".join(drawn for page in pages for drawn in _strings(page))
    numbers = [int.from_bytes(glyphs[at : at + 2]) for at in range(0, len(glyphs), 2)]
    return "".join("".join(letters[number] for number in numbers).split())


def _opened(stream: bytes) -> bytes:
    try:
        # Where the last byte of its checksum is a carriage return, that counts as the line's end.
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


def _letters(cmap: bytes) -> dict[int, str]:
    letters: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for glyph, told in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            letters[int(glyph, 16)] = bytes.fromhex(told.decode()).decode("utf-16-be")
    return letters


def _strings(page: bytes) -> Iterator[bytes]:
    """The strings between BT and ET: what is drawn. Other strings are notes on it."""
    at, is_text = 0, False
    while found := _TOKEN.search(page, at):
        at = found.end()
        if found.group() != b"(":
            is_text = found.group() == b"BT"
            continue
        end = _closing(page, at)
        if is_text:
            yield _ESCAPE.sub(_unescaped, page[at:end])
        at = end + 1


def _closing(page: bytes, at: int) -> int:
    """Where the string ends that begins here: brackets inside of it come in pairs."""
    depth = 1
    for found in _PAREN.finditer(page, at):
        depth += {b"(": 1, b")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.start()
    raise AssertionError("a string has an end")


def _unescaped(found: re.Match[bytes]) -> bytes:
    told = found.group(1)
    return bytes([int(told, 8)]) if told.isdigit() else _NAMED.get(told, told)
