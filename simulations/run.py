"""Run a simulation over a source of payments, and say what it comes to."""

from campaigns.rules import LiveCampaign
from simulations.asked import Asked
from simulations.happenings import Pause, Source
from simulations.trial import PLENTY_YEN, Trial


def begin(asked: Asked, tried: LiveCampaign) -> Trial:
    """A trial in which nothing has happened yet."""
    is_limited = asked.budget_yen is not None or asked.instead_of is not None
    trial = Trial(
        tried.campaign_id,
        multiplier_bp=asked.multiplier_bp,
        counts_from=asked.from_day,
        is_limited=is_limited,
    )
    budget_yen = asked.budget_yen
    if budget_yen is None:
        budget_yen = PLENTY_YEN if asked.instead_of is None else 0
    trial.open(tried, budget_yen)
    return trial


async def run(asked: Asked, tried: LiveCampaign, source: Source, pause: Pause) -> Trial:
    """The trial after everything that the source tells. Raises what the source or `pause` does."""
    trial = begin(asked, tried)
    await source.play(trial, pause)
    return trial
