"""The evidence on a finished campaign as one document, of which every number names its sources.

Pure: released tables, public facts of shops and the campaign's own terms go in. The same releases
give the same bytes.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from campaigns.ran import Ran
from campaigns.rules import LiveCampaign
from insights.effects import Effect, Reason, effect_of
from insights.evidence_words import CLASSES, LIMITS, METHOD, NOTES, REASONS, Note
from insights.names import Called, name_of, name_of_keys
from insights.numbers import FORMULAS, cost_of_a_thousand, number
from insights.panel import Weeks, weekly_sums, weeks_around
from insights.plan import StatisticsPlan
from insights.reach import Keys, Reach, Trader, cells_of_class, reach_of
from insights.released import Figure, Released, TableName

Document = dict[str, Any]
PartOf = Literal["area", "age_band", "class"]


@dataclass(frozen=True, slots=True)
class Known:
    """All that a report is made of."""

    region: str
    ran: Ran
    others: Sequence[Ran]
    """The campaigns that ran in the weeks that are compared, those after the end too."""
    traders: Collection[Trader]
    lists: StatisticsPlan
    releases: Sequence[Released]
    """Of the table of `reach`."""
    reach: Reach
    since: date | None = None
    """The day after an earlier campaign ended: weeks before it are not compared with."""


@dataclass(frozen=True, slots=True)
class Part:
    """One effect: of the whole campaign, of the weeks after it, or of one area, band or class."""

    name: str
    """Unique in the document: `main`, `after`, `area/north`."""
    called: Called
    effect: Effect
    span: Literal["during", "after"] = "during"


def evidence_of(known: Known) -> Document:
    """The whole document. Figures in yen are whole, intervals are outwards."""
    ran, weeks = known.ran, _weeks(known)
    parts = [*_parts(known, weeks)]
    main = parts[0].effect
    return {
        "format": 1,
        "region": known.region,
        "campaign": {
            "campaign_id": str(ran.campaign_id),
            "name": ran.terms.name,
            "terms_hash": ran.terms_hash.hex(),
            "first_day": ran.first_day.isoformat(),
            "last_day": ran.last_day.isoformat(),
        },
        "is_concluded": main.is_concluded,
        "reasons": [_said(code, REASONS[code]) for code in main.reasons],
        "cost": _cost(ran, main),
        "effects": [_told(part) for part in parts],
        "cells": {part.name: _cells(known, part.effect) for part in parts},
        "weeks": {
            "before": [each.release_no for each in weeks.before],
            "during": [each.release_no for each in weeks.during],
            "after": [each.release_no for each in weeks.after],
            "since": None if known.since is None else known.since.isoformat(),
            "missing": weeks.missing,
            "cut_days": weeks.cut_days,
        },
        "series": _series(weeks, main),
        "tables": [_table(each) for each in (*weeks.used, *weeks.after)],
        "reach": {
            "table": known.reach.table,
            "businesses": known.reach.businesses,
            "reached_businesses": known.reach.reached_businesses,
            "between": [list(keys) for keys in sorted(known.reach.between)],
        },
        "other_campaigns": [
            {
                "campaign_id": str(each.campaign_id),
                "name": each.terms.name,
                "first_day": each.first_day.isoformat(),
                "last_day": each.last_day.isoformat(),
            }
            for each in known.others
        ],
        "notes": [_said(code, NOTES[code]) for code in _notes(ran, known.reach)],
        "method": {"name": "log-did-t", "formulas": FORMULAS, **METHOD._asdict()},
        "limits": [limit._asdict() for limit in LIMITS],
    }


def write_evidence(document: Document) -> bytes:
    """As it is sent: members in their order, no spaces, UTF-8."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def campaigns_beside(ran: Ran, all_of_them: Iterable[Ran], weeks: Sequence[Released]) -> list[Ran]:
    """Those that ran between the first and the last of the weeks that are compared."""
    if not weeks:
        return []
    first, last = weeks[0].first_day, weeks[-1].last_day
    return [
        each
        for each in all_of_them
        if each.campaign_id != ran.campaign_id and each.overlaps(first, last)
    ]


def _weeks(known: Known) -> Weeks:
    ran = known.ran
    return weeks_around(ran.first_day, ran.last_day, known.releases, known.since)


def _outside(known: Known, compared: Sequence[Released]) -> list[Reason]:
    """Reasons that the weeks do not show: of these weeks, not of all that the report tells."""
    is_alone = not campaigns_beside(known.ran, known.others, compared)
    return [] if is_alone else ["another-campaign"]


def _parts(known: Known, weeks: Weeks) -> Iterable[Part]:
    reach, outside = known.reach, _outside(known, weeks.used)

    def part(name: str, called: Called, reached: Collection[Keys]) -> Part:
        return Part(name, called, effect_of(weeks, reached, reach.others, outside))

    yield part("main", Called("全体", "The whole"), reach.reached)
    if weeks.after:
        later = replace(weeks, during=weeks.after, after=())
        effect = effect_of(later, reach.reached, reach.others, _outside(known, later.used))
        yield Part("after", Called("終了後", "After the end"), effect, "after")
    for area in dict.fromkeys(keys[0] for keys in sorted(reach.reached)):
        cells = frozenset(keys for keys in reach.reached if keys[0] == area)
        yield part(f"area/{area}", name_of(known.lists, "area", area), cells)
    if reach.table == "area_age_band":
        for band in dict.fromkeys(keys[1] for keys in sorted(reach.reached)):
            cells = frozenset(keys for keys in reach.reached if keys[1] == band)
            yield part(f"age_band/{band}", name_of(known.lists, "age_band", band), cells)
        return
    given = _live(known.ran).rules.classes
    for code, called in CLASSES.items():
        if given is None or code in given:
            cells = cells_of_class(code, known.traders) & reach.reached
            yield part(f"class/{code}", called, cells)


