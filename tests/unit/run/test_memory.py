"""Whether a model fits, how it is split, how long it takes and what a round can settle."""

from __future__ import annotations

import datetime

import pytest
import yaml

from harness.environment import ROOT
from harness.errors import ConfigError
from harness.plan import Hardware, Model, Schedule, Serving, Shape, VllmEngine
from harness.plan.gates import Window
from harness.plan.serving import Stated
from harness.run.memory import layout, memory, per_gpu
from harness.run.planned import planned
from harness.run.prospects import effective_items, family_level, prospects
from harness.run.schedule import hours, latest_start
from harness.run.stated import fact_lines
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


def configured(name: str) -> Model:
    return Model.model_validate(yaml.safe_load((ROOT / "configs" / f"{name}.yaml").read_text(encoding="utf-8")))


# By hand, GiB = 2**30 bytes; a step is 8192 tokens × width × 40 bytes; 2 GiB beside.
# Dense, Qwen2.5-VL 7B: 8.29e9 × 2 bytes; 28 layers × 4 heads × 128 × 2 × 2 bytes = 57,344 bytes a token.
# Mixture of experts, Solar Open: 102.6e9 × 2 bytes, all experts; 48 × 8 × 128 × 2 × 2 = 196,608 bytes a token.
# Latent attention, DeepSeek-V3: 671e9 × 1 byte; 61 × (512 + 64) × 2 = 70,272 bytes a token, whole on each of 8 GPUs.
# Windows, K-EXAONE: 12 layers of 4096 tokens, 36 of 128, × 8 heads × 128 × 2 × 2 bytes.
# Experts in 4 bits, Kimi K2.5: 4.76 bits a parameter on average: 595 GB.
# More GPUs than key-value heads, Qwen3-235B: 94 × 4 × 128 × 2 × 2 bytes a token over 4 heads, not over 8 GPUs.
BY_HAND = [
    ("reference/qwen2_5_vl", (1, 1), 15.441, 0.21875, 15.441 + 0.21875 + 1.09375 + 2),
    ("entrant/solar_open_100b", (4, 1), 191.107, 0.75, 191.107 / 4 + 0.75 / 4 + 1.25 + 2),
    ("reference/deepseek_v3", (8, 2), 624.917, 0.26807, 624.917 / 16 + 0.26807 / 2 + 2.1875 + 2),
    ("entrant/k_exaone_236b", (8, 1), 439.584, 0.20508, 439.584 / 8 + 0.20508 / 8 + 1.875 + 2),
    ("reference/kimi_k2_5", (8, 2), 554.137, 0.26807, 554.137 / 16 + 0.26807 / 2 + 2.1875 + 2),
    ("reference/qwen3_235b", (8, 1), 437.722, 0.734375, 437.722 / 8 + 0.734375 / 4 + 1.25 + 2),
]


@pytest.mark.parametrize(("name", "split", "weights", "cache", "each"), BY_HAND)
def test_models_take_what_a_calculation_by_hand_gives(
    name: str, split: tuple[int, int], weights: float, cache: float, each: float
) -> None:
    found = memory(configured(name), GPU)
    assert found is not None
    assert found.weights == pytest.approx(weights, abs=0.001)
    assert found.cache == pytest.approx(cache, abs=0.0001)
    assert per_gpu(found, *split) == pytest.approx(each, abs=0.002)


@pytest.mark.parametrize(
    ("dtype", "quantization", "stored", "gib"),
    [
        ("bfloat16", None, 16, 186.26),
        ("float32", None, 16, 372.53),  # vLLM widens what is stored in 16 bits
        ("bfloat16", None, 8, 93.13),  # a checkpoint in 8 bits stays so
        ("float32", None, 4.5, 52.39),
        ("bfloat16", "fp8", 16, 93.13),  # vLLM quantises while it loads
        ("bfloat16", "compressed-tensors", 4.5, 52.39),
    ],
)
def test_weights_take_the_type_in_which_they_are_loaded(
    dtype: str, quantization: str | None, stored: float, gib: float
) -> None:
    engine = GPU.model_copy(update={"dtype": dtype, "quantization": quantization})
    found = memory(of_size(100, bits=stored), engine)
    assert found is not None
    assert found.weights == pytest.approx(gib, abs=0.01)


