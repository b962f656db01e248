"""The steps of a benefit through the API: drafted, listed, funded, approved, offered."""

from typing import Any
from uuid import UUID

import httpx

from campaigns.benefit_terms import benefit_facts
from tests import benefits_builder
from tests.api.admin_office import Office
from tests.api.campaign_steps import decided
from tests.benefits_builder import Benefit
from tests.town_builder import Town, new_id

WHY = {"reason": "the council decided"}


class Listed(Benefit):
    """A benefit with a list in force."""

    @property
    def path(self) -> str:
        """Where it stands, below /v1/admin/."""
        return f"benefits/{self.benefit_id}"


def person(number: int, **more: Any) -> dict[str, Any]:
    """A line of the list."""
    return {"reference": f"A-{number:06}", "phone": f"090-1234-{number:04}"} | more


async def drafted(office: Office, town: Town, **given: Any) -> UUID:
    """A benefit without a list."""
    benefit_id = new_id()
    body = {"terms": benefit_facts(await benefits_builder.form(town, **given))}
    answer = await office.put("campaigns", f"benefits/{benefit_id}", body)
    assert answer.status_code == 201, answer.text
    return benefit_id


async def listed(office: Office, town: Town, lines: list[dict[str, Any]], **given: Any) -> Listed:
    """One whose list was brought in one part."""
    made = Listed(await drafted(office, town, **given), new_id())
    path = f"{made.path}/lists/{made.list_id}"
    answer = await office.post("desk", f"{path}/parts", {"first_line": 1, "lines": lines})
    assert answer.status_code == 200, answer.text
    answer = await office.put("desk", path, {"lines": len(lines), **WHY})
    assert answer.status_code == 201, answer.text
    return made


async def asked(office: Office, made: Listed, sub: UUID | None = None) -> UUID:
    """The id of an open request for its approval."""
    request_id = new_id()
    path = f"{made.path}/approvals/{request_id}"
    answer = await office.put("campaigns", path, WHY, sub)
    assert answer.status_code == 201, answer.text
    return request_id


async def offered(
    office: Office, town: Town, lines: list[dict[str, Any]], yen: int, **given: Any
) -> Listed:
    """One that people see."""
    made = await listed(office, town, lines, **given)
    answer = await decided(office, await asked(office, made))
    assert answer.status_code == 200, answer.text
    funding = {"amount_yen": yen, "funder": "city"}
    answer = await office.put("finance", f"{made.path}/fundings/{new_id()}", funding)
    assert answer.status_code == 201, answer.text
    await turned(office, made, "offered")
    return made


async def turned(office: Office, made: Listed, state: str) -> None:
    """Offered, stopped or closed."""
    path = f"{made.path}/state-changes/{new_id()}"
    answer = await office.put("approver", path, {"state": state, "reason": "opening day"})
    assert answer.status_code == 201, answer.text


async def brings(
    office: Office, path: str, first: int, *lines: Any, sub: UUID | None = None
) -> httpx.Response:
    """A part of a list, whose first line has this number."""
    return await office.client.post(
        f"/v1/admin/{path}/parts",
        json={"first_line": first, "lines": list(lines)},
        headers=office.headers("desk", sub),
    )
