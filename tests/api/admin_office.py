"""The administrators of a region, as they knock at the app: one person for each role."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.api.probe import is_problem

ROLES = ("campaigns", "approver", "finance", "desk", "city", "auditor")


class Office:
    """Asks as one role after another; the same person stands behind a role all the time."""

    def __init__(
        self, client: httpx.AsyncClient, token: Callable[..., str], region: str = "setagaya"
    ) -> None:
        self.client = client
        self.region = region
        self.people: dict[str, UUID] = {role: uuid4() for role in (*ROLES, "operator")}
        self._token = token

    def headers(self, role: str, sub: UUID | None = None) -> dict[str, str]:
        """The token of a role; of another person if one is named."""
        region = "*" if role == "operator" else self.region
        token = self._token("admin", sub or self.people[role], role=role, region=region)
        return {"Authorization": f"Bearer {token}"}

    async def get(self, role: str, path: str, **query: Any) -> httpx.Response:
        """Ask; a trailing underscore of a parameter's name is left away (`from_`)."""
        params = {name.rstrip("_"): value for name, value in query.items()}
        return await self.client.get(f"/v1/admin/{path}", params=params, headers=self.headers(role))

    async def post(
        self, role: str, path: str, body: dict[str, Any], **query: Any
    ) -> httpx.Response:
        """Ask for something that has to be said why, or begin something."""
        return await self.client.post(
            f"/v1/admin/{path}", json=body, params=query, headers=self.headers(role)
        )

    async def look(self, what: str, reason: str, **query: Any) -> httpx.Response:
        """The desk looks at a wallet, or at a person's verifications."""
        return await self.post("desk", f"{what}/looks", {"reason": reason}, **query)

    async def put(
        self, role: str, path: str, body: dict[str, Any], sub: UUID | None = None
    ) -> httpx.Response:
        """Do."""
        return await self.client.put(
            f"/v1/admin/{path}", json=body, headers=self.headers(role, sub)
        )

    async def allows(self, path: str, roles: Iterable[str], body: dict[str, Any] | None) -> None:
        """Asserts that these roles may, and all others may not, whatever they send."""
        for role in ROLES:
            answer = (
                await self.get(role, path) if body is None else await self.put(role, path, body)
            )
            if role in roles:
                assert answer.status_code != 403, (role, path)
            else:
                is_problem(answer, 403, "role-missing")
        resident = {"Authorization": f"Bearer {self._token('resident')}"}
        method = "GET" if body is None else "PUT"
        answer = await self.client.request(method, f"/v1/admin/{path}", json=body, headers=resident)
        is_problem(answer, 403, "wrong-face")

    async def shows_the_desk(self, what: str) -> None:
        """Asserts that the desk may look at this, and no other role."""
        why = {"reason": "asks"}
        told = {role: (await self.post(role, f"{what}/looks", why)).status_code for role in ROLES}
        assert told == dict.fromkeys(ROLES, 403) | {"desk": 200}

    async def puts_once(
        self,
        role: str,
        path: str,
        body: dict[str, Any],
        other: dict[str, Any],
        taken: str = "id-in-use",
    ) -> dict[str, Any]:
        """Puts twice, and asserts one effect; an `other` body and another person are refused.

        Returns the answer, which is also what GET shows where the address can be read.
        """
        first = await self.put(role, path, body)
        assert first.status_code == 201, first.text
        assert "idempotent-replay" not in first.headers
        again = await self.put(role, path, body)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["idempotent-replay"] == "true"
        is_problem(await self.put(role, path, other), 409, taken)
        is_problem(await self.put(role, path, body, sub=uuid4()), 409, taken)
        told: dict[str, Any] = first.json()
        return told


async def is_refused_for_good(
    office: Office, role: str, path: str, body: dict[str, Any], slug: str
) -> None:
    """Asserts a remembered refusal: the same again, and by GET of the same address."""
    for answer in (
        await office.put(role, path, body),
        await office.put(role, path, body),
        await office.get(role, path),
    ):
        is_problem(answer, 409, slug)
