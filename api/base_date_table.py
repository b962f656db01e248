"""The report of a base date as rows, for its spreadsheet and its page."""

from typing import Final

from api.sheets import Cell
from ledger.unused_balance import Issue, KindOfValue
from payments.base_date_report import BaseDateReport, Line
from payments.deposit import ISSUERS, NOT_CHECKED, THRESHOLD_YEN, WORDS

MOVES: Final = ("発行額", "使用額", "失効額", "払戻額")
HEAD: Final = (
    "種別",
    "前回基準日未使用残高",
    *(f"当期{title}" for title in MOVES),
    *(f"累計{title}" for title in MOVES),
    "基準日未使用残高",
)
PAID: Final = "有償 計"
FREE: Final = "無償 計"

_VALUES: Final = {"paid": "有償", "free": "無償"}
_KINDS: Final = {"coin": "コイン", "points": "ポイント", "points_pending": "付与予定ポイント"}


def lines_of(report: BaseDateReport) -> list[tuple[str, Line]]:
    """Each kind of value by its name, then what was bought and what was granted."""
    return [
        *((_called(kind), line) for kind, line in report.kinds.items()),
        (PAID, report.paid),
        (FREE, report.free),
    ]


def facts_of(region_name: str, report: BaseDateReport) -> list[tuple[str, str | int]]:
    """What stands beside the table: the days, the issuer, the deposit and its rule. Sums of yen are
    ints, and all else is text.
    """
    return [
        ("地域", region_name),
        ("基準日", str(report.base_date)),
        ("前回の基準日", str(report.previous)),
        ("状態", "確定" if report.is_final else "基準日は終了していません(現在までの値)"),
        ("仕訳帳の番号", str(report.seq)),
        ("発行者区分", ISSUERS[report.issuer_kind]),
        ("基準日未使用残高(有償)", report.paid.in_total.unused),
        ("供託が不要な上限", THRESHOLD_YEN),
        ("要供託額", report.deposit.deposit_yen),
        ("適用した規定", WORDS[report.deposit.rule]),
    ]


def amounts_of(line: Line) -> list[int]:
    """The columns of one line, from the second on."""
    return [
        line.before.unused,
        *_moves(line.in_period),
        *_moves(line.in_total),
        line.in_total.unused,
    ]


def table_rows(region_name: str, report: BaseDateReport) -> list[list[Cell]]:
    """The table below its head, an empty row, and what stands beside it."""
    rows: list[list[Cell]] = [[name, *amounts_of(line)] for name, line in lines_of(report)]
    rows.append([])
    rows += [[name, value] for name, value in facts_of(region_name, report)]
    rows += [["確認していないこと", text] for text in NOT_CHECKED]
    return rows


def _called(kind: KindOfValue) -> str:
    return f"{_VALUES[kind.value]} {_KINDS.get(kind.kind, kind.kind)}"


def _moves(issue: Issue) -> tuple[int, int, int, int]:
    return issue.issued, issue.redeemed, issue.expired, issue.refunded
