"""The forest plot: totals and suite scores with their intervals, against the thresholds."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.plan import Floor, Ratio
from harness.records import Number
from harness.report.font import font_file
from harness.story import Lang, ModelStory, Story, percent, percent_of_rule, total_in_words, visible, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_IN, ROW_IN, HEAD_IN, FOOT_IN, NOTE_IN = 8.0, 0.27, 0.34, 0.36, 0.2
LEFT_IN, RIGHT_IN = 2.15, 1.35
NAME_LIMIT = 22
FAMILY, BOLD = "NanumGothic", 600
"""What NanumGothicBold calls its weight."""

# Drawn in these colours, then renamed to the page's variables, so that dark mode and print can choose.
INK, MUTED, RULE, ACCENT, PAPER = "#101112", "#101113", "#101114", "#101115", "#101116"
VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", ACCENT: "--accent", PAPER: "--paper"}


@dataclass(frozen=True)
class Row:
    """One model's number in a panel."""

    name: str
    number: Number | None
    entrant: bool
    text: str


@dataclass(frozen=True)
class Line:
    """A threshold in a panel."""

    value: float
    label: str
    dashed: bool


@dataclass(frozen=True)
class Panel:
    """One scale: totals, or a suite."""

    title: str
    most: float
    unit: str
    """What is put behind a tick's number."""
    factor: float
    """A tick's number per unit of the scale."""
    rows: tuple[Row, ...]
    lines: tuple[Line, ...]

    @property
    def height_in(self) -> float:
        return HEAD_IN + NOTE_IN * len(self.lines) + ROW_IN * len(self.rows) + FOOT_IN


def panels(story: Story, lang: Lang) -> list[Panel]:
    """What is drawn: the totals of all who have one, then each suite."""
    return [_totals(story, lang), *(_suite(story, suite.name, lang) for suite in story.plan.suites)]


def forest_svg(story: Story, lang: Lang) -> str:
    """The plot as an inline SVG element: glyphs are paths, colours are the page's. Equal input gives equal text."""
    from matplotlib.figure import Figure  # slow to import

    drawn = [panel for panel in panels(story, lang) if panel.rows]
    height = sum(panel.height_in for panel in drawn)
    with _look():
        figure = Figure(figsize=(WIDTH_IN, height))
        top = height
        for panel in drawn:
            head = HEAD_IN + NOTE_IN * len(panel.lines)
            inner = ROW_IN * len(panel.rows)
            box = (LEFT_IN, top - head - inner, WIDTH_IN - LEFT_IN - RIGHT_IN, inner)
            axes = figure.add_axes((box[0] / WIDTH_IN, box[1] / height, box[2] / WIDTH_IN, box[3] / height))
            _draw(axes, panel)
            top -= panel.height_in
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return _inline(file.getvalue())


def _totals(story: Story, lang: Lang) -> Panel:
    rows = tuple(
        _row(model, model.result.total, total_in_words(model.result.total))
        for model in story.models
        if model.entrant is not None or model.result.total is not None
    )
    most = sum(item.points for item in story.plan.rules.items)
    title = f"{word('total', lang)}, {word('of_points', lang, points=f'{most:g}')}"
    return Panel(title, most, "", 1.0, rows, ())


def _suite(story: Story, suite: str, lang: Lang) -> Panel:
    rows = [
        _row(model, score.score, percent(score.score.value) if score.score else "–")
        for model in story.models
        for score in (model.record.suites if model.record else ())
        if score.suite == suite
    ]
    return Panel(story.suite_title(suite, lang), 1.0, "%", 100.0, tuple(rows), tuple(_lines(story, suite, lang)))


def _row(model: ModelStory, number: Number | None, text: str) -> Row:
    return Row(visible(model.plan.title, NAME_LIMIT), number, model.entrant is not None, text)


def _lines(story: Story, suite: str, lang: Lang) -> Iterator[Line]:
    for gate in story.plan.rules.gates:
        if isinstance(gate, Floor) and gate.suite == suite:
            minimum = percent_of_rule(gate.minimum)
            yield Line(gate.minimum, word("line_floor", lang, minimum=minimum), dashed=False)
        elif isinstance(gate, Ratio) and gate.suite == suite:
            yield from _ratios(story, gate, suite, lang)