@pytest.mark.parametrize(("node", "gpu", "fits"), [(1, 80, False), (2, 80, True), (1, 141, True)])
def test_kimi_in_4_bits_fits_eight_large_gpus_but_not_eight_of_80(node: int, gpu: float, fits: bool) -> None:
    needed = memory(configured("reference/kimi_k2_5"), GPU)
    assert needed is not None
    assert (layout(needed, Hardware(nodes=node, memory_gib=gpu)) is not None) == fits


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"layers": 1, "hidden": 8, "kv_values": 8, "window_layers": 2}, "give window"),
        ({"layers": 1, "hidden": 8, "kv_values": 10, "kv_heads": 4}, "no multiple of 2 × 4"),
        ({"layers": 1, "hidden": 8, "kv_values": 8, "kv_heads": 4, "shared_cache": True}, "leave kv_heads out"),
    ],
)
def test_a_shape_that_contradicts_itself_is_refused(shape: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Shape.model_validate(shape)


def test_every_model_of_the_configs_has_a_memory_plan_or_says_why_not() -> None:
    """Closed models have none; of the others all but those named have a cache too."""
    unknown = {"ax_k2", "k_exaone_2_750b", "solar_open_2_250b", "vaetki", "motif_3", "whisper_large_v3"}
    unknown |= {"hyperclovax_seed_think_32b", "hyperclovax_seed_omni_8b"}
    ours = {"demo_novice", "demo_specialist", "smollm2_135m", "gemma3_270m"}  # served on the CPU
    for path in sorted((ROOT / "configs").glob("entrant/*.yaml")) + sorted((ROOT / "configs").glob("reference/*.yaml")):
        if path.stem in ours:
            continue
        model_ = configured(f"{path.parent.name}/{path.stem}")
        if model_.source.kind != "hub":
            continue
        found = memory(model_, GPU)
        assert found is not None, path
        assert (found.cache is None) == (model_.name in unknown), path


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


def test_a_plan_prints_where_its_facts_come_from() -> None:
    given = model("a").model_copy(
        update={
            "parameters": 7_000_000_000,
            "context": 4096,
            "released": "2026-01-27",
            "facts": {
                "parameters": Stated(source="its card"),
                "context": Stated(source="4K read as 4096", mark="inferred"),
                "licence": Stated(source="notes", mark="second_hand"),
            },
        }
    )
    assert list(fact_lines(given)) == [
        "parameters 7,000,000,000: its card",
        "[2°] licence MIT: notes",
        "[inf] context 4,096: 4K read as 4096",
        "no source is stated for released 2026-01-27",
    ]


def test_a_plan_names_who_else_was_released_in_the_window() -> None:
    window = Window(months=6, before="2026-08-18")
    gate = ratio_to("ref", 0.95).model_copy(update={"window": window})
    base = round_of(["a"], references=["ref", "other", "older"])
    days = {"ref": "2026-08-18", "other": "2026-02-18", "older": "2026-02-17"}
    references = tuple(each.model_copy(update={"released": days[each.name]}) for each in base.references)
    rules = base.rules.model_copy(update={"gates": (gate,)})
    text = planned(base.model_copy(update={"references": references, "rules": rules}), root=ROOT)
    assert "references released from 2026-02-18 to 2026-08-18; released in it too, and not named: other" in text


@pytest.mark.parametrize(
    ("before", "months", "first"),
    [
        ("2026-08-18", 6, "2026-02-18"),
        ("2026-08-31", 6, "2026-02-28"),  # that month's last day
        ("2024-08-31", 6, "2024-02-29"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-03-31", 13, "2025-02-28"),
        ("2027-01-15", 12, "2026-01-15"),
    ],
)
def test_a_window_holds_both_its_ends(before: str, months: int, first: str) -> None:
    window = Window(months=months, before=before)
    assert window.days == (datetime.date.fromisoformat(first), datetime.date.fromisoformat(before))
    day = datetime.timedelta(days=1)
    for end, inside, outside in ((window.days[0], 0, -1), (window.days[1], 0, 1)):
        assert window.holds((end + inside * day).isoformat())
        assert not window.holds((end + outside * day).isoformat())


def test_what_a_round_can_settle_is_forecast() -> None:
    round_ = round_of(["a", "b"], gates=[floor(0.5), ratio_to("ref", 0.95)], references=["ref"], items=400)
    lines = list(prospects(round_))
    assert effective_items(round_.rules.items[0].source, round_) == 400
    assert lines[0].startswith("main_floor: settled with 80% power for a true share of 41")
    assert "main_ratio: settled with 80% power for a true ratio of" in lines[1]
    assert "two totals are told apart with 80% power where they lie 6.9 points apart" in lines[2]


@pytest.mark.parametrize(("family", "level"), [("holm", 1 - 0.05 / 10), ("none", 0.95)])
def test_a_forecast_counts_every_reference_of_every_entrant(family: str, level: float) -> None:
    """Two entrants, a floor, and a ratio to four references: ten questions."""
    names = tuple(f"r{at}" for at in range(4))
    ratio = ratio_to("r0", 0.95).model_copy(update={"reference": None, "references": names})
    round_ = round_of(["a", "b"], gates=[floor(0.5), ratio], references=names)
    round_ = round_.model_copy(update={"rules": round_.rules.model_copy(update={"family": family})})
    assert family_level(round_) == pytest.approx(level)
