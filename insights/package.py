"""The package of a week, or of thirteen: its tables as files for anybody, with their checksums.

Pure: the same releases and the same plan are the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from core.json_text import json_bytes
from insights import package_csvw, package_dcat
from insights.guarantee import rho_text
from insights.mechanism import WEEKLY
from insights.package_columns import OPEN_TABLES
from insights.package_csv import table_csv
from insights.package_dcat import CATALOG, FileFacts, Kind, Listed, Where, catalogue, kind_of
from insights.package_parquet import table_parquet
from insights.package_words import LICENCE, period_title
from insights.plan import StatisticsPlan
from insights.released import Released, TableName

SUMS: Final = "SHA256SUMS"
_CSV: Final = "text/csv"
_PARQUET: Final = "application/vnd.apache.parquet"
_TABULAR: Final = "https://www.w3.org/TR/tabular-metadata/"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file as it is sent, and whether its bytes are the same for ever."""

    content: bytes
    media_type: str
    sha256: str
    is_final: bool
    """False where they hang on the version of the library that wrote them, or on such files."""
    described_by: str | None = None
    """The file of the same folder that says what stands in it."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A released table, when it was released, and the plan whose lists it goes by."""

    released: Released
    released_at: datetime
    plan: StatisticsPlan


@dataclass(frozen=True, slots=True)
class Package:
    """All files of a period, by name."""

    files: Mapping[str, PackageFile]
    listed: tuple[Listed, ...]
    """Its tables as the region's catalogue has them."""


def tables_of(kind: Kind) -> tuple[TableName, ...]:
    """Which tables a package has: it is whole with all of them, and not there before."""
    return WEEKLY if kind == "weeks" else ("hour_weekday",)


def make_package(region_code: str, region_name: str, issues: Sequence[Issue]) -> Package:
    """The package of one period. Its issues are whole: one of each table."""
    kind = kind_of(issues[0].released.table)
    assert tuple(each.released.table for each in issues) == tables_of(kind), "a whole period"
    files: dict[str, PackageFile] = {}
    listed = []
    for issue in issues:
        made = _table_files(region_code, region_name, issue)
        files |= made
        listed.append(Listed(issue.released, issue.released_at, _facts(made)))
    where = Where("../../../", region_code, region_name)
    files[CATALOG] = _file(
        json_bytes(catalogue(where, listed)), package_dcat.MEDIA_TYPE, is_final=False
    )
    sums = "".join(f"{file.sha256}  {name}\n" for name, file in sorted(files.items()))
    files[SUMS] = _file(sums.encode(), "text/plain", is_final=False)
    return Package(files, tuple(listed))


def _table_files(region_code: str, region_name: str, issue: Issue) -> dict[str, PackageFile]:
    released = issue.released
    name = _stem(region_code, released.first_day) + OPEN_TABLES[released.table].slug
    about = f"{name}.csv-metadata.json"
    metadata = package_csvw.table_metadata(released, f"{name}.csv", region_name)
    title = period_title(released, region_name)
    told = {
        "title": title.ja,
        "title_en": title.en,
        "license": LICENCE,
        "release_no": str(released.release_no),
        "release_sha256": released.output_sha256.hex(),
        "cost_rho": rho_text(released.cost),
    }
    parquet = table_parquet(released, issue.plan, told)
    return {
        f"{name}.csv": _file(table_csv(released, issue.plan), _CSV, described_by=about),
        about: _file(json_bytes(metadata), package_csvw.MEDIA_TYPE),
        f"{name}.parquet": _file(parquet, _PARQUET, is_final=False),
    }


def _facts(files: Mapping[str, PackageFile]) -> tuple[FileFacts, ...]:
    """Of the table's own forms: its description is none."""
    return tuple(
        FileFacts(
            name,
            file.media_type,
            len(file.content),
            file.sha256,
            _TABULAR if file.described_by else None,
        )
        for name, file in files.items()
        if file.media_type in {_CSV, _PARQUET}
    )


def _stem(region_code: str, first_day: date) -> str:
    return f"{region_code}-{first_day}-"


def _file(
    content: bytes, media_type: str, *, is_final: bool = True, described_by: str | None = None
) -> PackageFile:
    return PackageFile(content, media_type, sha256(content).hexdigest(), is_final, described_by)
