"""Makes the victims of a run: a resident, a shop and an office who have one of everything.

They are made as people are: through the API, or by the very functions that its routes call.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final
from uuid import UUID, uuid4

from access.acts import Doer
from access.clients import make_client, revoke_client
from access.emails import read_email
from access.invitations import invite
from access.logins import make_login
from access.password_resets import LOST_SECOND_FACTOR
from access.posts import Reach, give_post
from access.requests import make_request
from access.sessions import Home, Whose, open_session
from core.database import Database
from ledger.regions import load_regions
from notifications.tell_own import tell_own
from residents.drop_device import drop_device
from torture import operations
from torture.ground import REGION
from torture.processes import BrokenRunError
from torture.scene import Holder
from torture.stage import Stage
from torture.strangers.victims import WORD, Victims, name_all
from town import terms, wire
from town.client import Client, open_client
from town.directory import Listing
from town.opening import must
from town.people import Resident
from town.phones import Phone, Phones
from town.tokens import administrator
from town.wire import Answer, Call

NUMBER: Final = 79_000_000
"""Of the first victim's phone; no other resident of a run has one."""
HOLDS_WITHIN_S: Final = 10.0


@asynccontextmanager
async def _asking(stage: Stage) -> AsyncIterator[tuple[Client, Database]]:
    database = Database(stage.ground.settings.database_url, pool_size=2)
    address = stage.apis[0].address
    try:
        async with open_client(address, stage.ground.webhook_secret, "127.0.77.1") as client:
            yield client, database
    finally:
        await database.close()


async def make_victims(stage: Stage) -> Victims:
    """One of everything in the run's region, and tokens of theirs that have ended meanwhile."""
    async with _asking(stage) as (client, database):
        phone = await _sign_in(stage, client, database, 0)
        listing = await _open_shop(stage, client)
        victims = Victims(
            phone.person_id, listing.merchant_id, listing.store_id, listing.owner_id, listing.qr,
            phone.refresh_token,
        )  # fmt: skip
        await _spend(stage, client, victims, phone, listing)
        await _become_known(stage, client, phone)
        await _draft_campaign(stage, client, victims)
        await _hire(stage, database, victims)
        await _end_some(stage, client, database, victims)
        await name_all(stage, victims)
        await _until_ended(stage, victims)
        # The worker tells people of their money every few seconds: nothing is left to be told.
        await tell_own(database, (await load_regions(database))[REGION], lambda: None)
    return victims


async def _sign_in(stage: Stage, client: Client, database: Database, number: int) -> Phone:
    phones = Phones(REGION)
    who = Resident(NUMBER + number, uuid4(), "", True, 0, 0, 0)
    await phones.sign_in([client], database, stage.scene.region_id, [who], lambda _: None)
    [phone] = phones.by_person.values()
    return phone


async def _open_shop(stage: Stage, client: Client) -> Listing:
    scene = stage.scene
    finance, merchant_id, store_id = _office(stage, "finance"), scene.new_id(), scene.new_id()
    owner_id = uuid4()
    base = f"/v1/admin/merchants/{merchant_id}"
    more = {"merchant_class": "small", "category": "food", "area": "center"}
    await _ask(client, "PUT", base, finance, {"name": WORD, **more})
    await _ask(client, "PUT", f"{base}/stores/{store_id}", finance, {"name": WORD})
    owner = scene.tokens.shop(owner_id, merchant_id)
    told = await _ask(client, "GET", "/v1/stores", owner)
    for place in (base, f"{base}/stores/{store_id}"):
        for state in ("closed", "open"):
            body = {"state": state, "reason": WORD}
            path = f"{place}/state-changes/{scene.new_id()}"
            await _ask(client, "PUT", path, finance, body)
    moved = f"{base}/street-changes/{scene.new_id()}"
    await _ask(client, "PUT", moved, finance, {"street": WORD, "reason": WORD})
    return Listing(merchant_id, store_id, owner_id, told.body["items"][0]["qr"])


async def _spend(
    stage: Stage, client: Client, victims: Victims, phone: Phone, listing: Listing
) -> None:
    """A wallet with payments, of which one is partly given back and one is void; a suspense.

    The wallet was frozen for a moment.
    """
    scene, caller = stage.scene, stage.caller(0)
    holder = Holder(NUMBER, phone.person_id, scene.new_id())
    await _ask(client, "PUT", f"/v1/wallets/{holder.wallet_id}", phone.access_token, {})
    paid = [operations.payment(scene, holder, listing, yen) for yen in (900, 300)]
    lost = operations.top_up(scene, Holder(0, uuid4(), scene.new_id()), 70, f"ref-{uuid4().hex}")
    for wish in (
        operations.top_up(scene, holder, 9_000, f"ref-{uuid4().hex}"),
        lost,
        *paid,
        operations.refund(scene, listing, paid[0].op, 100),
        operations.void(scene, listing, paid[1].op),
    ):
        line = await stage.carry_out(caller, wish)
        if line.status >= 300:
            raise BrokenRunError(f"a victim's {wish.kind}: {line.status} {line.slug}")
    victims.names["wallet_id"].append(str(holder.wallet_id))
    victims.names["item_id"].append(str(lost.op))
    for state in ("frozen", "open"):
        path = f"/v1/admin/wallets/{holder.wallet_id}/state-changes/{scene.new_id()}"
        body = {"state": state, "reason": WORD}
        await _ask(client, "PUT", path, _office(stage, "desk"), body)


