"""A siege: strangers knock at every door, and what is answered is judged attempt by attempt."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from random import Random
from time import monotonic
from typing import Final
from uuid import UUID

import httpx
import jwt

from torture.judge.promise import Broken, Promise
from torture.stage import Stage
from torture.strangers.doors import Door
from torture.strangers.tokens import Comer, Forge, claims_of
from torture.strangers.victims import WORD, Victims
from town import qr
from town.line import Line
from town.wire import Call

STRANGERS: Final = 24
PATIENCE_S: Final = 20.0
UNDECIDED: Final = frozenset({429, 503})
CLOSED: Final = frozenset({401, 403, 404})
MOST_UNDECIDED: Final = 0.2
BAD: Final = 4
"""Of some 20 tokens that count nowhere, so many come to each door in a round."""
THIEVES: Final = 2
"""And so many times everybody with a true one: what they ask for differs each time."""
ALL_ROUNDS: Final = 10
"""After these every door had every kind twice, and every form that its members can have."""
LEAST: Final = 150
"""So many attempts are made however slow the machine is."""

PUBLISHED: Final = frozenset({"listPublicStores", "listPublicStoresAsGeoJson"})
"""What these tell of a shop, anybody may know: its name, its street, where it is."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SLUG: Final = re.compile(r'"type":\s*"/problems/([a-z0-9-]+)"')
_UNKNOWN_ACCOUNT: Final = 9_000_000_000


@dataclass(slots=True)
class Names:
    """What stands under each name in one request: of the victims', or of nobody's."""

    siege: "Siege"
    are_real: bool
    own_id: str
    """The name of an id that whoever asks makes; "" where all ids are asked for."""
    own: str
    choices: dict[str, str]

    def __call__(self, name: str) -> str | None:
        if name == self.own_id:
            return self.own
        real = self._real(name)
        if real is None or self.are_real:
            return real
        return self._nobodys(name, real)

    def _real(self, name: str) -> str | None:
        known = self.siege.victims.names.get(name)
        if name in ("region", "code"):
            return self.siege.forge.region
        if name == "actor":
            return f"resident:{self.siege.victims.person_id}"
        if name == "qr":
            return self.siege.victims.qr
        if known is None and not name.endswith("_id") and name not in ("refers_to", "stores"):
            return None
        return self.choices.setdefault(name, self.siege.random_one(name))

    def _nobodys(self, name: str, real: str) -> str:
        if name == "account_no":
            return str(_UNKNOWN_ACCOUNT + int(real))
        if name == "qr":
            return qr.of_unknown_shop(real)
        return _UUID.sub(lambda _: str(self.siege.stage.scene.new_id()), real)


