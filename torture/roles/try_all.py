"""Makes attempts in direct SQL by the roles' logins, and says which did not end as they must."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from torture.judge.promise import Broken
from torture.roles.allowed import OF_THE_APPLICATION
from torture.roles.attempts import Attempt, Region

REFUSALS: Final = frozenset({"42501", "55000", "42809", "0A000", "428C9"})
"""No right to it; or it cannot be done to such a thing at all (views, trigger functions)."""
_NO_NUMBER: Final = "22P02"
_NOTHING: Final = frozenset({"SELECT 0", "UPDATE 0", "DELETE 0"})


@asynccontextmanager
async def logins(app_url: str, sealer_url: str, own: int) -> AsyncIterator["Logins"]:
    """The logins of a deployment; connections are opened as they are needed."""
    opened = Logins(app_url, sealer_url, own)
    try:
        yield opened
    finally:
        await opened.close()


class Logins:
    """A connection for each role and region."""

    def __init__(self, app_url: str, sealer_url: str, own: int) -> None:
        self._urls = {"meguri_sealer": sealer_url}
        self._app_url = app_url
        self._own = own
        self._open: dict[tuple[str, Region], asyncpg.Connection[Any]] = {}

    async def of(self, role: str, region: Region) -> "asyncpg.Connection[Any]":
        """A session of this role that says that it is of this region."""
        found = self._open.get((role, region))
        if found is None:
            says = {"own": str(self._own), "none": "", "no number": "everywhere"}[region]
            # Some roles have no login: the application becomes one of them.
            settings = {"role": "meguri_app" if role in OF_THE_APPLICATION else role}
            found = await asyncpg.connect(
                self._urls.get(role, self._app_url),
                server_settings={**settings, "meguri.region": says},
            )
            if settings["role"] != role:
                await found.execute(f"SET ROLE {role}")
            self._open[role, region] = found
        return found

    async def close(self) -> None:
        """Close them all."""
        for connection in self._open.values():
            await connection.close()


async def try_all(logins: Logins, chosen: Iterable[Attempt], broken: Broken) -> int:
    """Make these attempts, add to `broken` what went otherwise, and roll everything back."""
    count = 0
    for attempt in chosen:
        count += 1
        told = await _try(await logins.of(attempt.role, attempt.region), attempt.statement)
        if not _is_due(attempt, told):
            broken.add(
                f"{attempt.role}, region {attempt.region}: {attempt.statement[:200]}: {told},"
                f" and not {attempt.due}"
            )
    return count


async def _try(login: "asyncpg.Connection[Any]", statement: str) -> str:
    """The command's tag, or the SQLSTATE that refused it."""
    transaction = login.transaction()
    await transaction.start()
    try:
        return await login.execute(statement)
    except asyncpg.PostgresError as error:
        return f"refused {error.sqlstate}"
    finally:
        await transaction.rollback()


def _is_due(attempt: Attempt, told: str) -> bool:
    state = told.removeprefix("refused ")
    # A region that is no number is an error of its own, wherever it is looked at.
    is_refused = state in REFUSALS or (state == _NO_NUMBER and attempt.region == "no number")
    match attempt.due:
        case "done":
            return told == state
        case "nothing":
            return is_refused or told in _NOTHING
        case "raised":
            return is_refused or state.startswith("MG")
        case "refused":
            return is_refused
