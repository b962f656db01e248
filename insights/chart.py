"""Draw released figures as SVG, with their intervals: bars side by side, or lines over weeks.

Text stays text, so it can be read aloud, searched and enlarged; nothing is loaded and nothing runs.
Series differ by colour, mark and dash, in colours that colour-blind people tell apart (Okabe and
Ito). All coordinates are whole numbers: the same figures have the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from insights.released import Figure

WIDTH: Final = 960
_FONT: Final = "'Noto Sans JP','Hiragino Sans','Yu Gothic',sans-serif"
_COLOURS: Final = ("#0072B2", "#D55E00")
_DASHES: Final = ("", ' stroke-dasharray="8 5"')
_LEFT, _RIGHT, _TOP, _BOTTOM = 130, 30, 100, 80
_BAR: Final = 34
_PLOT: Final = 320
_LONGEST_NAME: Final = 15
"""Of wide characters."""


@dataclass(frozen=True, slots=True)
class Series:
    """One figure for each place of the axis; None where nothing is told."""

    name: str
    figures: Sequence[Figure | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, in words; `unit` stands at the axis of values."""

    title: str
    about: str
    """One or two sentences: what the intervals are, what is not told."""
    unit: str
    places: Sequence[str]
    series: Sequence[Series]
    shaded: tuple[int, int] | None = None
    """Of lines, the first and the last place of a span that stands out; and what it is."""
    shaded_name: str = ""
    name: str = "chart"
    """For its ids, where several stand on one page."""


def draw_bars(chart: Chart) -> str:
    """One bar for each place, below each other, so that long names stand beside them."""
    left = 250
    height = _TOP + _BAR * len(chart.places) + 60
    scale = _Scale.over(chart.series, left, WIDTH - _RIGHT - 60)
    [series] = chart.series
    foot = height - 60
    parts = [
        f'<path d="M{scale.at(tick)} {_TOP - 8}V{foot}" stroke="#bbb"/>'
        + _text(scale.at(tick), foot + 22, _number(tick), "middle")
        for tick in scale.ticks
    ]
    parts.append(_text(WIDTH - _RIGHT, foot + 46, chart.unit, "end"))
    for row, (place, figure) in enumerate(zip(chart.places, series.figures, strict=True)):
        middle = _TOP + _BAR * row + _BAR // 2
        parts.append(_text(left - 12, middle + 5, _short(place), "end"))
        if figure is None:
            parts.append(_text(left + 8, middle + 5, "非公表", "start"))
            continue
        ends = sorted((scale.at(0), scale.at(figure.value)))
        parts.append(
            f'<rect x="{ends[0]}" y="{middle - 10}" width="{ends[1] - ends[0]}" height="20"'
            f' fill="{_COLOURS[0]}"><title>{escape(place)} {_told(figure)}</title></rect>'
            + _across(scale.at(figure.low), scale.at(figure.high), middle)
        )
    return _svg(chart, height, parts)


