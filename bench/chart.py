"""Pictures of lines as SVG: small charts side by side, readable on a light and on a dark page."""

import dataclasses
import html
import math

WIDTH, HEIGHT = 250, 170            # of a chart with what is around it
LEFT, RIGHT, TOP, BOTTOM = 46, 22, 34, 30
COLUMNS = 4

STYLE = """<style>
  .page { fill: #ffffff } text { fill: #1f2328; font: 11px system-ui, sans-serif } .title { font-weight: 600 }
  .quiet { fill: #59636e } .grid { stroke: #d1d9e0; stroke-width: 1 } .goal { stroke: #59636e; stroke-dasharray: 4 3 }
  polyline { fill: none; stroke-width: 2 } .a { stroke: #0969da } .b { stroke: #bc4c00 } .fa { fill: #0969da } .fb { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .goal { stroke: #9198a1 }
    .a { stroke: #4493f8 } .b { stroke: #f0883e } .fa { fill: #4493f8 } .fb { fill: #f0883e }
  }
</style>"""


@dataclasses.dataclass
class Chart:
    """Lines of points (x, y), both above zero, on logarithmic scales; goal: a y that is wanted, drawn if it fits."""
    title: str
    lines: dict                     # name to points; at most two
    goal: float = None


def _short(value):
    """1000000 as 1M, 0.25 as 0.25."""
    for letter, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _powers(low, high, base):
    """Powers of the base from at most low to at least high."""
    first = math.floor(math.log(low, base) + 1e-9)
    last = max(math.ceil(math.log(high, base) - 1e-9), first + 1)
    return [base ** n for n in range(first, last + 1)]


class _Scale:
    def __init__(self, low, high, start, end):
        self.low, self.start = math.log(low), start
        self.step = (end - start) / (math.log(high) - self.low)

    def __call__(self, value):
        return round(self.start + (math.log(value) - self.low) * self.step, 1)


def _text(x, y, text, kind="", anchor="start"):
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _rule(x1, y1, x2, y2, kind="grid"):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{kind}"/>'


def _points(chart):
    return [point for line in chart.lines.values() for point in line]


def _drawn(chart, ticks):
    """The elements of one chart, its corner at 0, 0."""
    xs = sorted({x for x, _ in _points(chart)})
    across = _Scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    up = _Scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    yield _text(LEFT, 14, chart.title, "title")
    for tick in ticks:
        yield _rule(LEFT, up(tick), WIDTH - RIGHT, up(tick))
        yield _text(LEFT - 5, up(tick) + 4, _short(tick), "quiet", "end")
    for x in xs:
        yield _text(across(x), HEIGHT - BOTTOM + 15, _short(x), "quiet", "middle")
    if chart.goal and ticks[0] <= chart.goal <= ticks[-1]:
        yield _rule(LEFT, up(chart.goal), WIDTH - RIGHT, up(chart.goal), "goal")
    said_at = LEFT
    for kind, (name, line) in zip("ab", chart.lines.items()):
        yield f'<polyline class="{kind}" points="{" ".join(f"{across(x)},{up(y)}" for x, y in line)}"/>'
        yield from (f'<circle class="f{kind}" cx="{across(x)}" cy="{up(y)}" r="3"/>' for x, y in line)
        if len(chart.lines) > 1:
            yield _text(said_at, TOP - 6, name, f"f{kind}")
            said_at += 7 * len(name) + 14


def svg(title, rows):
    """rows: of each a heading, and its charts, which have one scale."""
    parts, y = [], 34
    for heading, charts in rows:
        parts.append(_text(16, y + 12, heading, "quiet"))
        y += 24
        values = [value for chart in charts for _, value in _points(chart)]
        ticks = _powers(min(values), max(values), 10)
        for number, chart in enumerate(charts):
            column, row = number % COLUMNS, number // COLUMNS
            parts.append(f'<g transform="translate({column * WIDTH},{y + row * HEIGHT})">{"".join(_drawn(chart, ticks))}</g>')
        y += (len(charts) + COLUMNS - 1) // COLUMNS * HEIGHT + 8
    width = COLUMNS * WIDTH
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}" role="img" aria-label="{html.escape(title)}">\n'
            f'{STYLE}\n<rect class="page" width="{width}" height="{y}"/>\n{_text(16, 22, title, "title")}\n' + "\n".join(parts) + "\n</svg>\n")
