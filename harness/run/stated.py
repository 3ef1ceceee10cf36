"""A model's facts with their sources, as a plan prints them: what is second-hand or inferred is marked so. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan import Model
from harness.plan.serving import MARKS, Mark

LEGEND = "[2°] second-hand, [inf] inferred, no mark: published"
FACTS = ("parameters", "active_parameters", "architecture", "context", "released", "shape")
"""What a plan rests on and somebody must have said."""


def fact_lines(model: Model) -> Iterator[str]:
    """A line for each source, and one for what has none."""
    by_source: dict[tuple[Mark, str], list[str]] = {}
    for name, stated in model.facts.items():
        by_source.setdefault((stated.mark, stated.source), []).append(_said(model, name))
    for (mark, source), facts in sorted(by_source.items(), key=lambda each: list(MARKS).index(each[0][0])):
        yield f"{MARKS[mark]}{', '.join(facts)}: {source}"
    unsourced = [_said(model, name) for name in FACTS if getattr(model, name) is not None and name not in model.facts]
    if unsourced and model.facts:
        yield f"no source is stated for {', '.join(unsourced)}"


def marked(model: Model) -> bool:
    """Whether a fact is second-hand or inferred."""
    return any(stated.mark != "published" for stated in model.facts.values())


def _said(model: Model, name: str) -> str:
    """A fact by its name, with its value where that is short."""
    value = getattr(model, name)
    if isinstance(value, int | str):
        return f"{name.replace('_', ' ')} {value:,}" if isinstance(value, int) else f"{name} {value}"
    return name