def _ratios(story: Story, gate: Ratio, suite: str, lang: Lang) -> Iterator[Line]:
    """What an entrant must reach, by each reference that has a score."""
    for reference in gate.rivals:
        if (measured := _measured(story, reference, suite)) is not None:
            value = gate.minimum * measured
            name = visible(story.model_title(reference), NAME_LIMIT)
            minimum = percent_of_rule(gate.minimum)
            label = word("line_ratio", lang, minimum=minimum, reference=name, value=percent(value))
            yield Line(value, label, dashed=True)


def _measured(story: Story, reference: str, suite: str) -> float | None:
    for model in story.references:
        for score in model.record.suites if model.record else ():
            if model.name == reference and score.suite == suite and score.score is not None:
                return score.score.value
    return None


def _draw(axes: Axes, panel: Panel) -> None:
    rows = len(panel.rows)
    axes.set_xlim(0, panel.most)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks([])
    ticks = [panel.most * step / 5 for step in range(6)]
    axes.set_xticks(ticks, [f"{tick * panel.factor:g}{panel.unit}" for tick in ticks])
    axes.tick_params(axis="x", length=0, pad=5, labelcolor=MUTED, labelsize=8)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    for side in axes.spines.values():
        side.set_visible(False)
    _head(axes, panel)
    for place, row in enumerate(panel.rows):
        _mark(axes, place, row)


def _head(axes: Axes, panel: Panel) -> None:
    """Title, and each threshold's line with its name on a line of its own above the rows."""
    inner = ROW_IN * len(panel.rows)
    top = 1 + (NOTE_IN * len(panel.lines) + 0.12) / inner
    edge = -LEFT_IN / (WIDTH_IN - LEFT_IN - RIGHT_IN)
    axes.text(edge, top, panel.title, transform=axes.transAxes, family=FAMILY, weight=BOLD, size=10.5, color=INK)
    for place, line in enumerate(panel.lines):
        height = 1 + (NOTE_IN * (len(panel.lines) - place - 1) + 0.05) / inner
        style = (0, (4, 2)) if line.dashed else "solid"
        axes.plot(
            [line.value, line.value],
            [0, height + 0.13 / inner],
            transform=axes.get_xaxis_transform(),
            color=ACCENT,
            linewidth=1.2,
            linestyle=style,
            clip_on=False,
        )
        right = line.value > panel.most * 0.6
        axes.text(
            line.value,
            height,
            f"{line.label}  " if right else f"  {line.label}",
            transform=axes.get_xaxis_transform(),
            ha="right" if right else "left",
            size=8,
            color=ACCENT,
        )


def _mark(axes: Axes, place: int, row: Row) -> None:
    ink = INK if row.entrant else MUTED
    width = WIDTH_IN - LEFT_IN - RIGHT_IN
    axes.text(-LEFT_IN / width, place, row.name, transform=axes.get_yaxis_transform(), va="center", size=9, color=ink)
    axes.text(1 + 0.12 / width, place, row.text, transform=axes.get_yaxis_transform(), va="center", size=8.5, color=ink)
    if row.number is None:
        return
    if row.number.low is not None and row.number.high is not None:
        axes.plot([row.number.low, row.number.high], [place, place], color=ink, linewidth=1.6, clip_on=False)
    axes.plot(
        row.number.value,
        place,
        linestyle="none",
        color=ink,
        marker="o" if row.entrant else "D",
        markersize=6 if row.entrant else 5,
        markerfacecolor=ink if row.entrant else PAPER,
        markeredgecolor=ink,
        clip_on=False,
        zorder=5,
    )


@contextmanager
def _look() -> Iterator[None]:
    import matplotlib
    from matplotlib.font_manager import fontManager

    fontManager.addfont(font_file("regular"))
    fontManager.addfont(font_file("bold"))
    settings: dict[Any, Any] = {
        "font.family": [FAMILY, "DejaVu Sans"],
        "svg.fonttype": "path",
        "svg.hashsalt": "report",
        "text.parse_math": False,
        "axes.unicode_minus": False,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield


def _inline(svg: str) -> str:
    """The bare element: no prolog, comments, metadata or global styles; colours by the page's variables."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    for size in ("width", "height"):
        svg = re.sub(rf'^(<svg[^>]*?) {size}="[^"]*"', r"\1", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return re.sub(r"\n\s*", "\n", svg).replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
