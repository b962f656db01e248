"""Notices for tests: a template, drafts, people who agreed, and a released week to size by."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from access.acts import Doer
from insights.plans import Plan
from notifications.match import send_due_notices
from notifications.notices import Asking, approve_notice, ask_for_notice, draft_notice
from notifications.preview import preview_of
from notifications.read_notices import Draft, find_notice
from notifications.segment import SEGMENT
from notifications.tables import address, inbox, preference
from notifications.templates import make_template
from notifications.texts import Texts
from residents.consent import Purpose, set_consent
from residents.tables import person
from tests.insights.statistics_builder import OTHER_PERSON, WEEK, go_to, hold_plan, release_week
from tests.town_builder import ADMIN, Town, Wallet, new_id

DRAFTER = Doer(UUID(int=1), ADMIN, "campaigns")
WORDS: dict[str, Any] = {
    "ja": {"title": "{area}のみなさまへ", "body": "約{payers}人が買い物をしました。"},
    "ja_plain": {"title": "{area}の みなさんへ", "body": "だいたい {payers}人が 買いました。"},
    "en": {"title": "To {area}", "body": "About {payers} people paid there."},
}
PLAIN: dict[str, Any] = {
    language: {"title": "夏祭り", "body": "土曜日です。"} for language in ("ja", "ja_plain", "en")
}
BY_PAYMENTS: dict[str, Any] = {"by": "payments", "area": "north", "category": "food"}


async def agree(town: Town, wallet: Wallet, *purposes: Purpose, **said: Any) -> UUID:
    """The wallet's person has an account, agrees to these, and says so much; the person's id."""
    region_id, person_id = town.region.region_id, wallet.person_id
    async with town.database.transaction(region_id) as db:
        await db.execute(insert(person).values(region_id=region_id, person_id=person_id))
        if said:
            whose = {"region_id": region_id, "person_id": person_id}
            await db.execute(insert(preference).values(**whose, **said))
        for purpose in purposes:
            await set_consent(db, region_id, person_id, purpose, is_given=True)
    return person_id


async def released_week(town: Town, payers: int = 300) -> Plan:
    """A plan, and a week of it in which so many paid in each cell, by noisy figures; now is
    after it."""
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week + WEEK)
    await release_week(town, plan, plan.lists.first_week, payers=payers)
    return plan


async def drafted_notice(
    town: Town, segment: dict[str, Any] = BY_PAYMENTS, words: dict[str, Any] = WORDS
) -> UUID:
    """A draft of public service, as soon as it is approved; its id."""
    region_id, template_id, notice_id = town.region.region_id, new_id(), new_id()
    wished = Draft(template_id, "見本", SEGMENT.validate_python(segment), None, 48)
    async with town.database.transaction(region_id) as db:
        await make_template(
            db, region_id, template_id, "見本", "public_service", Texts.model_validate(words),
            DRAFTER,
        )  # fmt: skip
        await draft_notice(db, town.region, notice_id, wished, DRAFTER)
    return notice_id


async def approved_notice(
    town: Town, segment: dict[str, Any] = BY_PAYMENTS, words: dict[str, Any] = PLAIN
) -> UUID:
    """One that is due, however few people its segment has; its id."""
    region, notice_id = town.region, await drafted_notice(town, segment, words)
    async with town.database.snapshot(region.region_id) as db:
        known = await find_notice(db, region.region_id, notice_id)
    assert known is not None, "it was drafted just now"
    found = await preview_of(town.database, region, known)
    asking = Asking(new_id(), replace(found.size, needed=0), found.texts, "test")
    async with town.database.transaction(region.region_id) as db:
        await ask_for_notice(db, region, notice_id, asking, DRAFTER)
        await approve_notice(db, region, notice_id, OTHER_PERSON)
    return notice_id


async def send_a_notice(town: Town) -> UUID:
    """One to who paid in the north in a released week: approved, sent and matched; its id."""
    region, notice_id = town.region, await approved_notice(town)
    assert await send_due_notices(town.database, region, lambda: None) == 1
    return notice_id


async def furnish_inbox(town: Town, wallet: Wallet) -> dict[str, Any]:
    """An item and an address of the wallet's person, by the names of parameters and members."""
    region_id, item_id = town.region.region_id, new_id()
    address_id, other_id = new_id(), new_id()
    whose, now = {"region_id": region_id, "person_id": wallet.person_id}, await town.now()
    async with town.database.transaction(region_id) as db:
        await db.execute(
            insert(inbox).values(
                **whose, item_id=item_id, kind="top_up", about={"amount": 500}, at=now,
                expires_at=now + timedelta(days=90),
            )
        )  # fmt: skip
        for each in (address_id, other_id):
            await db.execute(
                insert(address).values(**whose, address_id=each, channel="fcm", address=str(each))
            )
    return {
        "inbox item_id": str(item_id),
        "addresses address_id": str(address_id),
        "confirmation address_id": str(other_id),
        "confirmation code": "314159",
        "addresses channel": "email",
        "addresses address": "hanako@example.jp",
        "addresses p256dh": None,
        "addresses auth": None,
        "notice-preferences home_area": None,
        "notice-preferences interests": ["events"],
        "notice-preferences muted": ["payment:email"],
    }


async def furnish_notices(town: Town) -> dict[str, Any]:
    """A template and a draft, and what others could say, by the names of parameters and members."""
    notice_id = await drafted_notice(town, {"by": "declared"}, PLAIN)
    [row] = await town.rows("SELECT template_id FROM notifications.notice")
    return {
        "notice-templates template_id": str(row[0]),
        "notice-templates texts": PLAIN,
        "notice-templates kind": "campaign",
        "notices notice_id": str(notice_id),
        "notices template_id": str(row[0]),
        "notices send_at": None,
        "notices lasts_hours": 48,
        "notices segment": {"by": "declared", "interest": "events"},
    }
