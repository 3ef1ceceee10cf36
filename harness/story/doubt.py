"""How sure a decision is, and what would reverse it, in words."""

from __future__ import annotations

from collections.abc import Iterator

from harness.numbers import percent, plain, with_interval
from harness.plan import Lang
from harness.records import EntrantResult, Flip
from harness.story.finished import Story
from harness.story.rules import TITLE_LIMIT, gate_label, item_label
from harness.story.words import word
from harness.visible import visible


def draws_in_words(result: EntrantResult, lang: Lang) -> Iterator[str]:
    """What other draws of items and raters might have changed, a sentence each."""
    if result.p_reversal is not None:
        yield word("p_reversal", lang, share=percent(result.p_reversal))
    if result.p_last:
        yield word("p_last", lang, share=percent(result.p_last))
    if result.ranks is not None:
        low, high = result.ranks
        yield word("rank_sure", lang, rank=low) if low == high else word("rank_open", lang, low=low, high=high)
    if result.more_items is not None:
        yield word("more_items", lang, items=f"{result.more_items:,}")


def panels_in_words(story: Story, lang: Lang) -> Iterator[str]:
    """The raters behind each panel's points, a sentence or more each."""
    for name, panel in story.record.panels.items():
        label = item_label(story, name, lang)
        value = word("nothing", lang) if panel.alpha is None else with_interval(panel.alpha, plain, lang)
        yield word("panel_alpha", lang, item=label, raters=panel.raters, alpha=value)
        for rater, count in panel.missing.items():
            yield word("panel_missing", lang, item=label, rater=visible(rater, TITLE_LIMIT), count=count)
        for rater, score in panel.outlying.items():
            yield word("panel_outlying", lang, item=label, rater=visible(rater, TITLE_LIMIT), score=f"{score:+.1f}")


def flip_in_words(story: Story, flip: Flip, lang: Lang) -> str:
    """One line of the flip card."""
    count = word(f"flip_{flip.unit}", lang, count=_count(flip, lang))
    examples = word("flip_examples", lang, examples=", ".join(flip.examples)) if flip.examples else ""
    return f"{_turned(story, flip, lang)}: {count}{examples}"


def _turned(story: Story, flip: Flip, lang: Lang) -> str:
    """What the changes would turn."""
    if flip.rule in ("below", "decision"):
        return word(f"flip_{flip.rule}", lang)
    if flip.rule == "rank":
        rivals = ", ".join(visible(story.model_title(rival), TITLE_LIMIT) for rival in flip.rivals)
        return word("flip_rank", lang, rivals=rivals)
    return word("flip_gate", lang, gate=gate_label(story, flip.rule, lang))


def _count(flip: Flip, lang: Lang) -> str:
    """How many changes, and how surely no fewer do."""
    count = f"{flip.count:g}"
    if flip.exact:
        return count
    if flip.at_least is None:
        return word("flip_most", lang, count=count)
    return word("flip_between", lang, least=f"{flip.at_least:g}", count=count)
