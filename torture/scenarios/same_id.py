"""9: the same id 100 times at once, with the same body, with another one, by another person."""

from time import monotonic
from typing import Final

from torture import operations
from torture.at_once import ask_at_once, callers
from torture.judge.promise import Broken
from torture.record import Line
from torture.scenario import Scenario
from torture.stage import Stage

AT_ONCE: Final = 100


async def play(stage: Stage) -> None:
    """Round after round: one payment asked for 100 times at once, and then by whom it is not."""
    crowd, scene, chance = callers(stage, AT_ONCE), stage.scene, stage.random
    equal, other, rounds = Broken(), Broken(), 0
    until = monotonic() + stage.seconds
    while monotonic() < until:
        # Each in turn: whoever asks 600 times in a minute has had its share.
        holder = scene.holders[rounds % len(scene.holders)]
        stranger = scene.holders[(rounds + 1) % len(scene.holders)]
        shop, yen = chance.choice(scene.shops), chance.randint(1, 500)
        wish = operations.payment(scene, holder, shop, yen)
        began = stage.now()
        lines = await ask_at_once(stage, crowd, [wish] * AT_ONCE)
        stage.meter.fault("one id, 100 times at once", began, stage.now())
        rounds += 1
        if {line.status for line in lines} != {201} or any(
            line.answer != lines[0].answer for line in lines
        ):
            equal.add(f"payment {wish.op}: {sorted({line.status for line in lines})}")
        if sum(not line.is_replay for line in lines) != 1:
            equal.add(f"payment {wish.op}: not one of the answers was the first")
        changed = operations.payment(scene, holder, shop, yen + 1, wish.op)
        foreign = operations.payment(scene, stranger, shop, yen, wish.op)
        told = [await crowd[0].ask(changed), await crowd[1].ask(foreign)]
        if not all(_is_bare(line) for line in told) or _words(told[0]) != _words(told[1]):
            other.add(f"payment {wish.op}: {[(line.status, line.answer) for line in told]}")
    name = "100 times the same id and body: one effect, 100 equal answers"
    stage.promises.append(equal.promise(name, f"{rounds:,} ids"))
    name = "Another body or another person under the id: a bare 409 that tells nothing"
    stage.promises.append(other.promise(name, f"{2 * rounds:,} attempts"))


def _is_bare(line: Line) -> bool:
    return (line.status, line.slug) == (409, "id-in-use") and not (
        line.answer.keys() - {"type", "title", "status", "instance", "detail", "request_id"}
    )


def _words(line: Line) -> tuple[object, ...]:
    return tuple(line.answer.get(name) for name in ("type", "title", "status"))


SCENARIO = Scenario(
    number=9,
    name="same-id",
    does="The same payment is asked for 100 times at once, at both processes; then with another"
    " amount, and by another person, under the same id.",
    proves="one id has one effect and one answer; who has another's id learns nothing by it.",
    leaves_open="ids that lie in a month which was moved away.",
    play=play,
    least_operations=10,
    least_a_minute=60,
    least_faults_a_minute=30,
)
