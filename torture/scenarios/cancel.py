"""17: clients hang up at every moment of a request."""

from random import Random

from torture.caller import Mishap
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.stage import Stage

LONGEST_S = 0.12


async def play(stage: Stage) -> None:
    """Two requests in three lose their client within 120 ms; it does not come back by itself."""
    crowd = clients(stage, mishap=lambda random: _hang_up(stage, random))
    for client in crowd:
        client.caller.attempts = 1
    await load_for(crowd, stage.seconds)
    for client in crowd:
        client.caller.mishap = lambda: None


def _hang_up(stage: Stage, random: Random) -> Mishap:
    def mishap() -> float | None:
        if random.random() < 1 / 3:
            return None
        now = stage.now()
        stage.meter.fault("a client hung up", now, now)
        return random.uniform(0.0005, LONGEST_S)

    return mishap


SCENARIO = Scenario(
    number=17,
    name="cancel",
    does="Two clients in three hang up within 120 ms of their request, at whatever the server is"
    " about then, and do not ask again.",
    proves="no connection is left in a transaction, no lock is left, nothing leaks into the next"
    " request, and the id tells what became of each.",
    leaves_open="cancellations inside of the server that no client can cause; the tests of the"
    " engine cancel at every await.",
    play=play,
    least_faults_a_minute=600,
)
