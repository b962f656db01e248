"""Verify a person (本人確認): a tier until a day, with the attributes that were seen."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from ledger.books import Books, Facts
from residents.person import NOBODY, OWN_LIMITS, AgeBand, ChangePerson, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPerson(ChangePerson):
    """An administrator, or a provider, has seen who it is. `unverified` takes that back."""

    kind: ClassVar[str] = "person.verified"
    tier: Tier
    tier_until: date | None
    """The last day of the tier; None with `unverified` alone."""
    method: str
    evidence: str
    area: str | None = None
    """None where it was not seen: what stood there before stays."""
    age_band: AgeBand | None = None
    reason: str | None = None

    def change(self, books: Books, before: Facts) -> Facts:
        """A verification replaces the one before it. Attributes that were seen are verified."""
        if self.tier == "unverified":
            return {**NOBODY, **{limit: before[limit] for limit in OWN_LIMITS}}
        assert self.tier_until is not None, "a tier has a last day"
        changed: Facts = {"tier": self.tier, "tier_until": self.tier_until.isoformat()}
        if self.area is not None:
            changed |= {"area": self.area, "is_area_verified": True}
        if self.age_band is not None:
            changed |= {"age_band": self.age_band, "is_age_band_verified": True}
        return changed

    def said(self) -> dict[str, Any]:
        """How it was seen, and why."""
        told = {"method": self.method, "evidence": self.evidence}
        return told if self.reason is None else told | {"reason": self.reason}
