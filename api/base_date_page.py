"""The report of a base date as a page to print: HTML in Japanese, without scripts."""

from html import escape
from typing import Final

from api.base_date_table import FREE, MOVES, PAID, amounts_of, facts_of, lines_of
from api.frame import Frame
from payments.base_date_report import BaseDateReport
from payments.deposit import NOT_CHECKED

_STYLE: Final = """
@page { size: A4 landscape; margin: 12mm; }
body { font-family: "Noto Sans JP", "Hiragino Sans", "Yu Gothic", sans-serif; color: #111;
  background: #fff; line-height: 1.5; margin: 1.5rem auto; max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 1.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border: 1px solid #555; padding: .25rem .5rem; }
thead th { background: #eee; } tbody th { text-align: left; white-space: nowrap; }
td { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.sum th, .sum td { font-weight: bold; border-top: 2px solid #111; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { font-weight: bold; } dd { margin: 0; }
@media print { body { margin: 0; max-width: none; font-size: 9pt; } .scroll { overflow: visible; } }
"""
_FRAME: Final = Frame(_STYLE)
POLICY: Final = _FRAME.policy


def base_date_page(region_name: str, report: BaseDateReport) -> str:
    """The page. Whatever others wrote, the region's name, is text in it and nothing else."""
    title = f"{region_name} 基準日未使用残高報告 {report.base_date}"
    notes = "".join(f"<li>{escape(text)}</li>" for text in NOT_CHECKED)
    return _FRAME.page(
        title,
        f'<section aria-labelledby="facts"><h2 id="facts">基準日と要供託額</h2>\n'
        f"<dl>{_facts(region_name, report)}</dl></section>\n"
        f'<section aria-labelledby="table"><h2 id="table">種別ごとの発行・使用・未使用残高</h2>\n'
        f'<div class="scroll" role="region" aria-labelledby="table" tabindex="0">'
        f"{_table(report)}</div></section>\n"
        f'<section aria-labelledby="notes"><h2 id="notes">この報告が確認していないこと</h2>\n'
        f"<ul>{notes}</ul></section>\n",
    )


def _facts(region_name: str, report: BaseDateReport) -> str:
    return "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(_told(value))}</dd>"
        for name, value in facts_of(region_name, report)
    )


def _table(report: BaseDateReport) -> str:
    moves = "".join(f'<th scope="col">{title}</th>' for title in MOVES) * 2
    begins = f"{report.previous}の翌日から"
    return (
        "<table><caption>単位: 円(1ポイント=1円)</caption>\n<thead>"
        '<tr><th scope="col" rowspan="2">種別</th>'
        '<th scope="col" rowspan="2">前回基準日<br>未使用残高</th>'
        f'<th scope="colgroup" colspan="4">当期({begins})</th>'
        '<th scope="colgroup" colspan="4">累計(開始から)</th>'
        '<th scope="col" rowspan="2">基準日<br>未使用残高</th></tr>'
        f"<tr>{moves}</tr></thead>\n<tbody>{_rows(report)}</tbody></table>"
    )


def _rows(report: BaseDateReport) -> str:
    return "\n".join(
        f'<tr{_mark(name)}><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{_yen(amount)}</td>" for amount in amounts_of(line))
        + "</tr>"
        for name, line in lines_of(report)
    )


def _mark(name: str) -> str:
    return ' class="sum"' if name in {PAID, FREE} else ""


def _told(value: str | int) -> str:
    return value if isinstance(value, str) else f"{_yen(value)}円"


def _yen(amount: int) -> str:
    return f"{amount:,}"
