"""The catalogue of what is open: DCAT 3 (W3C, 2024) as JSON-LD, for programs that collect such."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from insights.package_columns import OPEN_TABLES, Said
from insights.package_csvw import said
from insights.package_terms import CONTEXT, TERMS_FILE, measurements
from insights.package_words import LICENCE, NOTES, period_title
from insights.released import Released, TableName

Kind = Literal["weeks", "quarters"]
CATALOG: Final = "catalog.jsonld"
MEDIA_TYPE: Final = "application/ld+json"
_IANA: Final = "https://www.iana.org/assignments/media-types/"
_EUROPA: Final = "http://publications.europa.eu/resource/authority/"
_DCAT_3: Final = "https://www.w3.org/TR/vocab-dcat-3/"
_KEYWORDS: Final = (
    Said("地域通貨", "regional currency"),
    Said("消費", "consumer spending"),
    Said("差分プライバシー", "differential privacy"),
)


@dataclass(frozen=True, slots=True)
class Where:
    """How a document names what lies elsewhere, and whose statistics they are."""

    above: str
    """The folder of all regions, in full or seen from the document, with a slash at its end."""
    region_code: str
    region_name: str

    @property
    def root(self) -> str:
        """The folder of the region."""
        return f"{self.above}{self.region_code}/"

    @property
    def home(self) -> str:
        """The page of the region for people."""
        return f"{self.above}{self.region_code}"

    @property
    def catalog(self) -> str:
        """The region's catalogue."""
        return f"{self.root}{CATALOG}"

    @property
    def terms(self) -> str:
        """Where our own words are explained."""
        return f"{self.above}{TERMS_FILE}"

    def period(self, kind: Kind, first_day: date) -> str:
        """The page, and the folder, of a period."""
        return f"{self.root}{kind}/{first_day}"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a catalogue says of a file."""

    name: str
    media_type: str
    size: int
    sha256: str
    conforms_to: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A released table, when it was, and its files."""

    released: Released
    released_at: datetime
    files: tuple[FileFacts, ...]


def kind_of(table: TableName) -> Kind:
    """In which folder a table lies."""
    return "quarters" if table == "hour_weekday" else "weeks"


def catalogue(
    where: Where, listed: Sequence[Listed], elsewhere: Iterable[tuple[Kind, date]] = ()
) -> dict[str, Any]:
    """A catalogue of these tables; periods that stand `elsewhere` are named by their own."""
    title = Said(
        f"{where.region_name} 地域通貨 統計オープンデータ",
        f"{where.region_name}: open statistics of the regional currency",
    )
    told: dict[str, Any] = {
        "@id": f"{where.catalog}#catalog",
        "@type": "dcat:Catalog",
        "dct:title": said(title),
        "dct:description": said(NOTES[0]),
        **_common(where),
        "dct:conformsTo": {"@id": _DCAT_3},
        "foaf:homepage": {"@id": where.home},
        "dcat:dataset": [
            *({"@id": _series_id(where, table)} for table in OPEN_TABLES),
            *({"@id": _dataset_id(where, each.released)} for each in listed),
        ],
        "dcat:catalog": [
            {
                "@id": f"{where.period(kind, day)}/{CATALOG}#catalog",
                "@type": "dcat:Catalog",
                "dct:title": said(Said(f"{title.ja} {day}", f"{title.en}, {day}")),
                "dct:description": said(NOTES[0]),
                "dct:publisher": _publisher(where),
            }
            for kind, day in elsewhere
        ],
    }
    if listed:
        told["dct:modified"] = _instant(max(each.released_at for each in listed))
    graph = [told, *(_series(where, table, listed) for table in OPEN_TABLES)]
    graph += [_dataset(where, each) for each in listed]
    return {"@context": CONTEXT, "@graph": [_filled(node) for node in graph]}


def _common(where: Where) -> dict[str, Any]:
    return {
        "dct:publisher": _publisher(where),
        "dct:license": {"@id": LICENCE},
        "dct:language": [
            {"@id": f"{_EUROPA}language/JPN"},
            {"@id": f"{_EUROPA}language/ENG"},
        ],
        "dct:spatial": {
            "@id": f"{where.catalog}#place",
            "@type": "dct:Location",
            "skos:prefLabel": {"@value": where.region_name, "@language": "ja"},
        },
    }


