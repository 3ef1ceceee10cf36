"""The rules of a round in words."""

from __future__ import annotations

from collections.abc import Iterator

from harness.numbers import percent_of_rule, plain
from harness.plan import (
    Below,
    Compared,
    Elimination,
    Floor,
    Gate,
    Independence,
    KeepK,
    Lang,
    Licence,
    Measure,
    NonInferiority,
    OwnChoice,
    PanelMean,
    PointItem,
    Ratio,
    SuiteMean,
    TableValue,
    TaskMean,
    WeightedMean,
    in_language,
)
from harness.story.finished import Story
from harness.story.policy import policy_in_words
from harness.story.words import word
from harness.visible import visible

TITLE_LIMIT = 60
"""Longest name of a model, in characters, that is shown whole."""


def gate_label(story: Story, name: str, lang: Lang) -> str:
    """What a gate asks, in a few words; its bare name where the plan's rules do not hold it."""
    planned = {gate.name: gate for gate in story.plan.rules.gates}.get(name)
    if planned is None:
        return name
    return in_language(planned.title, lang) or _label(story, planned, lang)


def item_label(story: Story, name: str, lang: Lang) -> str:
    """What an item of points rewards; its bare name where the plan does not hold it."""
    item = {item.name: item for item in story.plan.rules.items}.get(name)
    if item is None:
        return name
    return in_language(item.title, lang) or (story.suite_title(item.suite, lang) if item.suite else name)


def rules_in_words(story: Story, lang: Lang) -> list[str]:
    """The rules of the round, a sentence each."""
    rules = story.plan.rules
    lines = [_item(story, item, lang) for item in rules.items]
    if rules.totals is not None:
        lines.append(word("rule_totals", lang, file=rules.totals.file))
    lines += [word("rule_gate", lang, gate=gate_label(story, gate.name, lang)) for gate in rules.gates]
    for gate in rules.gates:
        lines += policy_in_words(gate, lang) if isinstance(gate, Independence) else ()
    if rules.gates and rules.family == "holm":
        lines.append(word("rule_family", lang, level=percent_of_rule(rules.level)))
    if rules.elimination:
        lines += _elimination(rules.elimination, lang)
    for before in rules.lineage.eliminated if rules.lineage.returns == "forbidden" else ():
        lines.append(word("rule_returns", lang, owner=visible(before.owner), round=before.round))
    for call in rules.lineage.calls:
        lines.append(word("rule_call", lang, owners=visible(", ".join(call.owners)), date=call.date))
    lines.append(word(f"rule_{rules.on_undecided}", lang))
    return [*lines, *([word("rule_source", lang, source=rules.source)] if rules.source else [])]


def _item(story: Story, item: PointItem, lang: Lang) -> str:
    scale = word(f"scale_{item.scale.kind}", lang)
    source = _source(story, item.source, lang)
    label = item_label(story, item.name, lang)
    return word("rule_item", lang, points=f"{item.points:g}", item=label, source=source, scale=scale)


def _source(story: Story, source: Measure, lang: Lang) -> str:
    match source:
        case SuiteMean():
            return word("source_suite", lang, suite=story.suite_title(source.suite, lang))
        case TaskMean():
            return word("source_task", lang, task=story.task_title(source.task, lang))
        case PanelMean():
            return word("source_panel", lang, file=source.file)
        case TableValue():
            return word("source_table", lang, file=source.file)
        case WeightedMean():
            return word("comma", lang).join(_source(story, part.source, lang) for part in source.parts)
        case OwnChoice():
            return word("source_own", lang)


def _label(story: Story, gate: Gate, lang: Lang) -> str:
    if isinstance(gate, Independence | Licence):
        return word(f"gate_{gate.kind}", lang)
    if not isinstance(gate, Floor | Ratio | NonInferiority):
        return gate.name
    shares = all(kind in ("suite", "task") for kind in _kinds(gate.source))
    style = percent_of_rule if shares or isinstance(gate, Ratio) else plain
    suite = _measured(story, gate.source, lang) or gate.name
    if isinstance(gate, Compared):
        names = word("comma", lang).join(visible(story.model_title(name), TITLE_LIMIT) for name in gate.rivals)
        least = gate.margin if isinstance(gate, NonInferiority) else gate.minimum
        return word(f"gate_{gate.kind}", lang, suite=suite, minimum=style(least), reference=names)
    return word(f"gate_{gate.kind}", lang, suite=suite, minimum=style(gate.minimum))


def _measured(story: Story, source: Measure, lang: Lang) -> str | None:
    if isinstance(source, SuiteMean):
        return story.suite_title(source.suite, lang)
    return story.task_title(source.task, lang) if isinstance(source, TaskMean) else None


def _kinds(source: Measure) -> list[str]:
    if isinstance(source, WeightedMean):
        return [part.source.kind for part in source.parts]
    return [each.kind for each in source.of.values()] if isinstance(source, OwnChoice) else [source.kind]


def _elimination(rule: Elimination, lang: Lang) -> Iterator[str]:
    if isinstance(rule, Below):
        yield word("rule_below", lang, minimum=f"{rule.minimum:g}")
        return
    if isinstance(rule, KeepK):
        yield word("rule_keep", lang, keep=rule.keep)
    else:
        yield word("rule_leave", lang, leave=rule.leave)
    if rule.disqualified_uses_slot:
        yield word("rule_slot_keep" if isinstance(rule, KeepK) else "rule_slot_leave", lang)
    if rule.ties != "undecided":
        yield word(f"rule_ties_{rule.ties}", lang)
