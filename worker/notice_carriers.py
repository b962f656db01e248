"""Who carries a notice out of the house, and what an attempt comes to; e-mail and SMS as codes."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol
from uuid import UUID, uuid5

from access.messages import Channel
from access.outbox import Letter
from notifications.deliveries import Delivery
from notifications.short_words import short_words
from worker.carriers import Carrier

LONGEST_SMS: Final = 600
_NAMES: Final = UUID("6a0f3c1e-52b5-4a5e-9c55-0d1f6f0c8a11")


@dataclass(frozen=True, slots=True)
class Handed:
    """What one attempt came to."""

    state: Literal["sent", "again", "failed", "gone", "refused"]
    """`failed`: it would fail each time. `gone`: there is no such address any more. `refused`: this
    address does not take it from us."""
    why: str = ""
    """A code, never what the other side said."""
    after_s: int | None = None
    """In how many seconds the other side wants to be asked again, if it said."""


class NoticeCarrier(Protocol):
    """One way out."""

    async def carry(self, delivery: Delivery) -> Handed:
        """Hand it over, within a deadline; never raises for what the other side does."""
        ...

    def side_of(self, delivery: Delivery) -> str:
        """Who is left alone when it asks for a pause: one provider of several by the same way."""
        ...


@dataclass(frozen=True, slots=True)
class LetterCarrier:
    """Carries a notice as a letter, by the carrier that codes go by."""

    channel: Channel
    carrier: Carrier

    async def carry(self, delivery: Delivery) -> Handed:
        """Says that there is something in the inbox."""
        longest = LONGEST_SMS if self.channel == "sms" else None
        words = short_words(delivery.kind, delivery.language, delivery.texts, longest)
        letter = Letter(
            # The same in each attempt: who knows it sends nothing twice.
            message_id=letter_id(delivery.region_id, delivery.delivery_id),
            channel=self.channel,
            purpose="notice",
            address=delivery.address,
            body=words,
            made_at=delivery.made_at,
            tries=delivery.tries,
        )
        outcome = await self.carrier.carry(letter)
        return Handed(outcome.state, outcome.why, outcome.after_s)

    def side_of(self, delivery: Delivery) -> str:
        """There is one provider."""
        return self.channel


def letter_id(region_id: int, delivery_id: int) -> UUID:
    """What a letter of a delivery is named at its provider."""
    return uuid5(_NAMES, f"{region_id}/{delivery_id}")
