"""Random people add no more than was promised, and the audit sees who would."""

from audits.mutants import put_in
from audits.people import bound_people
from audits.promised import promises
from insights import bound_many


def test_nobody_adds_more_than_was_promised():
    seen = bound_people(300, seed=3)
    assert seen.is_within
    assert min(seen.with_refunds, seen.clipped) > 50


def test_whoever_is_not_clipped_is_seen():
    with put_in(bound_many, "_bound_yen", lambda _, yen: yen):
        assert not bound_people(20, seed=3).is_within


def test_another_library_comes_to_the_same_epsilon():
    assert all(each.is_sound for each in promises())