@dataclass(slots=True)
class Siege:
    """What the strangers have tried, and what came of it."""

    stage: Stage
    doors: tuple[Door, ...]
    forge: Forge
    broken: Broken = field(default_factory=Broken)
    answers: Counter[str] = field(default_factory=Counter)
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    past_form: set[str] = field(default_factory=set)
    """Doors that a thief was answered at for what he asked, and not for its form."""
    undecided: int = 0
    rounds: int = 0
    as_nobodys: int = 0
    """Attempts that were not refused as such, and answered as for what does not exist."""

    @property
    def victims(self) -> Victims:
        """Whose things are asked for."""
        return self.forge.victims

    async def lay(self, until: float) -> None:
        """Knock until this monotonic second."""
        attempts = self._attempts()
        await asyncio.gather(*(self._knock(attempts, nth, until) for nth in range(STRANGERS)))

    def promises(self) -> list[Promise]:
        """What was found."""
        count = sum(self.tried.values())
        seen = ", ".join(f"{many:,} {what}" for what, many in self.answers.most_common())
        deck = {(door.operation_id, comer.kind) for door in self.doors
                for comer in self.forge.comers(door)}  # fmt: skip
        missed = deck - self.tried.keys() if self.rounds >= ALL_ROUNDS else set()
        asked = {door.operation_id for door in self.doors if door.face in ("resident", "merchant")}
        shut = asked - self.past_form if self.rounds >= ALL_ROUNDS else set()
        return [
            self.broken.promise(
                "Whoever it does not belong to reads nothing and learns nothing",
                f"{count:,} attempts at {len(self.doors)} doors, of which {self.as_nobodys:,} were"
                f" answered otherwise than 401, 403, 404, and as for nobody's: {seen}",
            ),
            Promise(
                "Every door was knocked at with every kind of token",
                not missed and not shut,
                f"{len(self.tried):,} of {len(deck):,} pairs, {self.rounds} rounds",
                tuple(sorted(f"{door}: {kind}" for door, kind in missed) + sorted(shut))[:10],
            ),
            Promise(
                "Attempts were decided, and not turned away",
                self.undecided <= MOST_UNDECIDED * (count + self.undecided),
                f"{self.undecided:,} turned away",
            ),
        ]

    def random_one(self, name: str) -> str:
        """Something of the victims' under this name; under one that nobody knows, an entry."""
        known = self.victims.names.get("store_id" if name == "stores" else name)
        return self.stage.random.choice(known or self.victims.names["entry_id"])

    def _attempts(self) -> Iterator[tuple[Door, Comer]]:
        """Every door in an order of chance, and again: each time with other tokens."""
        turn = self.stage.random.randrange(1_000)
        while True:
            deck = [pair for door in self.doors for pair in self._of_a_round(door, turn)]
            self.stage.random.shuffle(deck)
            yield from deck
            turn += 1
            self.rounds += 1

    def _of_a_round(self, door: Door, turn: int) -> list[tuple[Door, Comer]]:
        """Everybody with a true token, and some of the others, whom one line of code refuses."""
        comers = self.forge.comers(door)
        bad = [comer for comer in comers if comer.due]
        some = [bad[(turn * BAD + nth) % len(bad)] for nth in range(min(BAD, len(bad)))]
        thieves = [comer for comer in comers if not comer.due]
        return [(door, comer) for comer in (*some, *thieves * THIEVES)]

    async def _knock(
        self, attempts: Iterator[tuple[Door, Comer]], number: int, until: float
    ) -> None:
        api = self.stage.apis[number % len(self.stage.apis)]
        async with AsyncExitStack() as parts:
            # From many places: tokens that were never ours are counted by where they come from.
            line = Line(api.address, 1, PATIENCE_S, f"127.1.{number + 1}.1")
            http = httpx.AsyncClient(base_url=api.address, transport=line, trust_env=False)
            await parts.enter_async_context(http)
            while monotonic() < until or sum(self.tried.values()) < LEAST:
                door, comer = next(attempts)
                began = self.stage.now()
                await self._try(http, door, comer)
                self.stage.meter.fault("a stranger's attempt", began, self.stage.now())

    async def _try(self, http: httpx.AsyncClient, door: Door, comer: Comer) -> None:
        token, names = comer.token(), self._names(door, comer)
        seed = self.stage.random.getrandbits(64)
        call = door.knock(names, Random(seed), token)
        answer = await _send(http, call)
        if answer.status_code in UNDECIDED:
            self.undecided += 1
            return
        words = _words(answer)
        self.answers[words] += 1
        self.tried[door.operation_id, comer.kind] += 1
        what = f"{comer.kind} at {door.method} {call.path}"
        if answer.status_code >= 500:
            self.broken.add(f"{what}: {answer.status_code}")
        elif comer.due is not None:
            if words != f"{comer.due[0]} {comer.due[1]}":
                self.broken.add(f"{what}: {words}, and not {comer.due}")
        else:
            if answer.status_code != 422:
                self.past_form.add(door.operation_id)
            if not comer.repeats:
                nobodys = replace(names, are_real=False, own=str(self.stage.scene.new_id()))
                twin = await _send(http, door.knock(nobodys, Random(seed), token))
                self._compare(what, call, names.own_id, answer, twin)
        if door.operation_id not in PUBLISHED:
            self._look_for_leaks(
                what, f"{call.path} {call.content.decode()} {self._known_to(comer, token)}", answer
            )

    def _names(self, door: Door, comer: Comer) -> Names:
        """What is the victims', and whether the id that a door takes anew is one of theirs too."""
        taken = [
            one for one in self.victims.names.get(door.own_id, ())
            if _is_a_clients(one) and one not in self.victims.of_operators
        ]  # fmt: skip
        may_take = taken and ("elsewhere" not in comer.kind or comer.repeats)
        own = str(self.stage.scene.new_id())
        if may_take and self.stage.random.random() < 0.5:
            choices = {door.own_id: self.stage.random.choice(taken)}
            return Names(self, True, "", own, choices)
        return Names(self, True, door.own_id, own, {})

    def _compare(
        self, what: str, call: Call, is_new: str, answer: httpx.Response, twin: httpx.Response
    ) -> None:
        """Whether what exists is answered as what does not."""
        if twin.status_code in UNDECIDED:
            return
        words, statuses = _words(answer), {answer.status_code, twin.status_code}
        if words == "409 id-in-use" and call.method == "PUT" and not is_new:
            return  # ids are made by clients: one that is taken is taken, whoever has it
        if is_new and statuses <= {201, 409} and "409 id-in-use" not in (words, _words(twin)):
            self.as_nobodys += 1
            return  # his own affair, which the first of the two may have used up
        told, other = (_UUID.sub("-", each.text) for each in (answer, twin))
        if words != _words(twin) or (answer.status_code >= 400 and told != other):
            self.broken.add(f"{what}: {words} {told[:200]}, of nobody's {other[:200]}")
        elif answer.status_code not in CLOSED:
            self.as_nobodys += 1

    def _known_to(self, comer: Comer, token: str | None) -> str:
        """Whoever shows a token knows what stands in it; elsewhere thieves go by victims' names."""
        own = self.victims
        taken = f"{own.person_id} {own.merchant_id} {own.login_id}"
        try:
            said = claims_of(token or "")
        except jwt.PyJWTError:
            said = {}
        return f"{said} {taken if 'elsewhere' in comer.kind else ''}"

    def _look_for_leaks(self, what: str, asked: str, answer: httpx.Response) -> None:
        told = [one for one in (*self.victims.ids, WORD) if one in answer.text and one not in asked]
        if told:
            at = answer.text.index(told[0])
            self.broken.add(f"{what}: tells …{answer.text[max(at - 200, 0) : at + 200]}…")


async def _send(http: httpx.AsyncClient, call: Call) -> httpx.Response:
    headers = {"content-type": "application/json"} if call.content else {}
    if call.token is not None:
        headers["authorization"] = f"Bearer {call.token}"
    return await http.request(call.method, call.path, content=call.content, headers=headers)


def _is_a_clients(name: str) -> bool:
    """Whether it is an id as clients make them; those of jobs and webhooks no route takes anew."""
    return UUID(name).version == 7


def _words(answer: httpx.Response) -> str:
    slug = _SLUG.search(answer.text)
    return f"{answer.status_code} {slug[1] if slug else ''}".strip()
