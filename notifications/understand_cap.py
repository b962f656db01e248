"""Understand what an upstream sent as an alert of ours, in three languages, or refuse it.

Japanese comes from the upstream. Plain Japanese and English come from it too, or else are the fixed
words that two people registered for this kind of event: nothing waits for a translator.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from core.errors import Problem, problem
from notifications.alert import MOST_READINGS, Alert, Reading
from notifications.alerts import ALERT_TIMES, LONGEST
from notifications.cap import READING
from notifications.cap_elements import CAP_INSTANT_WRONG
from notifications.kinds import LANGUAGES, Language
from notifications.read_cap import Cap, CapInfo
from notifications.texts import MOST_BODY, MOST_TITLE, Texts, Wording
from notifications.upstream import EventKind, Upstream

CAP_SCOPE: Final = problem("cap-scope-not-public", 409, "Only what is public is taken.")
CAP_TYPE: Final = problem(
    "cap-type-not-taken", 409, "Only an Alert, an Update or a Cancel is taken, and no Draft."
)
CAP_LANGUAGE_MISSING: Final = problem(
    "cap-language-missing", 409, "Japanese is needed: the info of this language is not there."
)
CAP_LANGUAGES_DIFFER: Final = problem(
    "cap-languages-differ", 409, "The languages do not say the same, or one of them says two."
)
CAP_EVENT_UNKNOWN: Final = problem(
    "cap-event-unknown", 409, "This kind of event is not registered for this upstream."
)
CAP_PLACE_UNKNOWN: Final = problem(
    "cap-place-unknown", 409, "None of its places is registered for this upstream."
)
CAP_TEXT_WRONG: Final = problem(
    "cap-text-wrong", 409, "A text cannot be shown: it is too long, or cannot be read."
)
CAP_EXPIRED: Final = problem("cap-expired", 409, "The time of this alert is over.")
CAP_SENT_WRONG: Final = problem(
    "cap-sent-wrong", 409, "It was sent later than now, or more than 14 days ago."
)

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far the upstream's clock may be before ours."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The alert that an update or a cancel takes the place of, and which kind of event it is."""

    alert_id: UUID
    alert: Alert
    event: str


def refuse_untaken(cap: Cap, now: datetime) -> None:
    """Refuses what is an alert of CAP 1.2 and never one for residents: cap-…"""
    if cap.scope != "Public":
        raise Problem(CAP_SCOPE)
    if cap.message_type in {"Ack", "Error"} or cap.status == "Draft":
        raise Problem(CAP_TYPE)
    if not now - LONGEST <= cap.sent <= now + CLOCKS_DIFFER:
        raise Problem(CAP_SENT_WRONG)


def understand(
    cap: Cap, of: Upstream, areas: Collection[str], now: datetime, followed: Followed | None
) -> tuple[EventKind, Alert]:
    """`areas` are the codes of the plan in force; what it has no more is the whole region.

    Refuses cap-…, alert-times. What `refuse_untaken` refuses is refused before.
    """
    infos = _by_language(cap.infos)
    main = infos.get("ja")
    if main is None and (cap.message_type != "Cancel" or infos):
        raise Problem(CAP_LANGUAGE_MISSING, language="ja")
    if main is None:
        assert followed is not None, "what cancels names what it cancels"
        kind = _kind_called(of, followed.event)
        said = followed.alert.model_dump(exclude={"earlier", "onset", "readings"})
        said["areas"] = _in_force(followed.alert.areas, areas)
    else:
        kind = _kind_of(main, of, followed if cap.message_type == "Cancel" else None)
        said = _said(main, cap, of, kind, areas)
    expires = said["expires"]
    if expires <= now:
        raise Problem(CAP_EXPIRED)
    if expires > now + LONGEST:
        raise Problem(ALERT_TIMES)
    is_cancel = cap.message_type == "Cancel"
    said |= {
        "status": "Actual" if cap.status == "Actual" else "Exercise",
        "message_type": cap.message_type,
        "earlier": None if followed is None else followed.alert_id,
        "texts": Texts(**{each: _words(each, infos, kind, is_cancel) for each in LANGUAGES}),
    }
    return kind, Alert(**said)


