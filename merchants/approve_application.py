"""Approve an application: the merchant opens with its business and bank account, and its owner is
invited; all in one transaction, or nothing."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.emails import read_email
from access.invitations import LASTS, invite
from access.login_devices import same_person
from access.posts import Reach
from access.requests import SECOND_PERSON_NEEDED, Request
from access.sessions import Home
from access.staff_notices import write_invitation
from core.errors import Problem
from core.ids import uuid8
from ledger.batch import Prepare
from merchants.application import Application
from merchants.application_tables import business
from merchants.apply import APPLICATION_STATE_WRONG, change, find_application, note
from merchants.bank_account_tables import bank_account
from merchants.merchant import OpenMerchant
from merchants.open import open_in

_PURPOSE: Final = "merchant.opening"


async def approve(
    db: AsyncSession, home: Home, asked: Request, doer: Doer, now: datetime, prepare: Prepare
) -> UUID:
    """Open the merchant of a recommended application, in the transaction of the decision.

    The merchant's id is derived from the request. Refuses second-person-needed for whoever wrote at
    the application, also under another name at a device of theirs; and application-state-wrong.
    """
    region_id, application_id = home.region_id, asked.object_id
    found = await find_application(db, region_id, application_id, is_to_change=True)
    if found.state != "recommended" or found.version != asked.facts["version"]:
        raise Problem(APPLICATION_STATE_WRONG, state=found.state)
    if found.written_by & await same_person(db, region_id, doer.login_id):
        raise Problem(SECOND_PERSON_NEEDED)
    form = found.form
    assert form is not None, "only what is over is forgotten"
    merchant_id = uuid8(now, _PURPOSE, asked.request_id)
    email = read_email(form.email)
    made = await invite(
        db, region_id, uuid8(now, "owner.invitation", asked.request_id), email,
        Reach("merchant", "owner", merchant_id), doer, None,
    )  # fmt: skip
    if made.secret is not None:
        invitation_id = made.invitation.invitation_id
        await write_invitation(db, home, email.address, invitation_id, made.secret, LASTS)
    await note(
        db, region_id, application_id, doer, "approved", asked.reason, merchant_id=str(merchant_id)
    )
    # From here on the region's other work waits.
    await open_in(db, region_id, opening_of(form, merchant_id, doer.actor), prepare)
    await change(db, region_id, application_id, state="approved", merchant_id=merchant_id)
    await db.execute(insert(business).values(_business(region_id, merchant_id, form, doer.actor)))
    await db.execute(
        insert(bank_account).values(
            region_id=region_id,
            version_id=uuid8(now, "bank.account", asked.request_id),
            merchant_id=merchant_id,
            **_account(form),
            state="approved",
            asked_by=found.made_by,
            asked_at=found.made_at,
            approved_by=doer.actor,
            approved_at=now,
            applies_from=now,
        )
    )
    return merchant_id


def opening_of(form: Application, merchant_id: UUID, actor: str) -> OpenMerchant:
    """The engine's command that opens the merchant of a form."""
    return OpenMerchant(
        entry_id=merchant_id,
        actor=actor,
        name=form.name,
        merchant_class=form.merchant_class,
        category=form.category,
        area=form.area,
        street=form.street,
    )


def _account(form: Application) -> dict[str, str]:
    """Checked again: a branch that was closed since is refused. An example bank came in rightly."""
    account = form.bank_account.checked(is_real=False)
    return {name: getattr(account, name) for name in account.__slots__}


def _business(
    region_id: int, merchant_id: UUID, form: Application, actor: str
) -> dict[str, object]:
    told = (
        "legal_name", "representative", "postal_code", "address", "email", "telephone",
        "corporate_number", "registration_number",
    )  # fmt: skip
    said = {name: getattr(form, name) for name in told}
    return {"region_id": region_id, "merchant_id": merchant_id, "changed_by": actor, **said}
