"""Whether everybody was told once: inboxes and the outbox, against what providers took."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from torture.judge.promise import Broken, Promise
from worker.carry_fcm import DEADLINE_S
from worker.tell_notices import LEASE, TAKEN_AT_ONCE, TRIPS

WAYS: Final = ("email", "fcm", "sms", "web_push")
"""By which everybody is told."""
IN_HAND: Final = TRIPS * TAKEN_AT_ONCE
"""Of one way: so many may a sender have taken, and not marked yet, when it is killed."""
LEAST_PAUSE_S: Final = LEASE.total_seconds() - DEADLINE_S
"""From an attempt until the next one takes it: an attempt may begin late in its lease."""
GRACE_S: Final = 0.5
"""What was sent just before a kill may be read just behind it."""

Due = tuple[str, str]
"""A person, and what there is to be told."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that came to a provider, and whether it was taken; in seconds of the run."""

    at: float
    key: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Kill:
    """A sender that was killed, and what then was begun and not at its end, by its key."""

    at: float
    in_hand: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unread:
    """An attempt that the sender gave up since no answer came in time, as it recorded itself."""

    key: str
    taken_at: float
    """When it was taken from the outbox: what comes to a provider by it comes later."""
    at: float


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the outbox in the end."""

    person: str
    item: str
    way: str
    """The channel; a person has one address of each."""
    state: str
    why: str | None
    key: str
    """As a provider sees it; of the inbox empty."""
    is_gone: bool
    """Whether its provider takes nothing for this address."""
    may_come: bool = True
    """Whether the person agreed to such."""


def judge_notices(
    rows: Sequence[Row],
    inboxes: Sequence[Due],
    due: Collection[Due],
    attempts: Sequence[Attempt],
    kills: Sequence[Kill],
    unread: Sequence[Unread] = (),
) -> list[Promise]:
    """Everything that is promised about notices while their sender is killed.

    `due` is what must be in inboxes; `inboxes` what is.
    """
    taken = {attempt.key for attempt in attempts if attempt.is_taken}
    return [
        _ended(rows),
        _in_inboxes(inboxes, due),
        _queued_once(rows),
        _none_lost(rows, taken),
        _given_up(rows, taken),
        _repeated(attempts, kills, unread),
    ]


def _ended(rows: Sequence[Row]) -> Promise:
    waiting = [row for row in rows if row.state == "waiting"]
    broken = Broken()
    for row in waiting:
        broken.add(f"{row.item} to {row.person} by {row.way} waits ({row.why})")
    states = Counter(row.state for row in rows)
    seen = ", ".join(f"{many:,} {state}" for state, many in sorted(states.items()))
    return broken.promise("Every row of the outbox comes to its end", seen)


def _in_inboxes(inboxes: Sequence[Due], due: Collection[Due]) -> Promise:
    broken, found = Broken(), Counter(inboxes)
    for person, item in sorted(set(due) | found.keys()):
        times, wanted = found[person, item], (person, item) in due
        if times != wanted:
            broken.add(f"{item} is {times} times in the inbox of {person}, due {int(wanted)}")
    return broken.promise(
        "Each inbox has once what it is due, and nothing else",
        f"{len(due):,} due to {len({person for person, _ in due}):,} people",
    )


def _queued_once(rows: Sequence[Row]) -> Promise:
    """By way of the inbox, and from there once by each of the person's ways."""
    broken, found = Broken(), dict[Due, list[Row]]()
    for row in rows:
        found.setdefault((row.person, row.item), []).append(row)
    for (person, item), queued in found.items():
        ways = sorted(row.way for row in queued)
        came = any(row.way == "inbox" and row.state == "sent" for row in queued)
        # Who was gone before has no address any more.
        may_lack = any(row.is_gone for row in queued)
        missing = came and not may_lack and ways != sorted(("inbox", *WAYS))
        if "inbox" not in ways or len(set(ways)) < len(ways) or missing:
            broken.add(f"{item} to {person}: {', '.join(ways)}")
    return broken.promise(
        "What comes into an inbox is queued once by each way", f"{len(rows):,} rows"
    )


