"""Every way in which a checkpoint can be broken has its own message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.checkpoint import describe, inspect
from harness.checkpoint.architecture import CONTEXT, HIDDEN, LAYERS, VOCAB
from harness.checkpoint.tensors import read_header
from harness.checkpoint.vocabulary import SPECIAL
from tests.unit.checkpoint.conftest import INDEX, Copy

EMBEDDING = "model.embed_tokens.weight"
SETTINGS_FILES = ("config.json", "tokenizer_config.json")
Json = dict[str, object]
BAD_BOS = {"bos_token": "<none>"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(10**18, 10**400) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
ROPE = st.fixed_dictionaries({"rope_type": st.sampled_from(["linear", "dynamic", "yarn"]) | JSON, "factor": JSON})
READ_KEYS = (*VOCAB, *HIDDEN, *LAYERS, *CONTEXT, *SPECIAL)
READ_KEYS += ("architectures", "auto_map", "num_nextn_predict_layers", "quantization_config", "tie_word_embeddings")
CONFIGS = st.dictionaries(st.sampled_from(READ_KEYS), JSON, max_size=5)
ROPES = st.dictionaries(st.sampled_from(["rope_scaling", "rope_parameters"]), JSON | ROPE)
SETTINGS = st.dictionaries(
    st.sampled_from(["added_tokens_decoder", "auto_map", "bos_token", "chat_template", "eos_token"]),
    JSON | st.dictionaries(st.sampled_from(["0", "600", "9" * 5000, "²"]), st.just({"content": "<extra>"})),
)


def found(copy: Copy, max_model_len: int | None = 512, **options: bool) -> list[str]:
    return [problem.what for problem in inspect(copy.folder, max_model_len=max_model_len, **options)]


@pytest.fixture
def sound(copy: Copy) -> tuple[str, str]:
    """The texts of the settings files before a test changes them."""
    config, tokenizer = ((copy.folder / name).read_text() for name in SETTINGS_FILES)
    return config, tokenizer


def test_a_sound_checkpoint_has_no_problem(copy: Copy) -> None:
    assert found(copy) == []


def test_a_sound_sharded_checkpoint_has_no_problem(copy: Copy) -> None:
    copy.split()
    assert found(copy) == []


def _reshape(tensors: dict[str, np.ndarray], name: str, shape: tuple[int, ...]) -> None:
    tensors[name] = np.zeros(shape, np.float32)


TENSOR_DAMAGE: dict[str, tuple[Callable[[dict[str, np.ndarray]], object], str]] = {
    "NaN": (
        lambda tensors: tensors["model.norm.weight"].__setitem__(3, np.nan),
        "model.safetensors: tensor model.norm.weight holds 1 values that are NaN or infinite (of 32, F32)",
    ),
    "infinity": (
        lambda tensors: tensors[EMBEDDING].__setitem__((slice(0, 2), 0), -np.inf),
        f"model.safetensors: tensor {EMBEDDING} holds 2 values that are NaN or infinite (of 16384, F32)",
    ),
    "embedding rows": (
        lambda tensors: _reshape(tensors, EMBEDDING, (500, 32)),
        f"{EMBEDDING} has shape [500, 32]; config.json asks for [vocab_size, hidden_size] = [512, 32]",
    ),
    "embedding columns": (
        lambda tensors: _reshape(tensors, EMBEDDING, (512, 64)),
        f"{EMBEDDING} has shape [512, 64]; config.json asks for [vocab_size, hidden_size] = [512, 32]",
    ),
    "no embedding": (
        lambda tensors: tensors.pop(EMBEDDING),
        "the weights hold no input embedding (a tensor such as embed_tokens.weight)",
    ),
    "head rows": (
        lambda tensors: _reshape(tensors, "lm_head.weight", (500, 32)),
        "lm_head.weight has 500 rows; config.json says vocab_size 512",
    ),
    "no head": (
        lambda tensors: tensors.pop("lm_head.weight"),
        "the weights hold no output head (lm_head.weight), and it is not tied",
    ),
    "layer missing": (
        lambda tensors: [tensors.pop(name) for name in list(tensors) if ".layers.1." in name],
        "config.json says 2 layers; the weights lack 1 of them: 1",
    ),
    "layer too many": (
        lambda tensors: _reshape(tensors, "model.layers.2.mlp.up_proj.weight", (64, 32)),
        "config.json says 2 layers; the weights hold layer 2 too",
    ),
}


@pytest.mark.parametrize("case", TENSOR_DAMAGE)
def test_damaged_tensors_are_named(copy: Copy, case: str) -> None:
    damage, message = TENSOR_DAMAGE[case]
    copy.change_tensors(damage)
    assert found(copy) == [message]


CONFIG_DAMAGE: dict[str, tuple[str, dict[str, object], str]] = {
    "no architecture": (
        "config.json",
        {"architectures": None},
        "config.json names no architecture (key architectures)",
    ),
    "no layer count": (
        "config.json",
        {"num_hidden_layers": None, "num_nextn_predict_layers": 2},
        "config.json gives no num_hidden_layers (a positive integer)",
    ),
    "eos beyond": ("config.json", {"eos_token_id": [2, 512]}, "config.json: eos_token_id 512 is beyond vocab_size 512"),
    "unknown special token": (
        "tokenizer_config.json",
        {"eos_token": "<end>"},
        "tokenizer_config.json: eos_token '<end>' is not in the vocabulary",
    ),
    "added token beyond": (
        "tokenizer_config.json",
        {"added_tokens_decoder": {"600": {"content": "<extra>"}}},
        "the tokenizer has ids up to 600 ('<extra>'), the model only 512 rows (vocab_size): 1 tokens have none",
    ),
    "remote code": (
        "config.json",
        {"auto_map": {"AutoModelForCausalLM": "modeling_x.X"}},
        "config.json asks for the checkpoint's own code (auto_map: {'AutoModelForCausalLM': 'modeling_x.X'})",
    ),
    "remote tokenizer code": (
        "tokenizer_config.json",
        {"auto_map": {"AutoTokenizer": ["tok.T", None]}},
        "tokenizer_config.json asks for the checkpoint's own code (auto_map: {'AutoTokenizer': ['tok.T', None]})",
    ),
}


@pytest.mark.parametrize("case", CONFIG_DAMAGE)
def test_damaged_settings_are_named(copy: Copy, case: str) -> None:
    file, values, message = CONFIG_DAMAGE[case]
    copy.change_json(file, **values)
    assert found(copy) == [message]


def test_a_tokenizer_with_more_tokens_than_the_model_has_rows_is_refused(copy: Copy) -> None:
    copy.change_json("config.json", vocab_size=300)
    copy.change_tensors(lambda tensors: [_reshape(tensors, name, (300, 32)) for name in (EMBEDDING, "lm_head.weight")])
    (message,) = found(copy)
    assert message.startswith("the tokenizer has ids up to ")
    assert "the model only 300 rows (vocab_size)" in message


def test_a_context_longer_than_the_models_is_refused(copy: Copy) -> None:
    (problem,) = inspect(copy.folder, max_model_len=2048)
    assert problem.what == "max_model_len 2048 is longer than the model's context of 1024 tokens"
    assert problem.remedy == "set engine.max_model_len=1024 or less"


def test_a_linear_rope_factor_lengthens_the_context(copy: Copy) -> None:
    copy.change_json("config.json", rope_scaling={"type": "linear", "factor": 2.0})
    assert found(copy, max_model_len=2048) == []


def test_a_nested_text_config_is_read(copy: Copy) -> None:
    text = {"vocab_size": 512, "hidden_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 256}
    copy.change_json("config.json", text_config=text, vocab_size=None, hidden_size=None, num_hidden_layers=None)
    assert found(copy) == ["max_model_len 512 is longer than the model's context of 256 tokens"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=CONFIGS, ropes=ROPES, nested=st.none() | CONFIGS | JSON, tokenizer=SETTINGS)
def test_whatever_the_settings_hold_the_problems_are_listed(
    copy: Copy, sound: tuple[str, str], config: Json, ropes: Json, nested: object, tokenizer: Json
) -> None:
    for name, text, changes in zip(SETTINGS_FILES, sound, ({**config, **ropes}, tokenizer), strict=True):
        (copy.folder / name).write_text(json.dumps({**json.loads(text), **changes}))
    if nested is not None:
        copy.change_json("config.json", text_config=nested)
    for problem in inspect(copy.folder, max_model_len=512):
        assert str(problem)
    describe(copy.folder)


@pytest.mark.parametrize("factor", ["1e999", "NaN", "-Infinity", "-2", "0", '"two"', "true", "1" + "0" * 400])
def test_a_rope_factor_that_is_no_number_above_0_is_a_problem(copy: Copy, factor: str) -> None:
    text = (copy.folder / "config.json").read_text().rstrip().removesuffix("}")
    rope = f'"rope_scaling": {{"type": "linear", "factor": {factor}}}'
    (copy.folder / "config.json").write_text(f'{text}, "rope_parameters": null, {rope}}}')
    (problem,) = found(copy)
    assert problem.startswith("config.json: the factor of the rotary scaling is ")


@pytest.mark.parametrize("positions", [0, -5, "4096", 2.5, True, 10**30])
def test_a_context_that_is_no_number_of_tokens_is_a_problem(copy: Copy, positions: object) -> None:
    copy.change_json("config.json", max_position_embeddings=positions)
    (problem,) = found(copy)
    assert problem == f"config.json: max_position_embeddings is {positions!r}, not a number of tokens"


def test_layers_that_a_damaged_config_promises_are_counted_not_listed(copy: Copy) -> None:
    copy.change_json("config.json", num_hidden_layers=10**11)
    (problem,) = found(copy)
    assert problem.startswith("config.json says 100000000000 layers; the weights lack 99999999998 of them: 2, 3, 4, 5")
    copy.change_json("config.json", num_hidden_layers=10**400)
    assert "config.json gives a num_hidden_layers beyond 1099511627776" in found(copy)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": ["F32"], "shape": [2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [10**4000, 0], "data_offsets": [0, 0]},
        {"dtype": "F32", "shape": [2], "data_offsets": [10**4200, 10**4200 + 8]},
    ],
)
def test_a_wild_header_entry_is_a_problem(copy: Copy, entry: dict[str, object]) -> None:
    header = json.dumps({"a": entry}).encode()
    copy.weights_file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    (message,) = found(copy)
    assert message.startswith("model.safetensors has a header that describes tensor 'a' wrongly: {")


def test_a_tensor_name_stays_on_its_line_and_steers_no_terminal(copy: Copy) -> None:
    name = "model.norm\n\x1b[31m.weight" + "x" * 500
    copy.change_tensors(lambda tensors: tensors.__setitem__(name, np.full(2, np.nan, np.float32)))
    (problem,) = found(copy)
    assert problem.startswith("model.safetensors: tensor model.norm␊␛[31m.weightxx")
    assert "\n" not in problem
    assert len(problem) < 300


def test_an_index_with_a_name_that_no_file_can_have_is_named(copy: Copy) -> None:
    (copy.folder / INDEX).write_text(json.dumps({"weight_map": {"a": "x" * 300}}))
    assert f"{INDEX} holds no weight_map of tensor names to files of this folder" in found(copy)


def test_a_chat_template_without_a_digest_is_a_problem(copy: Copy) -> None:
    copy.change_json("tokenizer_config.json", chat_template="\ud800")
    assert found(copy) == ["tokenizer_config.json: chat_template holds no valid text"]


def test_a_truncated_file_is_named(copy: Copy) -> None:
    content = copy.weights_file.read_bytes()
    copy.weights_file.write_bytes(content[:-100])
    assert found(copy) == [f"model.safetensors is truncated: {len(content) - 100} bytes, {len(content)} expected"]


def test_an_empty_file_is_named(copy: Copy) -> None:
    copy.weights_file.write_bytes(b"")
    assert found(copy) == ["model.safetensors is truncated or no safetensors file: 0 bytes, less than its header needs"]


@pytest.mark.parametrize("header", [b"garbage!", b"[1, 2]", b"\xff" * 8, b"[" * 200_000])
def test_a_header_that_is_no_json_object_is_named(copy: Copy, header: bytes) -> None:
    copy.weights_file.write_bytes(len(header).to_bytes(8, "little") + header)
    assert found(copy) == ["model.safetensors has a header that is not a JSON object, or that names something twice"]


def test_a_header_that_does_not_describe_its_tensors_is_named(copy: Copy) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}).encode()
    copy.weights_file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    (message,) = found(copy)
    assert message.startswith("model.safetensors has a header that describes tensor 'a' wrongly: {'data_offsets'")


def test_a_missing_shard_is_named(copy: Copy) -> None:
    weight_map = copy.split()
    (copy.folder / "model-00002-of-00002.safetensors").unlink()
    lost = sum(file.startswith("model-00002") for file in weight_map.values())
    assert found(copy) == [f"model-00002-of-00002.safetensors is missing; {INDEX} expects {lost} tensors in it"]


def test_a_tensor_that_only_the_index_has_is_named(copy: Copy) -> None:
    weight_map = copy.split()
    extra = {"model.extra.weight": "model-00001-of-00002.safetensors"}
    (copy.folder / INDEX).write_text(json.dumps({"weight_map": weight_map | extra}))
    assert found(copy) == [f"tensor model.extra.weight is in {INDEX} but not in the file that it names"]


@pytest.mark.parametrize("content", ["{", "[]", '{"weight_map": {"a": "../../secret"}}', '{"weight_map": {"a": 1}}'])
def test_an_unusable_index_is_named(copy: Copy, content: str) -> None:
    (copy.folder / INDEX).write_text(content)
    assert f"{INDEX} holds no weight_map of tensor names to files of this folder" in found(copy)


def test_two_sets_of_weights_without_an_index_are_refused(copy: Copy) -> None:
    (copy.folder / "consolidated.safetensors").write_bytes(copy.weights_file.read_bytes())
    (message,) = found(copy)
    assert "tensors lie in more than one file, such as lm_head.weight in consolidated.safetensors and" in message


def test_pickle_weights_are_refused(copy: Copy) -> None:
    copy.weights_file.rename(copy.folder / "pytorch_model.bin")
    assert found(copy) == ["the weights are pickle files, which can run code when they are read: pytorch_model.bin"]


def test_a_folder_without_weights_is_refused_unless_somebody_else_serves_them(copy: Copy) -> None:
    copy.weights_file.unlink()
    assert found(copy) == [f"no weight file (*.safetensors) in {copy.folder}"]
    assert found(copy, needs_weights=False) == []


def test_a_missing_tokenizer_is_named_with_what_is_there(copy: Copy) -> None:
    (copy.folder / "tokenizer.json").unlink()
    assert found(copy) == [f"tokenizer.json is missing in {copy.folder}; found tokenizer_config.json"]


@pytest.mark.parametrize("content", ["", "{}", '{"model": {"type": "BPE"}}'])
def test_an_unreadable_tokenizer_is_named(copy: Copy, content: str) -> None:
    (copy.folder / "tokenizer.json").write_text(content)
    assert found(copy) == ["tokenizer.json holds no readable tokenizer"]


def test_an_unreadable_tokenizer_config_is_named(copy: Copy) -> None:
    (copy.folder / "tokenizer_config.json").write_text("not JSON")
    assert found(copy) == ["tokenizer_config.json holds no JSON object"]


def test_a_missing_and_a_broken_config_are_told_apart(copy: Copy) -> None:
    (copy.folder / "config.json").write_text("{")
    assert found(copy) == [f"config.json holds no JSON object in {copy.folder}"]
    (copy.folder / "config.json").unlink()
    assert found(copy) == [f"config.json is missing in {copy.folder}"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (problem,) = inspect(tmp_path / "nowhere", max_model_len=None)
    assert problem.what == f"checkpoint folder {tmp_path / 'nowhere'} does not exist"


def test_all_problems_are_listed_each_with_a_remedy(copy: Copy) -> None:
    copy.change_tensors(lambda tensors: tensors["model.norm.weight"].__setitem__(0, np.inf))
    copy.change_json("tokenizer_config.json", **BAD_BOS)
    problems = inspect(copy.folder, max_model_len=4096)
    assert len(problems) == 3
    assert all(problem.remedy for problem in problems)


def test_a_missing_config_does_not_hide_what_else_is_wrong(copy: Copy) -> None:
    copy.change_tensors(lambda tensors: tensors["model.norm.weight"].__setitem__(0, np.nan))
    (copy.folder / "config.json").unlink()
    (copy.folder / "tokenizer.json").unlink()
    config, tokenizer, values = found(copy)
    assert config.startswith("config.json is missing")
    assert tokenizer.startswith("tokenizer.json is missing")
    assert "model.norm.weight holds 1 values" in values


def test_a_missing_shard_does_not_hide_a_wrong_shape(copy: Copy) -> None:
    copy.change_tensors(lambda tensors: _reshape(tensors, "lm_head.weight", (500, 32)))
    lost = copy.split()[EMBEDDING]
    (copy.folder / lost).unlink()
    shard, head = found(copy)
    assert shard.startswith(f"{lost} is missing")
    assert head == "lm_head.weight has 500 rows; config.json says vocab_size 512"


def test_a_weight_file_that_links_to_nothing_is_named(copy: Copy) -> None:
    copy.weights_file.unlink()
    copy.weights_file.symlink_to(copy.folder / "gone")
    assert found(copy) == ["no file, or a link to nothing: model.safetensors"]


def test_a_weight_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder stands for it: whoever may do everything can read every file."""
    found, problems = read_header(tmp_path)
    assert found == []
    assert [problem.what for problem in problems] == [f"{tmp_path.name} cannot be read: Is a directory"]
