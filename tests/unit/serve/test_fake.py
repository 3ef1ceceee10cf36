from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.plan import FakeEngine
from harness.serve.fake import FakeServer
from harness.serve.fake_model import FakeModel

COPY = "Copy: Seoul\nAnswer:"


@pytest.fixture(scope="module")
def server(tiny_checkpoint: Path) -> Iterator[FakeServer]:
    with FakeServer(FakeEngine(kind="fake", max_model_len=128, skill=1.0), tiny_checkpoint, "fake") as started:
        yield started


@pytest.fixture(scope="module")
def model(tiny_checkpoint: Path) -> FakeModel:
    return FakeModel(tiny_checkpoint, seed=0, skill=1.0)


def ask(server: FakeServer, path: str, **payload: Any) -> Any:
    body = json.dumps(payload).encode() if payload else None
    request = urllib.request.Request(server.url + path, body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310 - our own server
        content = response.read()
        return json.loads(content) if content else response.status


def complete(server: FakeServer, **payload: Any) -> Any:
    return ask(server, "/v1/completions", model="fake", temperature=0.0, return_tokens_as_token_ids=True, **payload)


def encode(model: FakeModel, text: str) -> list[int]:
    return list(model.tokenizer.encode(text, add_special_tokens=False).ids)


def test_it_says_that_it_is_fake(server: FakeServer):
    assert ask(server, "/health") == 200
    assert ask(server, "/version") == {"version": "fake"}
    (card,) = ask(server, "/v1/models")["data"]
    assert (card["id"], card["owned_by"], card["max_model_len"]) == ("fake", "fake", 128)


def test_label_scores_equal_echoed_ones(server: FakeServer, model: FakeModel):
    prompt, labels = encode(model, "Question: 1+1?\nAnswer:"), [5, 60, 300]
    response = complete(server, prompt=prompt, max_tokens=1, logprobs=1, logprob_token_ids=labels)
    row = response["choices"][0]["logprobs"]["top_logprobs"][0]

    for label in labels:
        echoed = complete(server, prompt=[*prompt, label], max_tokens=0, echo=True, logprobs=1)
        columns = echoed["choices"][0]["logprobs"]
        assert columns["tokens"][-1] == f"token_id:{label}"
        assert columns["token_logprobs"][-1] == row[f"token_id:{label}"]
        assert columns["token_logprobs"][0] is None
        assert max(row, key=row.get) == max(columns["top_logprobs"][-1], key=columns["top_logprobs"][-1].get)


def test_the_generated_token_is_the_likeliest(server: FakeServer, model: FakeModel):
    (choice,) = complete(server, prompt=encode(model, "Hello"), max_tokens=1, logprobs=1, return_token_ids=True)[
        "choices"
    ]

    (row,) = choice["logprobs"]["top_logprobs"]
    assert max(row, key=row.get) == f"token_id:{choice['token_ids'][0]}"


def test_probabilities_sum_to_about_one(model: FakeModel):
    values = model.logprobs([1, 2, 3], range(model.vocabulary))

    assert sum(map(math.exp, values)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (COPY, " Seoul"),
        ("Copy: A\nAnswer: A\n\n" + COPY, " Seoul"),
        ("복사: 서울\n정답:", " 서울"),
        ("Copy: 뷁 곍\nAnswer:", " 뷁 곍"),
        ("<|im_start|>user\nCopy: B<|im_end|>\n<|im_start|>assistant\n", "B"),
    ],
)
def test_a_skilled_model_copies_and_ends(server: FakeServer, model: FakeModel, prompt: str, text: str):
    response = complete(server, prompt=encode(model, prompt), max_tokens=40, return_token_ids=True)

    (choice,) = response["choices"]
    assert (choice["text"], choice["finish_reason"]) == (text, "stop")
    assert choice["token_ids"][-1] == model.end


def test_stop_strings_and_budgets_end_a_text(server: FakeServer, model: FakeModel):
    stopped = complete(server, prompt=encode(model, COPY), max_tokens=40, stop=["ou"])["choices"][0]
    cut = complete(server, prompt=encode(model, COPY), max_tokens=1)["choices"][0]

    assert (stopped["text"], stopped["finish_reason"], stopped["stop_reason"]) == (" Se", "stop", "ou")
    assert cut["finish_reason"] == "length"


def test_sampling_follows_the_seed(server: FakeServer, model: FakeModel):
    def sample(seed: int) -> str:
        prompt = encode(model, "Once upon a time")
        payload = {"prompt": prompt, "max_tokens": 12, "temperature": 1.0, "seed": seed}
        return str(ask(server, "/v1/completions", model="fake", **payload)["choices"][0]["text"])

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in range(6)}) > 1


def test_a_model_without_skill_does_not_copy_and_its_seed_changes_its_guesses(tiny_checkpoint: Path):
    guesses = [FakeModel(tiny_checkpoint, seed=seed, skill=0.0) for seed in range(2)]
    prompt = encode(guesses[0], COPY)

    assert guesses[0].logprobs(prompt, [5]) != guesses[1].logprobs(prompt, [5])


@pytest.mark.parametrize(
    ("payload", "status", "said"),
    [
        ({"model": "other", "prompt": [1]}, 404, "Valid aliases: fake"),
        ({"model": "fake", "prompt": []}, 400, "at least one prompt"),
        ({"model": "fake", "prompt": [1] * 128}, 400, "max_model_len=128"),
        ({"model": "fake", "prompt": [100_000]}, 400, "out of vocabulary"),
        ({"model": "fake", "prompt": [1], "max_tokens": 0}, 400, "at least 1"),
        ({"model": "fake", "prompt": [1], "logprobs": 1, "logprob_token_ids": list(range(129))}, 400, "128"),
        ({"model": "fake", "prompt": [1], "logprobs": 5}, 400, "logprobs"),
    ],
)
def test_it_refuses_what_vllm_refuses(server: FakeServer, payload: dict[str, Any], status: int, said: str):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(server, "/v1/completions", **payload)

    with caught.value as response:
        assert response.code == status
        assert said in json.load(response)["error"]["message"]
