"""The page about privacy of a region: what is promised, what it costs, and what it does not do."""

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil
from typing import Final

from api.privacy_words import (
    CONDITION,
    HOW,
    NO_RELEASE,
    NOT_PROTECTED,
    NOTICES,
    SAID,
    YEAR,
)
from api.privacy_words_plain import GUESS, LEFT, NOT, PLAIN, Paragraph
from api.privacy_words_plain import NOTICES as NOTICES_PLAIN
from api.public_page import both, framed, table
from api.ruby import with_readings
from insights.guarantee import rho_text
from insights.package_columns import OPEN_TABLES
from insights.privacy_statement import Meaning, Statement, YearMeaning
from insights.read_spending import Paid
from ledger.regions import Region

_TO_LANGUAGES: Final = (
    '<nav aria-label="言語 / Language"><ul><li><a href="#ja">日本語</a></li>'
    '<li><a href="#plain">やさしい日本語</a></li><li><a href="#en" lang="en">English</a></li>'
    '<li><a href="#figures">数字 / <span lang="en">Figures</span></a></li></ul></nav>\n'
)


def privacy_regions_page(regions: Iterable[Region]) -> bytes:
    """All regions."""
    items = "".join(
        f'<li><a href="privacy/{region.code}">{escape(region.name)}</a></li>' for region in regions
    )
    body = (
        "<p>公表される統計から、あなたのことがどこまで分かるか。地域を選んでください。</p>\n"
        '<p lang="en">What released statistics can tell about you. Choose a region.</p>\n'
        f"<ul>{items}</ul>\n"
    )
    return framed("統計とプライバシー / Statistics and privacy", body)


def privacy_page(region: Region, statement: Statement) -> bytes:
    """The page. Each figure in it is computed from the costs that stand in the books."""
    body = (
        f"{_TO_LANGUAGES}{_japanese(region, statement)}{_plain(statement)}"
        f"{_english(region, statement)}{_figures(region, statement)}"
    )
    return framed(f"{region.name} 地域通貨の統計とプライバシー", body)


def _japanese(region: Region, statement: Statement) -> str:
    return (
        '<section id="ja"><h2>統計から、あなたのことは分かりますか</h2>\n'
        f'<p class="said">{_filled(SAID.ja, statement)}</p>\n'
        f"<p>{_filled(YEAR.ja, statement)}{escape(CONDITION.ja)}</p>\n"
        f"{_notice(statement, 'ja')}"
        f"<h3>どうやって守っていますか</h3>\n{_list(each.ja for each in HOW)}"
        "<h3>守れないこと</h3>\n"
        f"{_list(each.ja for each in NOT_PROTECTED.values())}"
        f"<h3>市からのお知らせ</h3>\n{_list(each.ja for each in NOTICES)}"
        f'<p>送ったお知らせは、<a href="../notices/{region.code}">だれでも読めます</a>。</p>\n'
        f'<p>統計そのものは<a href="../open-data/{region.code}">オープンデータのページ</a>に'
        "あります。</p></section>\n"
    )


def _plain(statement: Statement) -> str:
    return (
        '<section id="plain" class="plain"><h2>やさしい日本語</h2>\n'
        f"{_paragraphs(PLAIN, statement)}"
        f"<h3>どれくらい わかりますか</h3>\n"
        f"{_paragraphs(GUESS, statement)}"
        f"<h3>あと どれくらい ありますか</h3>\n"
        f"{_paragraphs(LEFT, statement)}"
        f"<h3>{with_readings('《守|まも》れない こと')}</h3>\n"
        f"{_paragraphs(NOT, statement)}"
        f"<h3>{with_readings('お《知|し》らせ')}</h3>\n"
        f"{_paragraphs(NOTICES_PLAIN, statement)}</section>\n"
    )


def _english(region: Region, statement: Statement) -> str:
    return (
        '<section id="en" lang="en"><h2>Can statistics tell something about you?</h2>\n'
        f'<p class="said">{_filled(SAID.en, statement)}</p>\n'
        f"<p>{_filled(YEAR.en, statement)} {escape(CONDITION.en)}</p>\n"
        f"{_notice(statement, 'en')}"
        f"<h3>How you are protected</h3>\n{_list(each.en for each in HOW)}"
        "<h3>What is not protected</h3>\n"
        f"{_list(each.en for each in NOT_PROTECTED.values())}"
        f"<h3>Notices from the city</h3>\n{_list(each.en for each in NOTICES)}"
        f'<p>Everybody can read <a href="../notices/{region.code}">what was sent</a>.</p>\n'
        f'<p>The statistics themselves are on <a href="../open-data/{region.code}#en">the page of'
        " open data</a>.</p></section>\n"
    )


