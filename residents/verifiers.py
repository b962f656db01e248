"""Providers that say from afar who somebody is, such as JPKI (公的個人認証), by a setting.

There is none in this repository, and no stand-in for one in production: which certificate authority
or agent a region has a contract with is its own affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any, Final, Protocol
from uuid import UUID

from core.errors import problem
from core.settings import SettingsError
from residents.person import AgeBand, Tier

VERIFIER_UNKNOWN: Final = problem(
    "verifier-unknown", 404, "Nobody verifies people in that way here."
)
PROOF_REFUSED: Final = problem("proof-refused", 422, "The proof shows nothing about this person.")
VERIFIER_AWAY: Final = problem(
    "verifier-away", 503, "Who verifies cannot be reached; nothing was done."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a proof shows: codes and a day, as the desk would have noted them; no name or number."""

    tier: Tier
    evidence: str
    """What kind of proof it was: at most 40 letters."""
    expires_on: date
    area: str | None = None
    age_band: AgeBand | None = None


class Verifier(Protocol):
    """A provider. It keeps what it must of a proof; here nothing of it is kept."""

    async def verify(
        self, region: str, person_id: UUID, verification_id: UUID, proof: str
    ) -> Seen | None:
        """What the proof shows of this person; None if nothing, or if it is not about this one.

        A proof must name `verification_id`, so that one that was copied verifies nobody else.
        Raises OSError or TimeoutError where the provider cannot be asked.
        """


def load_verifiers(named: Mapping[str, str]) -> dict[str, Verifier]:
    """The providers of a deployment, each by its `module:name`. Raises SettingsError."""
    return {method: _load(method, place) for method, place in named.items()}


def _load(method: str, place: str) -> Any:
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"MEGURI_VERIFIERS: {method} cannot be loaded") from error
