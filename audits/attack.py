"""`python -m audits.attack` (`make attack`): guess who took part from one week's tables.

Exits with 1 if more than 54 of 100 guesses are right, or if the same kind of attack does not break
tables that are protected by a threshold alone: then the attack would be too weak to mean anything.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Annotated, Final

import numpy as np
import orjson
import typer
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import linprog

from audits.crowd import CATEGORIES, DISTRICTS, Crowd, Floats, make_crowd

MOST_RIGHT: Final = 0.54
LEAST_BROKEN: Final = 0.10
SUSPECTS: Final = 50
"""Of whom the attacker knows all but whether they took part; of everybody else that as well."""
_FEW: Final = 3
"""The control suppresses counts below it."""


@dataclass(slots=True)
class Attacked:
    """What the attackers came to."""

    guesses: int = 0
    right_by_lp: int = 0
    right_by_likelihood: int = 0
    """Of an attacker who knows even the other suspects, and guesses what makes the told figures
    likelier; that a cell is suppressed tells it nothing."""
    suppressed: int = 0
    broken: int = 0
    """Cells of the control whose exact count is the only one that fits."""

    @property
    def is_sound(self) -> bool:
        """Whether guesses are about as good as a coin, and the control is broken."""
        most = max(self.right_by_lp, self.right_by_likelihood) / self.guesses
        return most <= MOST_RIGHT and self.broken >= LEAST_BROKEN * self.suppressed

    def as_json(self) -> dict[str, bool | int | float]:
        """Shares beside what they are of."""
        return {
            "is_sound": self.is_sound,
            "guesses": self.guesses,
            "right_by_linear_programming": round(self.right_by_lp / self.guesses, 4),
            "right_by_likelihood": round(self.right_by_likelihood / self.guesses, 4),
            "control_suppressed": self.suppressed,
            "control_broken": round(self.broken / self.suppressed, 4),
        }


def attack(people: int, weeks: int, seed: int) -> Attacked:
    """Attack so many weeks of one crowd, each with suspects of its own, and a control of it."""
    crowd, rng, found = make_crowd(people, seed), np.random.default_rng(seed), Attacked()
    for _ in range(weeks):
        suspects = rng.choice(people, SUSPECTS, replace=False)
        present = np.ones(people, np.bool_)
        present[suspects] = rng.random(SUSPECTS) < 0.5
        told = crowd.told(present)
        others = np.ones(people, np.bool_)
        others[suspects] = False
        seen = ~np.isnan(told)
        adds = crowd.adds[suspects][:, seen] / crowd.sigma[seen]
        rest = (told - crowd.adds[others].sum(axis=0))[seen] / crowd.sigma[seen]
        is_there = present[suspects]
        found.guesses += SUSPECTS
        found.right_by_lp += int((_by_lp(adds, rest) == is_there).sum())
        found.right_by_likelihood += int((_by_likelihood(adds, rest, is_there) == is_there).sum())
    found.suppressed, found.broken = _break_control(crowd)
    return found


def _by_lp(adds: Floats, rest: Floats) -> NDArray[np.bool_]:
    """Who was there, so that as little as possible of what is told is left over as noise."""
    suspects, figures = adds.shape
    one = np.eye(figures)
    solved = linprog(
        np.concatenate((np.zeros(suspects), np.ones(2 * figures))),
        A_eq=np.hstack((adds.T, one, -one)),
        b_eq=rest,
        bounds=[(0, 1)] * suspects + [(0, None)] * (2 * figures),
        method="highs",
    )
    assert solved.success, solved.message
    return np.asarray(solved.x[:suspects] >= 0.5)


def _by_likelihood(adds: Floats, rest: Floats, is_there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The likelier of the two, for each suspect, knowing all of the others."""
    unexplained = rest - is_there @ adds + is_there[:, None] * adds
    return np.asarray((adds * (unexplained - adds / 2)).sum(axis=1) > 0)


def _break_control(crowd: Crowd) -> tuple[int, int]:
    """True counts without the small ones, beside all margins: how many of them follow exactly."""
    counts = np.zeros((DISTRICTS, CATEGORIES), np.int64)
    np.add.at(counts, (crowd.districts, crowd.categories), 1)
    few = np.argwhere(counts < _FEW)
    margins = np.zeros((DISTRICTS + CATEGORIES, len(few)))
    margins[few[:, 0], np.arange(len(few))] = 1
    margins[DISTRICTS + few[:, 1], np.arange(len(few))] = 1
    hidden = np.where(counts < _FEW, counts, 0)
    sums = np.concatenate((hidden.sum(axis=1), hidden.sum(axis=0)))
    broken = 0
    for cell in range(len(few)):
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(few))
            goal[cell] = sign
            solved = linprog(goal, A_eq=margins, b_eq=sums, bounds=(0, _FEW - 1), method="highs")
            assert solved.success, solved.message
            ends.append(sign * solved.fun)
        broken += round(ends[0]) == round(ends[1]) and abs(ends[1] - ends[0]) < 1e-6
    return len(few), broken


def main(
    people: Annotated[int, typer.Option(min=SUSPECTS, help="Who pay in the week.")] = 4_000,
    weeks: Annotated[int, typer.Option(min=1, help="Releases that are attacked.")] = 200,
    seed: Annotated[int, typer.Option(help="Of crowd and suspects; the noise has none.")] = 1,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Guess who took part in made-up weeks, and break a control that has thresholds alone."""
    started = perf_counter()
    found = attack(people, weeks, seed)
    told = found.as_json()
    if is_json:
        print(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    else:
        out = Console()
        for name, value in told.items():
            out.print(f"{name}: {value}")
        out.print(f"{perf_counter() - started:.0f} s")
    raise typer.Exit(0 if found.is_sound else 1)


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
