"""16: connections to PostgreSQL that are cut during COMMIT."""

from torture.load import clients, load_for
from torture.proxy import Cut, running_proxy
from torture.scenario import Scenario
from torture.stage import Stage

SHARE = 0.08
CUTS: tuple[Cut, ...] = ("before", "after", "meanwhile")


async def play(stage: Stage) -> None:
    """Both API processes reach PostgreSQL by a proxy that cuts some of the COMMITs."""
    async with running_proxy(stage.ground.settings.database_url) as proxy:
        behind = stage.ground.settings.model_copy(update={"database_url": proxy.url})
        for api in stage.apis:
            await api.stop()
            api.settings = behind
            await stage.restart(api)
        proxy.cut = lambda: _cut(stage)
        await load_for(clients(stage), stage.seconds)
        proxy.cut = lambda: None
        for api in stage.apis:
            await api.stop()
            api.settings = stage.ground.settings
            await stage.restart(api)


def _cut(stage: Stage) -> Cut | None:
    if stage.random.random() >= SHARE:
        return None
    cut = stage.random.choice(CUTS)
    stage.meter.fault(f"a connection cut {cut} COMMIT", stage.now(), stage.now())
    return cut


SCENARIO = Scenario(
    number=16,
    name="cut-commits",
    does="A proxy before PostgreSQL cuts connections at COMMIT: before the server sees it, after it"
    " has done it, and while it does.",
    proves="the answer is right or `outcome-unknown`, and the id tells the truth in every case.",
    leaves_open="a network that delivers a COMMIT minutes later.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=20,
)
