"""The deployment's clock: real time, or a demo town's faster time."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time of this deployment; read from `ledger.deployment` when it starts.

    Only a database that is marked as a demo has a factor other than 1: the row's own CHECK
    forbids it elsewhere.
    """

    is_demo: bool = False
    real_anchor: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    town_anchor: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    factor: int = 1

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self.at(datetime.now(UTC))

    def at(self, real: datetime) -> datetime:
        """The town's instant when the wall clock of the machine says `real`."""
        if not self.is_demo:
            return real
        return self.town_anchor + (real - self.real_anchor) * self.factor
