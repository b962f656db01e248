"""Which facts campaigns ask for, and what is therefore kept of a payment to decide it again.

No more than that is kept, above all not about people: who pays where no campaign asks for ages
leaves no age behind.
"""

from collections.abc import Collection, Iterable

from campaigns.facts import OF_THE_PERSON, OF_THE_PLACE
from campaigns.terms import Terms


def asked_by(terms: Terms) -> frozenset[str]:
    """The facts that the conditions of these terms look at, beside those that every entry tells."""
    where, who = terms.where, terms.who
    is_proof_wanted = who is not None and who.proof == "verified"
    by_areas = who is not None and who.areas is not None
    by_ages = who is not None and who.age_bands is not None
    looks = {
        "category": where is not None and where.categories is not None,
        "shop_area": where is not None and where.areas is not None,
        "street": where is not None and where.streets is not None,
        "mode": terms.payment_modes is not None,
        "tier": who is not None and who.tiers is not None,
        "person_area": by_areas,
        "is_person_area_verified": by_areas and is_proof_wanted,
        "age_band": by_ages,
        "is_age_band_verified": by_ages and is_proof_wanted,
        "is_first_payment": who is not None and who.first_payment == "ever",
    }
    return frozenset(name for name, is_looked_at in looks.items() if is_looked_at)


def of_the_place(asked: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Of what several campaigns ask for, the facts that are nobody's in person; in one order."""
    wanted = frozenset[str]().union(*asked)
    return tuple(name for name in OF_THE_PLACE if name in wanted)


def of_the_person(asked: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Of what several campaigns ask for, the facts about who pays; in one order."""
    wanted = frozenset[str]().union(*asked)
    return tuple(name for name in OF_THE_PERSON if name in wanted)
