"""What the person at the terminal sees while the town is built and lives: steps, then a live table.

Where nothing can be drawn over (a file, a pipe), the same is told in plain lines.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
)

from town.live_table import Snapshot, draw, in_words

PLAIN_SECONDS: Final = 5.0
"""How often a line is printed where nothing can be drawn over."""

_INDENT: Final = (0, 0, 0, 2)


@dataclass(slots=True)
class Screen:
    """Everything that is shown goes through `console`, and nothing but words for people."""

    console: Console
    _shown: float = 0.0
    _earlier: tuple[float, int] = (0.0, 0)
    _rates: list[int] = field(default_factory=list)
    _live: Live | None = None

    def greet(self, *lines: str) -> None:
        """What is about to happen; the first line is the title."""
        self.console.print()
        for place, line in enumerate(lines):
            style = "bold" if place == 0 else "dim"
            self.console.print(f"  {line}", style=style, highlight=False, soft_wrap=True)
        self.console.print()

    def say(self, words: str) -> None:
        """One line, as it is."""
        self.console.print(f"  {words}", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, words: str) -> Iterator["Step"]:
        """A part of the preparation; it is ticked off when the block ends well."""
        step = Step(words)
        with self._spinner(words) as progress:
            if progress is not None:
                progress.add_task(words, total=None)
            yield step
        self._tick_off(step)

    @contextmanager
    def steps(self, words: str, total: int) -> Iterator["Step"]:
        """The same with a bar: the block calls `advance` as it goes."""
        step = Step(words, f"{total:,}")
        with self._bar() as progress:
            step.progress = progress
            step.task = progress.add_task(words, total=total) if progress else None
            yield step
        self._tick_off(step)

    def day(self) -> AbstractContextManager[object]:
        """The block in which the day is shown; its last picture stays."""
        self._earlier, self._rates = (monotonic(), 0), []
        if not self.console.is_terminal:
            return nullcontext()
        self.console.print()
        self._live = Live(console=self.console, refresh_per_second=4)
        return self._live

    def show(self, now: Snapshot, *, is_last: bool = False) -> None:
        """Draw the town as it is now, or print a line of it from time to time."""
        self._count(now.payments)
        if self._live is not None:
            self._live.update(Padding(draw(now, self._rates), _INDENT))
        elif is_last or monotonic() - self._shown >= PLAIN_SECONDS:
            self._shown = monotonic()
            self.say(in_words(now, self._rates))

    def _count(self, payments: int) -> None:
        """Payments a second, taken once a second."""
        then, before = self._earlier
        passed = monotonic() - then
        if passed >= 1:
            self._rates.append(round((payments - before) / passed))
            self._earlier = (monotonic(), payments)

    def _tick_off(self, step: "Step") -> None:
        seconds = monotonic() - step.begun
        told = f"[green]✓[/] {step.words:<35}[dim]{seconds:5.1f} s[/]   {step.detail}"
        self.console.print(f"  {told}".rstrip(), highlight=False, soft_wrap=True)

    def _spinner(self, words: str) -> AbstractContextManager[Progress | None]:
        if not self.console.is_terminal:
            return nullcontext()
        return Progress(
            TextColumn(" "),
            SpinnerColumn(),
            TextColumn("{task.description}"),
            console=self.console,
            transient=True,
        )

    def _bar(self) -> AbstractContextManager[Progress | None]:
        if not self.console.is_terminal:
            return nullcontext()
        return Progress(
            TextColumn(" "),
            SpinnerColumn(),
            TextColumn("{task.description:<33}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self.console,
            transient=True,
        )


@dataclass(slots=True)
class Step:
    """One step of the preparation; `detail` is shown beside it once it is done."""

    words: str
    detail: str = ""
    progress: Progress | None = None
    task: TaskID | None = None
    begun: float = field(default_factory=monotonic)

    def advance(self, by: int = 1) -> None:
        """So many more are done; in silence where nothing can be drawn."""
        if self.progress is not None and self.task is not None:
            self.progress.advance(self.task, by)
