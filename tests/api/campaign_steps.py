"""The steps of a campaign through the API: drafted, asked for, decided, funded, started."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.api.admin_office import Office
from tests.terms_builder import terms_of
from tests.town_builder import Town, new_id

ASKED = {"reason": "the council decided", "without_simulation": True}


async def form(town: Town, **given: Any) -> dict[str, Any]:
    return terms_of(await town.today(), **given).model_dump(mode="json")


async def drafted(office: Office, town: Town, **given: Any) -> UUID:
    campaign_id = new_id()
    body = {"terms": await form(town, **given)}
    answer = await office.put("campaigns", f"campaigns/{campaign_id}", body)
    assert answer.status_code == 201, answer.text
    return campaign_id


async def asked(office: Office, campaign_id: UUID, sub: UUID | None = None) -> UUID:
    request_id = new_id()
    path = f"campaigns/{campaign_id}/approvals/{request_id}"
    answer = await office.put("campaigns", path, ASKED, sub)
    assert (answer.status_code, answer.json()["state"]) == (201, "open"), answer.text
    return request_id


async def decided(
    office: Office, request_id: UUID, decision: str = "approved", sub: UUID | None = None
) -> httpx.Response:
    return await office.client.post(
        f"/v1/admin/requests/{request_id}/decisions",
        json={"decision": decision},
        headers=office.headers("approver", sub),
    )


async def approved(office: Office, campaign_id: UUID) -> UUID:
    request_id = await asked(office, campaign_id)
    answer = await decided(office, request_id)
    assert answer.status_code == 200, answer.text
    return request_id


async def started(office: Office, town: Town, yen: int, **given: Any) -> UUID:
    campaign_id = await drafted(office, town, **given)
    path = f"campaigns/{campaign_id}"
    funding = {"amount_yen": yen, "funder": "city"}
    answer = await office.put("finance", f"{path}/fundings/{new_id()}", funding)
    assert answer.status_code == 201, answer.text
    await approved(office, campaign_id)
    change = {"state": "live", "reason": "opening day"}
    answer = await office.put("approver", f"{path}/state-changes/{new_id()}", change)
    assert answer.status_code == 201, answer.text
    return campaign_id


async def simulated(office: Office, town: Town, **given: Any) -> UUID:
    """A simulation that is asked for, of some whole weeks that are over."""
    sunday = await town.today()
    sunday -= timedelta(days=sunday.isoweekday())
    days = {"from_day": (sunday - timedelta(days=13)).isoformat(), "to_day": sunday.isoformat()}
    question = {"terms": await form(town), **days, **given}
    simulation_id = new_id()
    answer = await office.put("campaigns", f"simulations/{simulation_id}", {"question": question})
    assert (answer.status_code, answer.json()["state"]) == (201, "queued"), answer.text
    return simulation_id
