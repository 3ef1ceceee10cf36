"""Our scores against lm-eval's own `hf` backend: the same tasks, the same model, both in float32."""

from __future__ import annotations

import csv
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.plan import VllmEngine
from harness.plan.model import Thinking
from harness.request import Answer, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer, Request
from harness.score import Journal, Scorer, Tokenizer
from harness.score.calls import Shape
from harness.score.covering import Abilities
from tests import mirrors
from tests.bench.engine import counters
from tests.integration.conftest import Served
from tests.integration.lmeval_tasks import instances, requests_of, write_task_files, write_tasks

pytestmark = [
    pytest.mark.real,
    pytest.mark.filterwarnings("ignore"),  # of torch, datasets and lm-eval, which are only compared with here
]

TOLERANCE = 1e-3
ROWS_PER_REAL_TASK = 6


@pytest.fixture(scope="module")
def hf(smollm2_endpoint: Served) -> Any:
    """lm-eval's `hf` backend on the same files."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(
        pretrained=str(smollm2_endpoint.folder),
        device="cpu",
        dtype="float32",
        batch_size=1,
        max_length=smollm2_endpoint.engine.max_model_len,
    )


@pytest.mark.timeout(600)
def test_scores_and_texts_equal_those_of_lm_evals_hf_backend(smollm2_endpoint: Served, hf: Any, tmp_path: Path):
    found = instances(write_tasks(tmp_path / "tasks"), ("letters", "texts", "generated"))
    answers, positions = _ours(smollm2_endpoint, found, tmp_path)
    scored = [instance for instance in found if instance.request_type == "loglikelihood"]
    generated = [instance for instance in found if instance.request_type == "generate_until"]
    theirs = dict(zip(map(id, scored), hf.loglikelihood(scored, disable_tqdm=True), strict=True))
    theirs |= dict(zip(map(id, generated), hf.generate_until(generated, disable_tqdm=True), strict=True))

    largest = _compare(found, answers, positions, theirs)

    assert len(scored) == 80
    assert len(generated) == 10
    assert largest <= TOLERANCE
    print(f"largest difference over {len(scored)} log-likelihoods: {largest:.2e} nats")  # noqa: T201


def test_the_real_engine_thinks_as_it_writes_and_no_stop_string_fires_inside(smollm2_endpoint: Served, tmp_path: Path):
    """Thinking, its end and the answer are together what the engine writes greedily in one go."""
    ask = Generation("Question: Why is the sky blue?\nAnswer: The sky is blue because", (), 48)
    (plain,) = _texts(smollm2_endpoint, [Request("plain", "0", 0, 0, ask)], tmp_path / "plain.sqlite")
    thought, end, rest = plain.text.partition(".")
    assert end, plain.text
    assert rest.strip(), plain.text
    inside = thought.split()[2]
    stopped = Request("thinking", "0", 0, 0, replace(ask, until=(inside,), max_tokens=8))

    (answer,) = _texts(
        smollm2_endpoint, [stopped], tmp_path / "thinking.sqlite", Thinking(end=".", max_tokens=ask.max_tokens)
    )

    assert answer.thinking == thought
    assert inside in answer.thinking
    assert inside not in answer.text
    assert answer.text.strip()
    assert rest.startswith(answer.text)


def test_a_text_ends_at_any_of_many_stop_strings(smollm2_endpoint: Served, tmp_path: Path):
    """Left to itself vLLM refuses more than four, as many as few tasks have."""
    ask = Generation("Question: Why is the sky blue?\nAnswer: The sky is blue because", (), 24)
    (plain,) = _texts(smollm2_endpoint, [Request("plain", "0", 0, 0, ask)], tmp_path / "plain.sqlite")
    last = plain.text.split()[3]
    stops = (*(f"{last} never {number}" for number in range(7)), last)

    (answer,) = _texts(
        smollm2_endpoint, [Request("stopped", "0", 0, 0, replace(ask, until=stops))], tmp_path / "stopped.sqlite"
    )

    assert plain.text.startswith(answer.text)
    assert last not in answer.text
    assert len(answer.text) < len(plain.text)


def test_repeats_of_a_sampled_question_share_its_prompt_in_the_real_engine(smollm2_endpoint: Served, tmp_path: Path):
    context = " ".join(f"Fact {number} of the shared prompt." for number in range(60)) + "\n\nOnce upon a time"
    ask = Generation(context, (), 16, temperature=1.0)
    tokens, repeats = len(Tokenizer.load(smollm2_endpoint.folder).encode_prompt(context)), 4
    block = smollm2_endpoint.engine.block_size
    assert block is not None
    before = counters(smollm2_endpoint.endpoint)["prefix_cache_hits_total"]

    texts = _texts(
        smollm2_endpoint,
        [Request("sampled", "0", 0, repeat, ask) for repeat in range(repeats)],
        tmp_path / "sampled.sqlite",
    )

    hits = counters(smollm2_endpoint.endpoint)["prefix_cache_hits_total"] - before
    assert len({text.text for text in texts}) > 1
    assert hits >= (repeats - 1) * (tokens // block) * block > 0


def _texts(
    served: Served, requests: Sequence[Request], journal: Path, thinking: Thinking | None = None
) -> list[GenerationAnswer]:
    with Journal.open(journal) as kept:
        scorer = Scorer(Tokenizer.load(served.folder), kept, served.engine, scope="0" * 64, thinking=thinking)
        answers = scorer.answer(requests, served.endpoint, lambda *_: None)
    return [answer for answer in answers if isinstance(answer, GenerationAnswer)]


@pytest.mark.full
@pytest.mark.timeout(600)
def test_scores_of_real_benchmark_rows_equal_those_of_the_hf_backend(
    smollm2_endpoint: Served, hf: Any, project: Path, tmp_path: Path
):
    data = mirrors.REAL
    if not data.is_dir():
        pytest.skip("no benchmark data beside the project (../shared/data)")
    found = instances(_real_tasks(data, tmp_path / "tasks"), ("copa", "mmlu"))
    answers, positions = _ours(smollm2_endpoint, found, tmp_path)
    theirs = dict(zip(map(id, found), hf.loglikelihood(found, disable_tqdm=True), strict=True))

    largest = _compare(found, answers, positions, theirs)

    assert largest <= TOLERANCE
    print(f"largest difference over {len(found)} log-likelihoods: {largest:.2e} nats")  # noqa: T201


def _ours(served: Served, found: Sequence[Any], folder: Path) -> tuple[list[Answer], list[list[int]]]:
    requests, positions = requests_of(found)
    engine: VllmEngine = served.engine
    with Journal.open(folder / "journal.sqlite") as journal:
        scorer = Scorer(Tokenizer.load(served.folder), journal, engine, scope="0" * 64)
        assert scorer.preflight(requests) == []
        assert scorer.agree(requests, served.endpoint) == []
        return scorer.answer(requests, served.endpoint, lambda *_: None), positions


def _compare(found: Sequence[Any], answers: Sequence[Answer], positions: Sequence[list[int]], theirs: Any) -> float:
    """Largest difference of two log-likelihoods; flags and texts must be equal."""
    largest = 0.0
    for answer, numbers in zip(answers, positions, strict=True):
        other = [theirs[id(found[number])] for number in numbers]
        where = f"{found[numbers[0]].task_name} {found[numbers[0]].doc_id}"
        if isinstance(answer, GenerationAnswer):
            assert [answer.text] == other, where
            continue
        assert isinstance(answer, LoglikelihoodAnswer), (where, answer)
        assert list(answer.greedy) == [greedy for _, greedy in other], where
        largest = max(largest, *(abs(own - value) for own, (value, _) in zip(answer.logprobs, other, strict=True)))
    return largest


def _real_tasks(data: Path, folder: Path) -> Path:
    with (data / "kobest" / "COPA" / "test.tsv").open(encoding="utf-8", newline="") as file:
        copa = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:ROWS_PER_REAL_TASK]
    with (data / "mmlu" / "test" / "anatomy_test.csv").open(encoding="utf-8", newline="") as file:
        mmlu = list(csv.DictReader(file))[:ROWS_PER_REAL_TASK]
    copa_task = {
        "output_type": "multiple_choice",
        "doc_to_text": "{{sentence}} {{question}}:",
        "doc_to_choice": "{{[_one, _two]}}",
        "doc_to_target": "{{Answer|int - 1}}",
        "num_fewshot": 0,
    }
    mmlu_task = {
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}\nA. {{choice0}}\nB. {{choice1}}\nC. {{choice2}}\nD. {{choice3}}\nAnswer:",
        "doc_to_choice": ["A", "B", "C", "D"],
        "doc_to_target": "{{answer|int}}",
        "num_fewshot": 0,
    }
    copa = [{**row, "_one": row["1"], "_two": row["2"]} for row in copa]
    return write_task_files(folder, {"copa": (copa_task, copa), "mmlu": (mmlu_task, mmlu)})


CASES: list[tuple[str, str, tuple[str, ...]]] = [
    ("letters", "Which planet is the largest?\nA. Mars\nB. Jupiter\nAnswer:", (" A", " B")),
    (
        "texts that share their beginning",
        "Which of these takes carbon dioxide out of the air, year after year, without anybody's doing?\nAnswer:",
        (" The leaves of a tree", " The leaves of a tree and its roots", " The engine of a car", " The"),
    ),
    (
        "hangul split across tokens",
        "훈민정음을 만든 사람은 누구입니까?\n정답:",
        (" 세종대왕", " 이순신", " 뷁뷁", " 장영실"),
    ),
    ("a context that ends in spaces", "물이 어는 온도는 섭씨 몇 도입니까?\n정답:  ", ("0도", "100도", "-40도")),
    ("tokens that depend on the context", "The word is beaut", ("iful, they say", "ifully made", "ies")),
    (
        "one and several tokens",
        "How many days has a leap year?\nAnswer:",
        (" three hundred and sixty-six", " 7", " many"),
    ),
    ("the end token among the choices", "Say nothing.\nAnswer:", ("<|im_end|>", " nothing<|im_end|> at all")),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("shapes", [{"labels", "trace"}, {"labels"}])
def test_every_shape_agrees_with_echo(
    smollm2_endpoint: Served, tmp_path: Path, shapes: set[Shape], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("harness.score.covering.ECHOED", 1e6)  # however short the contexts
    requests = [Request(name, name, 0, 0, Loglikelihood(context, choices)) for name, context, choices in CASES]
    fast, asked = _scored(smollm2_endpoint, requests, shapes, tmp_path / "fast")
    plain, _ = _scored(smollm2_endpoint, requests, set(), tmp_path / "plain")

    assert asked == shapes, "each shape was asked"
    for request, own, other in zip(requests, fast, plain, strict=True):
        assert isinstance(own, LoglikelihoodAnswer), (request.task, own)
        assert isinstance(other, LoglikelihoodAnswer), (request.task, other)
        assert own.greedy == other.greedy, request.task
        assert own.logprobs == pytest.approx(other.logprobs, rel=0, abs=1e-4), request.task


@pytest.mark.timeout(600)
def test_more_labels_than_one_request_takes_agree_with_echo(smollm2_endpoint: Served, tmp_path: Path):
    letters = tuple(f" {chr(65 + place // 26)}{chr(97 + place % 26)}" for place in range(6 * 26))
    requests = [Request("many", "many", 0, 0, Loglikelihood("The symbol of the element is", letters))]

    (fast,), _ = _scored(smollm2_endpoint, requests, {"labels", "trace"}, tmp_path / "fast")
    (plain,), _ = _scored(smollm2_endpoint, requests, set(), tmp_path / "plain")

    assert isinstance(fast, LoglikelihoodAnswer)
    assert isinstance(plain, LoglikelihoodAnswer)
    assert fast.greedy == plain.greedy
    assert fast.logprobs == pytest.approx(plain.logprobs, rel=0, abs=1e-4)


def _scored(
    served: Served, requests: Sequence[Request], shapes: Set[Shape], folder: Path
) -> tuple[list[Answer], set[Shape]]:
    """Answers of an engine that offers these shapes beside echo, whatever they cost; and the shapes asked."""
    with Journal.open(folder / "journal.sqlite") as journal:
        scorer = Scorer(Tokenizer.load(served.folder), journal, served.engine, scope="0" * 64)
        scorer._planner.can = Abilities(frozenset(shapes))
        calls, _ = scorer._calls(requests)
        return scorer.answer(requests, served.endpoint, lambda *_: None), {call.shape for call in calls.values()}
