"""Which solver finds a family's answers. None shares code or word lists with the generator."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.tasks.generated import solve_both as both
from tests.unit.tasks.generated import solve_korean as korean

SOLVERS: dict[str, Callable[[str, list[str] | None], str]] = {
    "age_ko": korean.age,
    "bilingual_reasoning": both.bilingual,
    "boolean_en": both.boolean,
    "calendar_en": both.calendar,
    "calendar_ko": korean.calendar,
    "code_trace_en": both.code_trace,
    "code_trace_ko": both.code_trace,
    "counter_reading_ko": korean.counter_reading,
    "counters_ko": korean.counters,
    "honorific_ko": korean.honorific,
    "jamo_ko": korean.jamo,
    "kinship_ko": korean.kinship,
    "lookup_en": both.lookup,
    "lookup_ko": both.lookup,
    "number_base_en": both.bases,
    "number_reading_ko": korean.number_reading,
    "ordering_en": both.ordering,
    "ordering_ko": both.ordering,
    "orders_en": both.orders,
    "orders_ko": both.orders,
    "particle_ko": korean.particle,
    "sequences_en": both.sequences,
    "sets_en": both.sets,
    "table_en": both.tables,
    "table_ko": both.tables,
    "units_ko": korean.units,
}
