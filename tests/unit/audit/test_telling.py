"""What identical tensors, headers, numbers and owners say, and what they do not."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
import torch

from harness.audit.census import COARSE_RESIDUE, is_telling
from harness.audit.claim import parse
from harness.audit.headers import header
from harness.audit.lineage import lineage
from harness.findings import Party


def rounded(values: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    return torch.from_numpy(values).to(dtype).float().numpy()


@pytest.mark.parametrize(("name", "dtype"), [("BF16", torch.bfloat16), ("F16", torch.float16)])
def test_a_table_of_sines_tells_nothing_however_it_is_rounded(name: str, dtype: torch.dtype) -> None:
    """Positions of a sound encoder, 1,500 × 512, with and without a leading dimension of one."""
    angles = np.arange(1500)[:, None] * np.exp(-np.log(1e4) * np.arange(256) / 255)[None]
    table = rounded(np.concatenate([np.sin(angles), np.cos(angles)], axis=1), dtype)
    assert not is_telling(table, COARSE_RESIDUE[name])
    assert not is_telling(table[None], COARSE_RESIDUE[name])
    learned = rounded(np.random.default_rng(0).normal(size=(64, 32)), dtype)
    assert is_telling(learned, COARSE_RESIDUE[name])
    learned[:, 3] = 1000
    assert is_telling(learned, COARSE_RESIDUE[name])


@pytest.mark.parametrize("written", ["MIT, Apache-2.0", "MIT/Apache-2.0", '"Apache-2.0"', "MIT OR"])
def test_a_licence_header_that_is_no_expression_is_an_unknown_licence(written: str) -> None:
    assert header("modeling.py", f"# SPDX-License-Identifier: {written}\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Layer 10 LayerNorm cosine 0.981 between Solar-Open-100B and GLM-4.5-Air", 0.981),
        ("LayerNorm cosine at layer 10 is 0.981 between Solar-Open-100B and GLM-4.5-Air", 0.981),
    ],
)
def test_the_number_of_a_layer_is_no_statistic(text: str, value: float) -> None:
    assert parse(text).value == value


def test_owners_are_the_same_in_whatever_form_and_never_blank() -> None:
    name = "업스테이지"
    other = unicodedata.normalize("NFD", name)
    assert lineage(Party(owner=name), Party(owner=f"{other} ")) == "own"
    assert lineage(Party(owner=""), Party(owner="")) == "unknown"
    assert lineage(Party(owner=name), Party(owner="Elsewhere")) == "foreign"
