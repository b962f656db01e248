"""Providers tell of money that they received, or took back: signed webhooks."""

import base64
import hmac
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Depends, Path
from pydantic import AfterValidator, Field
from starlette.requests import Request

from api import fields
from api.answers import Answer, accepted
from api.closed_route import v1_router
from api.fields import Label, Reason, Yen, legible
from api.signed_route import (
    SIGNATURE_INVALID,
    SignedRoute,
    WebhookId,
    WebhookSignature,
    WebhookTimestamp,
    believe,
    signatures,
    signed_message,
)
from api.state import State, state_of
from core.errors import Problem, problem
from core.ids import uuid8
from core.instants import Instant
from ledger.books import Entry
from ledger.regions import Region
from payments.reverse_top_up import ReverseTopUp
from payments.top_up import PROVIDER_UNKNOWN, ProviderTopUp

OCCURRED_LATER = problem("occurred-later", 422, "It cannot have occurred in the future.")

router = v1_router("top-up providers", SignedRoute)


class TopUpSucceeded(fields.Body):
    """The provider received money for a wallet."""

    type: Literal["top_up.succeeded"]
    top_up_ref: Label = Field(examples=["konbini-20261122-000017"])
    """The provider's own name of the top-up: it counts once, however often it is told."""
    wallet_id: Annotated[str, Field(strict=True, max_length=100), AfterValidator(legible)] = Field(
        examples=["0192f0c1-2222-7000-8000-000000000001"]
    )
    """Whatever the customer gave: what is no wallet of the region goes to suspense."""
    amount_yen: Yen = Field(examples=[5000])
    occurred_at: Instant = Field(examples=["2026-11-22T09:30:00+09:00"])
    """Part of the top-up's name: tell it the same each time."""


class TopUpReversed(fields.Body):
    """The provider took the money of a top-up back."""

    type: Literal["top_up.reversed"]
    top_up_ref: Label = Field(examples=["konbini-20261122-000017"])
    top_up_occurred_at: Instant = Field(examples=["2026-11-22T09:30:00+09:00"])
    """As it was told with the top-up."""
    reversal_ref: Label = Field(examples=["chargeback-000002"])
    reason: Reason = Field(examples=["card reported stolen"])
    occurred_at: Instant = Field(examples=["2026-11-25T10:00:00+09:00"])


TopUpEvent = Annotated[TopUpSucceeded | TopUpReversed, Body(discriminator="type")]


class TopUpOutcome(Answer):
    """What became of it: `suspense` waits for an administrator, and is in the books."""

    entry_id: UUID
    outcome: Literal["credited", "suspense", "reversed"]


class Provider:
    """The provider that signed this request, and its region."""

    def __init__(self, name: str, region: Region) -> None:
        self.name = name
        self.region = region


async def signed(
    request: Request,
    provider: Annotated[str, Path(max_length=64)],
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> Provider:
    """The provider, if this is signed by it: HMAC-SHA256 over id, timestamp and raw body.

    So Standard Webhooks 1.0. Raises provider-unknown, signature-invalid, signature-expired.
    """
    state = state_of(request)
    settings = state.settings.top_up_providers.get(provider)
    region = state.regions.find(settings.region) if settings is not None else None
    if settings is None or region is None:
        raise Problem(PROVIDER_UNKNOWN)
    message = await signed_message(request, webhook_id, webhook_timestamp)
    expected = hmac.digest(_key(settings.secret.get_secret_value()), message, "sha256")
    given = signatures(webhook_signature, "v1")
    if not any(hmac.compare_digest(expected, signature) for signature in given):
        raise Problem(SIGNATURE_INVALID)
    believe(request, webhook_timestamp)
    return Provider(provider, region)


@router.post(
    "/webhooks/top-ups/{provider}",
    operation_id="receiveTopUpWebhook",
    summary="A provider tells of a top-up or takes one back",
)
async def receive_top_up(
    request: Request, sender: Annotated[Provider, Depends(signed)], event: TopUpEvent
) -> TopUpOutcome:
    """Replays are harmless: the same reference has one effect and one answer.

    Money that was received is never refused: unknown, frozen and overfull wallets go to suspense.
    """
    state = state_of(request)
    _refuse_future(state, event)
    command = (
        _top_up(sender, event) if isinstance(event, TopUpSucceeded) else _reversal(sender, event)
    )
    receipt = await state.engines.of(sender.region.region_id).submit(command)
    return _outcome(accepted(request, receipt))


def _refuse_future(state: State, event: TopUpSucceeded | TopUpReversed) -> None:
    if event.occurred_at > state.clock.now() + timedelta(hours=24):
        raise Problem(OCCURRED_LATER)


def _top_up(sender: Provider, event: TopUpSucceeded) -> ProviderTopUp:
    return ProviderTopUp(
        entry_id=_top_up_id(sender, event.top_up_ref, event.occurred_at),
        actor=f"provider:{sender.name}",
        provider=sender.name,
        reference=event.top_up_ref,
        wallet=event.wallet_id,
        amount_yen=event.amount_yen,
    )


def _reversal(sender: Provider, event: TopUpReversed) -> ReverseTopUp:
    return ReverseTopUp(
        entry_id=_named(sender, "reversal", event.reversal_ref, event.occurred_at),
        actor=f"provider:{sender.name}",
        top_up_id=_top_up_id(sender, event.top_up_ref, event.top_up_occurred_at),
        reason=event.reason,
        provider=sender.name,
    )


def _outcome(entry: Entry) -> TopUpOutcome:
    if entry.kind == ReverseTopUp.kind:
        return TopUpOutcome(entry_id=entry.entry_id, outcome="reversed")
    return TopUpOutcome(entry_id=entry.entry_id, outcome=entry.facts["outcome"])


def _top_up_id(sender: Provider, reference: str, occurred_at: datetime) -> UUID:
    return _named(sender, "top_up", reference, occurred_at)


def _named(sender: Provider, what: str, reference: str, occurred_at: datetime) -> UUID:
    """The id that this provider's event always has in its region."""
    return uuid8(occurred_at, what, sender.region.code, sender.name, reference)


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))
