"""A past that never was: days of payments of a town made from a seed, for a form to be tried on."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from uuid import UUID

from residents.person import NOBODY
from simulations.happenings import SLICE, Pause
from simulations.parties import Person, Shop
from simulations.past_payment import PastPayment
from simulations.trial import Trial
from town.draws import HOUR, MINUTE, draw_amount, draw_second
from town.people import Resident, make_people
from town.shops import lay_out, make_shops

AGE_BANDS: Final = ("0-17", "18-29", "30-44", "45-64", "65-74", "75+")
_AGE_WEIGHTS: Final = (6, 16, 24, 30, 13, 11)
_VERIFIED_PERCENT: Final = 70
_AT_HOME_PERCENT: Final = 65
_COIN_PERCENT: Final = (100, 100, 100, 100, 60, 0)
"""How much of a payment is bought coin: most have no points to spend, some pay by points alone."""
_REFUNDED_OF: Final = 100
"""One payment in so many is given back whole, on the same day."""
_FOR_EVER: Final = "9999-12-31"


@dataclass(slots=True)
class MadeUpPast:
    """A source of payments: the same numbers and days, the same past. Amounts in whole yen."""

    residents: int
    merchants: int
    payments_a_day: int
    seed: int
    days: tuple[date, date]
    """The first and the last."""
    shops: list[Shop] = field(default_factory=list)
    """All of the town, once it was played."""

    async def play(self, trial: Trial, pause: Pause) -> None:
        """Tell the trial of every payment and refund, day by day; the form is always live."""
        chance = Random(f"past/{self.seed}/{self.residents}/{self.merchants}")
        residents = make_people(self.residents, self.seed)
        people = [_person(each, chance) for each in residents]
        shops = make_shops(self.merchants, self.seed)
        self.shops = [
            Shop(
                each.number, UUID(int=each.number + 1), each.merchant_class, each.category.code,
                each.area, each.area if each.merchant_class == "street_member" else None,
            )
            for each in shops
        ]  # fmt: skip
        streets, weights = lay_out(shops), tuple(accumulate(each.activity for each in residents))
        trial.let_live([each.campaign for each in trial.accounts.values()])
        day, done = self.days[0], 0
        while day <= self.days[1]:
            seconds = sorted(draw_second(chance) for _ in range(self.payments_a_day))
            for second in seconds:
                who = chance.choices(residents, cum_weights=weights)[0]
                at_home = chance.randrange(100) < _AT_HOME_PERCENT
                where = streets.draw(chance, who.area if at_home else None)
                amount_yen = draw_amount(where.category.median_yen, chance)
                coin_yen = amount_yen * chance.choice(_COIN_PERCENT) // 100
                is_refunded = chance.randrange(_REFUNDED_OF) == 0
                payment_id = done.to_bytes(16, "big")
                person, shop = people[who.number], self.shops[where.number]
                clock = time(second // HOUR, second % HOUR // MINUTE)
                trial.pay(
                    PastPayment(
                        payment_id, person, shop, day, clock, amount_yen, coin_yen, is_refunded
                    )
                )
                person.pay()
                if is_refunded:
                    trial.give_back(payment_id, day, amount_yen, {})
                done += 1
                if done % SLICE == 0:
                    await pause(done)
            day += timedelta(days=1)
        await pause(done)


def _person(resident: Resident, chance: Random) -> Person:
    is_verified = chance.randrange(100) < _VERIFIED_PERCENT
    facts = {
        **NOBODY,
        "tier": "verified_resident" if is_verified else "unverified",
        "tier_until": _FOR_EVER if is_verified else None,
        "area": resident.area,
        "is_area_verified": is_verified,
        "age_band": chance.choices(AGE_BANDS, _AGE_WEIGHTS)[0],
        "is_age_band_verified": is_verified,
    }
    return Person(resident.number, facts)
