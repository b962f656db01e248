"""Whoever may be told at the moment of sending is told once by each way; all others are not."""

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import text, update

from ledger.regions import Region
from notifications.deliveries import is_quiet
from notifications.messages import end_message
from notifications.tables import outbox
from residents.consent import set_consent
from tests.notifications.deliver_side import BROWSER, NOON, Side
from tests.notifications.push_side import Answer
from tests.town_builder import set_clock
from worker.carry_web_push import CONNECTIONS, KEPT, WebPushCarrier
from worker.tell_notices import MOST_TRIES, Teller

NIGHT = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
"""Half past nine in the evening, in Tokyo."""


async def test_a_notice_is_in_the_inbox_and_goes_once_by_each_way(side: Side):
    someone = await side.somebody(path="/a")
    await side.mailbox(someone)
    made = await side.notice(someone)
    await side.round()
    await side.again()
    said = await side.became(someone)
    assert said == dict.fromkeys(("inbox", "web_push", "email"), ("sent", None))
    ((_, head, body),) = side.push.got
    assert orjson.loads(BROWSER.decrypt(body)) == {"item_id": str(made.message_id)}
    assert head["authorization"].startswith("vapid t=")
    assert (head["content-encoding"], head["urgency"]) == ("aes128gcm", "normal")
    assert 172_000 < int(head["ttl"]) <= 172_800
    (mail,) = side.mail.mails
    assert "Subject: There is a notice for you" in mail
    assert "Summer" not in mail, "what is told, and to whom, is for the inbox alone"
    rows = await side.rows(
        "SELECT kind, read_at FROM notifications.inbox WHERE person_id = :who", who=someone
    )
    assert [(row.kind, row.read_at) for row in rows] == [("public_service", None)]


@pytest.mark.parametrize("change", ["consent", "stopped", "address", "muted", "closed"])
async def test_what_changed_since_it_was_queued_is_seen_as_it_is_sent(side: Side, change: str):
    someone = await side.somebody(path="/a")
    side.push.answers["/a"] = 500
    made = await side.notice(someone)
    await side.round()
    assert len(side.push.got) == 1
    region_id, of = side.region.region_id, {"who": someone}
    statements = {
        "address": "UPDATE notifications.address SET state = 'dropped', address = '',"
        " p256dh = NULL, auth = NULL, why = 'by-its-owner', dropped_at = now()"
        " WHERE person_id = :who",
        "muted": "UPDATE notifications.preference SET muted = '{public_service:web_push}'"
        " WHERE person_id = :who",
        "closed": "UPDATE residents.person SET closed_at = now() WHERE person_id = :who",
    }
    async with side.database.transaction(region_id) as db:
        if change == "consent":
            await set_consent(db, region_id, someone, "news_of_city", is_given=False)
        elif change == "stopped":
            await end_message(db, region_id, made.message_id, "stopped")
        else:
            await db.execute(text(statements[change]), of)
    side.push.answers.clear()
    await side.again()
    assert len(side.push.got) == 1
    why = {"consent": "no-consent", "address": "no-address"}.get(change, change)
    assert (await side.became(someone))["web_push"] == ("dropped", why)


async def test_at_night_only_an_emergency_goes_out_and_the_rest_waits_for_the_morning(side: Side):
    await set_clock(side.place, NIGHT)
    someone = await side.somebody("public_service:email", "emergency:web_push", path="/a")
    await side.notice(someone)
    alarm = await side.emergency(someone)
    await side.round()
    ((_, head, body),) = side.push.got
    assert head["urgency"] == "high"
    assert orjson.loads(BROWSER.decrypt(body))["item_id"] == str(alarm.message_id)
    await set_clock(side.place, NIGHT + timedelta(hours=10, minutes=29))
    await side.round()
    assert len(side.push.got) == 1
    await set_clock(side.place, NIGHT + timedelta(hours=10, minutes=31))
    await side.round()
    assert len(side.push.got) == 2
    kinds = await side.rows("SELECT kind FROM notifications.inbox WHERE person_id = :who",
                            who=someone)  # fmt: skip
    assert [row.kind for row in kinds] == ["public_service"], "what is to everybody needs no row"


