from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import CheckpointError
from harness.score import Tokenizer

TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="가힣뷁 서울AB\n:.<|im_start|>", max_size=40),
    st.sampled_from(["", " ", "  \n", "<|im_start|>user\n", "정답: ", "Answer:  ", "<|im_end|>"]),
)


def with_bos(folder: Path, source: Path) -> Path:
    """The tiny checkpoint with a post-processor that puts BOS before every text, as Llama's and Gemma's do."""
    shutil.copytree(source, folder)
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [1], "tokens": ["<|im_start|>"]}},
    }
    path.write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="session", params=["plain", "bos"])
def either(
    request: pytest.FixtureRequest, tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Tokenizer:
    """A tokenizer that adds no BOS, and one that does."""
    if request.param == "plain":
        return Tokenizer.load(tiny_checkpoint)
    return Tokenizer.load(with_bos(tmp_path_factory.mktemp("bos") / "checkpoint", tiny_checkpoint))


@pytest.fixture(scope="session")
def reference(either: Tokenizer) -> Any:
    """lm-eval's own code over the same tokenizer, without a model."""
    from lm_eval.models.huggingface import HFLM

    class Recorder(HFLM):
        """Hands back token ids instead of scores."""

        def __init__(self) -> None:
            self.tokenizer = either._backend
            self.backend = "causal"
            self.add_bos_token = None
            self.custom_prefix_token_id = None
            self.enable_thinking = None
            self.chat_template_args = {}

        def _loglikelihood_tokens(self, requests, **kwargs):  # type: ignore[no-untyped-def]
            return [(context, continuation) for _, context, continuation in requests]

    return Recorder()


class Instance:
    """As much of lm-eval's Instance as `loglikelihood` looks at."""

    def __init__(self, *args: str) -> None:
        self.args = args
        self.task_name = None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(context=TEXTS, continuation=TEXTS.filter(bool))
def test_pairs_are_encoded_as_lm_eval_encodes_them(either: Tokenizer, reference: Any, context: str, continuation: str):
    ((expected_context, expected),) = reference.loglikelihood([Instance(context, continuation)], disable_tqdm=True)

    assert either.encode_pair(context, continuation) == (tuple(expected_context), tuple(expected))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(text=TEXTS.filter(bool))
def test_prompts_are_encoded_as_lm_eval_encodes_them(either: Tokenizer, reference: Any, text: str):
    ids, _ = reference.tok_batch_encode([text])

    assert list(either.encode_prompt(text)) == ids[0].tolist()


def test_choices_are_encoded_as_pairs_are(either: Tokenizer):
    context, choices = "질문: 수도?\n정답: ", ("서울", "부산", "뷁")

    prompt, scored = either.encode_choices(context, choices)

    assert [(prompt, ids) for ids in scored] == [either.encode_pair(context, choice) for choice in choices]


def test_hangul_that_splits_across_tokens_comes_back_whole(tokenizer: Tokenizer):
    ids = tokenizer.encode_prompt("뷁")

    assert len(ids) > 1
    assert tokenizer.decode(ids) == "뷁"


def test_spaces_at_the_contexts_end_move_to_the_continuation(tokenizer: Tokenizer):
    assert tokenizer.encode_pair("Answer: ", "A") == tokenizer.encode_pair("Answer:", " A")


def test_an_empty_context_becomes_the_prefix_token(tokenizer: Tokenizer):
    assert tokenizer.encode_pair("", "A")[0] == (tokenizer.bos,)


def test_a_text_that_starts_with_bos_gets_no_second_one(either: Tokenizer):
    assert either.encode_prompt("<|im_start|>user\n")[:2].count(1) == 1


def test_decoding_drops_special_tokens(tokenizer: Tokenizer):
    assert tokenizer.decode((*tokenizer.encode_prompt(" B"), 2)) == " B"


def test_the_chat_template_renders_what_lm_eval_renders(either: Tokenizer, reference: Any):
    history = [{"role": "system", "content": "간결하게"}, {"role": "user", "content": "Copy: B"}]

    assert either.chat_template(history) == reference.apply_chat_template(history)
    open_ended = [*history, {"role": "assistant", "content": "The answer is"}]
    assert either.chat_template(open_ended, False) == reference.apply_chat_template(open_ended, False)


def test_chat_without_a_template_is_refused_with_a_remedy(tmp_path: Path, tiny_checkpoint: Path):
    shutil.copytree(tiny_checkpoint, tmp_path / "base")
    config = tmp_path / "base" / "tokenizer_config.json"
    config.write_text(json.dumps({k: v for k, v in json.loads(config.read_text()).items() if k != "chat_template"}))
    tokenizer = Tokenizer.load(tmp_path / "base")

    assert not tokenizer.has_chat_template
    with pytest.raises(CheckpointError, match="mode to base"):
        tokenizer.chat_template([{"role": "user", "content": "hello"}])


def test_a_template_that_refuses_a_role_is_an_error_not_a_dropped_message(tmp_path: Path, tiny_checkpoint: Path):
    shutil.copytree(tiny_checkpoint, tmp_path / "strict")
    config = tmp_path / "strict" / "tokenizer_config.json"
    template = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}x"
    config.write_text(json.dumps({**json.loads(config.read_text()), "chat_template": template}))

    with pytest.raises(CheckpointError, match="roles system user: no system role"):
        Tokenizer.load(tmp_path / "strict").chat_template(
            [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
        )


def with_template(folder: Path, source: Path, template: str) -> Path:
    """The tiny checkpoint with another chat template."""
    shutil.copytree(source, folder)
    config = folder / "tokenizer_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "chat_template": template}))
    return folder


USER = [{"role": "user", "content": "u"}]


def test_a_template_that_asks_for_the_date_is_told_always_the_same(tmp_path: Path, tiny_checkpoint: Path):
    template = "{% if strftime_now is defined %}{% set day = strftime_now('%d %b %Y') %}{% endif %}{{ day }}"
    macro = "{% macro today() %}{{ strftime_now('%H:%M') }}{% endmacro %} {{ today() }}"
    tokenizer = Tokenizer.load(with_template(tmp_path / "dated", tiny_checkpoint, template + macro))

    assert tokenizer.chat_template(USER) == "01 Jan 2026 00:00"


@pytest.mark.parametrize("wrong", ["{{ messages[0] + 1 }}", "{{ 1 // 0 }}", "{{ nothing.at.all }}", "{% if %}"])
def test_whatever_a_template_raises_is_a_checkpoint_error(tmp_path: Path, tiny_checkpoint: Path, wrong: str):
    tokenizer = Tokenizer.load(with_template(tmp_path / "hostile", tiny_checkpoint, wrong))

    with pytest.raises(CheckpointError, match=r"the chat template of .*hostile refuses .* the roles user"):
        tokenizer.chat_template(USER)


def test_thinking_reaches_the_template_as_planned(tmp_path: Path, tiny_checkpoint: Path):
    template = "{% if enable_thinking is defined %}{{ 'think' if enable_thinking else 'hurry' }}{% else %}-{% endif %}"
    folder = with_template(tmp_path / "thinking", tiny_checkpoint, template)
    rendered = {
        thinking: Tokenizer.load(folder, thinking=thinking).chat_template(USER) for thinking in (None, False, True)
    }

    assert rendered == {None: "-", False: "hurry", True: "think"}
    assert Tokenizer.load(folder).knows_thinking


def test_a_template_that_ignores_thinking_does_not_know_it(tmp_path: Path, tokenizer: Tokenizer, tiny_checkpoint: Path):
    assert not tokenizer.knows_thinking
    assert not Tokenizer.load(with_template(tmp_path / "base", tiny_checkpoint, "")).knows_thinking


def test_the_vocabulary_is_the_models_where_that_is_larger(tmp_path: Path, tiny_checkpoint: Path):
    folder = with_template(tmp_path / "padded", tiny_checkpoint, "x")
    assert Tokenizer.load(folder).vocabulary == 512
    for config in ({"vocab_size": 640}, {"text_config": {"vocab_size": 640}}):
        (folder / "config.json").write_text(json.dumps({"model_type": "llama", **config}))
        assert Tokenizer.load(folder).vocabulary == 640


def test_the_direct_way_to_a_llama_tokenizer_is_the_one_that_auto_tokenizer_takes(
    tokenizer: Tokenizer, tiny_checkpoint: Path
):
    from transformers import AutoTokenizer

    auto = AutoTokenizer.from_pretrained(str(tiny_checkpoint))

    assert type(auto) is type(tokenizer._backend)
    assert auto.backend_tokenizer.to_str() == tokenizer._backend.backend_tokenizer.to_str()
    assert auto.special_tokens_map == tokenizer._backend.special_tokens_map
    assert auto.chat_template == tokenizer._backend.chat_template


def test_loading_a_llama_tokenizer_imports_no_torch(tiny_checkpoint: Path):
    program = (
        "import sys; from pathlib import Path; from harness.score import Tokenizer;"
        "Tokenizer.load(Path(sys.argv[1])); sys.exit('torch' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", program, str(tiny_checkpoint)], check=True)


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')

    with pytest.raises(CheckpointError, match=str(tmp_path)):
        Tokenizer.load(tmp_path)
