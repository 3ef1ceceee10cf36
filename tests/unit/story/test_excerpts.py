from __future__ import annotations

import pytest

from harness.errors import VerificationError
from harness.records import Excerpt
from harness.story import ModelStory, Story, shown_samples


def model(story: Story, name: str = "haneul") -> ModelStory:
    return next(model for model in story.models if model.name == name)


def test_a_chosen_sample_comes_with_its_prompt_answer_and_outcome(story: Story) -> None:
    found = shown_samples(model(story), "ko_copy", 400)
    assert found
    samples = {sample.item_id: sample for sample in model(story).samples("ko_copy")}
    for shown in found:
        assert shown.outcome == samples[shown.item_id].outcome
        assert f"질문 {shown.item_id}:" in shown.prompt


def test_long_texts_are_cut_and_the_end_of_a_prompt_stays(story: Story) -> None:
    for shown in shown_samples(model(story, "dodam"), "ko_copy", 40):
        assert shown.prompt.endswith("정답:")
        assert len(shown.prompt) < 60
        assert shown.response is None or len(shown.response) <= 40
        assert "\x1b" not in (shown.response or "")


def test_a_run_that_kept_no_prompts_shows_none(story: Story) -> None:
    assert shown_samples(model(story, "imported"), "ko_copy", 400) == []


def test_an_excerpt_of_no_sample_is_refused(story: Story) -> None:
    haneul = model(story)
    assert haneul.folder is not None
    path = haneul.folder.excerpts("en_copy")
    before = path.read_bytes()
    haneul.folder.write_excerpts("en_copy", [Excerpt(item_id="none", repeat=0, prompts=("?",))])
    try:
        with pytest.raises(VerificationError, match="belongs to no sample"):
            shown_samples(haneul, "en_copy", 400)
    finally:
        path.write_bytes(before)
