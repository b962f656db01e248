"""The countersign: the same on both sides, another one every ten seconds, and not to be guessed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.vault import Vault
from core.errors import Problem
from payments.countersign import Countersign, countersigns_of

MAC = Vault(bytes(32)).mac
PAYMENT = UUID("019a0000-0000-7000-8000-00000000beef")
NOON = datetime(2026, 11, 27, 3, 0, 0, tzinfo=UTC)


def shown(at: datetime, payment: UUID = PAYMENT, vault: Vault | None = None) -> Countersign:
    return countersigns_of(vault.mac if vault else MAC, payment, NOON, at)[0]


@given(st.integers(0, 14 * 60 * 1000))
def test_both_sides_see_one_until_the_next_which_is_known_before(after_ms: int):
    at = NOON + timedelta(milliseconds=after_ms)
    now, following = countersigns_of(MAC, PAYMENT, NOON, at)
    assert now.shown_from <= at < following.shown_from
    assert following.shown_from - now.shown_from == timedelta(seconds=10)
    assert shown(now.shown_from + timedelta(seconds=9, milliseconds=999)) == now
    assert shown(following.shown_from) == following


def test_another_moment_payment_or_deployment_has_another():
    def faces(signs: list[Countersign]) -> set[tuple[str, str, str]]:
        return {(sign.word, sign.colour, sign.number) for sign in signs}

    later = [shown(NOON + timedelta(seconds=10 * turn)) for turn in range(80)]
    others = [shown(NOON, UUID(int=PAYMENT.int + n)) for n in range(80)]
    elsewhere = [shown(NOON, vault=Vault(n.to_bytes(32))) for n in range(80)]
    for signs in (later, others, elsewhere):
        assert len(faces(signs)) > 75, "of 51,200 hardly any two of 80 are alike"
        assert len({sign.word for sign in signs}) > 30
        assert len({sign.colour for sign in signs}) == 8


def test_it_is_shown_for_a_quarter_of_an_hour():
    shown(NOON + timedelta(minutes=15))
    with pytest.raises(Problem) as over:
        shown(NOON + timedelta(minutes=15, milliseconds=1))
    assert over.value.type.slug == "countersign-over"
