"""What each kind of request does once it is decided, in the transaction of the decision."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.password_resets import LOST_SECOND_FACTOR, reset_second_factor
from access.requests import Request as Asked
from access.requests import (
    RequestKind,
)
from api.session_tokens import home_of
from api.state import State
from campaigns.approve import CAMPAIGN_APPROVAL, deciding, refuse_its_maker
from campaigns.approve_benefit import BENEFIT_APPROVAL, refuse_its_makers
from campaigns.benefit import ChangeBenefit
from core.ids import uuid8
from insights.ask_plan import PLAN_APPROVAL
from insights.plans import approve_plan
from ledger.post import post
from ledger.regions import Region
from merchants.approve_application import approve
from merchants.bank_account_messages import tell_contacts
from merchants.change_bank_account import BANK_ACCOUNT_CHANGE, approve_account, refuse_account
from merchants.review_application import MERCHANT_OPENING, put_back
from notifications.alerts import ALERT_APPROVAL, approve_alert
from notifications.bulletins import BULLETIN_APPROVAL, approve_bulletin
from notifications.notices import NOTICE_APPROVAL, approve_notice, put_back_notice
from notifications.upstreams import UPSTREAM_APPROVAL, approve_upstream
from payments.approve_run import RUN_APPROVAL, approve_run
from payments.ask_rejection import HOLD_REJECTION
from payments.correct_debit_note import DEBIT_NOTE_CORRECTION, correct_debit_note
from payments.decide_hold import RejectHold
from payments.prepare import prepare
from payments.reads import read_settings
from residents.recovery import RECOVERY, check_recovery

CarryOut = Callable[[State, AsyncSession, Region, Asked, Doer], Awaitable[None]]


async def _nothing(
    _state: State, _db: AsyncSession, _region: Region, _asked: Asked, _doer: Doer
) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decides on a kind of request, and what that does in the same transaction."""

    kind: RequestKind
    roles: frozenset[str]
    carry_out: CarryOut
    """Once it is approved."""
    put_back: CarryOut = _nothing
    """Once it is refused or withdrawn."""


async def _reset_second_factor(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    await reset_second_factor(db, home_of(region), state.vault, asked.object_id, doer)


async def _approve_recovery(
    _state: State, db: AsyncSession, region: Region, asked: Asked, _doer: Doer
) -> None:
    await check_recovery(db, region.region_id, asked)


async def _approve_campaign(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    await refuse_its_maker(db, region.region_id, asked, doer.login_id)
    step = deciding(asked, doer.actor, state.clock.now(), "approved", asked.reason)
    (await post(db, region.region_id, step, prepare)).accepted()


async def _draft_campaign_again(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """Of one that has ended meanwhile there is nothing to put back: the step is refused."""
    step = deciding(asked, doer.actor, state.clock.now(), "draft", asked.reason)
    await post(db, region.region_id, step, prepare)


async def _reject_hold(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """In an entry of the moment of the approval. What refunds have emptied is refused."""
    command = RejectHold(
        entry_id=uuid8(state.clock.now(), HOLD_REJECTION.name, asked.request_id),
        actor=doer.actor,
        hold_id=asked.object_id,
        reason=asked.reason,
    )
    (await post(db, region.region_id, command, prepare)).accepted()


async def _approve_run(
    _state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """The worker issues its papers."""
    await approve_run(db, region.region_id, asked.object_id, doer)


async def _correct_debit_note(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    await correct_debit_note(db, region, asked, doer, state.clock.now())


async def _approve_benefit(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """The same for a benefit, with the list that was in force when it was asked for."""
    list_id = UUID(asked.facts["list_id"])
    await refuse_its_makers(db, region.region_id, asked.object_id, list_id, doer.login_id)
    command = ChangeBenefit(
        entry_id=uuid8(state.clock.now(), BENEFIT_APPROVAL.name, asked.request_id),
        actor=doer.actor,
        benefit_id=asked.object_id,
        state="approved",
        reason=asked.reason,
        list_id=list_id,
    )
    (await post(db, region.region_id, command, prepare)).accepted()


async def _open_merchant(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    await approve(db, home_of(region), asked, doer, state.clock.now(), prepare)


async def _review_application_again(
    _state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    await put_back(db, region.region_id, asked, doer)


async def _approve_account(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    settings = await read_settings(db, region.region_id)
    assert settings is not None, "the region is open"
    wait, now = timedelta(hours=settings.bank_change_hours), state.clock.now()
    await approve_account(db, region.region_id, asked, doer, now, wait)
    ends_with = asked.facts["ends_with"]
    await tell_contacts(db, region.region_id, asked.object_id, ends_with, "approved")


async def _refuse_account(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    await refuse_account(db, region.region_id, asked, doer, state.clock.now())


async def _approve_plan(
    _state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """It holds from its first week on, which must not have begun meanwhile."""
    await approve_plan(db, region, asked.object_id, doer)


async def _approve_bulletin(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """The worker signs and publishes it."""
    await approve_bulletin(db, region.region_id, asked.object_id, doer, state.clock.now())


async def _approve_alert(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """It is out with this commit, unless it is an exercise."""
    await approve_alert(db, region, asked.object_id, doer, state.clock.now())


async def _approve_upstream(
    state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """Its alerts are out at once from then on."""
    await approve_upstream(db, region.region_id, asked.object_id, doer, state.clock.now())


async def _approve_notice(
    _state: State, db: AsyncSession, region: Region, asked: Asked, doer: Doer
) -> None:
    """It is sent when it is due, by the worker."""
    await approve_notice(db, region, asked.object_id, doer)


async def _draft_notice_again(
    _state: State, db: AsyncSession, region: Region, asked: Asked, _doer: Doer
) -> None:
    await put_back_notice(db, region.region_id, asked.object_id)


KINDS: Final[dict[str, Decided]] = {
    each.kind.name: each
    for each in (
        Decided(LOST_SECOND_FACTOR, frozenset({"finance", "approver"}), _reset_second_factor),
        Decided(
            CAMPAIGN_APPROVAL, frozenset({"approver"}), _approve_campaign, _draft_campaign_again
        ),
        Decided(BENEFIT_APPROVAL, frozenset({"approver"}), _approve_benefit),
        Decided(
            MERCHANT_OPENING,
            frozenset({"approver", "finance"}),
            _open_merchant,
            _review_application_again,
        ),
        Decided(
            BANK_ACCOUNT_CHANGE,
            frozenset({"approver", "finance"}),
            _approve_account,
            _refuse_account,
        ),
        Decided(RUN_APPROVAL, frozenset({"approver"}), _approve_run),
        Decided(DEBIT_NOTE_CORRECTION, frozenset({"approver", "finance"}), _correct_debit_note),
        Decided(PLAN_APPROVAL, frozenset({"approver"}), _approve_plan),
        Decided(ALERT_APPROVAL, frozenset({"approver"}), _approve_alert),
        Decided(UPSTREAM_APPROVAL, frozenset({"approver"}), _approve_upstream),
        Decided(BULLETIN_APPROVAL, frozenset({"approver"}), _approve_bulletin),
        Decided(NOTICE_APPROVAL, frozenset({"approver"}), _approve_notice, _draft_notice_again),
        Decided(HOLD_REJECTION, frozenset({"approver"}), _reject_hold),
        Decided(RECOVERY, frozenset({"desk", "approver"}), _approve_recovery),
    )
}
"""Every kind of request that is decided here."""
