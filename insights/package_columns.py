"""The columns of each open table: what they are called, what stands in them, and its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from insights.names import name_of
from insights.plan import StatisticsPlan
from insights.released import Cell, Figure, Released, TableName

Kind = Literal["date", "text", "whole", "thousandths"]
Value = date | str | int | Decimal | None
Status = Literal["published", "suppressed", "merged"]


@dataclass(frozen=True, slots=True)
class Said:
    """The same in two languages."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its heading for people."""

    name: str
    kind: Kind
    title: Said
    is_key: bool = False
    is_needed: bool = True
    """Whether a row always has it."""


@dataclass(frozen=True, slots=True)
class OpenTable:
    """What a table is called, where it lies, by what its cells are known and what they tell."""

    slug: str
    title: Said
    keys: tuple[str, ...]
    amounts: tuple[str, ...]
    has_merges: bool = True


_SPEND: Final = ("spend_yen",)
OPEN_TABLES: Final[dict[TableName, OpenTable]] = {
    "area_category": OpenTable(
        "area-category",
        Said("地域×業種別の支払(週次)", "Spend and payers by area and category, weekly"),
        ("area", "category"),
        _SPEND,
    ),
    "district": OpenTable(
        "district",
        Said("地区別の支払(週次)", "Spend and payers by district, weekly"),
        ("district",),
        _SPEND,
    ),
    "area_age_band": OpenTable(
        "area-age-band",
        Said("地域×年齢層別の支払(週次)", "Spend and payers by area and age band, weekly"),
        ("area", "age_band"),
        _SPEND,
    ),
    "hour_weekday": OpenTable(
        "hour-weekday",
        Said("曜日×時間帯別の利用(13週)", "Use by weekday and hour, over thirteen weeks"),
        ("weekday", "hour"),
        ("payments_yen", "top_ups_yen", "rebates_yen"),
        has_merges=False,
    ),
}
_KEYS: Final[dict[str, Said]] = {
    "area": Said("地域", "Area"),
    "category": Said("業種", "Category"),
    "district": Said("地区", "District"),
    "age_band": Said("年齢層", "Age band"),
    "weekday": Said("曜日", "Weekday"),
    "hour": Said("時台", "Hour"),
}
_NUMBERED: Final = {"weekday", "hour"}
"""Keys that are numbers: 1 is Monday; hour 9 is from 9:00 to 9:59."""
_AMOUNTS: Final[dict[str, Said]] = {
    "spend_yen": Said("支払額(円)", "Spend (yen)"),
    "payments_yen": Said("支払額(円)", "Payments (yen)"),
    "top_ups_yen": Said("チャージ額(円)", "Top-ups (yen)"),
    "rebates_yen": Said("還元額(円)", "Rebates (yen)"),
}
_WEEKDAYS: Final = (
    Said("月曜日", "Monday"),
    Said("火曜日", "Tuesday"),
    Said("水曜日", "Wednesday"),
    Said("木曜日", "Thursday"),
    Said("金曜日", "Friday"),
    Said("土曜日", "Saturday"),
    Said("日曜日", "Sunday"),
)


def columns_of(table: TableName) -> tuple[Column, ...]:
    """The columns of a table, in their order."""
    of = OPEN_TABLES[table]
    columns = [
        Column("first_day", "date", Said("開始日", "First day"), is_key=True),
        Column("last_day", "date", Said("終了日", "Last day")),
    ]
    for key in of.keys:
        columns += _columns_of_key(key)
    columns.append(Column("status", "text", Said("状態", "Status")))
    if of.has_merges:
        columns += [
            Column(
                f"into_{key}",
                "text",
                Said(f"統合先の{_KEYS[key].ja}", f"Counted in {_KEYS[key].en.lower()}"),
                is_needed=False,
            )
            for key in of.keys
        ]
    columns += _figure("payers", Said("支払者数(人)", "Payers (people)"), "thousandths")
    for amount in of.amounts:
        columns += _figure(amount, _AMOUNTS[amount], "whole")
    return tuple(columns)


def rows_of(released: Released, plan: StatisticsPlan) -> Iterator[tuple[Value, ...]]:
    """A row for each key of the table: published, suppressed, or counted in another."""
    into = dict(released.merged)
    cells = {cell.keys: cell for cell in released.cells}
    for keys in [*cells, *into]:
        yield (
            released.first_day,
            released.last_day,
            *_called(plan, released.table, keys),
            *_told(released, cells.get(keys), into.get(keys)),
        )


def _columns_of_key(key: str) -> list[Column]:
    title = _KEYS[key]
    return [
        Column(key, "whole" if key in _NUMBERED else "text", title, is_key=True),
        Column(f"{key}_ja", "text", Said(f"{title.ja}名", f"{title.en}, in Japanese")),
        Column(f"{key}_en", "text", Said(f"{title.ja}名(英語)", f"{title.en}, in English")),
    ]


def _figure(name: str, title: Said, sigma: Kind) -> list[Column]:
    return [
        Column(name, "whole", title, is_needed=False),
        Column(
            f"{name}_low",
            "whole",
            Said(f"{title.ja} 95%区間の下限", f"{title.en}, lower end of 95 %"),
            is_needed=False,
        ),
        Column(
            f"{name}_high",
            "whole",
            Said(f"{title.ja} 95%区間の上限", f"{title.en}, upper end of 95 %"),
            is_needed=False,
        ),
        Column(
            f"{name}_sigma",
            sigma,
            Said(f"{title.ja} ノイズの標準偏差", f"{title.en}, deviation of the noise"),
        ),
    ]


def _told(released: Released, cell: Cell | None, into: tuple[str, ...] | None) -> Iterator[Value]:
    of = OPEN_TABLES[released.table]
    status: Status = "merged"
    if cell is not None:
        status = "suppressed" if cell.is_suppressed else "published"
    yield status
    if of.has_merges:
        yield from into or (None,) * len(of.keys)
    amounts: Mapping[str, Figure] = (cell and cell.amounts_yen) or {}
    yield from _parts(cell.payers if cell else None)
    yield Decimal(released.sigma_payers_milli).scaleb(-3)
    for amount in of.amounts:
        yield from _parts(amounts.get(amount))
        yield released.sigma_yen


def _parts(figure: Figure | None) -> tuple[int | None, int | None, int | None]:
    return (None, None, None) if figure is None else (figure.value, figure.low, figure.high)


def _called(plan: StatisticsPlan, table: TableName, keys: tuple[str, ...]) -> Iterator[Value]:
    """Each key with its names."""
    for key, code in zip(OPEN_TABLES[table].keys, keys, strict=True):
        said = _said(plan, key, code)
        yield int(code) if key in _NUMBERED else code
        yield from (said.ja, said.en)


def _said(plan: StatisticsPlan, key: str, code: str) -> Said:
    match key:
        case "weekday":
            return _WEEKDAYS[int(code) - 1]
        case "hour":
            return Said(f"{int(code)}時台", f"{int(code)}:00 to {int(code)}:59")
        case "area" | "district" | "category" | "age_band":
            return Said(*name_of(plan, key, code))
    raise AssertionError(f"no key of a table: {key}")
