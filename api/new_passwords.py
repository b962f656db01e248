"""A new password, before it is set: one that is easily guessed, or has leaked, is refused."""

from access.passwords import has_length, weakness_of
from api.state import State
from core.errors import Problem, problem

PASSWORD_EASILY_GUESSED = problem(
    "password-easily-guessed", 422, "This password is easily guessed: choose another one."
)


async def refuse_weak(state: State, password: str, email_key: str) -> None:
    """Raise password-easily-guessed and why: `short`, `common`, `personal` or `breached`.

    It may wait for the range service, so no transaction is open meanwhile.
    """
    why: str | None = weakness_of(password, email_key)
    if not has_length(password):
        why = "short"
    if why is None and await state.breached_passwords.has(password):
        why = "breached"
    if why is not None:
        raise Problem(PASSWORD_EASILY_GUESSED, why=why)
