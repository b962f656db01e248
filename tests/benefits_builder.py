"""Benefits for tests, each step by its real command: drafted, listed, approved, funded, offered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from os import urandom
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert

from campaigns.benefit import ChangeBenefit, CreateBenefit, ListBenefit
from campaigns.benefit_money import FundBenefit, ReturnBenefit
from campaigns.benefit_tables import benefit_line, benefit_list
from campaigns.benefit_terms import BenefitTerms, benefit_json
from ledger.books import Entry
from ledger.command import Command
from payments.use_benefit import UseBenefit
from tests.town_builder import ADMIN, APPROVER, Town, Wallet, new_id


@dataclass(frozen=True)
class Benefit:
    """A benefit and the list that is in force for it."""

    benefit_id: UUID = field(default_factory=new_id)
    list_id: UUID = field(default_factory=new_id)
    unused: Iterator[int] = field(default_factory=lambda: count(1), compare=False)

    def line(self, number: int) -> UUID:
        """The id of this line of the list."""
        return uuid5(self.list_id, str(number))


async def form(town: Town, **given: Any) -> BenefitTerms:
    """¥10,000 for everybody on the list, for a month."""
    said: dict[str, Any] = {
        "form_version": 1,
        "name": "物価高騰対策給付",
        "amount_points": 10_000,
        "offer_until": await town.today() + timedelta(days=30),
    }
    if "amounts_points" in given:
        del said["amount_points"]
    return BenefitTerms.model_validate(said | given)


async def listed(town: Town, *, lines: int = 3, needed_yen: int = 30_000, **given: Any) -> Benefit:
    """One that has a list of so many people."""
    benefit = Benefit()
    text = benefit_json(await form(town, **given))
    await done(town, CreateBenefit(entry_id=benefit.benefit_id, actor=ADMIN, form=text))
    await done(town, listing(benefit, lines=lines, needed_yen=needed_yen))
    return benefit


async def offered(
    town: Town,
    *,
    funded_yen: int | None = None,
    groups: Sequence[str | None] = (None,) * 20,
    **given: Any,
) -> Benefit:
    """One that people may use. Its list has lines of these groups, about nobody in the region."""
    benefit = await listed(town, **given)
    await bring(town, benefit, groups)
    await done(town, change(benefit, "approved"))
    await done(town, funding(benefit, funded_yen or given.get("needed_yen", 30_000)))
    await done(town, change(benefit, "offered"))
    return benefit


async def bring(town: Town, benefit: Benefit, groups: Sequence[str | None]) -> None:
    """Keep a line of each group, as if the desk had brought the list."""
    of_list = {"region_id": town.region.region_id, "list_id": benefit.list_id}
    made = {"benefit_id": benefit.benefit_id, "made_by": UUID(int=1)}
    lines = [
        {
            "line_id": benefit.line(number),
            "line": number,
            "reference": f"B-{number}",
            "mac": urandom(32),
            "group_name": group,
        }
        for number, group in enumerate(groups, start=1)
    ]
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(insert(benefit_list).values(of_list | made))
        await db.execute(insert(benefit_line), [of_list | line for line in lines])


def listing(benefit: Benefit, list_id: UUID | None = None, **given: Any) -> ListBenefit:
    """The command that puts its list in force, or another one."""
    said: dict[str, Any] = {"actor": ADMIN, "lines": 3, "needed_yen": 30_000, "reason": "test"}
    return ListBenefit(
        entry_id=list_id or benefit.list_id, benefit_id=benefit.benefit_id, **said | given
    )


def change(benefit: Benefit, state: Any, **given: Any) -> ChangeBenefit:
    """The command that brings a state."""
    said: dict[str, Any] = {"entry_id": new_id(), "actor": ADMIN, "reason": "test"}
    if state == "approved":
        said |= {"actor": APPROVER, "list_id": benefit.list_id}
    return ChangeBenefit(benefit_id=benefit.benefit_id, state=state, **said | given)


def funding(benefit: Benefit, yen: int, funder: str = "city") -> FundBenefit:
    """The command by which a funder puts money in."""
    return FundBenefit(
        entry_id=new_id(),
        actor=ADMIN,
        benefit_id=benefit.benefit_id,
        funder=funder,
        amount_yen=yen,
    )


def giving_back(benefit: Benefit) -> ReturnBenefit:
    """The command that gives back what is left."""
    return ReturnBenefit(
        entry_id=new_id(), actor=ADMIN, benefit_id=benefit.benefit_id, reason="over"
    )


def use(benefit: Benefit, wallet: Wallet, offer_id: UUID | None = None, **given: Any) -> UseBenefit:
    """The command by which a person takes an offer: of the next line unless one is named."""
    said: dict[str, Any] = {
        "entry_id": new_id(),
        "actor": wallet.actor,
        "person_id": wallet.person_id,
        "wallet_id": wallet.wallet_id,
        "benefit_id": benefit.benefit_id,
        "offer_id": offer_id or benefit.line(next(benefit.unused)),
        "list_id": benefit.list_id,
        "group": None,
    }
    return UseBenefit(**said | given)


async def done(town: Town, command: Command) -> Entry:
    """The entry of a command that is accepted."""
    return (await town.submit(command)).accepted()
