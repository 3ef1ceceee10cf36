"""The record types of an audit, under the name that methods use."""

from harness.findings import (
    COMPONENTS,
    LEFT_OUT,
    P_FLOOR,
    AuditReport,
    Component,
    Conclusion,
    Cost,
    Examined,
    Finding,
    LayerPair,
    Lineage,
    Party,
    Strength,
)

__all__ = [
    "COMPONENTS",
    "LEFT_OUT",
    "P_FLOOR",
    "AuditReport",
    "Component",
    "Conclusion",
    "Cost",
    "Examined",
    "Finding",
    "LayerPair",
    "Lineage",
    "Party",
    "Strength",
]