def _told(part: Part) -> Document:
    effect = part.effect
    reached, others = f"{part.name}/reached", f"{part.name}/others"
    told: Mapping[str, tuple[Figure | None, str, str, tuple[str, ...]]] = {
        "spent_before": (effect.spent_before, "yen-a-week", "before", (reached,)),
        "spent_during": (effect.spent_during, "yen-a-week", part.span, (reached,)),
        "rise": (effect.rise, "yen-a-week", "both", (reached,)),
        "rise_of_others": (effect.rise_of_others, "yen-a-week", "both", (others,)),
        "effect": (effect.per_mille, "per-mille", "both", (reached, others)),
        "additional": (effect.additional_yen, "yen", "both", (reached, others)),
        "drift_before": (effect.slope_per_mille, "per-mille-a-week", "before", (reached, others)),
    }
    return {
        "name": part.name,
        "called": part.called._asdict(),
        "is_concluded": effect.is_concluded,
        "reasons": [_said(code, REASONS[code]) for code in effect.reasons],
        "numbers": {
            name: number(figure, unit, name, _spans(part, weeks), cells)
            for name, (figure, unit, weeks, cells) in told.items()
        },
        "cells_counted": len(effect.reached),
        "cells_compared": len(effect.others),
        "cells_dropped": effect.dropped,
    }


def _spans(part: Part, weeks: str) -> tuple[str, ...]:
    return ("before", part.span) if weeks == "both" else (weeks,)


def _cost(ran: Ran, main: Effect) -> Document:
    told = ran.spent
    spent = None if told is None else Figure(told.yen, told.low_yen, told.high_yen)
    additional = main.additional_yen if main.is_concluded else None
    each = cost_of_a_thousand(spent, additional)
    return {
        "as_of": None if told is None else told.as_of.isoformat(),
        "spent": number(spent, "yen", "spent", (), ()),
        "of_a_thousand_additional_yen": number(
            each,
            "yen-per-1000-yen",
            "of_a_thousand_additional_yen",
            ("before", "during"),
            ("main/reached", "main/others"),
        ),
    }


def _cells(known: Known, effect: Effect) -> Document:
    def named(side: Collection[Keys]) -> list[Document]:
        return [
            {"keys": list(keys), **name_of_keys(known.lists, known.reach.table, keys)._asdict()}
            for keys in sorted(side)
        ]

    return {"reached": named(effect.reached), "others": named(effect.others)}


def _series(weeks: Weeks, main: Effect) -> list[Document]:
    told = []
    for span in ("before", "during", "after"):
        releases: tuple[Released, ...] = getattr(weeks, span)
        sides = [weekly_sums(releases, side) for side in (main.reached, main.others)]
        for release, reached, others in zip(releases, *sides, strict=True):
            told.append(
                {
                    "span": span,
                    "first_day": release.first_day.isoformat(),
                    "release_no": release.release_no,
                    "reached": number(reached.spend, "yen", "sum", (span,), ("main/reached",)),
                    "others": number(others.spend, "yen", "sum", (span,), ("main/others",)),
                    "suppressed": reached.suppressed + others.suppressed,
                }
            )
    return told


def _table(release: Released) -> Document:
    return {
        "release_no": release.release_no,
        "table": release.table,
        "first_day": release.first_day.isoformat(),
        "last_day": release.last_day.isoformat(),
        "sha256": release.output_sha256.hex(),
        "sigma_yen": release.sigma_yen,
        "href": f"/v1/admin/statistics/releases/{release.release_no}",
    }


def _notes(ran: Ran, reach: Reach) -> list[Note]:
    terms, who = ran.terms, ran.terms.who
    is_by_band = reach.table == "area_age_band"
    asks_of_people = who is not None and (
        who.tiers or who.areas or who.first_payment or (who.age_bands and not is_by_band)
    )
    applies: dict[Note, bool] = {
        "stopped": ran.was_stopped,
        "changed": ran.was_changed,
        "people-not-told": bool(asks_of_people),
        "hours-not-told": terms.when is not None,
        "bonus": terms.bonus is not None,
        "rounded-cost": ran.spent is not None,
    }
    return [note for note, is_so in applies.items() if is_so]


def _said(code: str, said: Called) -> Document:
    return {"code": code, **said._asdict()}


def since_of(ran: Ran, all_of_them: Iterable[Ran]) -> date | None:
    """The day after the end of the last campaign that was over before this one began."""
    over = [each.last_day for each in all_of_them if each.last_day < ran.first_day]
    return max(over) + timedelta(days=1) if over else None


def reach_in(ran: Ran, traders: Collection[Trader], cells: Iterable[Keys]) -> Reach:
    """Which of these cells the campaign reaches."""
    return reach_of(_live(ran), traders, cells)


def table_of(ran: Ran, traders: Collection[Trader]) -> TableName:
    """Which table tells who is reached from who is not, as far as one does."""
    return reach_of(_live(ran), traders, ()).table


def _live(ran: Ran) -> LiveCampaign:
    return LiveCampaign(ran.campaign_id, ran.terms_hash, ran.terms)
