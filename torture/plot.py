"""The plot of a run as SVG: throughput and latency in each second, and when faults were there."""

from collections.abc import Sequence
from html import escape
from typing import Final

from torture.meter import Fault, Meter, percentile

WIDTH: Final = 960
HEIGHT: Final = 420
LEFT, RIGHT, TOP, MIDDLE, BOTTOM = 64, 16, 34, 226, 384
_COLOURS: Final = {
    "acknowledged": "#1b7837",
    "refused": "#9970ab",
    "turned away": "#d95f02",
    "lost": "#b2182b",
}
_MOST_FAULTS_DRAWN: Final = 400
_FONT: Final = 'font-family="sans-serif" font-size="11"'


def draw(meter: Meter, seconds: float, title: str) -> str:
    """The SVG of a run that lasted so many seconds."""
    length = max(int(seconds) + 1, 2)
    rates = {
        name: [meter.by_second[s][name] if s in meter.by_second else 0 for s in range(length)]
        for name in _COLOURS
    }
    highest = max(1, *(max(values) for values in rates.values()))
    halves = [_latency(meter, s, 0.5) for s in range(length)]
    tails = [_latency(meter, s, 0.99) for s in range(length)]
    slowest = max(1.0, *tails)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {_FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="16" font-size="13">{escape(title)}</text>',
        *_faults(meter.faults, length),
        *_axes(TOP, MIDDLE - 20, highest, "answers in a second", length),
        *_axes(MIDDLE, BOTTOM, slowest, "ms: half (thin) and 99 of 100", length),
    ]
    for name, values in rates.items():
        parts.append(_line(values, highest, TOP, MIDDLE - 20, _COLOURS[name], 1.6))
    parts.append(_line(halves, slowest, MIDDLE, BOTTOM, "#555", 0.8))
    parts.append(_line(tails, slowest, MIDDLE, BOTTOM, "#2166ac", 1.6))
    parts += _legend()
    return "\n".join([*parts, "</svg>"]) + "\n"


def _latency(meter: Meter, second: int, share: float) -> float:
    return percentile(meter.ms_by_second.get(second, []), share)


def _x(second: float, length: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * second / max(length - 1, 1)


def _line(
    values: Sequence[float], highest: float, top: int, bottom: int, colour: str, width: float
) -> str:
    points = " ".join(
        f"{_x(s, len(values)):.1f},{bottom - (bottom - top) * value / highest:.1f}"
        for s, value in enumerate(values)
    )
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _axes(top: int, bottom: int, highest: float, name: str, length: int) -> list[str]:
    ticks = [
        f'<text x="{LEFT - 6}" y="{bottom - (bottom - top) * share + 4:.0f}"'
        f' text-anchor="end">{highest * share:,.0f}</text>'
        for share in (0, 0.5, 1)
    ]
    step = max(1, length // 12)
    ticks += [
        f'<text x="{_x(s, length):.0f}" y="{bottom + 13}" text-anchor="middle">{s} s</text>'
        for s in range(0, length, step)
    ]
    return [
        f'<path d="M{LEFT} {top}V{bottom}H{WIDTH - RIGHT}" stroke="#999" fill="none"/>',
        f'<text x="{LEFT + 4}" y="{top + 10}" fill="#666">{name}</text>',
        *ticks,
    ]


def _faults(faults: Sequence[Fault], length: int) -> list[str]:
    """A band for each fault; of very many every nth is drawn."""
    every = max(1, len(faults) // _MOST_FAULTS_DRAWN)
    return [
        f'<rect x="{_x(fault.begins, length):.1f}" y="{TOP}" height="{BOTTOM - TOP}"'
        f' width="{max(1.0, _x(fault.ends, length) - _x(fault.begins, length)):.1f}"'
        f' fill="#f4a582" opacity="0.55"><title>{escape(fault.name)}</title></rect>'
        for fault in faults[::every]
    ]


def _legend() -> list[str]:
    found = []
    for nth, (name, colour) in enumerate({**_COLOURS, "a fault": "#f4a582"}.items()):
        x = LEFT + 120 * nth
        found.append(
            f'<rect x="{x}" y="{HEIGHT - 14}" width="10" height="10" fill="{colour}"/>'
            f'<text x="{x + 14}" y="{HEIGHT - 5}">{name}</text>'
        )
    return found
