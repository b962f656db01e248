"""Failpoints: named moments at which a process can be told to die or to stand still, in tests.

Off unless MEGURI_FAILPOINTS is set, which production refuses at its start, and so does every
database that is not marked as a demo. `reach` then is one look at an empty dictionary.
"""

import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

API_POINTS: Final = frozenset(
    {
        "http.before_work", "http.before_answer", "http.after_answer",
        "engine.before_lock", "engine.after_lock", "engine.after_load",
        "engine.before_write", "engine.after_write",
        "engine.before_commit", "engine.after_commit",
        "engine.before_answer", "engine.after_answer",
        "engine.before_publish", "engine.after_publish",
        "session.before_commit", "session.after_commit",
        "feed.before_read", "feed.after_read",
        "bell.before_ring", "bell.after_ring",
    }
)  # fmt: skip
"""What a process of the API reaches under load, some of it in the worker too."""

WORKER_POINTS: Final = frozenset(
    {
        "release.before_lock", "release.after_lock", "release.after_noise", "release.after_keep",
        "matcher.after_begin", "matcher.after_rows", "matcher.after_match",
    }
)  # fmt: skip
"""What jobs of the worker alone reach, some of them once a week."""

POINTS: Final = API_POINTS | WORKER_POINTS
"""Before and after lock, write, commit, answer and publish, and what stands around them."""

LONGEST_STALL_MS: Final = 60_000
_ORDER: Final = re.compile(r"(?P<point>[a-z_.]+)=(?P<what>kill|stall:(?P<ms>\d+))@(?P<nth>\d+)")


@dataclass(slots=True)
class Order:
    """What shall happen at a point, and at which time that it is reached, counted from 1."""

    what: Literal["kill", "stall"]
    nth: int
    ms: int = 0
    reached: int = 0


_orders: dict[str, Order] = {}


def read_orders(text: str) -> dict[str, Order]:
    """Orders by point, from `point=kill@nth` and `point=stall:MS@nth`, parted by commas.

    Raises ValueError, which names what is no order.
    """
    orders: dict[str, Order] = {}
    for word in filter(None, text.split(",")):
        found = _ORDER.fullmatch(word)
        if found is None or found["point"] not in POINTS or not int(found["nth"]):
            raise ValueError(f"{word!r} is no order for a failpoint")
        ms = int(found["ms"] or 0)
        if ms > LONGEST_STALL_MS:
            raise ValueError(f"{word!r} stands still for more than {LONGEST_STALL_MS} ms")
        what: Literal["kill", "stall"] = "kill" if found["what"] == "kill" else "stall"
        orders[found["point"]] = Order(what, int(found["nth"]), ms)
    return orders


class RealMoneyError(Exception):
    """Failpoints were ordered on a database that is not marked as a demo."""


def arm(text: str, *, is_demo: bool) -> None:
    """From now on do what `text` orders; an empty text orders nothing.

    Raises RealMoneyError where anything is ordered on a database that is no demo.
    """
    if text and not is_demo:
        raise RealMoneyError("MEGURI_FAILPOINTS is set, and this database is not marked as a demo")
    _orders.clear()
    _orders.update(read_orders(text))


def reach(point: str) -> None:
    """Say that the process is at this point. Returns at once where nothing was ordered."""
    if _orders:
        _obey(point)


def _obey(point: str) -> None:
    assert point in POINTS, point
    order = _orders.get(point)
    if order is None:
        return
    order.reached += 1
    if order.reached == order.nth:
        _DEEDS[order.what](order)


def _kill(_: Order) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stall(order: Order) -> None:
    """All of the process stands still, as when its machine is short of memory."""
    time.sleep(order.ms / 1000)


_DEEDS: Final[dict[str, Callable[[Order], None]]] = {"kill": _kill, "stall": _stall}
