"""`meguri demo`: builds the town, lives its day through the API, and says whether all agrees."""

import asyncio
import base64
import secrets
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import uvloop
from pydantic import SecretStr
from rich.console import Console

from core.database import Database
from core.embedded.account import EmbeddedError
from core.embedded.services import embedded_services
from core.settings import Settings, TopUpProvider
from core.termination import cancel_on
from ledger.regions import load_regions
from town import answers, earlier, notice, pace, settle_in, summary, week, wire
from town.bulk import bulk
from town.check import ask_ledger, compare
from town.client import Client, UnreachableError, open_households
from town.colleagues import Colleagues
from town.day import Plan, Size, plan_day
from town.directory import Directory
from town.hiring import Hiring
from town.live import live
from town.opening import TOWN_NAME, Opening, OpeningError
from town.people import Resident
from town.perform import Stage
from town.phones import NotSignedInError, Phones
from town.premises import STATION
from town.running import Demo, Wiring
from town.screen import Screen
from town.show_notice import show_notice
from town.startup import (
    StartupError,
    analyze,
    check_addresses,
    check_ground,
    free_code,
    free_port,
    mark_as_demo,
    set_clock,
    while_it_runs,
)
from town.summary import Verdict
from town.terms import in_words
from town.visit import Host, Visit, find_host, show_calls
from town.watch import Watch, watching
from town.wire import PROVIDER, ZONE

FIRST_SETTLERS: Final = 1_000
"""After so many PostgreSQL looks at what its tables hold; see startup.analyze."""

HOUSEHOLDS: Final = 10
"""Places that people sign in from; each may do so some hundred times a minute."""
ON_THE_PHONE: Final = 500
"""So many residents sign in by themselves; the others are enrolled in bulk."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who starts the demo may choose."""

    size: Size
    is_once: bool
    port: int
    """Where the server listens if nothing else does; 0: wherever there is room."""


def run_demo(settings: Settings, options: Options, wiring: Wiring) -> int:
    """Run the demo in the foreground; the exit code: 0 when every figure agrees, else 1.

    Without `is_once` it goes on serving after the summary until Ctrl-C. Stopped before that, it
    is 128 and the number of the signal.
    """
    screen = Screen(Console())
    try:
        return uvloop.run(_run(settings, options, wiring, screen))
    except (EmbeddedError, StartupError, OpeningError, UnreachableError, NotSignedInError) as error:
        screen.say(f"The demo cannot go on: {error}")
        return 1
    except KeyboardInterrupt:
        screen.say("Stopped.")
        return 128 + signal.SIGINT
    except asyncio.CancelledError:
        screen.say("Stopped.")
        return 128 + signal.SIGTERM


async def _run(settings: Settings, options: Options, wiring: Wiring, screen: Screen) -> int:
    cancel_on(signal.SIGTERM, signal.SIGHUP)
    screen.greet(f"Meguri 巡り: a day in {TOWN_NAME}", options.size.in_words(), *in_words())
    async with AsyncExitStack() as parts:
        with screen.step("The plan of the day") as step:
            plan = await asyncio.to_thread(plan_day, options.size)
            step.detail = f"{len(plan.acts):,} acts from 07:00 to 23:00"
        with screen.step("PostgreSQL and Valkey") as step:
            filled = await parts.enter_async_context(embedded_services(settings))
            step.detail = str(settings.data_dir)
        with screen.step("Migrations"):
            await check_addresses(filled.owner_database_url, filled.database_url)
            await check_ground(filled.owner_database_url)
            await wiring.migrate(filled.owner_database_url)
            await mark_as_demo(filled.owner_database_url)
        database = Database(filled.database_url)
        parts.push_async_callback(database.close)
        demo = await _prepare(filled, options, wiring, screen, (plan, database))
        stage = await _set_up(demo)
        verdict, host = await _spend_day(demo, stage)
        if options.is_once:
            _show_calls(demo, stage, host, is_over=True)
            summary.show_conclusion(screen.console, verdict)
            screen.say("--once: the server has stopped again. Without it, the town serves on.")
        else:
            await _serve_on(demo, stage, host, verdict)
    return 0 if verdict.agrees else 1


