"""Nobody guesses who took part, the control falls to the same attack, and less noise is seen."""

from collections.abc import Sequence

from audits.attack import LEAST_BROKEN, attack
from audits.mutants import put_in
from insights import release_tables


def test_who_took_part_is_a_coin_and_a_threshold_alone_is_broken():
    found = attack(people=4_000, weeks=6, seed=4)
    assert max(found.right_by_lp, found.right_by_likelihood) < 0.68 * found.guesses
    assert found.suppressed > 20
    assert found.broken >= LEAST_BROKEN * found.suppressed


def test_where_there_is_no_noise_everybody_is_found():
    def add(values: Sequence[int], *_: int) -> list[int]:
        return list(values)

    with put_in(release_tables, "add_noise", add):
        found = attack(people=4_000, weeks=4, seed=4)
    assert found.right_by_lp > 0.8 * found.guesses
    assert not found.is_sound