def _publisher(where: Where) -> dict[str, Any]:
    return {
        "@id": f"{where.catalog}#publisher",
        "@type": "foaf:Agent",
        "foaf:name": {"@value": where.region_name, "@language": "ja"},
    }


def _series(where: Where, table: TableName, listed: Sequence[Listed]) -> dict[str, Any]:
    title = OPEN_TABLES[table].title
    of = sorted(
        (each.released for each in listed if each.released.table == table),
        key=lambda each: each.first_day,
    )
    often = "WEEKLY" if kind_of(table) == "weeks" else "QUARTERLY"
    told: dict[str, Any] = {
        "@id": _series_id(where, table),
        "@type": "dcat:DatasetSeries",
        "dct:title": said(title),
        "dct:description": said(NOTES[0]),
        **_common(where),
        "dct:accrualPeriodicity": {"@id": f"{_EUROPA}frequency/{often}"},
    }
    if of:
        told["dcat:last"] = {"@id": _dataset_id(where, of[-1])}
        told["dct:temporal"] = _days(of[0].first_day, of[-1].last_day)
    return told


def _dataset(where: Where, listed: Listed) -> dict[str, Any]:
    released = listed.released
    it = _dataset_id(where, released)
    title = period_title(released, where.region_name)
    return {
        "@id": it,
        "@type": "dcat:Dataset",
        "dct:identifier": f"{where.region_code}/{it.rpartition('/')[2]}",
        "dct:title": said(title),
        "dct:description": [one for words in NOTES for one in said(words)],
        **_common(where),
        "dct:accessRights": {"@id": f"{_EUROPA}access-right/PUBLIC"},
        "dct:issued": _instant(listed.released_at),
        "dct:temporal": _days(released.first_day, released.last_day),
        "dcat:keyword": [one for words in _KEYWORDS for one in said(words)],
        "dcat:landingPage": {"@id": where.period(kind_of(released.table), released.first_day)},
        "dcat:inSeries": {"@id": _series_id(where, released.table)},
        "dcat:version": str(released.release_no),
        "dpv:hasTechnicalMeasure": {"@id": "dpv:DifferentialPrivacy"},
        "dqv:hasQualityMeasurement": measurements(released, where.terms),
        "dcat:distribution": [_distribution(where, listed, file) for file in listed.files],
    }


def _distribution(where: Where, listed: Listed, file: FileFacts) -> dict[str, Any]:
    released = listed.released
    folder = where.period(kind_of(released.table), released.first_day)
    told: dict[str, Any] = {
        "@id": f"{folder}/{file.name}#distribution",
        "@type": "dcat:Distribution",
        "dct:title": file.name,
        "dct:license": {"@id": LICENCE},
        "dct:issued": _instant(listed.released_at),
        "dcat:accessURL": {"@id": folder},
        "dcat:downloadURL": {"@id": f"{folder}/{file.name}"},
        "dcat:mediaType": {"@id": f"{_IANA}{file.media_type}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
    }
    if file.conforms_to is not None:
        told["dct:conformsTo"] = {"@id": file.conforms_to}
    return told


def _series_id(where: Where, table: TableName) -> str:
    return f"{where.catalog}#{OPEN_TABLES[table].slug}"


def _dataset_id(where: Where, released: Released) -> str:
    folder = where.period(kind_of(released.table), released.first_day)
    return f"{folder}#{OPEN_TABLES[released.table].slug}"


def _days(first: date, last: date) -> dict[str, Any]:
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": {"@type": "xsd:date", "@value": first.isoformat()},
        "dcat:endDate": {"@type": "xsd:date", "@value": last.isoformat()},
    }


def _instant(at: datetime) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": at.isoformat(timespec="seconds")}


def _filled(node: dict[str, Any]) -> dict[str, Any]:
    """Without what would be an empty list: JSON-LD has no such."""
    return {name: value for name, value in node.items() if value != []}
