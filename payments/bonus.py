"""Grant what campaigns promise for a top-up, in its own entry; and take it back with the top-up."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from campaigns.grant import NO_SHOP, plan_bonuses, post_grants
from campaigns.live import line_up_of_top_ups
from ledger.books import Books, Entry, Holder
from ledger.command import Reads
from ledger.draft import Draft
from payments.claw_back import claw_back
from payments.facts import facts_of_top_up
from payments.owe import owed_to
from residents.wallet import other_wallets


def reads_of_top_up(books: Books, wallet_id: UUID) -> Reads | None:
    """The other wallets of the person, and the campaigns that a bonus settles a debt to first."""
    missing = owed_to(books, wallet_id) - books.holders.keys()
    others = other_wallets(books, wallet_id)
    return replace(others or Reads(), holders=missing) if missing else others


def grant_bonus(books: Books, draft: Draft, wallet: Holder, amount_yen: int) -> None:
    """Post what the live campaigns give for this top-up. The draft's facts are there.

    Never refuses: an empty budget or a used cap gives less and says why. Where no campaign of
    top-ups is live the entry tells of none.
    """
    line_up = line_up_of_top_ups(books)
    if not line_up.ordered:
        return
    assert wallet.subject_id is not None, "a wallet has a person"
    facts = facts_of_top_up(books, wallet.subject_id, amount_yen)
    grants = plan_bonuses(books, wallet.subject_id, facts)
    _, draft.apart = line_up.kept_of(facts)
    draft.facts |= post_grants(books, draft, wallet, NO_SHOP, facts, grants)


def reads_of_bonus(credited: Entry) -> Reads:
    """What is needed to take the bonus of a top-up back, beside its wallet and its day."""
    grants = credited.facts.get("grants", ())
    campaigns = {UUID(grant["campaign_id"]) for grant in grants}
    days = {
        date.fromisoformat(grant[name])
        for grant in grants
        for name in ("points_expire_on", "credited_on")
        if name in grant
    }
    return Reads(holders=campaigns, subjects=campaigns, periods=days)


def take_bonus_back(books: Books, draft: Draft, credited: Entry, wallet: Holder) -> None:
    """Take back what was granted for a top-up that is reversed: nothing remains of it, so all.

    `credited` is the entry that brought the money into the wallet. What is not there any more is
    owed without a cap: the money of the top-up is gone.
    """
    if not credited.facts.get("grants"):
        return
    back = claw_back(books, draft, credited, wallet, NO_SHOP, (0, credited.amount), is_capped=False)
    draft.facts["clawed_back"] = back
