"""1: concurrent transfers from two processes, and snapshots of all books meanwhile."""

import asyncio

from ledger.engine import TAKING_TURNS_S
from torture.faults import count_retries
from torture.judge.books import whole_books
from torture.judge.promise import Broken
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.stage import Stage

SNAPSHOT_EVERY_S = 0.5


async def play(stage: Stage) -> None:
    """Everybody works while an auditor looks at all books again and again."""
    crowd = clients(stage)
    load = asyncio.create_task(load_for(crowd, stage.seconds))
    await _audit(stage, load)
    await load
    await _promise_turns(stage)


async def _audit(stage: Stage, load: "asyncio.Task[None]") -> None:
    broken, snapshots = Broken(), 0
    superuser = await stage.ground.superuser()
    while not load.done():
        for promise in await whole_books(superuser, stage.scene.region_id):
            if not promise.holds:
                broken.add(f"{promise.name}: {promise.places}")
        snapshots += 1
        await asyncio.wait([load], timeout=SNAPSHOT_EVERY_S)
    await superuser.close()
    name = "Every snapshot under load has whole books: sums, balances, bounds, numbers"
    stage.promises.append(broken.promise(name, f"{snapshots} snapshots"))


async def _promise_turns(stage: Stage) -> None:
    """Where nothing was broken only one thing makes a batch be decided anew: another process moved
    the head. Both batches in flight are, and then the process takes turns under the lock, which
    cannot fail so.
    """
    most = 2 * (stage.seconds / TAKING_TURNS_S + 2)
    retries = {api.name: await count_retries(api) for api in stage.apis}
    seen = ", ".join(f"{name}: {found or 'none'}" for name, found in retries.items())
    holds = all(
        found.keys() <= {"SerializationError"} and sum(found.values()) <= most
        for found in retries.values()
    )
    name = "Processes take turns under the lock: few batches are decided anew, for no other reason"
    stage.promise(name, holds, f"{seen}; at most {most:.0f} of each")


SCENARIO = Scenario(
    number=1,
    name="bank",
    does="64 clients pay, refund and top up through two processes, while an auditor takes snapshots"
    " of the whole ledger.",
    proves="at every moment the books are whole, and two processes never work on the same state.",
    leaves_open="nothing is broken meanwhile: the other scenarios do that.",
    play=play,
    least_a_minute=3_000,
    least_faults=0,
)
