from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.hashing import canonical_json, digest, sha256_file, sha256_files, sha256_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_digest_is_pinned() -> None:
    value = {"모델": "가", "n": 3, "p": 0.1, "list": [1, None, True]}
    assert digest(value) == "b390b629b00850d8606d6f436ccd8ea802259fee34a2e6eb4aa99f55b1b25421"
    assert canonical_json(value) == '{"list":[1,null,true],"n":3,"p":0.1,"모델":"가"}'.encode()


@given(st.dictionaries(st.text(), JSON))
def test_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert digest(value) == digest(backwards)
    assert json.loads(canonical_json(value)) == value


def test_nan_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"score": float("nan")})


def test_files_are_digested_by_content(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").write_text("가")
    (tmp_path / "a").write_text("")
    digests = sha256_files([tmp_path / "b" / "x", tmp_path / "a"], tmp_path)
    assert list(digests) == ["a", "b/x"]
    assert digests["b/x"] == sha256_text("가") == sha256_file(tmp_path / "b" / "x")
