"""What makes answers of the journal good for another run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.plan import RemoteEngine, VllmEngine
from harness.run import model
from harness.run.model import _scope

ENGINE = VllmEngine(kind="vllm", device="cpu", dtype="float32", max_model_len=64)
REMOTE = RemoteEngine(kind="remote", url="http://x", served_model="m", max_model_len=64, stated_weights={"a": "0" * 64})


def scope(engine: Any = ENGINE, **checkpoint: str) -> str:
    digests = {"fingerprint": "f", "tokenizer_digest": "t", "template_digest": "c", **checkpoint}
    round_ = SimpleNamespace(engine_of=lambda _: engine)
    job = SimpleNamespace(round=round_, model=SimpleNamespace(name="m"), checkpoint=SimpleNamespace(**digests))
    return _scope(job)  # type: ignore[arg-type]


@pytest.mark.parametrize("digest", ["fingerprint", "tokenizer_digest", "template_digest"])
def test_other_files_share_no_answers(digest: str):
    assert scope(**{digest: "other"}) != scope()


@pytest.mark.parametrize(
    "change",
    [
        *({"dtype": "bfloat16"}, {"seed": 1}, {"max_model_len": 128}, {"block_size": 32}, {"prefix_caching": False}),
        *({"enforce_eager": True}, {"quantization": "fp8"}, {"tensor_parallel_size": 2}, {"reasoning_parser": "qwen3"}),
        *({"max_num_seqs": 4}, {"max_num_batched_tokens": 64}, {"args": ("--x",)}, {"env": {"A": "b"}}),
    ],
    ids=str,
)
def test_other_engine_settings_share_no_answers(change: dict[str, Any]):
    assert scope(ENGINE.model_copy(update=change)) != scope()


@pytest.mark.parametrize(
    "change",
    [{"concurrency": 3}, {"attempts": 1}, {"restarts": 0}, {"request_timeout_s": 1.0}, {"port": 1}],
    ids=str,
)
def test_how_it_is_operated_changes_no_answer(change: dict[str, Any]):
    assert scope(ENGINE.model_copy(update=change)) == scope()


def test_another_version_of_vllm_shares_no_answers(monkeypatch: pytest.MonkeyPatch):
    before = scope()
    monkeypatch.setattr(model, "installed_versions", lambda: dict.fromkeys(model.ANSWER_CHANGING, "9"))
    assert scope() != before


def test_answers_of_unknown_weights_are_good_for_one_invocation(monkeypatch: pytest.MonkeyPatch):
    unknown = REMOTE.model_copy(update={"stated_weights": {}})
    known, before = scope(REMOTE), scope(unknown)
    monkeypatch.setattr(model, "_INVOCATION", "the next one")
    assert scope(REMOTE) == known
    assert scope(unknown) != before