def draw_lines(chart: Chart) -> str:
    """One line for each series, over weeks from left to right."""
    height = _TOP + _PLOT + _BOTTOM
    foot = _TOP + _PLOT
    scale = _Scale.over(chart.series, foot, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) // max(1, len(chart.places))
    across = [_LEFT + step // 2 + step * place for place in range(len(chart.places))]
    parts = _shade(chart, across, step)
    for tick in scale.ticks:
        y = scale.at(tick)
        parts.append(f'<path d="M{_LEFT} {y}H{WIDTH - _RIGHT}" stroke="#bbb"/>')
        parts.append(_text(_LEFT - 10, y + 5, _number(tick), "end"))
    every = -(-len(chart.places) // 10)
    parts += [
        _text(x, foot + 24, place, "middle")
        for number, (x, place) in enumerate(zip(across, chart.places, strict=True))
        if number % every == 0
    ]
    parts.append(_text(_LEFT, _TOP - 12, chart.unit, "start"))
    for number, series in enumerate(chart.series):
        parts += _line(number, series, across, scale, chart.places)
        at = _LEFT + 330 * number
        parts.append(_mark(number, at + 20, foot + 52))
        parts.append(_text(at + 36, foot + 57, series.name, "start"))
    return _svg(chart, height, parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values as whole pixels, from one end to the other, with zero among them."""

    low: int
    high: int
    start: int
    end: int
    step: int

    @classmethod
    def over(cls, series: Sequence[Series], start: int, end: int) -> "_Scale":
        told = [figure for each in series for figure in each.figures if figure is not None]
        low = min([0, *(figure.low for figure in told)])
        high = max([1, *(figure.high for figure in told)])
        step = _step((high - low) // 5 + 1)
        return cls(low // step * step, -(-high // step) * step, start, end, step)

    def at(self, value: int) -> int:
        return self.start + (value - self.low) * (self.end - self.start) // (self.high - self.low)

    @property
    def ticks(self) -> range:
        return range(self.low, self.high + 1, self.step)


def _step(least: int) -> int:
    """The next of 1, 2, 5, 10, 20, …"""
    power: int = 10 ** (len(str(least)) - 1)
    return next(power * each for each in (1, 2, 5, 10) if power * each >= least)


def _line(
    number: int, series: Series, across: Sequence[int], scale: _Scale, places: Sequence[str]
) -> list[str]:
    colour = _COLOURS[number]
    path, parts, goes_on = "", [], False
    for x, place, figure in zip(across, places, series.figures, strict=True):
        if figure is None:
            goes_on = False
            continue
        y = scale.at(figure.value)
        path += f"{'L' if goes_on else 'M'}{x} {y}"
        goes_on = True
        parts.append(
            f'<path d="M{x} {scale.at(figure.low)}V{scale.at(figure.high)}'
            f'M{x - 5} {scale.at(figure.low)}h10M{x - 5} {scale.at(figure.high)}h10"'
            f' stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(
            f"<g>{_mark(number, x, y)}"
            f"<title>{escape(series.name)} {escape(place)} {_told(figure)}</title></g>"
        )
    line = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{_DASHES[number]}/>'
    return [line, *parts]


def _mark(number: int, x: int, y: int) -> str:
    if number == 0:
        return f'<circle cx="{x}" cy="{y}" r="5" fill="{_COLOURS[0]}"/>'
    return f'<rect x="{x - 5}" y="{y - 5}" width="10" height="10" fill="{_COLOURS[number]}"/>'


def _shade(chart: Chart, across: Sequence[int], step: int) -> list[str]:
    if chart.shaded is None:
        return []
    first, last = (across[place] for place in chart.shaded)
    begins, ends = first - step // 2, last + step // 2
    return [
        f'<rect x="{begins}" y="{_TOP}" width="{ends - begins}" height="{_PLOT}" fill="#eee"/>',
        _text((begins + ends) // 2, _TOP + 20, chart.shaded_name, "middle"),
    ]


def _short(place: str) -> str:
    """As much of a name as fits beside a bar; the whole of it stands in the description."""
    return place if len(place) <= _LONGEST_NAME else place[: _LONGEST_NAME - 1] + "…"


def _across(low: int, high: int, y: int) -> str:
    return (
        f'<path d="M{low} {y}H{high}M{low} {y - 6}v12M{high} {y - 6}v12"'
        ' stroke="#111" stroke-width="2"/>'
    )


def _text(x: int, y: int, words: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(chart: Chart, height: int, parts: Sequence[str]) -> str:
    title, about = f"{chart.name}-title", f"{chart.name}-about"
    words = f"{chart.about} {_in_words(chart)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-labelledby="{title} {about}"'
        ' lang="ja"'
        f' font-family="{_FONT}" font-size="15" fill="#111">\n'
        f'<title id="{title}">{escape(chart.title)}</title>\n'
        f'<desc id="{about}">{escape(words)}</desc>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        f'<text x="20" y="34" font-size="20" font-weight="bold">{escape(chart.title)}</text>\n'
        f'<text x="20" y="60" font-size="14">{escape(chart.about)}</text>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _in_words(chart: Chart) -> str:
    """The figures themselves, for whoever does not see the drawing."""
    told = [
        f"{series.name} {place}: {_told(figure) if figure else '非公表'}"
        for series in chart.series
        for place, figure in zip(chart.places, series.figures, strict=True)
    ]
    return "、".join(told)


def _told(figure: Figure) -> str:
    return f"{figure.value:,}({figure.low:,}〜{figure.high:,})"


def _number(value: int) -> str:
    """A tick: thousands of ten thousands would be too long beside an axis."""
    if value and value % 10_000 == 0:
        return f"{value // 10_000:,}万"
    return f"{value:,}"
