"""What a scenario is: its number in the list of promises, what it does, proves and does not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from torture.scene import TownSize
from torture.stage import Stage


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to torture the deployment."""

    number: int
    name: str
    does: str
    proves: str
    leaves_open: str
    """What it does not prove: read this before trusting the rest."""
    play: Callable[[Stage], Awaitable[None]]
    least_operations: int = 50
    """In a run of any length: with less load it has shown nothing, and fails."""
    least_a_minute: int = 600
    least_faults: int = 1
    """Faults that must have been injected; 0 where the load itself is the fault."""
    least_faults_a_minute: float = 0.0
    size: TownSize = field(default_factory=TownSize)

    def operations_due(self, minutes: float) -> int:
        """The least load of a run of that length."""
        return max(self.least_operations, int(self.least_a_minute * minutes))

    def faults_due(self, minutes: float) -> int:
        """The fewest faults of a run of that length."""
        return max(self.least_faults, int(self.least_faults_a_minute * minutes))
