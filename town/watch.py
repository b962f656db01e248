"""Looks at the town while it lives, four times a second, and shows it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from town import answers, wire
from town.day import Plan
from town.live_table import Sale, Snapshot
from town.opening import TOWN_NAME
from town.perform import Stage
from town.screen import Screen

PAUSE_SECONDS: Final = 0.25
LATEST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks: takes the figures from what was told, the budget from the admin side."""

    screen: Screen
    stage: Stage
    plan: Plan

    async def look(self, *, is_last: bool = False) -> None:
        """Show the town as it is at this moment."""
        stage = self.stage
        token = stage.tokens.admin("auditor")
        campaign = await stage.client.send(wire.campaign(stage.directory.campaign_id, token))
        told = stage.told
        now = Snapshot(
            town=TOWN_NAME,
            at=stage.clock.now().astimezone(ZoneInfo(wire.ZONE)),
            acts=len(self.plan.acts),
            done=told.acts,
            payments=len(told.payments),
            paid_yen=told.paid_yen,
            top_ups=len(told.top_ups),
            top_up_yen=told.top_up_yen,
            returns=told.returns,
            returns_yen=told.refunded_yen,
            rebate_points=told.rebate_points,
            budget_yen=self.plan.budget_yen,
            budget_left_yen=answers.budget_left(campaign.body),
            refusals=Counter(told.refusals),
            surprises=len(told.surprises),
            latest=self._latest(),
        )
        self.screen.show(now, is_last=is_last)

    def _latest(self) -> tuple[Sale, ...]:
        """The newest payments, newest first."""
        newest = islice(reversed(self.stage.told.payments.values()), LATEST_SHOWN)
        return tuple(
            Sale(self.plan.shops[paid.shop].name, paid.amount_yen, paid.rebate_points)
            for paid in newest
        )


@asynccontextmanager
async def watching(watch: Watch) -> AsyncIterator[None]:
    """Look again and again until the block ends, and once more then."""
    with watch.screen.day():
        task = asyncio.create_task(_look_on(watch), name="watch")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await watch.look(is_last=True)


async def _look_on(watch: Watch) -> None:
    while True:
        await watch.look()
        await asyncio.sleep(PAUSE_SECONDS)
