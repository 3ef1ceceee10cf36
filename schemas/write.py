"""Write the JSON schema of every stored record beside this file: `make schemas`."""

from __future__ import annotations

import json
from pathlib import Path

from harness.findings import AuditExecution, AuditManifest, AuditReport
from harness.plan import Frozen
from harness.records import Excerpt, Execution, Manifest, RoundRecord, RunRecord, Sample

RECORDS: dict[str, type[Frozen]] = {
    "audit": AuditReport,
    "audit_execution": AuditExecution,
    "audit_manifest": AuditManifest,
    "excerpt": Excerpt,
    "execution": Execution,
    "manifest": Manifest,
    "record": RunRecord,
    "round": RoundRecord,
    "sample": Sample,
}


def schema_text(record: type[Frozen]) -> str:
    """The schema as it is stored."""
    schema = record.model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def main() -> None:
    for name, record in RECORDS.items():
        Path(__file__).with_name(f"{name}.schema.json").write_text(schema_text(record))


if __name__ == "__main__":
    main()
