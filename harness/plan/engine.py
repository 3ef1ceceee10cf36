"""How a model becomes a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from harness.plan.base import Frozen, Positive, Sha256, Share


class EngineBase(Frozen):
    """What every engine has. `OPERATIONAL` fields cannot change a number and stay out of identities."""

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset({"concurrency", "request_timeout_s", "attempts", "restarts"})

    max_model_len: Positive
    """Longest prompt plus completion, tokens."""
    concurrency: Positive = 16
    """Requests in flight."""
    request_timeout_s: float = 600.0
    """Longest wait for one answer, seconds."""
    attempts: Positive = 5
    """Tries per request, the first included, before it counts as failed."""
    restarts: Annotated[int, Field(ge=0)] = 5
    """How often an engine of ours that died is started again, in one run of one model."""

    replays: Annotated[int, Field(ge=0)] = 8
    """Requests that are asked again in other orders, alone and without cache, for the determinism certificate."""

    def identity(self) -> dict[str, Any]:
        """The settings that can change a number."""
        return self.model_dump(mode="json", exclude=set(self.OPERATIONAL))


class VllmEngine(EngineBase):
    """`vllm serve` as a child process on this machine, or planned over several nodes."""

    OPERATIONAL = EngineBase.OPERATIONAL | {"port", "startup_timeout_s", "master_addr", "master_port"}

    kind: Literal["vllm"]
    device: Literal["cpu", "cuda"]
    dtype: Literal["float32", "bfloat16", "float16"]
    seed: int = 0
    batch_invariant: bool = False
    """GPUs from Hopper on: kernels whose sums do not depend on the batch (a beta of vLLM's), at some cost in speed."""
    enforce_eager: bool = False
    prefix_caching: bool = True
    forcing: bool = True
    """Whether the server gets our logits processor, with which choices of several tokens cost one prefill too.
    Speculative decoding does not go with it."""
    block_size: Positive | None = None
    """Tokens per cache block; vLLM's own choice where null."""
    max_num_seqs: Positive | None = None
    max_num_batched_tokens: Positive | None = None
    quantization: str | None = None
    tensor_parallel_size: Positive = 1
    pipeline_parallel_size: Positive = 1
    data_parallel_size: Positive = 1
    nodes: Positive = 1
    """Machines that one copy of the model spans; more than one is planned, not started."""
    gpu_memory_utilization: Share | None = None
    cpu_kv_cache_gib: Positive | None = None
    """CPU only: memory for the KV cache, GiB."""
    cpu_threads: str | None = None
    """CPU only: cores to bind, such as 0-1; every core of this machine where null."""
    reasoning_parser: str | None = None
    env: Mapping[str, str] = {}
    """Further environment of the server. Never secrets: it is recorded."""
    args: tuple[str, ...] = ()
    """Further arguments of `vllm serve`, as they are."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port to listen on; a free one where null."""
    startup_timeout_s: float = 1800.0
    """Longest wait until the first answer, seconds."""
    master_addr: str = "node0"
    """Several nodes only: address of the first."""
    master_port: Annotated[int, Field(ge=1, le=65535)] = 29501


class RemoteEngine(EngineBase):
    """An OpenAI-compatible server that somebody else operates."""

    OPERATIONAL = EngineBase.OPERATIONAL | {"url", "api_key_env"}

    kind: Literal["remote"]
    url: str
    """Base address, such as http://host:8000 (the API lies under /v1)."""
    served_model: str
    """Model name that the server answers to."""
    api_key_env: str | None = None
    """Environment variable that holds the key. The key itself is never read from a config nor recorded."""
    stated_by: str | None = None
    """Who states the digests below."""
    stated_weights: Mapping[str, Sha256] = {}
    """Digest of each weight file, as stated by the operator: believed, marked as stated, never measured."""


class FakeEngine(EngineBase):
    """A deterministic server with the same HTTP surface, for tests. Its results are never official."""

    OPERATIONAL = EngineBase.OPERATIONAL | {"latency_ms"}

    kind: Literal["fake"]
    seed: int = 0
    skill: Share = 0.0
    """Share of prompts on which it copies what stood last in the prompt; on the rest it guesses."""
    latency_ms: float = 0.0
    forcing: bool = True
    """Whether it forces tokens as vLLM does with our logits processor."""


Engine = Annotated[VllmEngine | RemoteEngine | FakeEngine, Field(discriminator="kind")]