async def _become_known(stage: Stage, client: Client, phone: Phone) -> None:
    """A name, a consent, and a document that the desk has seen."""
    scene, mine = stage.scene, phone.access_token
    await _ask(client, "PATCH", "/v1/me", mine, {"name": WORD})
    await _ask(client, "PUT", "/v1/me/consents/surveys", mine, {"is_given": True})
    await _ask(client, "PUT", f"/v1/admin/people/{phone.person_id}/verifications/{scene.new_id()}",
               _office(stage, "desk"), {
                   "tier": "verified_resident", "evidence": "passport", "reason": WORD,
                   "expires_on": f"{scene.clock.now().year + 2}-01-31",
               })  # fmt: skip


async def _draft_campaign(stage: Stage, client: Client, victims: Victims) -> None:
    """A campaign with a budget, which nobody has approved."""
    scene, campaign_id = stage.scene, stage.scene.new_id()
    form = {**terms.form(scene.clock.now().date()), "name": WORD}
    for call in (
        wire.draft_campaign(campaign_id, form, _office(stage, "campaigns")),
        wire.fund_campaign(campaign_id, scene.new_id(), 5_000, _office(stage, "finance")),
    ):
        await must(client, call)
    victims.names["campaign_id"].append(str(campaign_id))


async def _hire(stage: Stage, database: Database, victims: Victims) -> None:
    """A post, an invitation and a session at each place; a client, and a request."""
    scene, names = stage.scene, victims.names
    here, everywhere = Home(scene.region_id, REGION), Home(0, "*")
    doer = Doer(administrator("finance"), f"admin:{administrator('finance')}", "finance")
    shop = Reach("merchant", "owner", victims.merchant_id)
    for home, reach in (
        (here, shop), (here, Reach("merchant", "clerk", victims.merchant_id)),
        (here, Reach("admin", "desk")), (everywhere, Reach("admin", "operator")),
    ):  # fmt: skip
        region_id = home.region_id
        async with database.transaction(region_id) as db:
            email = read_email(f"{uuid4().hex}@example.jp")
            login_id = await make_login(db, region_id, email, WORD)
            post_id = await give_post(db, region_id, login_id, reach, doer.actor)
            address = read_email(f"{uuid4().hex}@example.jp")
            made = await invite(db, region_id, scene.new_id(), address, reach, doer, None)
            opened = await open_session(
                db, home, Whose(reach.face, login_id, post_id), "password", WORD
            )
        names["login_id"].append(str(login_id))
        names["post_id"].append(str(post_id))
        names["invitation_id"].append(str(made.invitation.invitation_id))
        names["session_id"].append(str(opened.session_id))
        if home == everywhere:
            victims.of_operators.add(str(made.invitation.invitation_id))
        names["email"] += [email.address, address.address]
    async with database.transaction(here.region_id) as db:
        own, _ = await make_client(db, here, scene.new_id(), victims.merchant_id, None, WORD, doer)
        asked = await make_request(
            db, here.region_id, scene.new_id(), LOST_SECOND_FACTOR, doer,
            UUID(names["login_id"][0]), WORD,
        )  # fmt: skip
    names["client_id"].append(str(own.client_id))
    names["request_id"].append(str(asked.request_id))


async def _end_some(stage: Stage, client: Client, database: Database, victims: Victims) -> None:
    """A device is revoked, a session ended, a client revoked; another shop's client signs in."""
    scene, home = stage.scene, Home(stage.scene.region_id, REGION)
    lost = await _sign_in(stage, client, database, 1)
    async with database.transaction(home.region_id) as db:
        region = (await load_regions(database))[REGION]
        actor = f"resident:{lost.person_id}"
        await drop_device(db, region, lost.person_id, lost.device_id, actor)
    left = await _sign_in(stage, client, database, 2)
    ending = {"refresh_token": left.refresh_token}
    await _ask(client, "POST", "/v1/sessions/endings", None, ending)
    doer = Doer(administrator("finance"), f"admin:{administrator('finance')}", "finance")
    tokens = {"a revoked device's": lost.access_token, "an ended session's": left.access_token}
    for kind, shop in (("", scene.shops[-1]), ("a revoked client's", None)):
        merchant_id = victims.merchant_id if shop is None else shop.merchant_id
        async with database.transaction(home.region_id) as db:
            made, secret = await make_client(
                db, home, scene.new_id(), merchant_id, None, "レジ", doer
            )
        entry = {"client_id": str(made.client_id), "secret": secret}
        told = await _ask(client, "POST", "/v1/clients/tokens", None, entry)
        if shop is not None:
            victims.client_token = told.body["access_token"]
            continue
        tokens[kind] = told.body["access_token"]
        async with database.transaction(home.region_id) as db:
            reach = Reach("merchant", "owner", merchant_id)
            await revoke_client(db, home.region_id, made.client_id, reach, doer)
    victims.ended_tokens = tokens


async def _until_ended(stage: Stage, victims: Victims) -> None:
    """Wait until every process refuses what has ended: it does within seconds, or is found out."""
    until = monotonic() + HOLDS_WITHIN_S
    for api in stage.apis:
        async with open_client(api.address, b"", "127.0.77.2") as client:
            for token in victims.ended_tokens.values():
                look = Call("GET", "/v1/sessions", b"", token)
                while monotonic() < until:
                    if (await client.send(look)).status == 401:
                        break
                    await asyncio.sleep(0.1)


def _office(stage: Stage, role: str) -> str:
    return stage.scene.tokens.admin(role)


async def _ask(
    client: Client, method: str, path: str, token: str | None, body: dict[str, Any] | None = None
) -> Answer:
    """Send what must be done. Raises OpeningError where it is refused."""
    content = b"" if body is None else json.dumps(body).encode()
    return await must(client, Call(method, path, content, token))
