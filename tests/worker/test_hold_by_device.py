"""Holds by the app in which people signed in: many accounts on one device, and the own shop."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from access.emails import read_email
from access.logins import make_login
from access.posts import Reach, give_post
from access.sessions import INSTALLATION_KEPT_FOR, Home, Whose, forget_installations, open_session
from payments.hold_rules import MOST_DAYS
from tests.town_builder import ADMIN, Store, Town, Wallet
from tests.worker.test_hold import LATER, NEXT_DAY, holds, payer, rules, run, winter

__all__ = ["winter"]

ONE_PHONE = UUID(int=1)


async def sign_in(town: Town, installation: UUID | None, *people: Wallet) -> None:
    """Let people sign in with one app, one after the other."""
    home = Home(town.region.region_id, town.region.code)
    async with town.database.transaction(home.region_id) as db:
        for wallet in people:
            whose = Whose("resident", wallet.person_id)
            await open_session(db, home, whose, "sms", "", installation)


async def sign_in_for(town: Town, store: Store, installation: UUID) -> None:
    """Let a clerk sign in for the shop."""
    home = Home(town.region.region_id, town.region.code)
    reach = Reach("merchant", "clerk", store.merchant_id)
    async with town.database.transaction(home.region_id) as db:
        email = read_email(f"{uuid4().hex}@example.jp")
        login_id = await make_login(db, home.region_id, email, "花子")
        post_id = await give_post(db, home.region_id, login_id, reach, ADMIN)
        whose = Whose("merchant", login_id, post_id)
        await open_session(db, home, whose, "password", "", installation)


async def let_pass(town: Town, days: int) -> None:
    """Let so many days go by since the sessions were used."""
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(
            text("UPDATE access.session SET used_at = used_at - make_interval(days => :days)"),
            {"days": days},
        )


async def pay_once(town: Town, store: Store, people: Iterable[Wallet]) -> list[Any]:
    return [(await town.pay(wallet, store, 700, is_coin_only=True)).entry_id for wallet in people]


async def test_many_who_pay_and_signed_in_with_one_app_are_held(winter: Town):
    await rules(winter, one_device={"people": 3, "days": 10})
    store, people = await winter.open_store(), [await payer(winter) for _ in range(3)]
    family, stranger = [await payer(winter) for _ in range(2)], await payer(winter)
    who_never_pays = Wallet(uuid4(), uuid4())
    await sign_in(winter, ONE_PHONE, *people, people[0])
    await sign_in(winter, UUID(int=2), *family, who_never_pays)
    await sign_in(winter, None, stranger, *people, *family)
    await sign_in(winter, UUID(int=3), people[0])
    found = await pay_once(winter, store, people)
    await pay_once(winter, store, [*family, stranger])
    await winter.set_clock(NEXT_DAY)
    assert (await run(winter)).held == 3
    assert await holds(winter) == [(each, "one_device", {"people": 3}) for each in found]


async def test_top_ups_by_many_with_one_app_are_held_also_where_nothing_was_paid(winter: Town):
    await winter.live_campaign(bonus={"rate_bp": 1000}, credited=LATER)
    await rules(winter, one_device={"people": 3, "days": 10})
    people, stranger = [await winter.open_wallet() for _ in range(3)], await winter.open_wallet()
    await sign_in(winter, ONE_PHONE, *people)
    found = [(await winter.top_up(each, 3_000)).entry_id for each in people]
    await winter.top_up(stranger, 3_000)
    await winter.set_clock(NEXT_DAY)
    assert (await run(winter)).held == 3
    assert await holds(winter) == [(each, "one_device", {"people": 3}) for each in found]


async def test_who_signed_in_with_the_app_before_those_days_is_not_counted(winter: Town):
    await rules(winter, one_device={"people": 3, "days": 10})
    store, people = await winter.open_store(), [await payer(winter) for _ in range(3)]
    await sign_in(winter, ONE_PHONE, people[0])
    await let_pass(winter, 11)
    await sign_in(winter, ONE_PHONE, *people[1:])
    await pay_once(winter, store, people)
    await winter.set_clock(NEXT_DAY)
    assert (await run(winter)).held == 0


async def test_an_app_of_another_region_is_another_app(winter: Town, second_town: Town):
    await rules(winter, one_device={"people": 3, "days": 10})
    store, people = await winter.open_store(), [await payer(winter) for _ in range(3)]
    await sign_in(winter, ONE_PHONE, *people[:2])
    await sign_in(second_town, ONE_PHONE, people[2])
    await pay_once(winter, store, people)
    await winter.set_clock(NEXT_DAY)
    assert (await run(winter)).held == 0


async def test_who_pays_again_and_again_in_the_own_shop_is_held(winter: Town):
    await rules(winter, own_shop={"times": 2, "days": 10})
    own, other = await winter.open_store(), await winter.open_store()
    clerk, customer = await payer(winter), await payer(winter)
    await sign_in(winter, ONE_PHONE, clerk)
    await sign_in_for(winter, own, ONE_PHONE)
    await sign_in(winter, UUID(int=2), customer)
    await sign_in_for(winter, other, UUID(int=3))
    found = await pay_once(winter, own, [clerk, clerk])
    await pay_once(winter, other, [clerk, clerk])
    await pay_once(winter, own, [customer, customer])
    await winter.set_clock(NEXT_DAY)
    assert (await run(winter)).held == 2
    assert await holds(winter) == [(each, "own_shop", {"times": 2}) for each in found]


async def test_once_in_the_own_shop_is_lunch(winter: Town):
    await rules(winter, own_shop={"times": 2, "days": 10})
    own, clerk = await winter.open_store(), await payer(winter)
    await sign_in(winter, ONE_PHONE, clerk)
    await sign_in_for(winter, own, ONE_PHONE)
    await pay_once(winter, own, [clerk])
    await winter.set_clock(NEXT_DAY)
    assert (await run(winter)).held == 0


async def test_where_people_signed_in_is_forgotten_after_sixty_days(winter: Town):
    person = await payer(winter)
    await sign_in(winter, ONE_PHONE, person)
    region_id = winter.region.region_id

    async def forget() -> int:
        async with winter.database.transaction(region_id) as db:
            return await forget_installations(db, region_id, 10)

    await let_pass(winter, 59)
    assert await forget() == 0
    await let_pass(winter, 1)
    assert await forget() == 1
    assert await forget() == 0
    [row] = await winter.rows("SELECT installation_id, method FROM access.session")
    assert (row.installation_id, row.method) == (None, "sms")


def test_the_rules_look_no_further_back_than_what_is_kept():
    assert timedelta(days=MOST_DAYS) <= INSTALLATION_KEPT_FOR
