"""The evidence on a campaign as a page to read and print: Japanese, without scripts."""

from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Any, Final

from api.frame import Frame
from insights.chart import Chart, Series, draw_lines
from insights.released import Figure

_STYLE: Final = """
@page { size: A4; margin: 12mm; }
body { font-family: "Noto Sans JP", "Hiragino Sans", "Yu Gothic", sans-serif; color: #111;
  background: #fff; line-height: 1.6; margin: 1.5rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 1.8rem; }
.scroll { overflow-x: auto; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border: 1px solid #555; padding: .25rem .5rem; text-align: left; vertical-align: top; }
thead th { background: #eee; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.verdict { border: 2px solid #111; padding: .6rem 1rem; }
code { overflow-wrap: anywhere; }
a { color: #0b4f8a; }
@media print { body { margin: 0; max-width: none; font-size: 9pt; } .scroll { overflow: visible; } }
"""
_FRAME: Final = Frame(_STYLE)
POLICY: Final = _FRAME.policy

_NUMBERS: Final = {
    "spent_before": "開始前の支払額(1週平均)",
    "spent_during": "期間中の支払額(1週平均)",
    "rise": "前後の差(1週平均)",
    "rise_of_others": "対象外の前後の差(1週平均)",
    "effect": "対象外と比べた増加の割合",
    "additional": "増えたと推定される支払額",
    "drift_before": "開始前の1週ごとのずれ",
}
_UNITS: Final = {
    "yen": "円",
    "yen-a-week": "円",
    "per-mille": "‰",
    "per-mille-a-week": "‰",
    "yen-per-1000-yen": "円",
}
_SPANS: Final = {"before": "開始前", "during": "期間中", "after": "終了後"}


def evidence_page(region_name: str, document: Mapping[str, Any]) -> str:
    """The page. Whatever others wrote, names above all, is text in it and nothing else."""
    campaign = document["campaign"]
    title = f"{campaign['name']} 効果検証(EBPM)"
    main, *parts = document["effects"]
    return _FRAME.page(
        title,
        f"<p>{escape(region_name)} {campaign['first_day']}〜{campaign['last_day']}</p>\n"
        + _section("verdict", "結論", _verdict(document))
        + _section("numbers", "全体の数値", _numbers(main))
        + _section("weeks", "週ごとの支払額", _drawing(document))
        + _section("parts", "内訳", "".join(map(_part, parts)))
        + _section("limits", "この検証で言えないこと", _list(document["limits"]))
        + _section("method", "方法", _method(document))
        + _section("cells", "数えた区分", _cells(document["cells"]))
        + _section("tables", "もとの公表値", _tables(document["tables"])),
    )


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="s-{name}"><h2 id="s-{name}">{title}</h2>\n{body}</section>\n'


def _verdict(document: Mapping[str, Any]) -> str:
    main, cost = document["effects"][0], document["cost"]
    if document["is_concluded"]:
        additional = main["numbers"]["additional"]
        word = "増えた" if additional["value"] > 0 else "減った"
        told = f"対象の区分の支払額は、キャンペーンがなかった場合より{word}と推定されます。"
    else:
        told = "このキャンペーンの効果は結論できません。"
    others = "".join(
        f"<li>{escape(each['name'])}({each['first_day']}〜{each['last_day']})</li>"
        for each in document["other_campaigns"]
    )
    return (
        f'<div class="verdict"><p><strong>{told}</strong></p>{_list(document["reasons"])}</div>\n'
        + (f"<p>同じ週に行われたキャンペーン:</p><ul>{others}</ul>\n" if others else "")
        + "<table><tbody>"
        + _row("かかった費用", cost["spent"])
        + _row("支払額を1,000円増やすのにかかった費用", cost["of_a_thousand_additional_yen"])
        + "</tbody></table>\n"
        + _list(document["notes"])
    )


def _numbers(effect: Mapping[str, Any]) -> str:
    rows = "".join(_row(_NUMBERS[name], told) for name, told in effect["numbers"].items())
    return (
        '<div class="scroll"><table><thead><tr><th scope="col">数値</th>'
        '<th scope="col">値</th><th scope="col">95 %の区間</th>'
        '<th scope="col">もとの公表値と区分</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n"
        f"<p>数えた区分 {effect['cells_counted']}、比べた区分 {effect['cells_compared']}、"
        f"除いた区分 {effect['cells_dropped']}</p>\n"
    )


