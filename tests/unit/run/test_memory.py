"""Whether a model fits, how it is split, how long it takes and what a round can settle."""

from __future__ import annotations

import datetime

import pytest

from harness.errors import ConfigError
from harness.plan import Hardware, Model, Schedule, Serving, Shape, VllmEngine
from harness.run.memory import layout, memory
from harness.run.planned import planned
from harness.run.prospects import effective_items, prospects
from harness.run.schedule import hours, latest_start
from tests.unit.verdict.rounds import floor, model, ratio_to, round_of

GPU = VllmEngine(kind="vllm", device="cuda", dtype="bfloat16", max_model_len=4096, concurrency=128)
SOLAR = Shape(layers=48, hidden=4096, kv_values=2048)
DEEPSEEK = Shape(layers=61, hidden=7168, kv_values=576, shared_cache=True)


def of_size(billions: float, shape: Shape | None = None, bits: float = 16) -> Model:
    size = {"parameters": int(billions * 1e9), "shape": shape, "serving": Serving(weight_bits=bits)}
    return model("a").model_copy(update=size)


@pytest.mark.parametrize(
    ("given", "bits", "weights"), [(102.6, 16, 191.1), (671, 8, 624.9), (1000, 4, 465.7), (0.135, 16, 0.25)]
)
def test_weights_take_their_bits(given: float, bits: float, weights: float) -> None:
    found = memory(of_size(given, bits=bits), GPU)
    assert found is not None
    assert found.weights == pytest.approx(weights, abs=0.1)
    assert found.cache is None


@pytest.mark.parametrize(("shape", "gib"), [(SOLAR, 0.75), (DEEPSEEK, 0.268)])
def test_a_request_takes_the_keys_and_values_of_its_length(shape: Shape, gib: float) -> None:
    found = memory(of_size(100, shape), GPU)
    assert found is not None
    assert found.caches is not None
    assert found.cache == pytest.approx(gib, abs=0.001)
    assert found.caches == pytest.approx(128 * gib, abs=0.1)


def test_a_model_without_declared_parameters_has_no_plan() -> None:
    assert memory(model("a"), GPU) is None


@pytest.mark.parametrize(
    ("billions", "nodes", "gpu", "expected"),
    [
        (7, 1, 80, (1, 1)),
        (32, 1, 80, (1, 1)),
        (102.6, 1, 80, (4, 1)),
        (236, 1, 80, (8, 1)),
        (236, 1, 141, (4, 1)),
        (519, 4, 80, (8, 2)),
        (750, 4, 80, (8, 3)),
        (750, 2, 80, None),
        (750, 1, 40, None),
    ],
)
def test_the_fewest_gpus_that_hold_it(
    billions: float, nodes: int, gpu: float, expected: tuple[int, int] | None
) -> None:
    needed = memory(of_size(billions), GPU)
    assert needed is not None
    found = layout(needed, Hardware(nodes=nodes, memory_gib=gpu))
    assert (None if found is None else (found.tensor, found.pipeline)) == expected


def test_what_cannot_fit_is_refused_by_name() -> None:
    round_ = round_of(["a"]).model_copy(
        update={"entrants": (of_size(750),), "engine": GPU, "hardware": Hardware(memory_gib=80)}
    )
    with pytest.raises(ConfigError, match=r"a: weights of 1397 GiB .* do not fit 1 × 8 GPUs \(576 GiB usable\)"):
        planned(round_, root=__import__("pathlib").Path("."))


def test_the_hours_and_the_latest_safe_start() -> None:
    figures = Schedule(
        load_gib_per_s=1,
        prefill_tokens_per_s=10_000,
        decode_tokens_per_s=1_000,
        prompt_tokens=1_000,
        answer_tokens=500,
        reserve=2,
        deadline="2027-01-15T12:00:00+09:00",
    )
    one = hours(3600, 6000, figures)
    assert (one.load, one.answers) == (pytest.approx(1.0), pytest.approx(1.0))
    assert latest_start([one, one], figures) == datetime.datetime.fromisoformat("2027-01-15T04:00:00+09:00")
    assert latest_start([one], figures.model_copy(update={"deadline": None})) is None


def test_what_a_round_can_settle_is_forecast() -> None:
    round_ = round_of(["a", "b"], gates=[floor(0.5), ratio_to("ref", 0.95)], references=["ref"], items=400)
    lines = list(prospects(round_))
    assert effective_items(round_.rules.items[0].source, round_) == 400
    assert lines[0].startswith("main_floor: settled with 80% power for a true share of 41")
    assert "main_ratio: settled with 80% power for a true ratio of" in lines[1]
    assert "two totals are told apart with 80% power where they lie 6.9 points apart" in lines[2]
