"""What identical tensors, headers, numbers and owners say, and what they do not."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
import torch

from harness.audit.analytic import COARSE_ROUNDING, is_sines, is_telling
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
    assert not is_telling(table, COARSE_ROUNDING[name])
    assert not is_telling(table[None], COARSE_ROUNDING[name])
    learned = rounded(np.random.default_rng(0).normal(size=(64, 32)), dtype)
    assert is_telling(learned, COARSE_ROUNDING[name])
    learned[:, 3] = 1000
    assert is_telling(learned, COARSE_ROUNDING[name])


def sines(places: int, width: int) -> np.ndarray:
    angles = np.arange(places)[:, None] * 1e4 ** (-np.arange(width // 2) / (width // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def picture(rows: int, across: int, width: int) -> np.ndarray:
    """Fixed positions of a masked autoencoder: half of the dimensions for the row, half for the column."""
    down, along = sines(rows, width // 2), sines(across, width // 2)
    return np.concatenate([np.repeat(down, across, 0), np.tile(along, (rows, 1))], axis=1)


def mel(frequencies: int, filters: int) -> np.ndarray:
    edges = np.linspace(1, frequencies - 1, filters + 2) ** 1.2 / (frequencies - 1) ** 0.2
    places = np.arange(frequencies)[:, None]
    rising, falling = places - edges[:-2], edges[2:] - places
    return np.maximum(0, np.minimum(rising / np.diff(edges)[:-1], falling / np.diff(edges)[1:])).astype(np.float32)


WORKED_OUT = {
    "positions of a picture": picture(14, 14, 192),
    "with a place for the class before them": np.concatenate([np.zeros((1, 192), np.float32), picture(14, 14, 192)]),
    "of a picture that is not square": picture(9, 16, 64)[None],
    "more than are looked at": picture(130, 130, 8),
    "as a grid": picture(12, 12, 64).reshape(1, 12, 12, 64),
    "mel filters": mel(201, 80),
    "mel filters, the other way": mel(257, 128).T,
    "a Hann window": np.hanning(400).astype(np.float32),
    "a periodic Hann window": np.hanning(401)[:-1].astype(np.float32),
    "frequencies of positions": (1e4 ** (-np.arange(64) / 64)).astype(np.float32),
}


@pytest.mark.parametrize("name", list(WORKED_OUT))
def test_what_is_worked_out_tells_nothing(name: str) -> None:
    table = WORKED_OUT[name]
    assert not is_telling(table)
    learned = table + np.random.default_rng(0).normal(0, 0.02, table.shape).astype(np.float32)
    assert is_telling(learned)


def test_few_places_or_a_large_mean_make_no_sinusoid_of_what_was_learned() -> None:
    rng = np.random.default_rng(0)
    assert is_telling(rng.normal(size=(4, 64)).astype(np.float32))
    assert is_telling((rng.normal(size=(64, 64)) + 4100).astype(np.float32))
    assert is_telling((rng.normal(1, 0.01, 64)).astype(np.float32), COARSE_ROUNDING["BF16"])


def test_sines_with_a_row_of_zeros_for_padding_tell_nothing() -> None:
    table = sines(40, 64)
    table[1] = 0
    assert not is_telling(table)
    assert is_sines(sines(40, 64) + 3)


def test_weights_with_most_values_cut_away_still_tell() -> None:
    weights = np.random.default_rng(0).normal(size=(64, 64))
    assert is_telling(np.where(np.abs(weights) < 1.5, 0, np.abs(weights)).astype(np.float32))


@pytest.mark.parametrize("written", ["MIT, Apache-2.0", "MIT/Apache-2.0", '"Apache-2.0"', "MIT OR"])
def test_a_licence_header_that_is_no_expression_is_an_unknown_licence(written: str) -> None:
    assert header("modeling.py", f"# SPDX-License-Identifier: {written}\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Layer 10 LayerNorm cosine 0.981 between Solar-Open-100B and GLM-4.5-Air", 0.981),
        ("the 24 norms have a cosine of 0.981 between Solar-Open-100B and GLM-4.5-Air", 0.981),
        ("LayerNorm cosine 1 between Solar-Open-100B and GLM-4.5-Air", 1),
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
