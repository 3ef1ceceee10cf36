from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import EngineError
from harness.plan import FakeEngine
from harness.serve.continuity import SETTING, SETTINGS, Seen, confirm, look
from harness.serve.fake import FakeServer

URL = "http://server:8000"
BEFORE = Seen({"version": "0.32.0", "max_model_len": 2048, "block_size": "16"}, (-1.0, -2.0))


@pytest.mark.parametrize(
    "now",
    [
        BEFORE,
        Seen(BEFORE.said, (-1.05, -1.95)),  # another batch in half precision
        Seen({"version": None, "max_model_len": None}, ()),  # it is just down: the next request will show it
    ],
)
def test_the_same_server_is_confirmed(now: Seen):
    confirm(BEFORE, now, URL)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Seen({**BEFORE.said, "version": "0.33.0"}, BEFORE.logprobs), "version was 0.32.0 and is 0.33.0"),
        (Seen({**BEFORE.said, "max_model_len": 1024}, BEFORE.logprobs), "max_model_len was 2048 and is 1024"),
        (Seen({**BEFORE.said, "block_size": "32"}, BEFORE.logprobs), "block_size was 16 and is 32"),
        (Seen(BEFORE.said, (-1.0, -2.2)), "moved by up to 0.2 nats"),
        (Seen(BEFORE.said, (-1.0,)), "splits a fixed text into other tokens"),
    ],
)
def test_another_server_is_named_with_what_changed(now: Seen, said: str):
    with pytest.raises(EngineError, match=said) as caught:
        confirm(BEFORE, now, URL)
    assert URL in caught.value.message


def test_cache_settings_are_read_from_vllms_metrics():
    line = 'vllm:cache_config_info{block_size="16",cache_dtype="auto",enable_prefix_caching="True"} 1.0\n'
    found = SETTINGS.search(f"# HELP x\n{line}vllm:other 2.0\n")
    assert found
    assert dict(SETTING.findall(found[1])) == {
        "block_size": "16",
        "cache_dtype": "auto",
        "enable_prefix_caching": "True",
    }


@pytest.mark.parametrize(("changes", "same"), [({}, True), ({"seed": 1}, False)])
def test_a_look_shows_other_weights(tiny_checkpoint: Path, changes: dict[str, Any], same: bool):
    seen = []
    for each in ({}, changes):
        engine = FakeEngine.model_validate({"kind": "fake", "max_model_len": 256} | each)
        with FakeServer(engine, tiny_checkpoint, "fake") as server:
            seen.append(look(server.url, "fake", None))
    assert len(seen[0].logprobs) > 10
    assert (seen[0].logprobs == seen[1].logprobs) is same
