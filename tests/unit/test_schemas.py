from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan import Frozen
from schemas.write import RECORDS, schema_text


@pytest.mark.parametrize(("name", "record"), RECORDS.items())
def test_the_committed_schema_is_the_record_s(name: str, record: type[Frozen], project: Path) -> None:
    assert (project / "schemas" / f"{name}.schema.json").read_text() == schema_text(record), "run `make schemas`"


@pytest.mark.parametrize(("name", "record"), RECORDS.items())
def test_every_field_of_a_record_is_typed_and_closed(name: str, record: type[Frozen]) -> None:
    schema = record.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(record.model_fields)
