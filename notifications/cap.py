"""Write an alert as CAP 1.2 (OASIS Common Alerting Protocol), and the feed of those that hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from insights.plan import Area
from ledger.regions import Region
from notifications.alert import Alert
from notifications.kinds import Language

CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM: Final = "http://www.w3.org/2005/Atom"
LANGUAGE_TAGS: Final[Mapping[Language, str]] = {"ja": "ja", "ja_plain": "ja-x-plain", "en": "en"}
"""As `<language>` has them (RFC 5646): plain Japanese has no tag of its own."""
READING: Final = "meguri-reading"
"""The `<valueName>` of a `<parameter>` with a word, `=`, and how that is read aloud."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An alert that went out earlier."""

    alert_id: UUID
    sent_at: datetime


def identifier_of(region: Region, alert_id: UUID) -> str:
    """Unique, and without the characters that CAP forbids."""
    return f"{region.code}-{alert_id}"


def sender_of(region: Region) -> str:
    """The same in all alerts of a region."""
    return f"meguri@{region.code}"


def instant(region: Region, at: datetime) -> str:
    """As CAP wants it: whole seconds and an offset in digits, never Z."""
    local = at.astimezone(region.zone).replace(microsecond=0)
    told = local.isoformat()
    return told.removesuffix("+00:00") + "-00:00" if told.endswith("+00:00") else told


def cap_of(
    region: Region,
    alert_id: UUID,
    made: Alert,
    sent_at: datetime,
    areas: Sequence[Area],
    earlier: Sequence[Reference] = (),
    source: str | None = None,
) -> str:
    """The XML, with one `<info>` for each language. `areas` are those that it names.

    `source` is the sender of an upstream, where it is one's alert.
    """
    root = Element("alert", xmlns=CAP)
    _say(root, "identifier", identifier_of(region, alert_id))
    _say(root, "sender", sender_of(region))
    _say(root, "sent", instant(region, sent_at))
    _say(root, "status", made.status)
    _say(root, "msgType", made.message_type)
    if source is not None:
        _say(root, "source", source)
    _say(root, "scope", "Public")
    if earlier:
        told = (
            f"{sender_of(region)},{identifier_of(region, each.alert_id)},"
            f"{instant(region, each.sent_at)}"
            for each in earlier
        )
        _say(root, "references", " ".join(told))
    for language in LANGUAGE_TAGS:
        _info(root, language, region, made, areas)
    return _text(root)


def _info(
    root: Element, language: Language, region: Region, made: Alert, areas: Sequence[Area]
) -> None:
    words = getattr(made.texts, language)
    info = SubElement(root, "info")
    _say(info, "language", LANGUAGE_TAGS[language])
    _say(info, "category", made.category)
    _say(info, "event", words.title)
    _say(info, "urgency", made.urgency)
    _say(info, "severity", made.severity)
    _say(info, "certainty", made.certainty)
    if made.onset is not None:
        _say(info, "onset", instant(region, made.onset))
    _say(info, "expires", instant(region, made.expires))
    _say(info, "senderName", region.name)
    _say(info, "headline", words.title)
    _say(info, "description", words.body)
    for each in made.readings if language == "ja" else ():
        _pair(info, "parameter", READING, f"{each.word}={each.kana}")
    places = [(each.code, _name(each, language)) for each in areas]
    for code, name in places or [(region.code, region.name)]:
        area = SubElement(info, "area")
        _say(area, "areaDesc", name)
        _pair(area, "geocode", "meguri-area" if places else "meguri-region", code)


def feed_of(
    region: Region, entries: Iterable[tuple[UUID, Alert, datetime]], address: str, now: datetime
) -> str:
    """An Atom feed (RFC 4287) whose entries link to the CAP of each. `address` is its own."""
    told = list(entries)
    root = Element("feed", xmlns=ATOM)
    _say(root, "id", address)
    _say(root, "title", f"{region.name} 緊急情報")
    _say(root, "updated", _utc(max((at for _, _, at in told), default=now)))
    SubElement(SubElement(root, "author"), "name").text = region.name
    SubElement(root, "link", rel="self", href=address)
    for alert_id, made, sent_at in told:
        entry = SubElement(root, "entry")
        _say(entry, "id", f"urn:uuid:{alert_id}")
        _say(entry, "title", made.texts.ja.title)
        _say(entry, "updated", _utc(sent_at))
        _say(entry, "summary", made.texts.ja.body)
        SubElement(
            entry, "link", rel="alternate", type="application/cap+xml",
            href=f"{address}/{alert_id}",
        )  # fmt: skip
    return _text(root)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def _name(area: Area, language: Language) -> str:
    if language == "ja_plain":
        return area.names.ja_plain or area.names.ja
    return area.names.en if language == "en" else area.names.ja


def _say(parent: Element, name: str, told: str) -> None:
    SubElement(parent, name).text = told


def _pair(parent: Element, name: str, value_name: str, value: str) -> None:
    pair = SubElement(parent, name)
    _say(pair, "valueName", value_name)
    _say(pair, "value", value)


def _text(root: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"
