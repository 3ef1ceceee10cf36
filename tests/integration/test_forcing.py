"""The logits processor by itself, as each of vLLM's two model runners calls it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore")]  # importing vLLM takes a while, and warns

VOCABULARY = 10


def params(forced: Any, max_tokens: int = 2) -> Any:
    from vllm import SamplingParams

    return SamplingParams(max_tokens=max_tokens, extra_args=None if forced is None else {"forced_tokens": forced})


def taken(logits: Any) -> list[int]:
    return [int(row) for row in logits.argmax(dim=-1)]


def scores(rows: int) -> Any:
    """Every row's likeliest token is the last one."""
    import torch

    return torch.arange(VOCABULARY, dtype=torch.float32).repeat(rows, 1)


def test_the_first_runner_forces_by_row_and_by_what_was_generated() -> None:
    from vllm.v1.sample.logits_processor import BatchUpdate, MoveDirectionality

    from harness.serve.forcing import ForcedTokens

    processor = ForcedTokens(None, None)
    generated: list[int] = []
    added = [(0, params([3, 4]), [1], generated), (1, params(None), [1], [])]
    processor.update_state(BatchUpdate(batch_size=2, removed=[], added=added, moved=[]))
    assert taken(processor.apply(scores(2))) == [3, 9]

    generated.append(3)
    swap = [(0, 1, MoveDirectionality.SWAP)]
    processor.update_state(BatchUpdate(batch_size=2, removed=[], added=[], moved=swap))
    assert taken(processor.apply(scores(2))) == [9, 4]

    generated.append(4)
    assert taken(processor.apply(scores(2))) == [9, 9]

    processor.update_state(BatchUpdate(batch_size=1, removed=[1], added=[], moved=[]))
    assert taken(processor.apply(scores(1))) == [9]


def test_the_second_runner_forces_by_slot_and_by_length() -> None:
    import numpy as np

    from harness.serve.forcing import ForcedTokens

    processor = ForcedTokens(None, SimpleNamespace(prompt_len=SimpleNamespace(np=np.array([0, 5, 7]))))
    assert processor.add_request(2, params([3, 4]))
    assert not processor.add_request(1, params(None))

    def step(*lengths: int) -> list[int]:
        context = SimpleNamespace(idx_mapping_np=np.array([1, 2]), seq_lens_upper_bound_np=np.array(lengths))
        return taken(processor.apply(scores(2), context))

    assert step(5, 4) == [9, 9], "the prompt is still being read"
    assert step(6, 7) == [9, 3]
    assert step(7, 8) == [9, 4]
    assert step(8, 9) == [9, 9]
    assert not processor.add_request(2, params(None)), "the slot is taken by another request"
    assert step(9, 7) == [9, 9]


@pytest.mark.parametrize("forced", ["3", [3], [3, -1], [3, "4"], [3.0, 4.0]])
def test_what_cannot_be_forced_is_refused(forced: Any) -> None:
    from harness.serve.forcing import ForcedTokens

    ForcedTokens.validate_params(params([3, 4]))
    ForcedTokens.validate_params(params(None))
    with pytest.raises(ValueError, match="forced_tokens"):
        ForcedTokens.validate_params(params(forced))
