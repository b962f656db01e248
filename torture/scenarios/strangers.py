"""26: ids and tokens of another region, merchant or resident: nothing read, nothing moved."""

import asyncio
import json
from collections.abc import Iterator
from time import monotonic
from typing import Final
from uuid import uuid4

import httpx

from core.ids import uuid7
from torture import operations
from torture.judge.promise import Broken
from torture.load import clients, load_for
from torture.operations import Operation
from torture.scenario import Scenario
from torture.scene import mint_for
from torture.stage import Stage
from town import wire
from town.tokens import Tokens
from town.wire import Call

ELSEWHERE: Final = "toge"
STRANGERS: Final = 12


async def play(stage: Stage) -> None:
    """Everybody works, while strangers try their tokens on what is not theirs."""
    theirs = Tokens(mint_for(stage.ground), ELSEWHERE)
    await _open_elsewhere(stage, theirs)
    crowd = clients(stage)
    caller = crowd[0].caller
    known = [
        operations.payment(stage.scene, holder, stage.scene.shops[nth % 2], 300)
        for nth, holder in enumerate(stage.scene.holders[:20])
    ]
    for payment in known:
        await stage.carry_out(caller, payment)
    load = asyncio.create_task(load_for(crowd, stage.seconds))
    broken = Broken()
    until = monotonic() + stage.seconds
    tried = await asyncio.gather(
        *(_try(stage, theirs, known, until, broken, nth) for nth in range(STRANGERS))
    )
    await load
    name = "Whoever it does not belong to reads nothing and moves nothing"
    stage.promises.append(broken.promise(name, f"{sum(tried):,} attempts"))


async def _open_elsewhere(stage: Stage, theirs: Tokens) -> None:
    body = wire.json_text({"name": "峠町", "zone": wire.ZONE, "settings": {}}).encode()
    path, operator = f"/v1/admin/regions/{ELSEWHERE}", theirs.admin("operator")
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        for api in stage.apis:
            await _send(http, api.address, Call("PUT", path, body, operator))
        await asyncio.sleep(2)  # every process learns of a region within a second


async def _try(
    stage: Stage,
    theirs: Tokens,
    known: list[Operation],
    until: float,
    broken: Broken,
    number: int,
) -> int:
    tried = 0
    api = stage.apis[number % len(stage.apis)]
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        while monotonic() < until:
            for what, call in _attempts(stage, theirs, stage.random.choice(known)):
                began = stage.now()
                reply = await _send(http, api.address, call)
                tried += 1
                if reply.status_code not in (401, 403, 404, 409, 422, 429, 503):
                    broken.add(f"{what}: {reply.status_code}")
                if _tells(reply.text):
                    broken.add(f"{what}: the answer tells more than what was asked with")
                stage.meter.fault("a stranger's attempt", began, stage.now())
    return tried


def _attempts(stage: Stage, theirs: Tokens, known: Operation) -> Iterator[tuple[str, Call]]:
    """Everything that names somebody else's wallet, payment, store or books."""
    scene = stage.scene
    holder = stage.random.choice(scene.holders)
    shop, other = stage.random.sample(scene.shops[2:], 2)
    own = scene.tokens
    stranger = own.resident(uuid4())
    foreigner = theirs.resident(holder.person_id)
    clerk = theirs.shop(shop.owner_id, shop.merchant_id)
    wallet, payment = f"/v1/wallets/{holder.wallet_id}", f"/v1/payments/{known.op}"
    for who, token in (("another resident", stranger), ("the same person elsewhere", foreigner)):
        yield f"{who} reads a wallet", Call("GET", wallet, token=token)
        yield f"{who} reads a history", Call("GET", f"{wallet}/entries", token=token)
        yield f"{who} reads a payment", Call("GET", payment, token=token)
        name = scene.new_id()
        yield f"{who} pays", wire.pay(name, holder.wallet_id, shop.qr, 1, token)
        yield f"{who} repeats an id", wire.pay(known.op, holder.wallet_id, shop.qr, 300, token)
    foreign_admin = theirs.admin("finance")
    neighbour = own.shop(other.owner_id, other.merchant_id)
    for who, token in (("another shop", neighbour), ("a shop elsewhere", clerk)):
        yield f"{who} refunds", wire.refund(scene.new_id(), known.op, None, token)
        yield f"{who} voids", wire.void(scene.new_id(), known.op, token)
        yield f"{who} reads sales", Call("GET", f"/v1/stores/{shop.store_id}/payments", token=token)
        yield f"{who} follows a store", Call("GET", f"/v1/stores/{shop.store_id}/feed", token=token)
    campaign = f"/v1/admin/campaigns/{scene.campaign_id}"
    funding = f"{campaign}/fundings/{uuid7(scene.clock.now())}"
    money = json.dumps({"amount_yen": 1, "funder": "us"}).encode()
    yield "a foreign office funds a campaign", Call("PUT", funding, money, foreign_admin)
    desk = theirs.admin("desk")
    top_up = json.dumps({"wallet_id": str(holder.wallet_id), "amount_yen": 1}).encode()
    path = f"/v1/admin/top-ups/{uuid7(scene.clock.now())}"
    yield "a foreign desk tops up", Call("PUT", path, top_up, desk)
    yield "a resident reads the books", Call("GET", "/v1/admin/trial-balance", token=stranger)


async def _send(http: httpx.AsyncClient, address: str, call: Call) -> httpx.Response:
    headers = {"authorization": f"Bearer {call.token}", "content-type": "application/json"}
    return await http.request(
        call.method, address + call.path, content=call.content, headers=headers
    )


def _tells(text: str) -> bool:
    """Whether an answer holds an amount or a balance of somebody."""
    return any(word in text for word in ('"amount_yen"', '"coin_yen"', '"balance', '"paid_with"'))


SCENARIO = Scenario(
    number=26,
    name="strangers",
    does="Residents, shops and offices of the same and of another region try their tokens on"
    " wallets, payments, stores, campaigns and books that are not theirs, while 64 clients work.",
    proves="what is not yours is not there for you: nothing is read, and nothing moves.",
    leaves_open="how long an answer takes; tokens that are forged: the tests of tokens do those.",
    play=play,
    least_a_minute=200,
    least_faults_a_minute=300,
)
