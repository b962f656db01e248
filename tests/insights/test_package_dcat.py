"""A catalogue keeps to DCAT 3, by shapes of our own, and what it says of its files is so."""

from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
from pyshacl import validate
from rdflib import Graph, Literal, Namespace
from rdflib.namespace import DCTERMS, RDF, XSD
from rdflib.term import BNode, Node

from core.json_text import json_text
from insights.package import Package, make_package
from insights.package_dcat import Where, catalogue
from insights.package_terms import terms_document
from tests.insights.package_builder import MONDAY, issues

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""The libraries use what they call old themselves, to read JSON-LD and to look at shapes."""

SHAPES = Path(__file__).with_name("dcat_shapes.ttl")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
"""Of rdflib's own only the words of DCAT 2."""
SPDX = Namespace("http://spdx.org/rdf/terms#")
DQV = Namespace("http://www.w3.org/ns/dqv#")
HOME = "https://meguri.example/"
REGION = f"{HOME}open-data/setagaya/"
ONE, NEXT, LONG = (
    make_package("setagaya", "世田谷", issues()),
    make_package("setagaya", "世田谷", issues(first_day=MONDAY + timedelta(7), number=4)),
    make_package("setagaya", "世田谷", issues("quarters", number=7)),
)


def read(text: str, address: str) -> Graph:
    """A document as whoever fetched it from there reads it, with the terms that it names."""
    graph = Graph()
    graph.parse(data=text, format="json-ld", base=address)
    terms = f"{HOME}open-data/terms.jsonld"
    graph.parse(data=json_text(terms_document()), format="json-ld", base=terms)
    return graph


def of_region(above: str = "../", elsewhere: tuple[date, ...] = ()) -> Graph:
    listed = [each for package in (ONE, NEXT, LONG) for each in package.listed]
    told = catalogue(
        Where(above, "setagaya", "世田谷"), listed, [("weeks", day) for day in elsewhere]
    )
    return read(json_text(told), f"{REGION}catalog.jsonld")


def of_week(package: Package) -> Graph:
    text = package.files["catalog.jsonld"].content.decode()
    return read(text, f"{REGION}weeks/{MONDAY}/catalog.jsonld")


def faults(graph: Graph) -> str:
    conforms, _, text = validate(graph, shacl_graph=str(SHAPES), advanced=True)
    return "" if conforms else str(text)


def test_the_catalogues_conform():
    assert faults(of_region(elsewhere=(date(2025, 11, 3),))) == ""
    assert faults(of_week(ONE)) == ""
    nothing = catalogue(Where("../", "setagaya", "世田谷"), [])
    assert faults(read(json_text(nothing), f"{REGION}catalog.jsonld")) == ""


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (DCTERMS.license, None),
        (DCTERMS.publisher, None),
        (DCAT.byteSize, Literal("many", datatype=XSD.string)),
        (DCAT.endDate, Literal("2001-01-01", datatype=XSD.date)),
        (SPDX.checksumValue, Literal("00", datatype=XSD.hexBinary)),
        (DCAT.inSeries, None),
        (DQV.isMeasurementOf, None),
    ],
)
def test_what_is_missing_or_wrong_is_found(what: Node, instead: Literal | None):
    graph = of_week(ONE)
    triple = min(graph.triples((None, what, None)))
    graph.remove(triple)
    if instead is not None:
        graph.add((triple[0], what, instead))
    assert faults(graph) != ""


def test_each_file_is_at_its_address_and_is_what_is_said():
    graph = of_region()
    told = 0
    for package, folder in ((ONE, "weeks/2026-11-02/"), (NEXT, "weeks/2026-11-09/"),
                            (LONG, "quarters/2026-11-02/")):  # fmt: skip
        for name, file in package.files.items():
            [*them] = graph.subjects(DCAT.downloadURL, None)
            address = urljoin(REGION, f"{folder}{name}")
            found = [it for it in them if str(graph.value(it, DCAT.downloadURL)) == address]
            if not name.endswith((".csv", ".parquet")):
                assert found == []
                continue
            [it] = found
            told += 1
            assert str(graph.value(it, DCAT.byteSize)) == str(len(file.content))
            checksum = graph.value(it, SPDX.checksum)
            assert str(graph.value(checksum, SPDX.checksumValue)) == file.sha256
            assert str(graph.value(it, DCAT.mediaType)).endswith(f"/{file.media_type}")
    assert told == 14


def test_a_dataset_is_one_thing_in_every_catalogue_and_at_every_address():
    """Seen from the week's folder, from the region's, and named in full."""
    whole = of_region(f"{HOME}open-data/")
    near = of_region()
    assert set(near) - blank(near) == set(whole) - blank(whole)
    week = of_week(ONE)
    datasets = set(week.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) == 3
    assert datasets < set(whole.subjects(RDF.type, DCAT.Dataset))
    for it in datasets:
        assert graph_of(week, it) == graph_of(whole, it)


Triple = tuple[Node, Node, Node]


def blank(graph: Graph) -> set[Triple]:
    return {one for one in graph if any(isinstance(part, BNode) for part in one)}


def graph_of(graph: Graph, it: Node) -> set[Triple]:
    return set(graph.triples((it, None, None))) - blank(graph)


def test_the_privacy_of_a_table_is_told_under_addresses_that_stay():
    graph = of_region()
    it = next(s for s in graph.subjects(RDF.type, DCAT.Dataset) if "area-category" in str(s))
    told = {
        str(graph.value(each, DQV.isMeasurementOf)): str(graph.value(each, DQV.value))
        for each in graph.objects(it, DQV.hasQualityMeasurement)
    }
    terms = f"{HOME}open-data/terms.jsonld#"
    assert told[f"{terms}rho"] == "0.0045"
    assert told.keys() == {f"{terms}{name}" for name in ("rho", "sigma-yen", "sigma-payers",
                                                         "fewest-payers")}  # fmt: skip
