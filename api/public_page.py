"""The frame of pages that anybody may read: HTML without scripts, whole in itself, fit to print."""

from html import escape
from typing import Final

from api.frame import Frame

_STYLE: Final = """
@page { size: A4; margin: 14mm; }
body { font-family: "Noto Sans JP", "Hiragino Sans", "Yu Gothic", sans-serif; color: #111;
  background: #fff; line-height: 1.7; margin: 1.5rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.4; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 2px solid #111; }
h3 { font-size: 1.05rem; margin-top: 1.5rem; }
a { color: #0b4f9e; } a:focus-visible { outline: 3px solid #0b4f9e; outline-offset: 2px; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border: 1px solid #555; padding: .25rem .6rem; text-align: left; vertical-align: top; }
thead th { background: #eee; } tbody th { font-weight: normal; }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font-size: .85em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { font-weight: bold; } dd { margin: 0; }
.said { font-size: 1.15rem; font-weight: bold; border-left: .4rem solid #0b4f9e;
  padding: .2rem 0 .2rem .8rem; }
.plain { font-size: 1.15rem; line-height: 2.2; }
rt { font-size: .55em; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } .scroll { overflow: visible; }
  nav { display: none; } a { color: #111; } h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; } }
"""
_FRAME: Final = Frame(_STYLE)
POLICY: Final = _FRAME.policy


def framed(title: str, body: str) -> bytes:
    """A page in Japanese, whose parts in other languages say so. `body` is HTML, `title` text."""
    return _FRAME.page(title, body).encode()


def table(caption: str, head: list[str], rows: list[str]) -> str:
    """A table of rows that are HTML already; wide ones scroll by themselves, also by keyboard."""
    heads = "".join(f'<th scope="col">{both(each)}</th>' for each in head)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption>{both(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def both(text: str) -> str:
    """Japanese, then English after a slash, so that each is read aloud in its own language."""
    ja, _, en = text.partition(" / ")
    return f'{escape(ja)} / <span lang="en">{escape(en)}</span>' if en else escape(ja)


def number(value: int | None) -> str:
    """A cell with a number; empty where there is none."""
    return f'<td class="n">{"" if value is None else f"{value:,}"}</td>'
