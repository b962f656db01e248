"""What CAP 1.2 asks of an alert, written down from the standard (OASIS, 1 July 2010, section 3)."""

import re
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

NS: Final = "{urn:oasis:names:tc:emergency:cap:1.2}"
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
ID: Final = re.compile(r"[^\s,<&]+")
REFERENCES: Final = re.compile(rf"[^\s,<&]+,[^\s,<&]+,{INSTANT.pattern}")
LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
ORDER: Final = {
    "alert": (
        "identifier! sender! sent! status! msgType! source scope! restriction addresses code* note "
        "references incidents info*"
    ),
    "info": (
        "language category!* event! responseType* urgency! severity! certainty! audience "
        "eventCode* effective onset expires senderName headline description instruction web "
        "contact parameter* resource* area*"
    ),
    "area": "areaDesc! polygon* circle* geocode* altitude ceiling",
    "geocode": "valueName! value!",
    "eventCode": "valueName! value!",
    "parameter": "valueName! value!",
}
"""Elements in their order: `!` must be there, `*` may be there more than once."""
WORDS: Final = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
        "Infra", "CBRNE", "Other",
    },
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
    "responseType": {
        "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear",
        "None",
    },
}  # fmt: skip
PATTERNS: Final = {
    "identifier": ID, "sender": ID, "sent": INSTANT, "onset": INSTANT, "effective": INSTANT,
    "expires": INSTANT, "language": LANGUAGE,
}  # fmt: skip


def faults(xml: str | bytes) -> list[str]:
    """What the standard does not allow in it; empty: it is an alert of CAP 1.2."""
    root = fromstring(xml.encode() if isinstance(xml, str) else xml)
    if root.tag != f"{NS}alert":
        return [f"the root is {root.tag}"]
    found = _faults_of(root, "alert")
    references = root.findtext(f"{NS}references")
    for each in (references or "").split():
        if not REFERENCES.fullmatch(each):
            found.append(f"bad reference {each}")
    if root.findtext(f"{NS}msgType") in {"Update", "Cancel"} and not references:
        found.append("no references")
    for needed, scope in (("restriction", "Restricted"), ("addresses", "Private")):
        if root.findtext(f"{NS}scope") == scope and not root.findtext(f"{NS}{needed}"):
            found.append(f"no {needed}")
    return found


def _faults_of(element: Element, name: str) -> list[str]:
    found, names, at = [], [_name(each) for each in element], 0
    rules = [(each.rstrip("!*"), each) for each in ORDER[name].split()]
    for child, rule in rules:
        many = names.count(child)
        if "!" in rule and not many:
            found.append(f"{name} has no {child}")
        if "*" not in rule and many > 1:
            found.append(f"{name} has {many} {child}")
        if names[at : at + many] != [child] * many:
            found.append(f"{child} stands at a wrong place in {name}")
        at += many
    if at != len(names):
        found.append(f"{name} has unknown elements: {names}")
    for each in element:
        found += _faults_of_value(each, _name(each))
    return found


def _faults_of_value(element: Element, name: str) -> list[str]:
    if name in ORDER:
        return _faults_of(element, name)
    told = element.text or ""
    if name in WORDS and told not in WORDS[name]:
        return [f"{name} is {told}"]
    if name in PATTERNS and not PATTERNS[name].fullmatch(told):
        return [f"{name} is {told}"]
    return [] if told.strip() else [f"{name} is empty"]


def _name(element: Element) -> str:
    return element.tag.removeprefix(NS) if element.tag.startswith(NS) else "of no CAP"
