"""A package is whole, the same in two runs, and what its tables say: by the libraries of others."""

import csv
import io
import json
import shutil
import subprocess
import sys
import warnings
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from csvw import CSVW
from pyarrow import parquet

from insights.package import SUMS, Package, make_package
from insights.package_columns import OPEN_TABLES, columns_of, rows_of
from insights.package_dcat import Kind
from tests.insights.package_builder import MONDAY, PLAN, issues

ROOT = Path(__file__).parents[2]
KINDS: list[Kind] = ["weeks", "quarters"]
STEM = f"setagaya-{MONDAY}-"


@pytest.fixture(scope="module", params=KINDS)
def package(request: pytest.FixtureRequest) -> Package:
    return make_package("setagaya", "世田谷", issues(request.param))


def slugs(package: Package) -> list[str]:
    return [OPEN_TABLES[each.released.table].slug for each in package.listed]


def rows_in(package: Package, slug: str) -> list[list[str]]:
    text = package.files[f"{STEM}{slug}.csv"].content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_every_file_is_there_and_its_sum_is_right(package: Package, tmp_path: Path):
    names = {f"{STEM}{slug}{end}" for slug in slugs(package)
             for end in (".csv", ".csv-metadata.json", ".parquet")}  # fmt: skip
    assert package.files.keys() == names | {"catalog.jsonld", SUMS}
    for name, file in package.files.items():
        (tmp_path / name).write_bytes(file.content)
        assert file.sha256 == sha256(file.content).hexdigest()
    program = shutil.which("sha256sum")
    if program is not None:
        told = subprocess.run([program, "-c", SUMS], cwd=tmp_path, capture_output=True, check=False)
        assert (told.returncode, len(told.stdout.splitlines())) == (0, len(names) + 1)


TWICE = """
import hashlib, sys
from insights.package import make_package
from tests.insights.package_builder import issues
for kind in ("weeks", "quarters"):
    for name, file in make_package("setagaya", "世田谷", issues(kind)).files.items():
        print(kind, name, hashlib.sha256(file.content).hexdigest())
"""
BYTES = {
    "weeks": "2a86567d70aadcf1dab6500f2ec02906c6a3c426d02bb777d05ec3f78235ec67",
    "quarters": "d05eab42d9cea4573d962f05090bcdcfd2dd98c90b651b7ee61e4fbe925968db",
}
"""SHA-256 of SHA256SUMS: a package that was published stays as it is. Where a newer Arrow writes
other bytes of Parquet, tell it in the changelog; of CSV nothing ever changes."""


def test_two_runs_write_the_same_bytes():
    """In a process of its own, where sets are in another order."""
    told = subprocess.run([sys.executable, "-c", TWICE], cwd=ROOT, capture_output=True, text=True,
                          check=True, env={"PYTHONHASHSEED": "7"})  # fmt: skip
    expected = [
        f"{kind} {name} {file.sha256}"
        for kind in KINDS
        for name, file in make_package("setagaya", "世田谷", issues(kind)).files.items()
    ]
    assert told.stdout.splitlines() == expected


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_published_is_published_as_it_was(kind: Kind):
    assert make_package("setagaya", "世田谷", issues(kind)).files[SUMS].sha256 == BYTES[kind]


def test_the_csv_opens_in_a_spreadsheet(package: Package):
    for slug in slugs(package):
        content = package.files[f"{STEM}{slug}.csv"].content
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n")
        for row in rows_in(package, slug):
            for cell in row:
                assert not cell.startswith(("=", "+", "@")), cell
                assert not cell.startswith("-") or cell.lstrip("-").isdigit(), cell
    if "area-category" in slugs(package):
        head, *rows = rows_in(package, "area-category")
        told = [dict(zip(head, row, strict=True)) for row in rows]
        assert {row["地域名"] for row in told} == {"北部", "'=南部", "その他・不明"}
        assert {row["地域名(英語)"] for row in told} == {"North", "'+South", "Other or unknown"}


def test_what_is_not_told_is_empty_and_why_stands_beside_it(package: Package):
    for slug in slugs(package):
        head, *rows = rows_in(package, slug)
        status = head.index("状態")
        figures = [
            place
            for place, title in enumerate(head)
            if title.startswith(("支払", "チャージ", "還元")) and "標準偏差" not in title
        ]
        kinds = set()
        for row in rows:
            kinds.add(row[status])
            assert all((row[place] == "") == (row[status] != "published") for place in figures)
        merged = set() if slug == "hour-weekday" else {"merged"}
        assert kinds == {"published", "suppressed"} | merged


