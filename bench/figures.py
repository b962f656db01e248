"""What a run came to: ratios, the figures behind them, and whether it counts at all."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from ledger.verify import Verdict


@dataclass(frozen=True, slots=True)
class Figure:
    """How often something was done in a second, in each round. Information, never a target."""

    name: str
    clients: int
    rounds: tuple[float, ...]
    note: str = ""

    @property
    def per_second(self) -> float:
        """The middle round: one disturbance of the machine does not count."""
        return median(self.rounds)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure over another one of the same run: what may be compared between machines."""

    name: str
    value: float
    target: float
    means: str
    bound: str
    """What keeps it from being better."""
    is_ceiling: bool = False
    """Whether the target is the most that the value may be, and not the least."""
    unit: str = ""
    """Of the one value here that is no ratio."""

    @property
    def is_met(self) -> bool:
        """Whether the value reaches the target. It decides nothing about a run."""
        return self.value <= self.target if self.is_ceiling else self.value >= self.target


@dataclass(slots=True)
class Result:
    """All of one run."""

    machine: dict[str, str]
    ratios: list[Ratio] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """The books of each database that was paid in, verified after the load."""
    broken: list[str] = field(default_factory=list)
    """What went wrong with the books or the locks: the run counts for nothing, on any machine."""
    disturbed: list[str] = field(default_factory=list)
    """What the machine was too busy for: the run counts for nothing, and may be made again."""

    @property
    def invalid(self) -> list[str]:
        """Why this run counts for nothing; empty for one that does."""
        return self.broken + self.disturbed

    def judge(self, name: str, verdict: Verdict) -> None:
        """Keep the verdict on the books of a database: a run that is not sound does not count."""
        self.verdicts[name] = verdict
        if not verdict.is_sound:
            self.broken.append(f"the books of {name} are not sound: {verdict.faults[0]}")

    def as_json(self) -> dict[str, Any]:
        """The run as plain JSON."""
        return {
            "is_valid": not self.invalid,
            "broken": self.broken,
            "disturbed": self.disturbed,
            "machine": self.machine,
            "ratios": {
                ratio.name: asdict(ratio) | {"is_met": ratio.is_met} for ratio in self.ratios
            },
            "figures": [asdict(f) | {"per_second": f.per_second} for f in self.figures],
            "verdicts": {
                name: asdict(verdict) | {"is_sound": verdict.is_sound}
                for name, verdict in self.verdicts.items()
            },
        }
