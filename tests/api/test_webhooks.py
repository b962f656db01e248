"""A merchant's webhooks at the API: made, looked at, turned, rotated, pinged, and sent again."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from api.state import State
from merchants.queue_webhooks import queue_webhooks
from merchants.webhook_endpoints import MOST_ENDPOINTS
from tests.api.probe import is_problem
from tests.api.shop import Token, staff
from tests.town_builder import Store, Town, new_id
from tests.worker.webhook_side import receiving
from worker.carry_webhook import WebhookCarrier, webhook_client
from worker.deliver_webhooks import Deliverer

NOWHERE = "http://127.0.0.1:9/hook"
BODY: dict[str, Any] = {"url": NOWHERE, "description": "POS", "event_types": ["payment.made"]}
ALL = "/v1/webhook-endpoints"


async def made(client: httpx.AsyncClient, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    """A new endpoint, with its secret."""
    answer = await client.put(f"{ALL}/{new_id()}", json=BODY | more, headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_secret_is_shown_once_and_sealed(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    owner, path = staff(token, store), f"{ALL}/{new_id()}"
    first = await app_client.put(path, json=BODY, headers=owner)
    secret = first.json()["secret"]
    assert Webhook(secret)
    again = await app_client.put(path, json=BODY, headers=owner)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json() | {"secret": None}
    assert (await app_client.get(path, headers=owner)).json().get("secret") is None
    other = await app_client.put(path, json=BODY | {"description": "-"}, headers=owner)
    is_problem(other, 409, "id-in-use")
    turned = await app_client.post(f"{path}/rotations", json={"overlap_hours": 0}, headers=owner)
    assert turned.json()["secret"] not in (None, secret)
    assert turned.json()["old_secret_until"] is None
    both = await app_client.post(f"{path}/rotations", json={}, headers=owner)
    assert both.json()["old_secret_until"] is not None
    [row] = await town.rows("SELECT * FROM merchants.webhook_endpoint")
    for shown in (secret, turned.json()["secret"], both.json()["secret"]):
        assert shown not in str(row)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://shop.example/", "scheme"),
        ("https://shop.example:22/", "port"),
        ("https://shop.example:6379/", "port"),
        ("https://shop.invalid/", "unresolved"),
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
        ("https://100.64.0.1/", "private"),
        ("https://[fd00::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://[64:ff9b::a00:1]/", "private"),
        ("https://0x0a000001/", "private"),
    ],
)
async def test_addresses_inside_are_refused_with_the_reason(
    app_client: httpx.AsyncClient, token: Token, store: Store, url: str, why: str
):
    owner = staff(token, store)
    answer = await app_client.put(f"{ALL}/{new_id()}", json=BODY | {"url": url}, headers=owner)
    is_problem(answer, 422, "webhook-address-refused")
    assert answer.json()["why"] == why
    assert (await app_client.get(ALL, headers=owner)).json()["items"] == []
    known = await made(app_client, owner)
    path = f"{ALL}/{known['endpoint_id']}/changes"
    changed = await app_client.post(path, json=BODY | {"url": url}, headers=owner)
    is_problem(changed, 422, "webhook-address-refused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://shop.example/"},
        {"url": "https://user:secret@shop.example/"},
        {"url": "https://shop.example/#part"},
        {"url": "https://shop.example\\@10.0.0.1/"},
        {"url": "https://shop.example/ x"},
        {"url": "https://店.example/"},
        {"url": "https://" + "a" * 500},
        {"event_types": []},
        {"event_types": ["payment"]},
        {"event_types": ["ping"]},
        {"description": ""},
        {"stores": []},
        {"secret": "whsec_mine"},
    ],
)
async def test_what_is_malformed_is_named(
    app_client: httpx.AsyncClient, token: Token, store: Store, wrong: dict[str, Any]
):
    owner = staff(token, store)
    answer = await app_client.put(f"{ALL}/{new_id()}", json=BODY | wrong, headers=owner)
    is_problem(answer, 422, "malformed-request")
    [name] = wrong
    [error] = answer.json()["errors"]
    assert error["pointer"].startswith("" if name == "secret" else f"/{name}")


async def test_administrators_see_where_webhooks_go_and_nothing_that_opens_it(
    app_client: httpx.AsyncClient, token: Token, store: Store
):
    whole = await made(app_client, staff(token, store), url=NOWHERE + "?key=k3y")
    path = f"/v1/admin/merchants/{store.merchant_id}/webhook-endpoints"

    async def looked(role: str, at: str = path) -> httpx.Response:
        bearer = token("admin", sub=new_id(), role=role)
        return await app_client.get(at, headers={"Authorization": f"Bearer {bearer}"})

    for role in ("finance", "auditor"):
        [told] = (await looked(role)).json()["items"]
        assert (told["endpoint_id"], told["host"], told["state"]) == (
            whole["endpoint_id"], "127.0.0.1", "enabled",
        )  # fmt: skip
        assert "k3y" not in str(told)
        assert not {"secret", "url"} & told.keys()
    assert (await looked("campaigns")).status_code == 403
    nobody = path.replace(str(store.merchant_id), str(new_id()))
    is_problem(await looked("finance", nobody), 404, "merchant-unknown")


async def test_only_owners_and_managers_reach_it_and_each_what_is_theirs(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    second = await town.open_store(merchant_id=store.merchant_id)
    stranger = staff(token, await town.open_store())
    owner = staff(token, store)
    here = staff(token, store, "manager", stores=[str(store.store_id)])
    whole = await made(app_client, owner)
    mine = await made(app_client, here)
    assert mine["stores"] == [str(store.store_id)], "no more than the manager reaches"
    for headers, seen in ((owner, {whole["endpoint_id"], mine["endpoint_id"]}),
                          (here, {mine["endpoint_id"]}), (stranger, set())):  # fmt: skip
        items = (await app_client.get(ALL, headers=headers)).json()["items"]
        assert {each["endpoint_id"] for each in items} == seen
    beyond = BODY | {"stores": [str(second.store_id)]}
    answer = await app_client.put(f"{ALL}/{new_id()}", json=beyond, headers=here)
    is_problem(answer, 404, "store-unknown")
    path = f"{ALL}/{whole['endpoint_id']}"
    for headers in (here, stranger):
        for method, end, body in (
            ("GET", "", None),
            ("POST", "/changes", BODY),
            ("POST", "/state-changes", {"state": "disabled"}),
            ("POST", "/rotations", {}),
            ("GET", "/deliveries", None),
            ("PUT", f"/pings/{new_id()}", {}),
            ("POST", "/redeliveries", {"failed_since": "2026-11-22T00:00:00Z"}),
        ):
            answer = await app_client.request(method, path + end, json=body, headers=headers)
            is_problem(answer, 404, "webhook-endpoint-unknown")
    for role in ("clerk", "terminal", "accountant"):
        refused = await app_client.get(ALL, headers=staff(token, store, role))
        assert refused.status_code == 403, role


async def test_there_are_so_many_and_removed_ones_make_room(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    owner = staff(token, store)
    every = [await made(app_client, owner) for _ in range(MOST_ENDPOINTS)]
    answer = await app_client.put(f"{ALL}/{new_id()}", json=BODY, headers=owner)
    is_problem(answer, 409, "webhook-endpoints-enough")
    path = f"{ALL}/{every[0]['endpoint_id']}"
    for _ in range(2):
        body = {"state": "removed"}
        gone = await app_client.post(f"{path}/state-changes", json=body, headers=owner)
        assert gone.json()["state"] == "removed"
    await made(app_client, owner)
    bodies: dict[str, Any] = {
        "changes": BODY,
        "rotations": {},
        "state-changes": {"state": "enabled"},
    }
    for end, said in bodies.items():
        answer = await app_client.post(f"{path}/{end}", json=said, headers=owner)
        is_problem(answer, 409, "webhook-endpoint-removed")
    answer = await app_client.put(f"{path}/pings/{new_id()}", json={}, headers=owner)
    is_problem(answer, 409, "webhook-endpoint-disabled")
    page = (await app_client.get(f"{ALL}?state=removed", headers=owner)).json()
    assert [each["endpoint_id"] for each in page["items"]] == [every[0]["endpoint_id"]]
    page = (await app_client.get(f"{ALL}?limit=4", headers=owner)).json()
    rest = await app_client.get(f"{ALL}?limit=200&cursor={page['next_cursor']}", headers=owner)
    assert len(page["items"]) + len(rest.json()["items"]) == MOST_ENDPOINTS
    acts = await town.rows("SELECT act FROM access.act WHERE act = 'webhook_endpoint.removed'")
    assert len(acts) == 1


async def test_a_ping_a_delivery_its_log_and_sending_again(
    app_client: httpx.AsyncClient, app: Any, town: Town, token: Token, store: Store, tmp_path: Any
):
    state: State = app.state.meguri
    owner = staff(token, store)
    async with receiving(tmp_path) as receiver, webhook_client() as client:
        deliverer = Deliverer(town.database, state.vault, WebhookCarrier(client, state.addresses))

        async def rounds() -> None:
            for _ in range(2):
                await deliverer.round()
                await deliverer.finish()

        endpoint = await made(app_client, owner, url=receiver.url("/500"))
        path = f"{ALL}/{endpoint['endpoint_id']}"
        ping_id = new_id()
        for again in (False, True):
            answer = await app_client.put(f"{path}/pings/{ping_id}", json={}, headers=owner)
            assert answer.status_code == 201, answer.text
            assert ("idempotent-replay" in answer.headers) == again
        await rounds()
        detail = (await app_client.get(f"{path}/deliveries/{ping_id}", headers=owner)).json()
        assert (detail["state"], detail["event_type"], detail["attempts"]) == ("waiting", "ping", 1)
        assert detail["tried"][0]["outcome"] == "status"
        assert detail["tried"][0]["status"] == 500
        assert detail["next_attempt_at"] is not None
        change = BODY | {"url": receiver.url("/ok")}
        await app_client.post(f"{path}/changes", json=change, headers=owner)
        once = await app_client.post(
            f"{path}/deliveries/{ping_id}/redeliveries", json={}, headers=owner
        )
        assert once.json()["state"] == "waiting"
        await rounds()
        detail = (await app_client.get(f"{path}/deliveries/{ping_id}", headers=owner)).json()
        assert (detail["state"], detail["next_attempt_at"]) == ("delivered", None)
        assert [each["outcome"] for each in detail["tried"]] == ["status", "ok"]
        await receiver.has_got("/ok", 1)
        got = receiver.got[-1]
        assert got["body"] == detail["body"]
        assert Webhook(endpoint["secret"]).verify(got["body"], got["headers"])
        assert set(receiver.ids("/500") + receiver.ids("/ok")) == {str(ping_id)}


async def test_what_failed_is_sent_again_since_an_instant_and_the_log_has_filters(
    app_client: httpx.AsyncClient, town: Town, token: Token, store: Store
):
    owner, wallet = staff(token, store), await town.open_wallet()
    endpoint = await made(app_client, owner)
    path = f"{ALL}/{endpoint['endpoint_id']}"
    await town.top_up(wallet, 50)
    paid = [(await town.pay(wallet, store, 10)).entry_id for _ in range(5)]
    region_id = town.region.region_id
    async with town.database.transaction(region_id) as db:
        await queue_webhooks(db, town.region)
        await db.execute(
            text(
                "UPDATE merchants.webhook_delivery SET state = 'failed', ended_at = now()"
                " WHERE entry_id <> :last"
            ),
            {"last": paid[-1]},
        )

    async def listed(query: str) -> list[UUID]:
        answer = await app_client.get(f"{path}/deliveries?{query}", headers=owner)
        assert answer.status_code == 200, answer.text
        return [UUID(each["entry_id"]) for each in answer.json()["items"]]

    assert await listed("") == paid[::-1]
    assert await listed("state=failed") == paid[3::-1]
    assert await listed("state=waiting&event_type=payment.made") == paid[4:]
    assert await listed(f"store_id={store.store_id}&limit=2") == paid[:2:-1]
    assert await listed("event_type=ping") == []
    assert await listed("until=2020-01-01T00:00:00Z") == []
    assert len(await listed("since=2020-01-01T00:00:00Z")) == 5
    none = await app_client.post(
        f"{path}/redeliveries", json={"failed_since": "2199-01-01T00:00:00Z"}, headers=owner
    )
    assert none.json() == {"deliveries": 0}
    since = {"failed_since": "2020-01-01T00:00:00Z"}
    every = await app_client.post(f"{path}/redeliveries", json=since, headers=owner)
    assert every.json() == {"deliveries": 4}
    assert len(await listed("state=waiting")) == 5
    unknown = await app_client.post(
        f"{path}/deliveries/{new_id()}/redeliveries", json={}, headers=owner
    )
    is_problem(unknown, 404, "webhook-delivery-unknown")
    turn = await app_client.post(f"{path}/state-changes", json={"state": "disabled"}, headers=owner)
    assert turn.json()["state_why"] == "by-staff"
    refused = await app_client.post(f"{path}/redeliveries", json=since, headers=owner)
    is_problem(refused, 409, "webhook-endpoint-disabled")
