"""Messages that are no CAP 1.2, by what they try, and such as are it in an unusual dress."""

from datetime import UTC, datetime
from typing import Final

from tests.notifications.upstream_builder import cap_xml, info_of, instant, naming

NOW: Final = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
PLAIN: Final = cap_xml(NOW)
FIRST: Final = naming(PLAIN)
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
DSIG: Final = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><X a="1"/></Signature>'
LAUGHS: Final = (
    '<!DOCTYPE alert [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) * (n > 1) + ";"}">' for n in range(1, 9))
    + "]>"
)


def swapped(*changes: tuple[str, str]) -> bytes:
    """The plain one with these texts replaced, each once."""
    told = PLAIN.decode()
    for right, other in changes:
        assert right in told, right
        told = told.replace(right, other, 1)
    return told.encode()


def among(more: str) -> bytes:
    """The plain one with this before its first `<info>`."""
    return swapped(("<info>", f"{more}<info>"))


def in_place_of_headline(more: str) -> bytes:
    return swapped(("<headline>大雨警報</headline>", f"<headline>{more}</headline>"))


HOSTILE: Final[dict[str, tuple[bytes, str]]] = {
    "nothing": (b"", "xml-wrong"),
    "JSON": (b'{"alert": 1}', "xml-wrong"),
    "half of it": (PLAIN[:-20], "xml-wrong"),
    "more behind it": (PLAIN + b"<alert/>", "xml-wrong"),
    "a billion laughs": (
        swapped(("<alert", LAUGHS + "<alert"), ("大雨", "&a8;")), "xml-has-doctype",
    ),
    "a document type alone": (swapped(("<alert", "<!DOCTYPE alert><alert")), "xml-has-doctype"),
    "an external entity": (
        swapped(("<alert", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert'),
                ("大雨", "&x;")),
        "xml-has-doctype",
    ),
    "an external document type": (
        swapped(("<alert", '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><alert')),
        "xml-has-doctype",
    ),
    "a parameter entity": (
        swapped(("<alert", '<!DOCTYPE a [<!ENTITY % x "y"> %x;]><alert')), "xml-has-doctype",
    ),
    "an entity of nobody": (in_place_of_headline("&nobody;"), "xml-wrong"),
    "NUL": (in_place_of_headline("a\0b"), "xml-wrong"),
    "NUL as a reference": (in_place_of_headline("&#0;"), "xml-wrong"),
    "a control character": (in_place_of_headline("&#27;"), "xml-wrong"),
    "half a surrogate pair": (in_place_of_headline("&#xD800;"), "xml-wrong"),
    "another encoding": (swapped(("UTF-8", "Shift_JIS")), "xml-wrong"),
    "another encoding in truth": (PLAIN.decode().encode("shift_jis"), "xml-wrong"),
    "UTF-16 with a mark": (PLAIN.decode().encode("utf-16"), "xml-wrong"),
    "UTF-16 without": (PLAIN.decode().encode("utf-16-le"), "xml-wrong"),
    "UTF-7 that says so": (swapped(("UTF-8", "UTF-7")), "xml-wrong"),
    "two encodings": (PLAIN.replace("大".encode(), "大".encode("cp932"), 1), "xml-wrong"),
    "XML 1.1": (swapped(('version="1.0"', 'version="1.1"')), "xml-wrong"),
    "10,000 infos": (among("<info/>" * 10_000), "xml-too-large"),
    "10,000 parameters": (among("<code>x</code>" * 5_000), "xml-too-large"),
    "1,000 deep": (among("<a>" * 1_000 + "</a>" * 1_000), "xml-too-large"),
    "a huge attribute": (among(f'<note a="{"x" * 90_000}">x</note>'), "cap-element-misplaced"),
    "10,000 attributes": (
        among("<note " + " ".join(f'a{n}=""' for n in range(10_000)) + ">x</note>"),
        "cap-element-misplaced",
    ),
    "an attribute twice": (among('<note a="1" a="2">x</note>'), "xml-wrong"),
    "an attribute": (swapped(("<status>", '<status lang="en">')), "cap-element-misplaced"),
    "nil": (
        swapped(("<status>", f'<status xmlns:i="{XSI}" i:nil="true">')),
        "cap-element-misplaced",
    ),
    "another root": (b"<alert/>", "cap-unknown"),
    "CAP 1.1": (swapped((":cap:1.2", ":cap:1.1")), "cap-unknown"),
    "a namespace in other letters": (swapped(("urn:oasis", "URN:oasis")), "cap-unknown"),
    "a root of CAP in something else": (
        b'<x xmlns="u"><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/></x>', "cap-unknown",
    ),
    "a child without a namespace": (
        swapped(("<status>", '<status xmlns="">')), "cap-element-missing",
    ),
    "a child of another namespace": (
        swapped(("<status>", '<status xmlns="u">')), "cap-element-missing",
    ),
    "a second status of another namespace": (
        swapped(("<scope>", '<status xmlns="u">Exercise</status><scope>')), "cap-element-missing",
    ),
    "a prefix of nobody": (among("<x:note>x</x:note>"), "xml-wrong"),
    "an unknown element": (among("<more>x</more>"), "cap-element-misplaced"),
    "a signature in the middle": (among(DSIG), "cap-element-misplaced"),
    "XInclude": (
        in_place_of_headline(
            '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
        ),
        "cap-element-misplaced",
    ),
    "an element in a text": (in_place_of_headline("a<b/>c"), "cap-element-misplaced"),
    "text between": (among("hello"), "cap-element-misplaced"),
    "a status twice": (swapped(("<scope>", "<status>Test</status><scope>")), "cap-element-missing"),
    "two statuses": (
        swapped(("<msgType>", "<status>Test</status><msgType>")), "cap-element-misplaced",
    ),
    "a wrong order": (
        swapped(("<urgency>Immediate</urgency>", ""),
                ("</severity>", "</severity><urgency>Immediate</urgency>")),
        "cap-element-missing",
    ),
    "no sender": (cap_xml(NOW, sender=""), "cap-element-missing"),
    "no urgency": (cap_xml(NOW, info_of(NOW, urgency="")), "cap-element-missing"),
    "an empty status": (swapped(("Actual", "")), "cap-element-missing"),
    "a blank event": (swapped(("<event>大雨警報", "<event> \n")), "cap-element-missing"),
    "an empty expires": (cap_xml(NOW, info_of(NOW, expires=" ")), "cap-element-missing"),
    "a status of nobody": (cap_xml(NOW, status="Real"), "cap-value-wrong"),
    "a status in small letters": (cap_xml(NOW, status="actual"), "cap-value-wrong"),
    "a status with blanks": (cap_xml(NOW, status=" Actual "), "cap-value-wrong"),
    "a category of nobody": (cap_xml(NOW, info_of(NOW, category="Weather")), "cap-value-wrong"),
    "a severity of nobody": (cap_xml(NOW, info_of(NOW, severity="Bad")), "cap-value-wrong"),
    "a language of nobody": (cap_xml(NOW, info_of(NOW, "日本語")), "cap-value-wrong"),
    "sent without a zone": (cap_xml(NOW, sent="2026-11-20T21:34:56"), "cap-instant-wrong"),
    "sent with Z": (cap_xml(NOW, sent="2026-11-20T12:34:56Z"), "cap-instant-wrong"),
    "sent with a fraction": (
        cap_xml(NOW, sent="2026-11-20T21:34:56.5+09:00"), "cap-instant-wrong",
    ),
    "sent on no day": (cap_xml(NOW, sent="2026-02-30T21:34:56+09:00"), "cap-instant-wrong"),
    "sent in no year": (cap_xml(NOW, sent="9999-12-31T23:59:59-12:00"), "cap-instant-wrong"),
    "sent in digits of others": (
        cap_xml(NOW, sent="２０２６-11-20T21:34:56+09:00"), "cap-instant-wrong",
    ),
    "an end without a zone": (
        cap_xml(NOW, info_of(NOW, expires="2026-11-21T00:00:00")), "cap-instant-wrong",
    ),
    "a comma in the identifier": (cap_xml(NOW, identifier="a,b"), "cap-identifier-wrong"),
    "a blank in the identifier": (cap_xml(NOW, identifier="a b"), "cap-identifier-wrong"),
    "a line in the identifier": (cap_xml(NOW, identifier="\na"), "cap-identifier-wrong"),
    "< in the identifier": (cap_xml(NOW, identifier="a<b"), "cap-identifier-wrong"),
    "& in the sender": (cap_xml(NOW, sender="a&b"), "cap-identifier-wrong"),
    "text turned round in it": (cap_xml(NOW, identifier="a\u202eb"), "cap-identifier-wrong"),
    "a long identifier": (cap_xml(NOW, identifier="a" * 201), "cap-identifier-wrong"),
    "an update of nothing": (cap_xml(NOW, msgType="Update"), "cap-element-missing"),
    "a reference in two parts": (
        cap_xml(NOW, msgType="Update", references="a,b"), "cap-identifier-wrong",
    ),
    "a reference without a zone": (
        cap_xml(NOW, msgType="Update", references="a,b,2026-11-20T21:34:56"),
        "cap-identifier-wrong",
    ),
}  # fmt: skip

TAKEN: Final[dict[str, tuple[bytes, str]]] = {
    "as it is": (PLAIN, "大雨警報"),
    "with a mark of its bytes": (b"\xef\xbb\xbf" + PLAIN, "大雨警報"),
    "without a declaration": (PLAIN.partition(b"\n")[2], "大雨警報"),
    "in small letters": (swapped(("UTF-8", "utf-8")), "大雨警報"),
    "with a comment in a text": (in_place_of_headline("大雨<!-- no -->警報"), "大雨警報"),
    "with a comment that looks like an end": (
        in_place_of_headline("大雨<!-- </headline> -->警報"), "大雨警報",
    ),
    "with CDATA": (in_place_of_headline("<![CDATA[大雨 <1> & 警報]]>"), "大雨 <1> & 警報"),
    "with CDATA in the middle": (in_place_of_headline("大<![CDATA[雨]]>警報"), "大雨警報"),
    "with references of characters": (in_place_of_headline("&#x5927;&#38632;警報"), "大雨警報"),
    "set out on lines": (in_place_of_headline("\r\n\t大雨警報\r\n"), "大雨警報"),
    "set out in itself": (swapped(("<info>", "\n\t<info>\r\n ")), "大雨警報"),
    "with a style sheet": (swapped(("<alert", '<?xml-stylesheet href="x"?><alert')), "大雨警報"),
    "with an instruction in a text": (in_place_of_headline("大雨<?x y?>警報"), "大雨警報"),
    "with another prefix": (
        PLAIN.replace(b"<", b"<c:").replace(b"<c:/", b"</c:").replace(b"<c:?", b"<?")
        .replace(b"xmlns=", b"xmlns:c="),
        "大雨警報",
    ),
    "with a namespace said again": (
        swapped(("<headline>", '<headline xmlns="urn:oasis:names:tc:emergency:cap:1.2">')),
        "大雨警報",
    ),
    "with where its schema is": (
        swapped(('cap:1.2"', f'cap:1.2" xmlns:i="{XSI}" i:schemaLocation="urn:x http://x/"')),
        "大雨警報",
    ),
    "with a signature that is not looked at": (
        swapped(("</alert>", f"{DSIG}</alert>")), "大雨警報",
    ),
    "with all that may be there": (
        cap_xml(NOW, info_of(NOW, eventCode="x=1", effective=instant(NOW), onset=instant(NOW),
                             instruction="高い所へ。", more="<web>https://example.jp/</web>"
                             "<contact>03-5432-1111</contact>"), references=FIRST),
        "大雨警報",
    ),
}  # fmt: skip
"""Each with its headline."""