def _by_language(infos: Iterable[CapInfo]) -> Mapping[Language, CapInfo]:
    """Those in our languages; refused where they differ in more than words."""
    found: dict[Language, CapInfo] = {}
    for info in infos:
        language = _language(info.language)
        if language is None:
            continue
        if language in found:
            raise Problem(CAP_LANGUAGES_DIFFER, language=language)
        found[language] = info
    if len({_facts(info) for info in found.values()}) > 1:
        raise Problem(CAP_LANGUAGES_DIFFER)
    return found


def _language(tag: str) -> Language | None:
    if tag == "ja-x-plain":
        return "ja_plain"
    first, _, more = tag.partition("-")
    if first == "ja":
        return "ja" if more in {"", "jp"} else None
    return "en" if first == "en" else None


def _facts(info: CapInfo) -> tuple[object, ...]:
    return (
        info.category, info.urgency, info.severity, info.certainty, info.onset, info.expires,
        frozenset(info.event_codes), frozenset(info.geocodes),
    )  # fmt: skip


def _kind_of(main: CapInfo, of: Upstream, cancelled: Followed | None) -> EventKind:
    """By its code where the kind has one, else by its name; a cancel may be called otherwise."""
    for kind in of.events:
        if kind.code is not None and (kind.code.name, kind.code.value) in main.event_codes:
            return kind
    for kind in of.events:
        if kind.code is None and kind.event == main.event:
            return kind
    if cancelled is None:
        raise Problem(CAP_EVENT_UNKNOWN)
    return _kind_called(of, cancelled.event)


def _kind_called(of: Upstream, event: str) -> EventKind:
    found = next((kind for kind in of.events if kind.event == event), None)
    if found is None:
        raise Problem(CAP_EVENT_UNKNOWN)
    return found


def _said(
    main: CapInfo, cap: Cap, of: Upstream, kind: EventKind, areas: Collection[str]
) -> dict[str, Any]:
    expires = main.expires or cap.sent + timedelta(hours=kind.hours)
    if main.onset is not None and main.onset >= expires:
        raise Problem(CAP_INSTANT_WRONG, element="alert/info/onset")
    return {
        "category": main.category,
        "urgency": main.urgency,
        "severity": main.severity,
        "certainty": main.certainty,
        "areas": _areas(main, of, areas),
        "onset": main.onset,
        "expires": expires,
        "readings": _readings(main),
    }


def _areas(main: CapInfo, of: Upstream, areas: Collection[str]) -> list[str]:
    """Empty: the whole region."""
    known = {(each.name, each.value): each.area for each in of.geocodes}
    found = [known[each] for each in main.geocodes if each in known]
    if not found:
        raise Problem(CAP_PLACE_UNKNOWN)
    return _in_force(found, areas)


def _in_force(named: Sequence[str | None], areas: Collection[str]) -> list[str]:
    """Each once; the whole region where one of them is that, or none of the plan in force."""
    ours = [each for each in named if each is not None and each in areas]
    return list(dict.fromkeys(ours)) if len(ours) == len(named) else []


def _readings(main: CapInfo) -> list[Reading]:
    """Of words that say how they are read; what is no reading is not one of ours."""
    found: dict[str, Reading] = {}
    for name, value in main.parameters:
        word, _, kana = value.rpartition("=")
        if name != READING or len(found) == MOST_READINGS:
            continue
        try:
            found.setdefault(word, Reading(word=word, kana=kana))
        except ValidationError:
            continue
    return list(found.values())


def _words(
    language: Language, infos: Mapping[Language, CapInfo], kind: EventKind, is_cancel: bool
) -> Wording:
    info = infos.get(language)
    if info is None:
        fixed: Wording = getattr(kind.cancel if is_cancel else kind.alert, language)
        return fixed
    has_short = 0 < len(info.headline) <= MOST_TITLE
    long = "" if has_short else info.headline
    title = info.headline if has_short else info.event
    body = "\n".join(filter(None, (long, info.description, info.instruction)))
    try:
        return Wording(title=title, body=body or title)
    except ValidationError as error:
        raise Problem(
            CAP_TEXT_WRONG, language=language, most_title=MOST_TITLE, most_body=MOST_BODY
        ) from error
