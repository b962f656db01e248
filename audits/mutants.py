"""Four faults that the audit must catch, planted in a copy of what it calls and not in the product.

Each is the release's own code but for one name, for as long as a block lasts.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

from audits.draw import AddNoise, Ahead, plain_noise
from audits.neighbours import Person, Week, towns
from insights import bound_many, noise, release_tables
from insights.mechanism import Mechanism
from insights.output import write_output

MUTANTS: Final = ("half_noise", "averaged", "no_clipping", "true_threshold")
UNTOUCHED: Final = "untouched"


@contextmanager
def put_in(place: ModuleType, name: str, other: Any) -> Iterator[None]:
    """In the block a module has something else under a name of its own."""
    own = getattr(place, name)
    setattr(place, name, other)
    try:
        yield
    finally:
        setattr(place, name, own)


class Told(Mechanism):
    """Told whatever the noise says."""

    __slots__ = ()

    @property
    def fewest_payers(self) -> int:
        """None is too few."""
        return -1_000_000_000


@contextmanager
def planted(fault: str, truth: Week, runs: int, times: int, seed: int | None) -> Iterator[None]:
    """In the block a release has this fault, `times` as large as it must be to count as one.

    With a seed the noise is the audit's own plain one.
    """
    own = None if seed is None else plain_noise(seed)
    add = own or noise.add_noise
    if fault == "half_noise":
        add = _less(own, times)
    elif fault == "averaged":
        add = _averaged(add, times)
    with ExitStack() as stack:
        stack.enter_context(put_in(release_tables, "add_noise", Ahead(runs, add)))
        if fault == "true_threshold":
            stack.enter_context(put_in(release_tables, "write_output", _by_truth(truth)))
        yield


def bounded(fault: str, person: Person, *, is_at_the_edge: bool) -> tuple[Week, Week]:
    """The two towns, bounded or not."""
    with ExitStack() as stack:
        if fault == "no_clipping":
            stack.enter_context(put_in(bound_many, "_bound_yen", lambda _, yen: yen))
        return towns(person, is_at_the_edge=is_at_the_edge)


def _less(own: AddNoise | None, times: int) -> AddNoise:
    """A part of the noise: 2 is half of it."""

    def add(values: Sequence[int], sensitivity: int, sigma: int, cost: int) -> list[int]:
        if own is not None:
            return own(values, sensitivity, sigma // times, cost)
        return list(noise._measurement(sigma // times)([*values]))  # noqa: SLF001

    return add


def _averaged(draw: AddNoise, times: int) -> AddNoise:
    """Each asking draws anew, and who asks so often takes the mean."""

    def add(values: Sequence[int], sensitivity: int, sigma: int, cost: int) -> list[int]:
        asked = [draw(values, sensitivity, sigma, cost) for _ in range(times)]
        return [round(sum(each) / times) for each in zip(*asked, strict=True)]

    return add


def _by_truth(truth: Week) -> Any:
    """The threshold on the true count; what is told is as noisy as ever."""

    def write(query: Any, mechanism: Mechanism, cells: Any, amounts: Any, payers: Any) -> bytes:
        fewest = mechanism.fewest_payers * 1_000
        true = truth[query.table].payers_milli
        few = frozenset(keys for keys, each in zip(cells.keys, true, strict=True) if each < fewest)
        told = Told(mechanism.table, mechanism.weeks, mechanism.amounts, mechanism.cost)
        return write_output(query, told, replace(cells, withheld=few), amounts, payers)

    return write