async def _prepare(
    settings: Settings,
    options: Options,
    wiring: Wiring,
    screen: Screen,
    ground: tuple[Plan, Database],
) -> Demo:
    plan, database = ground
    region = await free_code(database)
    secret = secrets.token_bytes(24)
    spelled = SecretStr("whsec_" + base64.b64encode(secret).decode())
    provider = TopUpProvider(secret=spelled, region=region)
    zone = ZoneInfo(ZONE)
    day = pace.town_day(datetime.now(zone).date())
    return Demo(
        settings=settings.model_copy(
            update={
                "top_up_providers": {PROVIDER: provider},
                "sms_provider": None,  # the numbers are made up, and may be somebody's
                "sms_codes_per_network": 2 * ON_THE_PHONE,  # the whole town comes from one machine
            }
        ),
        plan=plan,
        wiring=wiring,
        screen=screen,
        database=database,
        region=region,
        port=free_port(options.port),
        webhook_secret=secret,
        midnight=datetime.combine(day, time(), zone),
        phones=Phones(region),
        colleagues=Colleagues(),
    )


async def _set_up(demo: Demo) -> Stage:
    """Open the region, its shops and its campaign, and settle the residents in."""
    plan, tokens, screen = demo.plan, demo.tokens(), demo.screen
    opens = demo.midnight - timedelta(days=pace.DAYS_BEFORE)
    async with AsyncExitStack() as parts:
        with screen.step("Server") as step:
            here = await parts.enter_async_context(demo.running(opens + pace.SET_UP_AT, 1))
            step.detail = demo.address
        client, clock = here.client, here.clock
        await parts.enter_async_context(demo.kept_fresh(client))
        households = await parts.enter_async_context(open_households(demo.address, HOUSEHOLDS))
        hiring = Hiring(client, households, tokens, clock, demo.database)
        with screen.step("An operator, invited here") as step:
            step.detail = email = f"operator@{demo.region}.example.jp"
            await hiring.operator(await demo.wiring.invite(demo.settings, email), email)
        opening = Opening(client, tokens, clock)
        await opening.open_region()
        region_id = (await load_regions(demo.database))[demo.region].region_id
        with screen.step("Administrators, invited") as step:
            step.detail = f"{await hiring.office(region_id, len(plan.shops))} with an authenticator"
        opening = replace(opening, hire=hiring.owners(region_id))
        with screen.steps("Shops, and their owners", len(plan.shops)) as bar:
            shops = await opening.open_shops(plan.shops, bar.advance)
        with screen.step("Campaign, funded and live") as step:
            campaign_id = await opening.open_campaign(plan, demo.midnight.date())
            step.detail = f"budget ¥{plan.budget_yen:,}"
        await opening.open_statistics(opens.date())
        directory = Directory(demo.region, campaign_id, shops)
        people = await _sign_in(demo, households, region_id)
        spent_yen = earlier.spent(plan.earlier)
        commands = settle_in.commands(people, spent_yen)
        with screen.steps("Wallets, and what they hold", commands) as bar:
            async with bulk(demo.database, region_id) as verbs:
                for part in (people[:FIRST_SETTLERS], people[FIRST_SETTLERS:]):
                    settled = await settle_in.settle_in(part, spent_yen, verbs, clock, bar.advance)
                    directory.wallets.update(settled.wallets)
                    await analyze(demo.settings.owner_database_url)
        stage = Stage(people, directory, tokens, client, clock)
    await _live_earlier_days(demo, stage, region_id)
    return stage


async def _live_earlier_days(demo: Demo, stage: Stage, region_id: int) -> None:
    """Pay what was paid before the town's day, in bulk, on the days that it was."""
    days = demo.plan.earlier
    with demo.screen.steps("The days before, in bulk", sum(map(len, days))) as bar:
        for day, noon in zip(days, earlier.noons(demo.midnight), strict=True):
            await set_clock(demo.settings.owner_database_url, noon, 1)
            async with bulk(demo.database, region_id) as verbs:
                await earlier.live_day(day, noon, stage.people, stage.directory, verbs)
            bar.advance(len(day))
        await analyze(demo.settings.owner_database_url)
    stage.told.earlier_yen = earlier.taken(days)


