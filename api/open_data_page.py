"""The pages of open data for people: of all regions, of one with its weeks, and of one week."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from api.public_page import framed, table
from insights.package import SUMS, Package, PackageFile
from insights.package_columns import OPEN_TABLES, Said
from insights.package_dcat import CATALOG, Kind
from insights.package_words import LICENCE, LICENCE_NAME, NOTES, STATUSES
from insights.read_spending import Period
from ledger.regions import Region

_KINDS: Final[dict[Kind, Said]] = {
    "weeks": Said("週次", "a week"),
    "quarters": Said("13週", "thirteen weeks"),
}
_FORMATS: Final = {
    ".csv": "CSV",
    ".parquet": "Parquet",
    ".csv-metadata.json": "CSVW",
}
_TO_LANGUAGES: Final = (
    '<nav aria-label="言語 / Language"><ul><li><a href="#ja">日本語</a></li>'
    '<li><a href="#en" lang="en">English</a></li>'
    '<li><a href="#files">ダウンロード / <span lang="en">Downloads</span></a></li></ul></nav>\n'
)


def regions_page(regions: Iterable[Region]) -> bytes:
    """All regions."""
    items = "".join(
        f'<li><a href="open-data/{region.code}">{escape(region.name)}</a></li>'
        for region in regions
    )
    body = (
        "<p>地域通貨の統計を、だれでも使えるファイルで公開しています。人を守るため、値には"
        "ノイズ(ぶれ)を加えています。地域を選んでください。</p>\n"
        '<p lang="en">Statistics of regional currencies, as files for anybody. To protect people,'
        " noise was added to every figure. Choose a region.</p>\n"
        f"<ul>{items}</ul>\n"
    )
    return framed("地域通貨 統計オープンデータ / Open data", body)


def region_page(region: Region, periods: Sequence[Period]) -> bytes:
    """What there is of a region, since when, how to use and to cite it, and its weeks."""
    code, name = region.code, escape(region.name)
    body = (
        f"{_TO_LANGUAGES}"
        f'<section id="ja"><h2>このデータについて</h2>\n'
        f"<p>{name}の地域通貨が、いつ、どの地域で、どの業種に使われたかの統計です。一週間ごとの表"
        "が3つ(地域×業種、地区、地域×年齢層)、13週ごとの表が1つ(曜日×時間帯)あります。</p>\n"
        "<h3>いつ公開されますか</h3>\n<p>週(月曜から日曜まで)が終わった後に、その週の表を公開"
        "します。公開した値は、後から変わりません。</p>\n"
        f"<h3>数字の読み方</h3>\n{_list(note.ja for note in NOTES)}"
        f"<p>「状態」の意味</p>\n{_list(each.ja for each in STATUSES.values())}"
        f'<p>人をどう守っているかは、<a href="../privacy/{code}">プライバシーの説明</a>'
        "に書いてあります。</p>\n"
        f"<h3>利用条件(ライセンス)</h3>\n<p>{_licence(LICENCE_NAME.ja)} です。出典を示せば、"
        "商用を含め、だれでも自由に使えます。</p>\n"
        "<h3>出典の書き方</h3>\n"
        f"<p>例: 「{name} 地域通貨 統計オープンデータ、(対象の週)、CC BY 4.0、"
        "(このページのアドレス)」。加工したときは、加工したことも書いてください。</p>\n"
        "<h3>プログラムから使う</h3>\n"
        f'<p><a href="{code}/{CATALOG}">カタログ(DCAT 3、JSON-LD)</a>に、すべての表と'
        "ファイルの大きさ、チェックサムがあります。CSVは表計算ソフトでそのまま開けます(UTF-8、"
        "BOM付き)。Parquetには同じ行が短い列名で入っています。</p></section>\n"
        f'<section id="files"><h2>ダウンロード / <span lang="en">Downloads</span></h2>\n'
        f"{_periods(code, periods)}</section>\n"
        f'<section id="en" lang="en"><h2>About these data</h2>\n'
        f"<p>When, in which areas and in which trades the regional currency of {name} was used."
        " Three tables a week (area by category, district, area by age band), and one for every"
        " thirteen weeks (weekday by hour).</p>\n"
        "<h3>When they come</h3>\n<p>The tables of a week (Monday to Sunday) come after it is over."
        " What was told never changes.</p>\n"
        f"<h3>How to read the figures</h3>\n{_list(note.en for note in NOTES)}"
        f"<p>What a status means</p>\n{_list(each.en for each in STATUSES.values())}"
        f'<p>How people are protected is said on <a href="../privacy/{code}#en">the page about'
        " privacy</a>.</p>\n"
        f"<h3>Licence</h3>\n<p>{_licence(LICENCE_NAME.en)}. Anybody may use them, also to earn"
        " money, who names the source.</p>\n"
        f"<h3>How to cite</h3>\n<p>“{name}, open statistics of the regional currency, (the week),"
        " CC BY 4.0, (the address of this page)”. Say so if you changed them.</p>\n"
        "<h3>For programs</h3>\n"
        f'<p><a href="{code}/{CATALOG}">The catalogue (DCAT 3, JSON-LD)</a> has every table with'
        " the size and the checksum of each file. Spreadsheets open the CSV as it is (UTF-8 with a"
        " byte order mark); Parquet has the same rows under short names of columns.</p></section>\n"
    )
    return framed(f"{region.name} 地域通貨 統計オープンデータ", body)


def period_page(region: Region, period: Period, package: Package, tables: str) -> bytes:
    """The tables of a week, and its files."""
    days = f"{period.first_day}〜{period.last_day}"
    ja, en = _KINDS[period.kind].ja, _KINDS[period.kind].en
    rows = [_file_row(str(period.first_day), name, file) for name, file in package.files.items()]
    files = table(
        "ファイル / Files", ["名前 / Name", "形式 / Format", "バイト / Bytes", "SHA-256"], rows
    )
    body = (
        f'<p><a href="../../{region.code}">{escape(region.name)}の一覧に戻る / '
        '<span lang="en">All weeks</span></a></p>\n'
        f"<p>{ja}の表です。{escape(NOTES[0].ja)}</p>\n"
        f'<p lang="en">The tables of {en}. {escape(NOTES[0].en)}</p>\n'
        f'<section id="files"><h2>ダウンロード / <span lang="en">Downloads</span></h2>\n'
        f"{files}<p>{_licence(LICENCE_NAME.ja)}</p></section>\n{tables}"
    )
    return framed(f"{region.name} 統計オープンデータ {days}", body)


def _periods(code: str, periods: Sequence[Period]) -> str:
    if not periods:
        return (
            "<p>公開された週は、まだありません。</p>\n"
            '<p lang="en">No week has been released yet.</p>\n'
        )
    rows = [
        f'<tr><th scope="row"><a href="{code}/{each.kind}/{each.first_day}">{each.first_day} 〜 '
        f"{each.last_day}</a></th><td>{_KINDS[each.kind].ja} / "
        f'<span lang="en">{_KINDS[each.kind].en}</span></td>'
        f"<td>{_links(code, each)}</td></tr>\n"
        for each in periods
    ]
    return table(
        "公開された表 / Released tables", ["期間 / Days", "種類 / Kind", "ファイル / Files"], rows
    )


def _links(code: str, period: Period) -> str:
    folder = f"{code}/{period.kind}/{period.first_day}"
    wanted = [
        of for name, of in OPEN_TABLES.items()
        if (name == "hour_weekday") == (period.kind == "quarters")
    ]  # fmt: skip
    return "、".join(
        f'<a href="{folder}/{code}-{period.first_day}-{of.slug}.csv">'
        f"{escape(of.title.ja.partition('(')[0])}(CSV)</a>"
        for of in wanted
    )


def _file_row(folder: str, name: str, file: PackageFile) -> str:
    form = next((said for end, said in _FORMATS.items() if name.endswith(end)), "")
    form = {CATALOG: "DCAT 3", SUMS: "SHA-256"}.get(name, form)
    return (
        f'<tr><th scope="row"><a href="{folder}/{escape(name)}">{escape(name)}</a></th>'
        f'<td>{form}</td><td class="n">{len(file.content):,}</td>'
        f"<td><code>{file.sha256}</code></td></tr>\n"
    )


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>\n"


def _licence(name: str) -> str:
    return f'<a rel="license" href="{LICENCE}">{escape(name)}</a>'
