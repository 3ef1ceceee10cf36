from __future__ import annotations

from harness.request import Loglikelihood, Request
from harness.score import Tokenizer
from harness.score.agreement import CHOICES_PER_ITEM, ITEMS_PER_TASK, MOST_ECHOES, trials
from harness.score.planning import Planner
from harness.score.shapes import EchoCall

LABELS = (" A", " B", " D", " 가", "A")


def asked(tasks: int, items: int = 5) -> list[Request]:
    return [
        Request(f"task{task}", str(item), 0, 0, Loglikelihood(f"Question {task}.{item}\nAnswer:", LABELS))
        for task in range(tasks)
        for item in range(items)
    ]


def echoed(tokenizer: Tokenizer, tasks: int) -> list[list[EchoCall]]:
    found = trials(asked(tasks), Planner(tokenizer, "s" * 64, seed=0))
    return [[call for call in trial.calls().values() if isinstance(call, EchoCall)] for trial in found]


def test_a_few_tasks_try_several_choices_of_two_items_each(tokenizer: Tokenizer):
    found = echoed(tokenizer, tasks=3)

    assert len(found) == 3 * ITEMS_PER_TASK
    assert all(len(echoes) == CHOICES_PER_ITEM for echoes in found)


def test_many_tasks_all_try_two_items_with_fewer_choices(tokenizer: Tokenizer):
    found = echoed(tokenizer, tasks=57)

    assert len(found) == 57 * ITEMS_PER_TASK
    assert sum(map(len, found)) <= MOST_ECHOES


def test_no_place_among_the_choices_is_left_untried(tokenizer: Tokenizer):
    tried = {echoes[0].continuation for echoes in echoed(tokenizer, tasks=57)}

    assert len(tried) == len(LABELS)