def _none_lost(rows: Sequence[Row], taken: Collection[str]) -> Promise:
    broken, told = Broken(), 0
    for row in rows:
        if row.key and row.state == "sent":
            told += 1
            if row.key not in taken:
                broken.add(f"{row.item} to {row.person} by {row.way} came to nobody")
    name = "What is marked as sent was taken by its provider"
    return broken.promise(name, f"{told:,} marked, {len(taken):,} taken")


def _given_up(rows: Sequence[Row], taken: Collection[str]) -> Promise:
    """For each reason there is one who may be told nothing there."""
    broken, ended = Broken(), 0
    for row in rows:
        if row.state in {"dropped", "dead"}:
            ended += 1
            if row.may_come and not row.is_gone:
                broken.add(f"{row.item} to {row.person} by {row.way} is {row.state}: {row.why}")
            if row.key in taken:
                broken.add(f"{row.item} to {row.person} by {row.way} was taken, and {row.state}")
        elif row.state == "sent" and not row.may_come:
            broken.add(f"{row.item} to {row.person} by {row.way} was sent without a consent")
    return broken.promise(
        "Given up is what nobody takes or nobody agreed to, and nothing else", f"{ended:,} rows"
    )


def _repeated(
    attempts: Iterable[Attempt], kills: Sequence[Kill], unread: Iterable[Unread]
) -> Promise:
    """Twice only where a sender was killed between an answer and its mark, and a lease later.

    Or where it waited for the answer as long as it says, and marked that it did not come.
    """
    broken, times, given_up = Broken(), dict[str, list[float]](), _by_key(unread)
    for attempt in attempts:
        if attempt.is_taken:
            times.setdefault(attempt.key, []).append(attempt.at)
    at_once, longest_s, unread_many = Counter[tuple[float, str]](), 0.0, 0
    for key, taken in times.items():
        for first, then in pairwise(sorted(taken)):
            if _was_given_up(given_up.get(key, []), first, then):
                unread_many += 1
                continue
            kill = next((kill for kill in kills if kill.at > first - GRACE_S), None)
            if kill is None or kill.at > then or key not in kill.in_hand:
                broken.add(
                    f"{key} at {first:.1f} s and again at {then:.1f} s, and neither a kill between"
                    " nor an answer that did not come"
                )
                continue
            if then - first < LEAST_PAUSE_S:
                broken.add(f"{key} at {first:.1f} s and again at {then:.1f} s, within its lease")
            at_once[kill.at, key.partition(" ")[0]] += 1
            longest_s = max(longest_s, kill.at - first)
    for (at, way), many in at_once.items():
        if many > IN_HAND:
            broken.add(f"{many} by {way} were in hand at the kill of second {at:.1f}")
    return broken.promise(
        "Twice comes only what a killed sender had in hand, when its lease is over, or whose answer"
        " did not come in time",
        f"{sum(at_once.values()):,} of {len(times):,} came twice, at {len(kills):,} kills; most at"
        f" one kill {max(at_once.values(), default=0):,}, longest before it {longest_s:.2f} s;"
        f" {unread_many:,} more without an answer in time",
    )


def _by_key(unread: Iterable[Unread]) -> dict[str, list[Unread]]:
    found: dict[str, list[Unread]] = {}
    for each in unread:
        found.setdefault(each.key, []).append(each)
    return found


def _was_given_up(unread: list[Unread], first: float, then: float) -> bool:
    """Whether the first of two that were taken was given up before the other; each is once."""
    for each in unread:
        waited = each.at - each.taken_at >= DEADLINE_S - GRACE_S
        if waited and each.taken_at - GRACE_S <= first and each.at <= then + GRACE_S:
            unread.remove(each)
            return True
    return False