@pytest.mark.parametrize(
    ("at", "quiet"), [("20:59:59", False), ("21:00", True), ("00:00", True), ("07:59:59", True),
                      ("08:00", False)],
)  # fmt: skip
def test_quiet_hours_are_those_of_the_region(at: str, quiet: bool):
    region = Region(1, "a", "A", ZoneInfo("Asia/Tokyo"))
    moment = datetime.fromisoformat(f"2026-11-10T{at}+09:00")
    assert is_quiet(moment.astimezone(UTC), region) is quiet


async def test_each_way_in_which_a_push_service_fails(side: Side):
    answers: dict[str, Answer] = {
        "/gone": 410,
        "/unknown": 404,
        "/large": 413,
        "/hangs": "silent",
        "/cut": "close",
    }
    side.push.answers = dict(answers)
    people = {path: await side.somebody(path=path) for path in answers}
    await side.notice(*people.values())
    await side.round()
    said = {path: (await side.became(who))["web_push"] for path, who in people.items()}
    assert said == {
        "/gone": ("dropped", "status-410"),
        "/unknown": ("dropped", "status-404"),
        "/large": ("dead", "status-413"),
        "/hangs": ("waiting", "timeout"),
        "/cut": ("waiting", "RemoteProtocolError"),
    }
    rows = await side.rows("SELECT state, why, address FROM notifications.address"
                           " WHERE person_id = :who", who=people["/gone"])  # fmt: skip
    assert [tuple(row) for row in rows] == [("dropped", "gone", "")]
    side.push.answers.clear()
    await side.again()
    assert (await side.became(people["/hangs"]))["web_push"] == ("sent", None)


async def test_a_third_refusal_drops_the_subscription_and_the_first_two_do_not(side: Side):
    someone = await side.somebody(path="/a")
    side.push.answers["/a"] = 403
    await side.notice(someone)
    await side.round()
    await side.again()
    assert (await side.became(someone))["web_push"] == ("waiting", "status-403")
    await side.again()
    await side.again()
    assert (await side.became(someone))["web_push"] == ("dropped", "no-address")
    assert len(side.push.got) == 3


async def test_who_asks_for_a_pause_is_left_alone_and_no_attempt_is_counted(side: Side):
    first = await side.somebody(path="/a")
    side.push.answers["/a"] = "429 50"
    await side.notice(first)
    await side.round()
    second = await side.somebody(path="/b")
    await side.mailbox(second)
    await side.notice(second)
    await side.round()
    assert side.push.paths() == ["/a"]
    assert (await side.became(second))["email"] == ("sent", None), "others go on"
    (row,) = await side.rows(
        "SELECT tries, why, extract(epoch FROM not_before - clock_timestamp()) AS rest_s"
        " FROM notifications.outbox WHERE person_id = :who AND channel = 'web_push'", who=second,
    )  # fmt: skip
    assert (row.tries, row.why) == (0, "carrier-rests")
    assert 30 < row.rest_s <= 51


async def test_a_push_service_that_lies_stops_nobody_and_is_told_nothing_of_itself(side: Side):
    """Anybody may run one: the address is the resident's own choice."""
    someone = await side.somebody(path="/a")
    ages = "503 Mon, 01 Jan 99999999999 00:00:00 GMT"
    side.push.answers["/a"] = f"{ages}\r\nSet-Cookie: who=hanako; Path=/"
    await side.notice(someone)
    await side.round()
    assert (await side.became(someone))["web_push"] == ("waiting", "status-503")
    await side.again()
    assert ["cookie" in head for _, head, _ in side.push.got] == [False, False]


