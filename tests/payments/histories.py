"""Random histories of a town, dense where value moves: each follows from one number."""

from random import Random
from typing import Any, Final

Step = tuple[Any, ...]

WALLETS: Final = ["w0", "w0", "w0", "w1", "w2"]
STORES: Final = ["s0", "s0", "s1", "s2"]
NEWEST: Final = [0, 0, 1, 2, 3, 5]
"""Which of the newest: small numbers, so that histories touch the same things often."""
DAYS: Final = [1, 1, 17, 33, 44, 31]
"""From the first day 44 lead to the end of a month, and 31 from there to the next."""
WEIGHTS: Final = {
    "pay": 40,
    "refund": 30,
    "top_up": 14,
    "in_cash": 3,
    "void": 4,
    "reverse": 3,
    "place": 4,
    "send_back": 2,
    "turn": 5,
    "shut": 7,
    "again": 6,
}
SHUT: Final[list[Step]] = [
    *[("w3", "closed"), ("w3", "closed"), ("w2", "closed"), ("w3", "open"), ("w3", "frozen")],
    *[("s0", "closed"), ("s2", "closed"), ("m0", "closed"), ("m1", "closed")],
    *[("s0", "open"), ("s0", "open"), ("s2", "open"), ("m1", "open"), ("m0", "open")] * 2,
]
"""More shops open than close, or the town would stand still."""
OPENING: Final[list[Step]] = [
    ("top_up", "w0", 2_900),
    ("top_up", "w1", 1_500),
    ("in_cash", "w2", 1_200),
    ("turn", "w0", "closed"),
    ("turn", "w3", "closed"),
    ("in_cash", "w3", 100),
]


def history(seed: int) -> list[list[Step]]:
    """Groups of steps that arrive together; now and then days pass, or old lots expire."""
    chance = Random(seed)
    groups = [OPENING]
    for _ in range(chance.randrange(8, 20)):
        kind = chance.random()
        if kind < 0.12:
            groups.append([("advance", chance.choice(DAYS))])
        elif kind < 0.2:
            groups.append([("expire",)])
        else:
            groups.append([_step(chance) for _ in range(chance.randrange(1, 8))])
    return groups


def with_vesting(groups: list[list[Step]], chance: float, seed: int) -> list[list[Step]]:
    """The history with what is due credited after each move of the clock, as often as `chance`."""
    often = Random(seed)
    told: list[list[Step]] = []
    for group in groups:
        told.append(group)
        if group[0][0] == "advance" and often.random() < chance:
            told.append([("vest",)])
    return told


def long_history(seed: int) -> list[list[Step]]:
    """A random history that goes on past what expires, and gives back what was paid before."""
    chance = Random(seed)
    groups = history(seed)
    groups += [[("turn", holder, "open")] for holder in ("w0", "w1", "w2", "s0", "m0")]
    groups += [
        [("top_up", "w0", 900)],
        [("pay", "w0", "s0", 600, True)],
        [("pay", "w0", "s0", 40, False)],
        [("refund", 0, True, 1)],
        [("void", 0, True)],
    ]
    for days in (62, 5):
        groups.append([("advance", days)])
        if chance.random() < 0.7:
            groups.append([("expire",)])
        refund = ("refund", chance.choice(NEWEST), True, chance.choice([None, 90, 333]))
        groups += [[("refund", 1, True, 250)], [refund, ("refund", 1, True, 9)]]
    return [*groups, [("reverse", 0)], [("reverse", 0)]]


def _step(chance: Random) -> Step:
    [name] = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
    wallet, newest = chance.choice(WALLETS), chance.choice(NEWEST)
    is_own = chance.random() < 0.93
    steps: dict[str, Step] = {
        "pay": (wallet, chance.choice(STORES), _yen(chance), chance.random() < 0.3),
        "refund": (newest, is_own, chance.choice([None, _yen(chance) // 3 + 1])),
        "top_up": (chance.choice([wallet] * 4 + ["nobody", "w3"]), chance.randrange(300, 2_000)),
        "in_cash": (wallet, _yen(chance)),
        "void": (newest, is_own),
        "reverse": (newest,),
        "place": (newest, chance.choice([wallet] * 4 + ["w3"])),
        "send_back": (newest,),
        "turn": chance.choice(
            [(wallet, "open"), ("w0", "open"), ("w1", "frozen"), ("w0", "frozen"), ("w0", "open")]
            + [(name, state) for name in ("c0", "c1") for state in ("stopped", "live", "live")]
        ),
        "shut": chance.choice(SHUT),
        "again": (newest,),
    }
    return "turn" if name == "shut" else name, *steps[name]


def _yen(chance: Random) -> int:
    return chance.choice([chance.randrange(100, 700), chance.randrange(1, 1_600)])
