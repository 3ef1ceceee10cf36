"""What a checkpoint says of itself."""

from __future__ import annotations

import pytest

from harness.checkpoint import describe
from tests.unit.checkpoint.conftest import Copy


def test_parameters_are_counted_over_all_shards(copy: Copy) -> None:
    whole = describe(copy.folder).parameters
    copy.split()
    assert describe(copy.folder).parameters == whole


def test_parameters_of_incomplete_or_packed_weights_are_not_counted(copy: Copy) -> None:
    copy.change_json("config.json", quantization_config={"quant_method": "gptq"})
    assert describe(copy.folder).parameters is None
    copy.change_json("config.json", quantization_config=None)
    copy.split()
    (copy.folder / "model-00002-of-00002.safetensors").unlink()
    description = describe(copy.folder)
    assert description.parameters is None
    (problem,) = description.problems
    assert problem.what.startswith("model-00002-of-00002.safetensors is missing")


def test_weights_that_somebody_else_serves_are_not_looked_for(copy: Copy) -> None:
    copy.weights_file.unlink()
    description = describe(copy.folder, needs_weights=False)
    assert description.problems == ()
    assert description.parameters is None


def test_a_template_file_counts_as_a_template(copy: Copy) -> None:
    copy.change_json("tokenizer_config.json", chat_template=None)
    assert not describe(copy.folder).has_chat_template
    (copy.folder / "chat_template.jinja").write_text("{{ messages }}")
    assert describe(copy.folder).has_chat_template


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        ("---\nlanguage: ko\nlicense: apache-2.0\n---\n# Model", "apache-2.0"),
        ('---\nlicense: "mit"\n---', "mit"),
        ("---\nlicense: other\nlicense_name: my-terms\n---\n", "my-terms"),
        ("---\nlanguage: ko\n---\n\nlicense: mit", None),
        ("# Model\n\nlicense: mit\n", None),
    ],
)
def test_the_licence_is_read_from_the_model_cards_front_matter(copy: Copy, readme: str, licence: str | None) -> None:
    (copy.folder / "README.md").write_text(readme)
    assert describe(copy.folder).licence == licence
