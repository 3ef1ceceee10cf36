"""Texts become token ids, exactly as lm-eval's `hf` backend makes them.

Source: lm-eval 0.4.13, `HFLM.tok_encode` and `tok_batch_encode` (models/huggingface.py), `TemplateLM._encode_pair` and
`loglikelihood` (api/model.py). A test holds this module against them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from harness.errors import CheckpointError
from harness.score.chunks import Chunks

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Ids = tuple[int, ...]
Choices = tuple[Ids, tuple[Ids, ...]]
"""A context and its continuations."""

PLAIN_CLASSES = frozenset({"TokenizersBackend", "PreTrainedTokenizerFast"})
"""Tokenizer classes of a Llama checkpoint that AutoTokenizer reads as TokenizersBackend."""


TODAY = date(2026, 1, 1)
"""What chat templates are told when they ask for the date: a prompt must not change overnight."""

TRIAL = [{"role": "user", "content": "1"}]
"""The conversation that shows whether a template knows a flag."""


class Tokenizer:
    """A checkpoint's tokenizer and chat template."""

    def __init__(
        self, backend: PreTrainedTokenizerBase, *, thinking: bool | None = None, model_vocabulary: int = 0
    ) -> None:
        self._backend: Any = backend
        self.vocabulary: int = max(len(backend), model_vocabulary)
        """Every token id that the model can generate is below; models are often larger than their tokenizer."""
        rust = getattr(backend, "_tokenizer", None)
        self._chunks = None if rust is None else Chunks(rust)
        self._template_args = {} if thinking is None else {"enable_thinking": thinking}
        self.bos: int | None = backend.bos_token_id
        self.prefix: int = _prefix(backend)
        """Stands for an empty context: BOS, or the end token where there is no BOS."""
        self.end_text: str | None = backend.eos_token
        self.adds_bos: bool = self.bos is not None and self._encode("a")[:1] == (self.bos,)
        """Whether plain text gets a BOS in front."""
        self.adds_end: bool = backend.eos_token_id is not None and self._encode("a")[-1:] == (backend.eos_token_id,)
        """Whether an end token comes behind plain text, which no prompt survives."""
        self.should_add_bos: bool = bool(getattr(backend, "add_bos_token", False))
        """What tokenizer_config.json says of the same."""
        self._prefix_text: str = str(backend.decode(self.prefix))

    @classmethod
    def load(cls, folder: Path, *, thinking: bool | None = None) -> Self:
        """Read the tokenizer of a checkpoint folder; CheckpointError where it cannot be read.

        `thinking` is handed to the chat template as `enable_thinking`; null leaves it to the template.
        """
        try:
            backend = _reader(folder).from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"the tokenizer in {folder} cannot be read: {error}",
                "supply tokenizer.json and tokenizer_config.json as transformers saves them",
            ) from error
        return cls(backend, thinking=thinking, model_vocabulary=_model_vocabulary(folder))

    @property
    def has_chat_template(self) -> bool:
        """Whether the checkpoint brings a chat template."""
        return bool(self._backend.chat_template)

    @property
    def template_text(self) -> str | None:
        """The chat template as it is written; null where the checkpoint brings none."""
        return str(self._backend.chat_template) if self.has_chat_template else None

    @property
    def knows_thinking(self) -> bool:
        """Whether `enable_thinking` makes a difference to the chat template."""
        if not self.has_chat_template:
            return False
        off, on = (self._rendered(TRIAL, True, enable_thinking=thinking) for thinking in (False, True))
        return off != on

    def encode_prompt(self, text: str) -> Ids:
        """A generation's prompt. A text that starts with BOS gets no second one."""
        return self.encode_prompts([text])[0]

    def encode_pair(self, context: str, continuation: str) -> tuple[Ids, Ids]:
        """Context and continuation as they are scored. Either may come out empty: preflight's business."""
        prompt, (scored,) = self.encode_choices(context, (continuation,))
        return prompt, scored

    def encode_choices(self, context: str, continuations: Sequence[str]) -> Choices:
        """One context and each of its continuations."""
        return self.encode_batch([(context, continuations)])[0]

    def encode_batch(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[Choices]:
        """Contexts, each with its continuations.

        Spaces at a context's end move to the continuations; a continuation is what the whole adds to the context's
        tokens; an empty context becomes the prefix token.
        """
        texts = [self._texts(context, continuations) for context, continuations in asked]
        ids = iter(self._encode_all([text for some in texts for text in some]))
        return [
            self._split(context, [next(ids) for _ in some]) for (context, _), some in zip(asked, texts, strict=True)
        ]

    def encode_prompts(self, texts: Sequence[str]) -> list[Ids]:
        """The prompts of generations. A text that starts with BOS gets no second one."""
        bos_text = self._backend.bos_token
        return self._encode_all([(text, not (bos_text and text.startswith(bos_text))) for text in texts])

    def chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """The text of a conversation; CheckpointError where there is no template or it refuses the conversation."""
        if not self.has_chat_template:
            raise CheckpointError(
                "the checkpoint has no chat template, yet the model is planned in a chat mode",
                "set the model's mode to base, or supply chat_template.jinja",
            )
        return self._rendered(chat_history, add_generation_prompt, **self._template_args)

    def _rendered(self, history: list[dict[str, str]], add_generation_prompt: bool, **flags: bool) -> str:
        try:
            return str(
                self._backend.apply_chat_template(
                    history,
                    tokenize=False,
                    add_generation_prompt=add_generation_prompt,
                    continue_final_message=not add_generation_prompt,
                    strftime_now=TODAY.strftime,
                    **flags,
                )
            )
        except Exception as error:  # the template is a program of the checkpoint's author: it can raise anything
            template, roles = self._backend.name_or_path, " ".join(message["role"] for message in history)
            raise CheckpointError(
                f"the chat template of {template} refuses a conversation of the roles {roles}: {error}",
                "give no system prompt, or supply a template that takes one",
            ) from error

    def decode(self, ids: Sequence[int], *, special: bool = False) -> str:
        """The text of generated tokens, with special tokens or without."""
        return str(self._backend.decode(list(ids), skip_special_tokens=not special))

    def without_special(self, text: str) -> str:
        """A decoded text without the special tokens in it."""
        for token in self._backend.all_special_tokens:
            text = text.replace(token, "")
        return text

    def _texts(self, context: str, continuations: Sequence[str]) -> list[tuple[str, bool]]:
        """What is encoded, each with or without special tokens: the context and the wholes, or continuations alone."""
        if not context:
            return [(text, False) for text in continuations]
        texts = [context.rstrip(), *(context + text for text in continuations)]
        return [(text, not text.startswith(self._prefix_text)) for text in texts]

    def _split(self, context: str, encoded: Sequence[Ids]) -> Choices:
        if not context:
            return (self.prefix,), tuple(ids[1:] if ids[:1] == (self.prefix,) else ids for ids in encoded)
        prompt, *wholes = encoded
        return prompt, tuple(whole[len(prompt) :] for whole in wholes)

    def _encode_all(self, texts: Sequence[tuple[str, bool]]) -> list[Ids]:
        """Token ids of each text, with special tokens where its flag says so."""
        found: dict[bool, Iterator[Sequence[int]]] = {}
        for special in (False, True):
            some = [text for text, flag in texts if flag is special]
            found[special] = self._encode_alike(some, special) if some else iter(())
        return [tuple(next(found[special])) for _, special in texts]

    def _encode_alike(self, texts: list[str], special: bool) -> Iterator[Sequence[int]]:
        """Token ids of each text: on every core and lines once, where the tokenizer is of the fast kind."""
        if self._chunks is None:
            return iter(self._backend(texts, add_special_tokens=special)["input_ids"])
        return iter(self._chunks.encode(texts, special))

    def _encode(self, text: str, *, special: bool = True) -> Ids:
        return tuple(self._backend.encode(text, add_special_tokens=special))


def _reader(folder: Path) -> Any:
    """AutoTokenizer, or at once what it would choose: choosing imports torch and scikit-learn, ten seconds' work."""
    named = {path: _fields(folder / path) for path in ("config.json", "tokenizer_config.json")}
    kind, settings = named["config.json"].get("model_type"), named["tokenizer_config.json"]
    if kind == "llama" and settings.get("tokenizer_class") in PLAIN_CLASSES and "auto_map" not in settings:
        from transformers.tokenization_utils_tokenizers import TokenizersBackend

        return TokenizersBackend
    from transformers import AutoTokenizer

    return AutoTokenizer


def _model_vocabulary(folder: Path) -> int:
    """Rows of the model's embedding as config.json states them; 0 where it does not."""
    config = _fields(folder / "config.json")
    text = config.get("text_config")
    size = (text if isinstance(text, dict) else config).get("vocab_size")
    return size if isinstance(size, int) else 0


def _fields(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is none to read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _prefix(backend: PreTrainedTokenizerBase) -> int:
    prefix: int | None = backend.bos_token_id if backend.bos_token_id is not None else backend.eos_token_id
    if prefix is None:
        raise CheckpointError(
            "the tokenizer has neither a BOS nor an end token",
            "name them in tokenizer_config.json as the model was trained",
        )
    return prefix
