"""What a notice would be: its segment's size with the gate's verdict, and its words filled in."""

from dataclasses import dataclass

from core.database import CITY_ROLE, Database, now_of
from ledger.regions import Region
from notifications.kinds import Language
from notifications.messages import Words
from notifications.read_notices import Notice
from notifications.render import filled, values_of
from notifications.segment import Paid
from notifications.size import Size, size_of
from notifications.templates import find_template
from notifications.week import Week, newest_week, read_week_of, week_of_month


@dataclass(frozen=True, slots=True)
class Preview:
    """As it would be asked for now."""

    size: Size
    texts: dict[Language, Words]


async def preview_of(database: Database, region: Region, known: Notice) -> Preview:
    """Costs nothing of the privacy budget, and reads no entry, however often it is asked.

    What is told of a segment by payments is of the week by which it is sized and matched. Refuses
    segment-attribute-unknown, segment-not-sized, notice-variable-empty, notice-text-too-long.
    """
    segment = known.draft.segment
    async with database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        today = region.day_of(await now_of(db))
        template = await find_template(db, region.region_id, known.draft.template_id)
        newest = await newest_week(db, region.region_id, today)
    assert template is not None, "a key holds it"
    size = await size_of(database, region, segment, known.kind, today)
    week: Week | None
    if isinstance(segment, Paid):
        week = await week_of_month(database, region, today)
    else:
        week = None if newest is None else await read_week_of(database, region, newest)
    return Preview(size, filled(template.texts, values_of(segment, week)))
