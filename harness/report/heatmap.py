"""Layer against layer as a picture: shares of units that agree, grey where unrelated models reach as much."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from harness.findings import Finding, LayerPair
from harness.numbers import percent

CELL, LEFT, TOP = 20.0, 48.0, 40.0
"""Sizes in user units."""
WIDEST, NARROWEST = 900.0, 320.0
TICKS = 12
"""Labels along a side, about."""
FAINTEST = 0.25


@dataclass(frozen=True)
class Heat:
    """A drawn map with its caption's facts."""

    svg: str
    layers: tuple[int, int]
    """Layers of checkpoint and candidate."""
    told: int
    """Cells beyond what unrelated models show."""


def heat_map(finding: Finding, alpha: float, ours: str, theirs: str) -> Heat:
    """The map of one finding. A cell is told where its p-value stands after dividing `alpha` by all comparisons."""
    comparisons = finding.details.get("comparisons")
    limit = alpha / max(len(finding.layers), comparisons if isinstance(comparisons, int) else 1)
    rows, columns = (1 + max(getattr(one, side) for one in finding.layers) for side in ("layer", "other"))
    cell = min(CELL, (WIDEST - LEFT) / columns)
    told = [one for one in finding.layers if beyond(one, limit)]
    shapes = [_cell(one, cell, told=one in told) for one in finding.layers]
    width, height = max(NARROWEST, LEFT + cell * columns + 2), TOP + cell * rows + 22
    svg = (
        f'<svg class="map" role="img" viewBox="0 0 {width:g} {height:g}" style="max-width: {width:g}px">'
        f"<title>{escape(ours)} × {escape(theirs)}</title>"
        f'<text class="axis" x="{LEFT:g}" y="12">→ {escape(theirs)}</text>'
        f'<text class="axis" x="{LEFT:g}" y="{height - 6:g}">↓ {escape(ours)}</text>'
        f"{_ticks(rows, cell, down=True)}{_ticks(columns, cell, down=False)}{''.join(shapes)}</svg>"
    )
    return Heat(svg, (rows, columns), len(told))


def beyond(pair: LayerPair, limit: float) -> bool:
    """Whether two layers agree more than chance, or what independents show, allows in any of the comparisons."""
    if pair.beyond is not None:
        return pair.beyond
    return pair.p_value is not None and pair.p_value <= limit


def _cell(pair: LayerPair, size: float, *, told: bool) -> str:
    chance = "" if pair.p_value is None else f", p {pair.p_value:.1e}"
    note = f"{pair.layer} × {pair.other}: {percent(pair.agreement)} ({pair.part}){chance}"
    strength = FAINTEST + (1 - FAINTEST) * pair.agreement if told else pair.agreement
    x, y, side = LEFT + pair.other * size, TOP + pair.layer * size, size - 1
    place = f'x="{x:.6g}" y="{y:.6g}" width="{side:.6g}" height="{side:.6g}"'
    kind = "told" if told else "chance"
    return (
        f'<rect class="blank" {place}/><rect class="{kind}" {place} fill-opacity="{strength:.2f}">'
        f"<title>{escape(note)}</title></rect>"
    )


def _ticks(count: int, size: float, *, down: bool) -> str:
    step = max(1, round(count / TICKS))
    marks = []
    for layer in range(0, count, step):
        middle = (TOP if down else LEFT) + (layer + 0.5) * size
        x, y, anchor = (LEFT - 6, middle + 3, "end") if down else (middle, TOP - 6, "middle")
        marks.append(f'<text class="tick" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{layer}</text>')
    return "".join(marks)
