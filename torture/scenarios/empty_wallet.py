"""4: a wallet of B, and 200 payments of B at once: exactly one succeeds."""

from time import monotonic
from typing import Final

from torture import operations
from torture.at_once import ask_at_once, callers, outcomes
from torture.judge.promise import Broken
from torture.scenario import Scenario
from torture.scene import TownSize
from torture.stage import Stage

AT_ONCE: Final = 200
OPENING_YEN: Final = 777


async def play(stage: Stage) -> None:
    """One wallet after the other is emptied, until time is up or there are no more."""
    crowd, broken, rounds = callers(stage, AT_ONCE), Broken(), 0
    until = monotonic() + stage.seconds
    for holder in stage.scene.holders:
        if monotonic() >= until:
            break
        shop = stage.random.choice(stage.scene.shops)
        began = stage.now()
        wishes = [
            operations.payment(stage.scene, holder, shop, OPENING_YEN) for _ in range(AT_ONCE)
        ]
        told = outcomes(await ask_at_once(stage, crowd, wishes))
        stage.meter.fault("200 payments for one", began, stage.now())
        rounds += 1
        if told != {"201": 1, "insufficient-funds": AT_ONCE - 1}:
            broken.add(f"wallet {holder.wallet_id}: {dict(told)}")
    name = "Of 200 payments of all that a wallet has, one succeeds and 199 are refused"
    stage.promises.append(broken.promise(name, f"{rounds:,} wallets"))


SCENARIO = Scenario(
    number=4,
    name="empty-wallet",
    does="200 clients pay all that one wallet has, at once, at both processes; wallet after"
    " wallet.",
    proves="value is spent once, whoever asks, wherever, at the same moment.",
    leaves_open="wallets of several lots that partly expire in that moment.",
    play=play,
    least_a_minute=3_000,
    least_faults_a_minute=15,
    size=TownSize(residents=1_200, opening_yen=OPENING_YEN),
)