async def _sign_in(
    demo: Demo, households: Sequence[Client], region_id: int
) -> tuple[Resident, ...]:
    """Let the first residents sign in as people do; everybody, by the ids that they have then."""
    people = demo.plan.people
    with demo.screen.steps("Residents, signed in by SMS", len(people[:ON_THE_PHONE])) as bar:
        first = people[:ON_THE_PHONE]
        known = await demo.phones.sign_in(households, demo.database, region_id, first, bar.advance)
    return tuple(replace(who, person_id=known.get(who.number, who.person_id)) for who in people)


async def _spend_day(demo: Demo, stage: Stage) -> tuple[Verdict, Host]:
    """Live the day, ask the ledger about it, and show what came of it."""
    plan, screen = demo.plan, demo.screen
    factor = pace.factor(len(plan.acts))
    begins = demo.midnight + pace.before_the_first_act(factor)
    async with AsyncExitStack() as parts:
        with screen.step("Server again, for a day in a hurry") as step:
            here = await parts.enter_async_context(demo.running(begins, factor))
            step.detail = f"1 s here is {factor:,} s there"
        stage.client, stage.clock = here.client, here.clock
        async with watching(Watch(screen, stage, plan)):
            day = live(stage.perform, plan.acts, here.clock, demo.midnight)
            async with demo.kept_fresh(here.client):
                await while_it_runs(here.process, day)
        with screen.step("Every figure, asked of the ledger"):
            evidence = await ask_ledger(here.client, stage.tokens, stage.directory, begins)
            host = await find_host(here.client, stage, stage.told)
            near = await here.client.send(
                wire.stores_near(demo.region, *STATION, summary.SHOPS_SHOWN)
            )
    with screen.step("The week's tables, released") as step:
        monday = demo.midnight + pace.WEEK_IS_OVER
        await set_clock(demo.settings.owner_database_url, monday, 1)
        stage.clock = await demo.database.clock()
        region = (await load_regions(demo.database))[demo.region]
        tables = await week.release_week(demo.database, region, monday)
        places = week.places_of(tables)
        passed = sum(place.passes for place in places)
        step.detail = f"a notice may go to {passed:,} of {len(places):,} places"
    with screen.step("A notice to one area") as step:
        phones = [who.person_id for who in stage.people[:ON_THE_PHONE]]
        doers = demo.colleagues.doer("campaigns"), demo.colleagues.doer("approver")
        sent = await notice.send(demo.database, region, monday, phones, doers)
        step.detail = "no area is large enough" if sent is None else sent.area
    with screen.step("Audit"):
        is_whole, words = await demo.wiring.audit(demo.database, region.region_id)
    surprises = [surprise.in_words() for surprise in stage.told.surprises]
    verdict = Verdict(compare(plan, stage.told, evidence), surprises, words, is_whole)
    summary.show_books(screen.console, evidence.books)
    summary.show_shops(screen.console, plan, stage.told)
    summary.show_directory(screen.console, answers.stores_near(near.body))
    summary.show_statement(screen.console, host.number, host.entries)
    summary.show_refusals(screen.console, stage.told)
    summary.show_week(screen.console, places, week.count_suppressed(tables))
    show_notice(screen.console, sent)
    summary.show_verdict(screen.console, verdict)
    return verdict, host


async def _serve_on(demo: Demo, stage: Stage, host: Host, verdict: Verdict) -> None:
    """Let the evening pass as slowly as ours, until Ctrl-C. StartupError if the server ends."""
    async with demo.running(stage.clock.now(), 1) as here:
        stage.client, stage.clock = here.client, here.clock
        _show_calls(demo, stage, host)
        summary.show_conclusion(demo.screen.console, verdict)
        demo.screen.say("Serving; Ctrl-C ends it.")
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await while_it_runs(here.process, stopped.wait())
        demo.screen.say("Stopping what was started.")


def _show_calls(demo: Demo, stage: Stage, host: Host, *, is_over: bool = False) -> None:
    wiring, tokens = demo.wiring, demo.visitors()
    how = (wiring.command, wiring.to_set_first)
    visit = Visit(demo.address, stage.directory, tokens, stage.clock, *how)
    show_calls(demo.screen.console, visit, host, stage.told, is_over=is_over)