async def test_one_connection_carries_one_push_after_the_other(side: Side):
    for path in ("/a", "/b", "/c"):
        side.push.answers[path] = 410 if path == "/b" else 201
        await side.notice(await side.somebody(path=path))
        await side.round()
    assert side.push.paths() == ["/a", "/b", "/c"]
    assert side.push.connections == 1


async def test_few_connections_stay_open_where_nothing_goes_any_more(side: Side):
    await side.notice(*[await side.somebody(path=f"/{nth}") for nth in range(6)])
    await side.round()
    assert side.push.connections > KEPT, "they went side by side"
    carrier = side.teller.carriers["web_push"]
    assert isinstance(carrier, WebPushCarrier)
    assert [len(each.idle) for each in carrier._sides.values()] == [KEPT]


async def test_what_a_push_service_said_stands_at_once_though_its_body_never_comes(side: Side):
    carrier = side.teller.carriers["web_push"]
    assert isinstance(carrier, WebPushCarrier)
    people = [await side.somebody(path=f"/{nth}") for nth in range(CONNECTIONS + 1)]
    side.push.answers |= {f"/{nth}": "half" for nth in range(CONNECTIONS + 1)}
    carrier._deadline_s = 30
    await side.notice(*people)
    async with asyncio.timeout(20):
        await side.round()
    for someone in people:
        assert (await side.became(someone))["web_push"] == ("sent", None)


async def test_names_that_hang_hold_up_no_service_that_was_found_before(side: Side):
    """Anybody may bring names whose servers never answer: each takes up one who resolves."""
    someone, other = await side.somebody(path="/a"), await side.somebody(path="/b")
    await side.notice(someone)
    await side.round()
    carrier, over = side.teller.carriers["web_push"], Event()
    assert isinstance(carrier, WebPushCarrier)
    carrier._addresses.within_s = 0.1
    for _ in range(16):
        carrier._addresses._threads.submit(over.wait, 20)
    for known in carrier._sides.values():
        known.until = 0
    await side.notice(other)
    await side.round()
    over.set()
    assert (await side.became(other))["web_push"] == ("sent", None)


async def test_what_nobody_takes_is_given_up_and_what_is_over_is_not_sent(side: Side):
    someone, late = await side.somebody(path="/a"), await side.somebody(path="/late")
    side.push.answers["/a"] = 500
    await side.notice(someone)
    await side.round()
    async with side.database.transaction(side.region.region_id, as_role="meguri_sender") as db:
        await db.execute(update(outbox).where(outbox.c.state == "waiting")
                         .values(tries=MOST_TRIES - 1))  # fmt: skip
    await side.again()
    assert (await side.became(someone))["web_push"] == ("dead", "status-500")
    side.push.answers["/late"] = 503
    await side.notice(late)
    await side.round()
    await set_clock(side.place, NOON + timedelta(days=3))
    await side.again()
    assert (await side.became(late))["web_push"] == ("dead", "expired")
    assert side.push.paths().count("/late") == 1


async def test_two_senders_take_each_delivery_once(side: Side):
    people = [await side.somebody(path=f"/{nth}") for nth in range(30)]
    await side.notice(*people)
    other = Teller(side.database, side.teller.carriers)
    await asyncio.gather(side.teller.round(), other.round())
    await asyncio.gather(side.teller.finish(), other.finish())
    await side.round()
    assert sorted(side.push.paths()) == sorted(f"/{nth}" for nth in range(30))


async def test_what_somebody_took_and_died_with_is_sent_by_the_next_one(side: Side):
    someone = await side.somebody(path="/a")
    side.push.answers["/a"] = "silent"
    await side.notice(someone)
    await side.teller.round()
    async with asyncio.timeout(30):
        while not side.push.got:
            await asyncio.sleep(0.01)
    await side.teller.trips.close(within_s=0)
    side.push.answers.clear()
    await side.round()
    assert len(side.push.got) == 1, "its lease holds"
    await side.again()
    assert (await side.became(someone))["web_push"] == ("sent", None)
