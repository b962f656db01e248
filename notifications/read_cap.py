"""Read an alert of CAP 1.2 of somebody else: what it says, and nothing of what that means."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast
from xml.etree.ElementTree import Element

from core.errors import Problem
from notifications.alert import Category, Certainty, Severity, Urgency
from notifications.cap import CAP
from notifications.cap_elements import (
    CAP_ELEMENT_MISSING,
    CAP_IDENTIFIER_WRONG,
    CAP_INSTANT_WRONG,
    check_cap,
    is_instant,
    is_name,
)
from notifications.read_xml import read_xml

MOST_REFERENCES: Final = 100
_IN: Final = {"": CAP}
NO_LANGUAGE: Final = "en-us"
"""What CAP has where no language is said (3.2.2)."""

CapStatus = Literal["Actual", "Exercise", "System", "Test", "Draft"]
CapType = Literal["Alert", "Update", "Cancel", "Ack", "Error"]
CapScope = Literal["Public", "Restricted", "Private"]
Pair = tuple[str, str]
"""A valueName and a value."""


@dataclass(frozen=True, slots=True)
class CapReference:
    """By which an alert names an earlier one."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class CapInfo:
    """What it says in one language."""

    language: str
    """A tag (RFC 5646) in small letters."""
    category: Category
    """The first."""
    event: str
    event_codes: tuple[Pair, ...]
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    onset: datetime | None
    expires: datetime | None
    headline: str
    """Empty where there is none, as the next two."""
    description: str
    instruction: str
    parameters: tuple[Pair, ...]
    geocodes: tuple[Pair, ...]
    """Of all its areas, in their order."""


@dataclass(frozen=True, slots=True)
class Cap:
    """An alert as it came."""

    identifier: str
    sender: str
    sent: datetime
    status: CapStatus
    message_type: CapType
    scope: CapScope
    references: tuple[CapReference, ...]
    infos: tuple[CapInfo, ...]


def read_cap(content: bytes) -> Cap:
    """Refuses what is no alert of CAP 1.2: xml-…, cap-… with the `element` where that is seen."""
    root = read_xml(content)
    check_cap(root)
    message_type = cast("CapType", _text(root, "msgType"))
    references = _text(root, "references").split()
    if not references and message_type in {"Update", "Cancel"}:
        raise Problem(CAP_ELEMENT_MISSING, element="alert/references")
    return Cap(
        identifier=_text(root, "identifier"),
        sender=_text(root, "sender"),
        sent=_instant(_text(root, "sent"), "alert/sent"),
        status=cast("CapStatus", _text(root, "status")),
        message_type=message_type,
        scope=cast("CapScope", _text(root, "scope")),
        references=tuple(_reference(each) for each in references[:MOST_REFERENCES]),
        infos=tuple(_info(each) for each in root.iterfind("info", _IN)),
    )


def _info(info: Element) -> CapInfo:
    return CapInfo(
        language=(_text(info, "language") or NO_LANGUAGE).lower(),
        category=cast("Category", _text(info, "category")),
        event=_words(info, "event"),
        event_codes=_pairs(info, "eventCode"),
        urgency=cast("Urgency", _text(info, "urgency")),
        severity=cast("Severity", _text(info, "severity")),
        certainty=cast("Certainty", _text(info, "certainty")),
        onset=_moment(info, "onset"),
        expires=_moment(info, "expires"),
        headline=_words(info, "headline"),
        description=_words(info, "description"),
        instruction=_words(info, "instruction"),
        parameters=_pairs(info, "parameter"),
        geocodes=_pairs(info, "area/geocode"),
    )


def _reference(told: str) -> CapReference:
    parts = told.split(",")
    if len(parts) != 3 or not (is_name(parts[0]) and is_name(parts[1]) and is_instant(parts[2])):
        raise Problem(CAP_IDENTIFIER_WRONG, element="alert/references")
    return CapReference(parts[0], parts[1], _instant(parts[2], "alert/references"))


def _moment(info: Element, name: str) -> datetime | None:
    told = _text(info, name)
    return _instant(told, f"alert/info/{name}") if told else None


def _instant(told: str, place: str) -> datetime:
    try:
        return datetime.fromisoformat(told)
    except ValueError as error:  # the 30th of February
        raise Problem(CAP_INSTANT_WRONG, element=place) from error


def _pairs(parent: Element, path: str) -> tuple[Pair, ...]:
    found = parent.iterfind(path, _IN)
    return tuple((_words(each, "valueName"), _words(each, "value")) for each in found)


def _words(parent: Element, name: str) -> str:
    """For people: what only sets it out on the page is left away."""
    return _text(parent, name).replace("\t", " ").strip()


def _text(parent: Element, name: str) -> str:
    return parent.findtext(name, "", _IN)
