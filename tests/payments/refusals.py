"""How a test says that a command is refused, and that it stays refused."""

from ledger.command import Command
from tests.town_builder import Town


async def refusal(town: Town, command: Command) -> str:
    """The slug by which a rule refuses; the same again when asked again, with nothing moved."""
    first = await town.submit(command)
    assert first.entry.refusal is not None, "it was accepted"
    again = await town.submit(command)
    assert (again.is_replay, again.entry) == (True, first.entry)
    rows = await town.rows(
        "SELECT account_no FROM ledger.posting WHERE entry_id = :id", id=command.entry_id
    )
    assert rows == []
    return first.entry.refusal
