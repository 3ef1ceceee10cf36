"""A model becomes a URL: vLLM as a child process, somebody else's server, or the fake."""

from harness.serve.command import vllm_commands
from harness.serve.dispatch import serve
from harness.serve.endpoint import Endpoint
from harness.serve.remote import served_models

__all__ = ["Endpoint", "serve", "served_models", "vllm_commands"]
