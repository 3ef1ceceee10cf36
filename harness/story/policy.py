"""The independence policy of a round in words: what a conclusion of the audit means, a row a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan import Independence, Lang, PolicyRow
from harness.story.independence import term
from harness.story.words import word


def policy_in_words(gate: Independence, lang: Lang) -> Iterator[str]:
    """Every row in order: the first that fits a conclusion counts."""
    for row in gate.policy:
        for relations in _parted(row, gate):
            yield word(
                "policy_row",
                lang,
                parts=_joined([term(part, lang) for part in row.components], lang) or word("policy_any", lang),
                relations=_joined([term(relation, lang) for relation in relations], lang, "policy_or"),
                whose="".join(f"{word('comma', lang)}{word(key, lang)}" for key in _conditions(row)),
                ruling=word(_ruling(row, relations, gate), lang),
            )


def _parted(row: PolicyRow, gate: Independence) -> Iterator[tuple[str, ...]]:
    """The row's relations, those apart that disqualify at once."""
    at_once = tuple(relation for relation in row.relations if _at_once(row, relation, gate))
    others = tuple(relation for relation in row.relations if relation not in at_once)
    yield from (relations for relations in (at_once, others) if relations)


def _at_once(row: PolicyRow, relation: str, gate: Independence) -> bool:
    return gate.automatic and row.ruling == "forbidden" and relation == "derived"


def _ruling(row: PolicyRow, relations: tuple[str, ...], gate: Independence) -> str:
    if any(_at_once(row, relation, gate) for relation in relations):
        return "policy_at_once" if gate.on_fail == "disqualify" else "policy_out_at_once"
    return f"policy_{row.ruling}"


def _conditions(row: PolicyRow) -> Iterator[str]:
    if row.lineage is not None:
        yield f"policy_{row.lineage}"
    if row.country is not None:
        yield f"policy_{row.country}_country"
    if row.declared is not None:
        yield "policy_declared" if row.declared else "policy_undeclared"


def _joined(names: list[str], lang: Lang, last: str = "and") -> str:
    if len(names) < 2:
        return "".join(names)
    return word("comma", lang).join(names[:-1]) + word(last, lang) + names[-1]
