"""What CAP 1.2 lets stand where, and refuse an alert in which something else does.

From the standard (OASIS, 1 July 2010), section 3.2 and its schema, whose types are sequences.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from core.errors import Problem, problem
from core.legible import is_legible_text
from notifications.cap import CAP

CAP_UNKNOWN: Final = problem("cap-unknown", 422, "This is no alert of CAP 1.2.")
CAP_ELEMENT_MISSING: Final = problem(
    "cap-element-missing", 422, "An element that CAP asks for is not there, or is empty."
)
CAP_ELEMENT_MISPLACED: Final = problem(
    "cap-element-misplaced", 422, "CAP lets nothing such stand at this place, or not so often."
)
CAP_VALUE_WRONG: Final = problem(
    "cap-value-wrong", 422, "CAP lets no such value stand in this element."
)
CAP_INSTANT_WRONG: Final = problem(
    "cap-instant-wrong", 422, "An instant of CAP has whole seconds and an offset in digits."
)
CAP_IDENTIFIER_WRONG: Final = problem(
    "cap-identifier-wrong", 422, "A name in CAP has no spaces, commas, < and &, and 200 characters."
)

_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
"""May stand at the end; whoever cannot verify it must take the alert all the same (3.3.4.1)."""
_SCHEMA_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_ORDER: Final[Mapping[str, str]] = {
    "alert": (
        "identifier sender sent status msgType source? scope restriction? addresses? code* note? "
        "references? incidents? info*"
    ),
    "alert/info": (
        "language? category+ event responseType* urgency severity certainty audience? eventCode* "
        "effective? onset? expires? senderName? headline? description? instruction? web? contact? "
        "parameter* resource* area*"
    ),
    "alert/info/eventCode": "valueName value",
    "alert/info/parameter": "valueName value",
    "alert/info/resource": "resourceDesc mimeType size? uri? derefUri? digest?",
    "alert/info/area": "areaDesc polygon* circle* geocode* altitude? ceiling?",
    "alert/info/area/geocode": "valueName value",
}
"""As in a pattern: `?` may lack, `*` may be there more than once, `+` both but not lack."""
_WORDS: Final[Mapping[str, str]] = {
    "alert/status": "Actual Exercise System Test Draft",
    "alert/msgType": "Alert Update Cancel Ack Error",
    "alert/scope": "Public Restricted Private",
    "alert/info/category": (
        "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other"
    ),
    "alert/info/responseType": (
        "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None"
    ),
    "alert/info/urgency": "Immediate Expected Future Past Unknown",
    "alert/info/severity": "Extreme Severe Moderate Minor Unknown",
    "alert/info/certainty": "Observed Likely Possible Unlikely Unknown",
}
_INSTANTS: Final = frozenset(
    {"alert/sent", "alert/info/effective", "alert/info/onset", "alert/info/expires"}
)
_INSTANT: Final = re.compile(
    r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[-+][0-9]{2}:[0-9]{2}"
)
"""Of years that a calendar can go on from."""
_NAMES: Final = frozenset({"alert/identifier", "alert/sender"})
_NAME: Final = re.compile(r"[^\s,<&]{1,200}")
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*")


def check_cap(root: Element) -> None:
    """Refuses cap-unknown, and cap-… with the `element` at which it is no alert of CAP 1.2."""
    if root.tag != f"{{{CAP}}}alert":
        raise Problem(CAP_UNKNOWN)
    _check(root, "alert")


def is_instant(told: str) -> bool:
    """Whether it is written as CAP wants it; such a day may still be in no calendar."""
    return _INSTANT.fullmatch(told) is not None


def is_name(told: str) -> bool:
    """Whether it may name an alert or a sender."""
    return _NAME.fullmatch(told) is not None and is_legible_text(told)


def _check(element: Element, place: str) -> None:
    allowed = {_SCHEMA_LOCATION} if place == "alert" else set()
    if not element.attrib.keys() <= allowed:
        raise Problem(CAP_ELEMENT_MISPLACED, element=place)
    if place in _ORDER:
        _check_order(element, place)
        return
    if len(element):
        raise Problem(CAP_ELEMENT_MISPLACED, element=place)
    _check_value(element.text or "", place)


def _check_order(element: Element, place: str) -> None:
    beside = [element.text, *(child.tail for child in element)]
    children = list(element)
    if place == "alert" and children and children[-1].tag == _SIGNATURE:
        children.pop()
    names = [str(child.tag) for child in children]
    if any(each and not each.isspace() for each in beside):
        raise Problem(CAP_ELEMENT_MISPLACED, element=place)
    at = 0
    for rule in _ORDER[place].split():
        name, many = rule.rstrip("?*+"), 0
        while at < len(names) and names[at] == f"{{{CAP}}}{name}":
            _check(children[at], f"{place}/{name}")
            at, many = at + 1, many + 1
        if not many and rule[-1] not in "?*":
            raise Problem(CAP_ELEMENT_MISSING, element=f"{place}/{name}")
        if many > 1 and rule[-1] not in "*+":
            raise Problem(CAP_ELEMENT_MISPLACED, element=f"{place}/{name}")
    if at < len(names):
        raise Problem(CAP_ELEMENT_MISPLACED, element=place)


def _check_value(told: str, place: str) -> None:
    name = place.rpartition("/")[2]
    is_needed = name in _ORDER[place.removesuffix(f"/{name}")].split()
    if not told.strip():
        if is_needed or place in _INSTANTS or place in _WORDS:
            raise Problem(CAP_ELEMENT_MISSING, element=place)
        return
    if place in _WORDS and told not in _WORDS[place].split():
        raise Problem(CAP_VALUE_WRONG, element=place)
    if place in _INSTANTS and not is_instant(told):
        raise Problem(CAP_INSTANT_WRONG, element=place)
    if place in _NAMES and not is_name(told):
        raise Problem(CAP_IDENTIFIER_WRONG, element=place)
    if place == "alert/info/language" and not _LANGUAGE.fullmatch(told):
        raise Problem(CAP_VALUE_WRONG, element=place)
