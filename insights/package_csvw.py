"""What a CSV file says, for programs: metadata as CSV on the Web has it (W3C, 2015)."""

from typing import Any, Final

from insights.guarantee import rho_text
from insights.package_columns import OPEN_TABLES, Column, Said, columns_of
from insights.package_words import LICENCE, NOTES, STATUSES, period_title
from insights.released import Released

MEDIA_TYPE: Final = "application/csvm+json"
_STATUS: Final = "|".join(STATUSES)
_TYPES: Final[dict[str, Any]] = {
    "date": {"base": "date", "format": "yyyy-MM-dd"},
    "text": {"base": "string", "minLength": 1},
    "whole": "integer",
    "thousandths": {"base": "decimal", "minimum": "0"},
}
_WITHIN: Final[dict[str, Any]] = {
    "weekday": {"base": "integer", "minimum": "1", "maximum": "7"},
    "hour": {"base": "integer", "minimum": "0", "maximum": "23"},
    "status": {"base": "string", "format": _STATUS},
}


def table_metadata(released: Released, csv_name: str, region_name: str) -> dict[str, Any]:
    """The document; addresses in it are relative to where it lies."""
    table = OPEN_TABLES[released.table]
    columns = columns_of(released.table)
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": csv_name,
        "dc:title": said(period_title(released, region_name)),
        "dc:description": said(table.title),
        "dc:license": {"@id": LICENCE},
        "dc:publisher": region_name,
        "dc:language": ["ja", "en"],
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "notes": [*map(_note, NOTES), _figures(released)],
        "tableSchema": {
            "columns": [_column(column) for column in columns],
            "primaryKey": [column.name for column in columns if column.is_key],
        },
    }


def said(words: Said) -> list[dict[str, str]]:
    """The same words in both languages, as JSON-LD writes them."""
    return [
        {"@value": words.ja, "@language": "ja"},
        {"@value": words.en, "@language": "en"},
    ]


def _column(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": column.name,
        # As a list, since readers find the heading of the file by the first one that is of no
        # language; which is which the labels say.
        "titles": [column.title.ja, column.title.en],
        "rdfs:label": said(column.title),
        "datatype": _WITHIN.get(column.name, _TYPES[column.kind]),
        "required": column.is_needed,
    }
    if column.name == "status":
        told["dc:description"] = [one for words in STATUSES.values() for one in said(words)]
    return told


def _note(words: Said) -> dict[str, Any]:
    return {"rdfs:comment": said(words)}


def _figures(released: Released) -> dict[str, Any]:
    """The parameters of the noise, as schema.org writes a property with its value."""
    told = {
        "release_no": str(released.release_no),
        "release_sha256": released.output_sha256.hex(),
        "plan_sha256": released.plan_digest.hex(),
        "cost_rho": rho_text(released.cost),
        "sigma_yen": str(released.sigma_yen),
        "sigma_payers_milli": str(released.sigma_payers_milli),
        "fewest_payers": str(released.fewest_payers),
    }
    return {
        "schema:additionalProperty": [
            {
                "@type": "schema:PropertyValue",
                "schema:propertyID": name,
                "schema:value": value,
            }
            for name, value in told.items()
        ]
    }