def test_the_metadata_fits_its_csv_by_the_csvw_library(package: Package, tmp_path: Path):
    for name, file in package.files.items():
        (tmp_path / name).write_bytes(file.content)
    for slug in slugs(package):
        read = validated(tmp_path / f"{STEM}{slug}.csv")
        assert read.is_valid, read.warnings
        [table] = read.tables
        told = list(table.iterdicts())
        issue = next(
            each for each in package.listed if OPEN_TABLES[each.released.table].slug == slug
        )
        columns = columns_of(issue.released.table)
        for row, ours in zip(told, rows_of(issue.released, PLAN), strict=True):
            for column, value in zip(columns, ours, strict=True):
                said = row[column.name]
                if isinstance(value, str):
                    said = said.lstrip("'")
                assert (said.date() if hasattr(said, "date") else said) == value, column.name
        assert table.check_primary_key(told)


def document(package: Package, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.files[f"{STEM}{slug}.csv-metadata.json"].content)
    return found


def test_the_metadata_keeps_to_the_rules_of_the_w3c(package: Package):
    """Tabular Metadata, sections 5 and 6: what the library does not look at."""
    prefixes = ("dc:", "rdfs:", "schema:", "@")
    own = {"url", "dialect", "notes", "tableSchema"}
    for slug in slugs(package):
        told = document(package, slug)
        assert told["@context"] == "http://www.w3.org/ns/csvw"
        assert "/" not in told["url"], "it lies beside"
        assert all(name in own or name.startswith(prefixes) for name in told)
        schema = told["tableSchema"]
        columns = {each["name"]: each for each in schema["columns"]}
        head = rows_in(package, slug)[0]
        assert [each["titles"][0] for each in schema["columns"]] == head
        assert len(set(head)) == len(head)
        assert set(schema["primaryKey"]) <= columns.keys()
        assert all(columns[name]["required"] for name in schema["primaryKey"])
        for each in schema["columns"]:
            labels = {label["@language"]: label["@value"] for label in each["rdfs:label"]}
            assert [labels["ja"], labels["en"]] == each["titles"]
            assert each["name"].isidentifier()
        assert any("0ではありません" in str(note) for note in told["notes"]), "suppression is noted"


def test_a_file_that_breaks_its_metadata_is_found(package: Package, tmp_path: Path):
    """So that the tests above can fail."""
    slug = slugs(package)[0]
    for name, file in package.files.items():
        (tmp_path / name).write_bytes(file.content)
    path = tmp_path / f"{STEM}{slug}.csv"
    text = path.read_bytes().decode("utf-8-sig")
    rows = text.splitlines(keepends=True)
    for before, after in (("published", "secret"), (str(MONDAY), "yesterday")):
        path.write_bytes(text.replace(before, after, 1).encode())
        assert not validated(path).is_valid, after
    path.write_bytes("".join([*rows, rows[-1]]).encode())
    with pytest.raises(ValueError, match="duplicate primary key"):
        validated(path)


def validated(path: Path) -> CSVW:
    """The file with its metadata as the library found it; what it warns of it remembers."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        read = CSVW(str(path), validate=True)
        assert read.is_valid == (not read.warnings)
        return read


def test_parquet_has_the_same_rows_and_says_what_it_is(package: Package):
    for listed in package.listed:
        table = listed.released.table
        file = package.files[f"{STEM}{OPEN_TABLES[table].slug}.parquet"]
        read = parquet.read_table(io.BytesIO(file.content))
        columns = columns_of(table)
        assert read.column_names == [column.name for column in columns]
        assert [tuple(row.values()) for row in read.to_pylist()] == list(
            rows_of(listed.released, PLAN)
        )
        meta = parquet.read_metadata(io.BytesIO(file.content))
        said = {key.decode(): value.decode() for key, value in meta.metadata.items()}
        assert said["license"].startswith("https://creativecommons.org/licenses/by/4.0")
        assert said["release_no"] == str(listed.released.release_no)
        assert meta.created_by.endswith(pa.__version__), "the version is noted"


def test_no_two_packages_have_a_file_of_one_name():
    one = make_package("setagaya", "世田谷", issues()).files
    other = make_package("setagaya", "世田谷", issues(first_day=date(2026, 11, 9))).files
    assert one.keys() & other.keys() == {"catalog.jsonld", SUMS}


def test_the_example_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name, file in make_package("setagaya", "世田谷", issues()).files.items():
        (tmp_path / name).write_bytes(file.content)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "OPEN-DATA.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    exec(compile(code, "OPEN-DATA.md", "exec"), {})  # noqa: S102  the page is ours
    told = capsys.readouterr().out.splitlines()
    assert told == ["north: -10,000 yen, give or take 619,807",
                    "south: 25,000 yen, give or take 438,270",
                    "other: 45,000 yen, give or take 438,270"]  # fmt: skip
