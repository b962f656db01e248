"""Released tables as tables of a page, for people: figures with their intervals, or why not."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from api.public_page import both, number, table
from insights.package import Issue
from insights.package_columns import OPEN_TABLES, OpenTable, Value, columns_of, rows_of

_HEADS: Final = {
    "area": "地域 / Area",
    "category": "業種 / Category",
    "district": "地区 / District",
    "age_band": "年齢層 / Age",
    "weekday": "曜日 / Weekday",
    "hour": "時間帯 / Hour",
    "payers": "人数 / Payers",
    "spend_yen": "支払額(円) / Spend (yen)",
    "payments_yen": "支払額(円) / Payments (yen)",
    "top_ups_yen": "チャージ額(円) / Top-ups (yen)",
    "rebates_yen": "還元額(円) / Rebates (yen)",
}
_WHY: Final = {"suppressed": "公表しない / not told", "merged": "統合 / merged"}
_Called = Mapping[tuple[str, Value], str]
"""By key and code."""
_INTERVAL: Final = "95%区間 / 95 %"


def tables_page(issues: Sequence[Issue]) -> str:
    """A section for each table, as HTML."""
    return "".join(map(_section, issues))


def _section(issue: Issue) -> str:
    of = OPEN_TABLES[issue.released.table]
    names = [column.name for column in columns_of(issue.released.table)]
    rows = [dict(zip(names, row, strict=True)) for row in rows_of(issue.released, issue.plan)]
    called = {(key, row[key]): str(row[f"{key}_ja"]) for row in rows for key in of.keys}
    head = [_HEADS[key] for key in of.keys]
    for figure in ("payers", *of.amounts):
        head += [_HEADS[figure], _INTERVAL]
    told = table(of.title.ja, head, [_row(called, of, row) for row in rows])
    return (
        f'<section id="{of.slug}"><h2>{escape(of.title.ja)}</h2>\n'
        f'<p lang="en">{escape(of.title.en)}</p>\n{told}</section>\n'
    )


def _row(called: _Called, of: OpenTable, row: Mapping[str, Value]) -> str:
    figures = ("payers", *of.amounts)
    first, *others = [_key(row, key) for key in of.keys]
    cells = [f'<th scope="row">{first}</th>', *(f"<td>{each}</td>" for each in others)]
    if row["status"] == "published":
        cells += [_figure(row, figure) for figure in figures]
    else:
        cells.append(f'<td colspan="{2 * len(figures)}">{_reason(called, of, row)}</td>')
    return f"<tr>{''.join(cells)}</tr>\n"


def _key(row: Mapping[str, Value], key: str) -> str:
    ja, en = escape(str(row[f"{key}_ja"])), escape(str(row[f"{key}_en"]))
    return ja if ja == en else f'{ja} <span lang="en">{en}</span>'


def _figure(row: Mapping[str, Value], figure: str) -> str:
    value, low, high = (row[f"{figure}{end}"] for end in ("", "_low", "_high"))
    assert isinstance(value, int), "a published figure"
    return f'{number(value)}<td class="n">{low:,} 〜 {high:,}</td>'


def _reason(called: _Called, of: OpenTable, row: Mapping[str, Value]) -> str:
    why = both(_WHY[str(row["status"])])
    if row["status"] == "merged":
        into = " ".join(called[key, row[f"into_{key}"]] for key in of.keys)
        why += f": {escape(into)}"
    return why
