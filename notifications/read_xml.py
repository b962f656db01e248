"""Read XML of others: in UTF-8, bounded, and without all that XML can do beside being text."""

from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DTDForbidden
from defusedxml.ElementTree import XMLParser

from core.errors import Problem, problem

XML_WRONG: Final = problem("xml-wrong", 422, "This is no well-formed XML in UTF-8.")
XML_HAS_DOCTYPE: Final = problem(
    "xml-has-doctype", 422, "XML with a document type, or with entities of its own, is not read."
)
XML_TOO_LARGE: Final = problem("xml-too-large", 422, "The XML has too many elements, or too deep.")

MOST_BYTES: Final = 131_072
"""A constraint says so too."""
MOST_DEEP: Final = 12
MOST_ELEMENTS: Final = 3_000


class _Bounded(TreeBuilder):
    """Counts while it is read, so that nothing large is ever built."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = self.deep = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self.elements += 1
        self.deep += 1
        if self.elements > MOST_ELEMENTS or self.deep > MOST_DEEP:
            raise Problem(XML_TOO_LARGE, most_elements=MOST_ELEMENTS, most_deep=MOST_DEEP)
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self.deep -= 1
        return super().end(tag)


def read_xml(content: bytes) -> Element:
    """Its root, with comments left out of texts and CDATA in them.

    At most MOST_BYTES come in. Refuses xml-wrong, xml-has-doctype, xml-too-large.
    """
    assert len(content) <= MOST_BYTES, "bodies are bounded where they come in"
    parser = XMLParser(target=_Bounded(), encoding="utf-8", forbid_dtd=True)
    parser.parser.XmlDeclHandler = _refuse_others
    try:
        content.decode()  # the parser is told the encoding, and would take halves of characters
        parser.feed(content)
        root: Element = parser.close()
    except DTDForbidden as error:
        raise Problem(XML_HAS_DOCTYPE) from error
    except (ParseError, UnicodeDecodeError) as error:
        raise Problem(XML_WRONG) from error
    return root


def _refuse_others(version: str, encoding: str | None, _standalone: int) -> None:
    """What says that it is in another encoding would read otherwise to somebody else."""
    if version != "1.0" or (encoding is not None and encoding.upper() != "UTF-8"):
        raise Problem(XML_WRONG)
