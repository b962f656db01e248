"""The words of our own in the catalogue: measures of privacy and noise, each under an address."""

from typing import Any, Final

from insights.guarantee import rho_text
from insights.package_columns import Said
from insights.package_csvw import said
from insights.released import Released

CONTEXT: Final[dict[str, Any]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
TERMS_FILE: Final = "terms.jsonld"
"""Beside the folders of the regions; a term is a fragment of it, for ever."""

_DECIMAL: Final = "xsd:decimal"
_WHOLE: Final = "xsd:integer"
_TERMS: Final[dict[str, tuple[str, Said, Said]]] = {
    "rho": (
        _DECIMAL,
        Said("プライバシー予算の消費(ρ)", "Cost of the privacy budget (rho)"),
        Said(
            "ゼロ集中差分プライバシーのρ。保護の単位は、週次の表では一人の一週間、13週の表では"
            "一人の13週間です。",
            "rho of zero-concentrated differential privacy. The unit is one person's week in weekly"
            " tables, and one person's thirteen weeks in the table of thirteen weeks.",
        ),
    ),
    "sigma-yen": (
        _WHOLE,
        Said("金額のノイズの標準偏差(円)", "Deviation of the noise in amounts (yen)"),
        Said(
            "公表された金額の一つひとつに加えた離散ガウスノイズの標準偏差。",
            "Of the discrete Gaussian noise in every amount that is told.",
        ),
    ),
    "sigma-payers": (
        _DECIMAL,
        Said("支払者数のノイズの標準偏差(人)", "Deviation of the noise in payers (people)"),
        Said(
            "公表された支払者数の一つひとつに加えた離散ガウスノイズの標準偏差。",
            "Of the discrete Gaussian noise in every number of payers that is told.",
        ),
    ),
    "fewest-payers": (
        _WHOLE,
        Said("公表する最少の支払者数", "Fewest payers that are told"),
        Said(
            "ノイズを加えた支払者数がこれより少ない区分は公表しません。",
            "Cells of fewer payers, by the noisy count, are suppressed.",
        ),
    ),
}


def measurements(released: Released, terms: str) -> list[dict[str, Any]]:
    """What a table says of itself, as W3C's Data Quality Vocabulary writes it."""
    values = {
        "rho": rho_text(released.cost),
        "sigma-yen": str(released.sigma_yen),
        "sigma-payers": f"{released.sigma_payers_milli / 1000:.3f}",
        "fewest-payers": str(released.fewest_payers),
    }
    return [
        {
            "@type": "dqv:QualityMeasurement",
            "dqv:isMeasurementOf": {"@id": f"{terms}#{name}"},
            "dqv:value": {"@type": _TERMS[name][0], "@value": value},
        }
        for name, value in values.items()
    ]


def terms_document() -> dict[str, Any]:
    """The terms themselves."""
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "@id": f"{TERMS_FILE}#{name}",
                "@type": "dqv:Metric",
                "skos:prefLabel": said(label),
                "skos:definition": said(definition),
                "dqv:expectedDataType": {"@id": datatype},
            }
            for name, (datatype, label, definition) in _TERMS.items()
        ],
    }
