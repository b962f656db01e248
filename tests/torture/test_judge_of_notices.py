"""The judge of notices finds each way in which somebody is told twice, never, or without asking."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from torture.judge.notices import WAYS, Attempt, Due, Kill, Row, Unread, judge_notices

ENDED, INBOXES, QUEUED, LOST, GIVEN_UP, TWICE = range(6)
"""The promises, in their order."""


@dataclass(frozen=True)
class Recorded:
    """What a run leaves behind."""

    rows: Sequence[Row]
    attempts: Sequence[Attempt]
    kills: Sequence[Kill] = ()
    inboxes: Sequence[Due] = (("a", "1"), ("b", "1"))
    due: Sequence[Due] = field(default=(("a", "1"), ("b", "1")))
    unread: Sequence[Unread] = ()


def rows_of(person: str, state: str = "sent", *, may_come: bool = True) -> list[Row]:
    """By way of the inbox, and by each other one."""
    inbox = Row(person, "1", "inbox", state, None, "", is_gone=False, may_come=may_come)
    ways = [replace(inbox, way=way, key=f"{way} {person}") for way in WAYS if state == "sent"]
    return [inbox, *ways]


def attempts_of(*people: str) -> list[Attempt]:
    return [
        Attempt(float(nth), f"{way} {person}", is_taken=True)
        for nth, person in enumerate(people)
        for way in WAYS
    ]


NONE_FAILS = Recorded([*rows_of("a"), *rows_of("b")], attempts_of("a", "b"))
IN_HAND = Kill(0.4, frozenset({"sms a", "fcm b"}))
WAITED = Unread("sms a", -0.1, 10.0)
"""For the answer to what came at 0.0, which was not read."""
DECLINES = [replace(row, why="no-consent") for row in rows_of("c", "dropped", may_come=False)]
GONE = [
    replace(row, is_gone=True, state="sent" if row.way != WAYS[-1] else "dead")
    for row in rows_of("b")
]


def again(at: float, *, taken: bool = True, key: str = "sms a") -> list[Attempt]:
    return [*NONE_FAILS.attempts, Attempt(at, key, is_taken=taken)]


def changed(nth: int, **what: object) -> list[Row]:
    rows = list(NONE_FAILS.rows)
    rows[nth] = replace(rows[nth], **what)  # type: ignore[arg-type]
    return rows


@pytest.mark.parametrize(
    ("recorded", "broken"),
    [
        (NONE_FAILS, None),
        (replace(NONE_FAILS, rows=[*NONE_FAILS.rows, *DECLINES]), None),
        (replace(NONE_FAILS, rows=[*rows_of("a"), *GONE], attempts=attempts_of("a", "b")[:-1]),
         None),
        # A sender died before its mark, and the next one came when the lease was over.
        (replace(NONE_FAILS, attempts=again(40.2), kills=[IN_HAND]), None),
        # What was sent at the last moment is read just behind the kill.
        (replace(NONE_FAILS, attempts=again(41.0, key="fcm b"),
                 kills=[replace(IN_HAND, at=0.8)]), None),
        # It failed, and was tried again at once: nobody was told twice.
        (replace(NONE_FAILS, attempts=again(2.0, taken=False)), None),
        # Nobody answered in time, though it was taken, and the sender marked that and came again.
        (replace(NONE_FAILS, attempts=again(15.0), unread=[WAITED]), None),
        # A kill between is then no matter: what was marked has no lease.
        (replace(NONE_FAILS, attempts=again(15.0), unread=[WAITED],
                 kills=[replace(IN_HAND, at=12.0)]), None),
        (replace(NONE_FAILS, attempts=again(15.0), unread=[replace(WAITED, key="sms b")]), TWICE),
        (replace(NONE_FAILS, attempts=again(15.0), unread=[replace(WAITED, at=5.0)]), TWICE),
        (replace(NONE_FAILS, attempts=again(15.0), unread=[replace(WAITED, at=20.0)]), TWICE),
        (replace(NONE_FAILS, attempts=again(15.0), unread=[replace(WAITED, taken_at=1.0, at=14.0)]),
         TWICE),
        # One that was given up excuses one that came again, and no other.
        (replace(NONE_FAILS, attempts=[*again(15.0), *again(30.0)[-1:]], unread=[WAITED]), TWICE),
        (replace(NONE_FAILS, rows=changed(1, state="waiting", why="status-500")), ENDED),
        (replace(NONE_FAILS, inboxes=[("a", "1")]), INBOXES),
        (replace(NONE_FAILS, inboxes=[("a", "1"), ("b", "1"), ("b", "1")]), INBOXES),
        (replace(NONE_FAILS, inboxes=[*NONE_FAILS.inboxes, ("c", "1")]), INBOXES),
        (replace(NONE_FAILS, rows=[*NONE_FAILS.rows, NONE_FAILS.rows[1]]), QUEUED),
        (replace(NONE_FAILS, rows=NONE_FAILS.rows[:-1]), QUEUED),
        (replace(NONE_FAILS, rows=NONE_FAILS.rows[1:]), QUEUED),
        (replace(NONE_FAILS, attempts=NONE_FAILS.attempts[:-1]), LOST),
        (replace(NONE_FAILS, attempts=[*NONE_FAILS.attempts[:-1],
                                       replace(NONE_FAILS.attempts[-1], is_taken=False)]), LOST),
        (replace(NONE_FAILS, rows=changed(1, state="dead", why="status-500"),
                 attempts=[each for each in NONE_FAILS.attempts if each.key != "email a"]),
         GIVEN_UP),
        (replace(NONE_FAILS, rows=changed(1, state="dead", is_gone=True)), GIVEN_UP),
        (replace(NONE_FAILS, rows=[*NONE_FAILS.rows, *rows_of("c", may_come=False)],
                 attempts=attempts_of("a", "b", "c")), GIVEN_UP),
        (replace(NONE_FAILS, attempts=again(0.1)), TWICE),
        (replace(NONE_FAILS, attempts=again(40.2)), TWICE),
        (replace(NONE_FAILS, attempts=again(40.2), kills=[Kill(0.4, frozenset())]), TWICE),
        (replace(NONE_FAILS, attempts=again(40.2, key="email a"), kills=[IN_HAND]), TWICE),
        (replace(NONE_FAILS, attempts=again(10.0), kills=[IN_HAND]), TWICE),
        # The kill behind which it was sent did not see it in hand; a later one does not excuse it.
        (replace(NONE_FAILS, attempts=again(80.0),
                 kills=[Kill(0.3, frozenset()), replace(IN_HAND, at=9.0)]), TWICE),
    ],
)  # fmt: skip
def test_each_fault_breaks_its_promise_and_no_other(recorded: Recorded, broken: int | None):
    promises = judge_notices(
        recorded.rows, recorded.inboxes, recorded.due, recorded.attempts, recorded.kills,
        recorded.unread,
    )  # fmt: skip
    assert [nth for nth, each in enumerate(promises) if not each.holds] == (
        [] if broken is None else [broken]
    )


def test_more_than_a_sender_holds_were_in_no_hand():
    many = [f"sms {nth}" for nth in range(201)]
    attempts = [Attempt(at, key, is_taken=True) for key in many for at in (0.0, 41.0)]
    for keys, holds in ((many, False), (many[1:], True)):
        told = [each for each in attempts if each.key in keys]
        promises = judge_notices([], [], [], told, [Kill(0.1, frozenset(keys))])
        assert promises[TWICE].holds is holds
