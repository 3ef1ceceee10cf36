"""Every family."""

from __future__ import annotations

from tasks.generated.families import (
    bilingual,
    code,
    counting,
    grammar,
    honour,
    kin,
    logic,
    lookup,
    orders,
    script,
    sets,
    symbols,
    tables,
    time,
    units,
)

ALL = (
    *counting.FAMILIES,
    *time.FAMILIES,
    *script.FAMILIES,
    *grammar.FAMILIES,
    *honour.FAMILIES,
    *kin.FAMILIES,
    *units.FAMILIES,
    *lookup.FAMILIES,
    *logic.FAMILIES,
    *code.FAMILIES,
    *tables.FAMILIES,
    *bilingual.FAMILIES,
    *symbols.FAMILIES,
    *sets.FAMILIES,
    *orders.FAMILIES,
)
