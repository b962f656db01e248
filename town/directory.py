"""Who and what has which id in the running system: wallets, merchants, stores, QR texts."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Listing:
    """One shop as the system knows it; `qr` is the text of the code at its till."""

    merchant_id: UUID
    store_id: UUID
    owner_id: UUID
    qr: str


@dataclass(slots=True)
class Directory:
    """Ids by the town's own numbers: residents and shops count from 0."""

    region: str
    campaign_id: UUID
    shops: tuple[Listing, ...]
    wallets: dict[int, UUID] = field(default_factory=dict)
