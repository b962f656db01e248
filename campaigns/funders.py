"""Funders of a campaign: what each bears by the form, put in, got back, and has left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from campaigns.facts import WHOLE_BP
from campaigns.form import AsTuple, Form, Word
from ledger.books import Books

MOST_FUNDERS: Final = 20


class FunderShare(Form):
    """A funder, and the share that it bears of what the campaign spends."""

    name: Word
    """As fundings name it."""
    share_bp: Annotated[int, Field(ge=1, le=WHOLE_BP, examples=[7000])]
    """In basis points: 7000 is 70 %."""


def _add_up(funders: tuple[FunderShare, ...]) -> tuple[FunderShare, ...]:
    if len({funder.name for funder in funders}) < len(funders):
        raise PydanticCustomError("listed_twice", "must not name anybody twice")
    whole = sum(funder.share_bp for funder in funders)
    if whole != WHOLE_BP:
        raise PydanticCustomError(
            "shares_do_not_add_up",
            "the shares must add up to 10000 basis points, not {whole}",
            {"whole": whole},
        )
    return funders


Funders = Annotated[
    tuple[FunderShare, ...],
    Field(min_length=1, max_length=MOST_FUNDERS),
    AsTuple,
    AfterValidator(_add_up),
]
"""In the order of the form: of equal remainders the first one has the yen."""


@dataclass(slots=True)
class Money:
    """What a funder put in and got back so far, in yen."""

    put_in_yen: int = 0
    returned_yen: int = 0

    @property
    def in_it_yen(self) -> int:
        """What was not returned."""
        return self.put_in_yen - self.returned_yen


def shares(amount_yen: int, weights: Sequence[int]) -> list[int]:
    """Part an amount in proportion to the weights, to the yen: by the largest remainder.

    Of equal remainders the earlier one gets the yen. No part is above its weight while the amount
    is not above all weights together.
    """
    whole = sum(weights)
    parts = [amount_yen * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda place: -(amount_yen * weights[place] % whole)
    )
    for place in by_remainder[: amount_yen - sum(parts)]:
        parts[place] += 1
    return parts


def money_of(books: Books, campaign_id: UUID) -> dict[str, Money]:
    """The money of each funder, in the order in which they came; those of the form before.

    From the entries that refer to the campaign, which must be loaded.
    """
    named = books.campaigns[campaign_id].terms.funders or ()
    money = {funder.name: Money() for funder in named}
    for entry in sorted(books.entries.values(), key=lambda entry: entry.seq):
        if entry.refers_to != campaign_id or entry.refusal is not None:
            continue
        if entry.kind == "campaign.funded":
            money.setdefault(entry.facts["funder"], Money()).put_in_yen += entry.amount
        elif entry.kind == "campaign.returned":
            for part in entry.facts["returned_to"]:
                money[part["funder"]].returned_yen += part["amount_yen"]
    return money


def borne_by(
    named: Sequence[FunderShare] | None, money: Mapping[str, Money], spent_yen: int
) -> dict[str, int]:
    """What each funder bears of what was spent: by the form's shares, else by what is theirs in it.

    All of `spent_yen`, not of a part of it: so the rounding of one settlement does not add to that
    of the next. Where all was given back, points that a refund brought back may still expire: what
    is owed for them goes by what each had put in.
    """
    if named is None:
        weights = {name: theirs.in_it_yen for name, theirs in money.items()}
        if not any(weights.values()):
            weights = {name: theirs.put_in_yen for name, theirs in money.items()}
    else:
        by_form = {funder.name: funder.share_bp for funder in named}
        weights = {name: by_form.get(name, 0) for name in money}
    if spent_yen == 0:
        return dict.fromkeys(money, 0)
    return dict(zip(weights, shares(spent_yen, list(weights.values())), strict=True))


def spent_of(books: Books, campaign_id: UUID) -> int:
    """Rebates and cashback that a campaign granted, less what refunds took back, in yen."""
    spent_yen = books.account(campaign_id, "funder_receivable").balance
    for kind in ("budget", "budget_due", "budget_kept"):
        spent_yen -= books.account(campaign_id, kind).balance
    assert spent_yen >= 0, "no more comes back than was granted"
    return spent_yen