def _row(title: str, told: Mapping[str, Any] | None) -> str:
    if told is None:
        said = "結論できないため示しません。"
        return f'<tr><th scope="row">{title}</th><td colspan="3">{said}</td></tr>'
    unit = _UNITS[told["unit"]]
    links = [f'<a href="#{_id(cells)}">区分</a>' for cells in told["cells"]]
    links += [f'<a href="#span-{span}">{_SPANS[span]}の週</a>' for span in told["weeks"]]
    links.append(f'<a href="#formula-{told["formula"]}">式</a>')
    return (
        f'<tr><th scope="row">{title}</th><td class="n">{told["value"]:,}{unit}</td>'
        f'<td class="n">{told["low"]:,}〜{told["high"]:,}{unit}</td><td>{" ".join(links)}</td></tr>'
    )


def _part(effect: Mapping[str, Any]) -> str:
    reasons = "" if effect["is_concluded"] else _list(effect["reasons"])
    return f"<h3>{escape(effect['called']['ja'])}</h3>\n{reasons}{_numbers(effect)}"


def _drawing(document: Mapping[str, Any]) -> str:
    weeks = document["series"]
    if not weeks:
        return "<p>公表された週がありません。</p>\n"
    within = [place for place, week in enumerate(weeks) if week["span"] == "during"]
    chart = Chart(
        title="対象と対象外の区分の週ごとの支払額",
        about="縦の線は公表値のノイズによる95 %の区間です。",
        unit="円",
        places=[week["first_day"][5:].replace("-", "/") for week in weeks],
        series=[
            Series("対象の区分", [_figure(week["reached"]) for week in weeks]),
            Series("対象外の区分", [_figure(week["others"]) for week in weeks]),
        ],
        shaded=(within[0], within[-1]) if within else None,
        shaded_name="キャンペーン期間",
    )
    return draw_lines(chart)


def _figure(told: Mapping[str, Any] | None) -> Figure | None:
    return None if told is None else Figure(told["value"], told["low"], told["high"])


def _method(document: Mapping[str, Any]) -> str:
    formulas = "".join(
        f'<dt id="formula-{name}"><code>{name}</code></dt><dd><code>{escape(formula)}</code></dd>'
        for name, formula in document["method"]["formulas"].items()
    )
    weeks = document["weeks"]
    spans = "".join(
        f'<li id="span-{span}">{called}: '
        + (" ".join(f'<a href="#release-{no}">第{no}号</a>' for no in weeks[span]) or "なし")
        + "</li>"
        for span, called in _SPANS.items()
    )
    since = ""
    if weeks["since"] is not None:
        since = f"<p>前のキャンペーンが終わった後、{weeks['since']}からの週とだけ比べます。</p>\n"
    return (
        f"<p>{escape(document['method']['ja'])}</p>\n<ul>{spans}</ul>\n{since}"
        f"<p>公表値のない週 {weeks['missing']}、数えなかった期間中の日数 {weeks['cut_days']}</p>\n"
        f"<dl>{formulas}</dl>\n"
    )


def _cells(cells: Mapping[str, Any]) -> str:
    return "".join(
        f'<p id="{_id(f"{name}/{side}")}"><code>{escape(name)}</code> {called}: '
        f"{escape('、'.join(cell['ja'] for cell in sides[side])) or 'なし'}</p>\n"
        for name, sides in cells.items()
        for side, called in (("reached", "対象"), ("others", "対象外"))
    )


def _tables(tables: list[Mapping[str, Any]]) -> str:
    rows = "".join(
        f'<tr id="release-{each["release_no"]}"><th scope="row">'
        f'<a href="{escape(each["href"])}">第{each["release_no"]}号</a></th>'
        f"<td>{each['table']}</td><td>{each['first_day']}〜{each['last_day']}</td>"
        f'<td class="n">{each["sigma_yen"]:,}</td><td><code>{each["sha256"]}</code></td></tr>'
        for each in tables
    )
    return (
        '<div class="scroll"><table><thead><tr><th scope="col">公表</th><th scope="col">表</th>'
        '<th scope="col">週</th><th scope="col">ノイズの標準偏差(円)</th>'
        f'<th scope="col">SHA-256</th></tr></thead><tbody>{rows}</tbody></table></div>\n'
    )


def _list(said: list[Mapping[str, Any]]) -> str:
    items = "".join(f"<li>{escape(each['ja'])}</li>" for each in said)
    return f"<ul>{items}</ul>\n" if items else ""


def _id(cells: str) -> str:
    """Of a path of cells, as an id; codes may hold any character."""
    return f"cells-{sha256(cells.encode()).hexdigest()[:16]}"
