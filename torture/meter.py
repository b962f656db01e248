"""What was seen in each second of a run: answers by their kind, how long they took, faults."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from torture.record import Line


@dataclass(slots=True)
class Fault:
    """One fault that was injected: from second to second of the run."""

    name: str
    begins: float
    ends: float


@dataclass(slots=True)
class Meter:
    """Counts lines and faults as they come; milliseconds are kept for answered lines only."""

    by_second: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    ms_by_second: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    turned_away_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[Fault] = field(default_factory=list)
    fault_names: Counter[str] = field(default_factory=Counter)

    def see(self, line: Line) -> None:
        """Count one request."""
        second = int(line.at + line.ms / 1000)
        sort = _sort(line)
        self.by_second[second][sort] += 1
        if sort == "turned away":
            self.turned_away_ms[second].append(line.ms)
        if line.ending == "answered":
            self.ms_by_second[second].append(line.ms)

    def fault(self, name: str, begins: float, ends: float) -> None:
        """Count one fault."""
        self.faults.append(Fault(name, begins, ends))
        self.fault_names[name] += 1

    def rate(self, begins: float, ends: float) -> float:
        """Acknowledged operations a second between two seconds."""
        inside = [self.by_second[s]["acknowledged"] for s in range(int(begins), int(ends))]
        return sum(inside) / max(len(inside), 1)


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values (0 to 1) do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def _sort(line: Line) -> str:
    if line.ending != "answered":
        return line.ending
    if line.kind == "look":
        return "looked"
    if line.status < 300:
        return "acknowledged"
    return "refused" if line.status < 429 else "turned away"
