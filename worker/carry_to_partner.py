"""Carry a webhook to a partner: signed, as merchants' are, and by the same way out."""

from contextlib import suppress
from typing import Final

from access.vault import SealBrokenError, Vault
from merchants.mark_webhook import Answered
from merchants.webhook_outbox import Taken
from merchants.webhook_secret import unseal
from notifications.deliveries import Delivery
from notifications.partner_words import body_of, webhook_id_of
from worker.carry_webhook import WebhookCarrier
from worker.notice_carriers import Handed

GONE: Final = 410
LONGEST_REST_S: Final = 3_600
"""What a Retry-After may ask for: an alert must not wait for a day."""


class PartnerCarrier:
    """The partners of all regions."""

    def __init__(self, vault: Vault, carrier: WebhookCarrier) -> None:
        self._vault = vault
        self._carrier = carrier

    async def carry(self, delivery: Delivery) -> Handed:
        """One attempt. Of the answer the status and Retry-After count."""
        taken = Taken(
            webhook_id_of(delivery.region_id, delivery.delivery_id), body_of(delivery),
            delivery.tries, delivery.tries, delivery.made_at,
        )  # fmt: skip
        return handed(await self._carrier.carry(delivery.address, self._keys(delivery), taken))

    def side_of(self, delivery: Delivery) -> str:
        """Each partner is left alone by itself, and at a new address it has asked for nothing."""
        return f"{delivery.address_id} {delivery.address}"

    def _keys(self, delivery: Delivery) -> list[bytes]:
        """Those that the vault's key of today opens."""
        keys: list[bytes] = []
        for sealed in (delivery.secret, delivery.old_secret):
            with suppress(SealBrokenError):
                if sealed is not None:
                    keys.append(unseal(self._vault, delivery.address_id, sealed))
        return keys


def handed(said: Answered) -> Handed:
    """What an attempt came to. Only 410 says that there is no such partner any more."""
    if said.is_ok:
        return Handed("sent")
    if said.status is None:
        return Handed("again", said.outcome)
    why = f"status-{said.status}"
    if said.status == GONE:
        return Handed("gone", why)
    rests_s = None if said.rests_s is None else min(said.rests_s, LONGEST_REST_S)
    return Handed("again", why, rests_s)
