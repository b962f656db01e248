"""A table as CSV: UTF-8 with a byte order mark and Japanese headings, as spreadsheets open it."""

import csv
import io
from typing import Final

from core.spreadsheet import inert
from insights.package_columns import Value, columns_of, rows_of
from insights.plan import StatisticsPlan
from insights.released import Released

BYTE_ORDER_MARK: Final = "\ufeff"
LINE_END: Final = "\r\n"


def table_csv(released: Released, plan: StatisticsPlan) -> bytes:
    """The file. What is not told is empty; a name that looks like a formula is marked as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=LINE_END)
    writer.writerow(column.title.ja for column in columns_of(released.table))
    writer.writerows([map(_written, row) for row in rows_of(released, plan)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def _written(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return inert(value)
        case _:
            return str(value)