def _figures(region: Region, statement: Statement) -> str:
    meanings = [
        ("一週間の表 / the tables of a week", statement.week),
        ("一年の予算の全部 / the whole budget of a year", statement.year),
        ("これまでの公表の全部 / all that was ever released", statement.so_far),
    ]
    return (
        '<section id="figures"><h2>数字 / <span lang="en">Figures</span></h2>\n'
        f"{_meanings(meanings)}"
        "<p>割合は Φ(μ/2)、μ = √(2ρ) です。ε は、ガウス機構の正確な式による、δ = 10⁻⁶ での値です。"
        "どれも切り上げています。13週ごとの表は、一週間の数字には入らず、一年の数字に入っています。"
        "</p>\n"
        '<p lang="en">The share is Φ(μ/2) with μ = √(2ρ); ε is by the exact formula of the Gaussian'
        " mechanism at δ = 10⁻⁶. All are rounded up. Tables of thirteen weeks count in the year,"
        " not in the week.</p>\n"
        f"{_years(statement.years)}{_releases(region, statement.releases)}"
        f'<p><a href="{region.code}.json">JSON</a></p></section>\n'
    )


def _meanings(meanings: Sequence[tuple[str, Meaning]]) -> str:
    rows = [
        f'<tr><th scope="row">{both(name)}</th><td class="n">{of.guess_percent}%</td>'
        f'<td class="n">{of.epsilon:.2f}</td><td class="n">{of.rho}</td></tr>\n'
        for name, of in meanings
    ]
    head = ["何から / From", "当てられる割合(最大) / Right guesses, at most", "ε", "ρ"]
    return table("何を意味するか / What it means", head, rows)


def _years(years: Sequence[YearMeaning]) -> str:
    rows = [
        f'<tr><th scope="row">{each.year.first_day} 〜 {each.year.last_day}</th>'
        f'<td class="n">{rho_text(each.year.cap)}</td><td class="n">{rho_text(each.year.used)}</td>'
        f'<td class="n">{rho_text(each.year.left)}</td>'
        f'<td class="n">{each.used.guess_percent}%</td><td class="n">{each.used.epsilon:.2f}</td>'
        "</tr>\n"
        for each in years
    ]
    head = [
        *("年 / Year", "予算 ρ / Budget", "使用 / Used", "残り / Left"),
        *("使用分で当てられる割合(最大) / Right guesses from what was used", "ε"),
    ]
    return table("プライバシー予算 / Privacy budget", head, rows)


def _releases(region: Region, releases: Sequence[Paid]) -> str:
    rows = [
        f'<tr><th scope="row">{each.release_no}</th>'
        f"<td>{escape(OPEN_TABLES[each.table].title.ja)}</td>"
        f'<td>{each.first_day} 〜 {each.last_day}</td><td class="n">{rho_text(each.cost)}</td>'
        f"<td>{each.released_at.astimezone(region.zone):%Y-%m-%d %H:%M}</td>"
        f"<td><code>{each.output_sha256.hex()[:16]}…</code></td></tr>\n"
        for each in releases
    ]
    head = [
        *("番号 / No.", "表 / Table", "期間 / Days", "費用 ρ / Cost", "公表 / Released", "SHA-256"),
    ]
    return table("すべての公表 / Every release", head, rows)


def _notice(statement: Statement, language: str) -> str:
    return f"<p>{escape(getattr(NO_RELEASE, language))}</p>\n" if statement.is_planned else ""


def _filled(text: str, statement: Statement) -> str:
    return escape(text.format(week=statement.week.guess_percent, year=statement.year.guess_percent))


def _paragraphs(paragraphs: Sequence[Paragraph], statement: Statement) -> str:
    whole = {
        "week": ceil(statement.week.guess_percent),
        "year": ceil(statement.year.guess_percent),
        "left": statement.left_percent,
    }
    return "".join(
        f"<p>{'<br>'.join(with_readings(each.format_map(whole)) for each in paragraph)}</p>\n"
        for paragraph in paragraphs
    )


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>\n"
