"""11: the way back loses one answer in five; clients ask up to five times."""

from random import Random

from torture.caller import Mishap
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.stage import Stage

DROPPED = 0.2
TRIES = 5


async def play(stage: Stage) -> None:
    """Half of the lost answers come and are thrown away, of the others the line is cut."""
    crowd = clients(stage, mishap=lambda random: lose(stage, random))
    for client in crowd:
        client.caller.attempts = TRIES
    await load_for(crowd, stage.seconds)
    for client in crowd:
        client.caller.mishap = lambda: None


def lose(stage: Stage, random: Random) -> Mishap:
    """What a bad proxy does to the requests of one client."""

    def mishap() -> float | None:
        if random.random() >= DROPPED:
            return None
        now = stage.now()
        stage.meter.fault("an answer was lost", now, now)
        return 0.0 if random.random() < 0.5 else random.uniform(0.001, 0.02)

    return mishap


SCENARIO = Scenario(
    number=11,
    name="drop-answers",
    does="One answer in five is lost on its way back: thrown away, or its connection cut before it"
    " came. 64 clients ask up to five times under the same id.",
    proves="effects are as many as ids: asking again does nothing twice, and tells the same.",
    leaves_open="a proxy that changes or repeats requests by itself.",
    play=play,
    least_faults_a_minute=300,
)
