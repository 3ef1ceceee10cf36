"""Rules that a written answer can be held against without a judge, in Korean and English.

The rule names and their arguments are those of IFEval (Zhou et al. 2023, arXiv 2311.07911) as its Korean versions use
them; what each demands of Korean text is decided here: words are 어절 (parted by spaces), sentences are Kiwi's.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from harness.graders import hangul
from harness.graders.relation import holds

Rule = Callable[[str, str, Mapping[str, Any]], bool]
"""Of a response, the request that it answers and the rule's arguments."""

FENCE = re.compile(r"^```[a-z]*\n(.*?)\n?```$", re.DOTALL)
DIVIDER = re.compile(r"^\s*\*\*\*\s*$|\s\*\*\*\s", re.MULTILINE)
REPEAT = re.compile(r"[^.?!\n]*(?:반복|repeat the request)", re.IGNORECASE)
TRAILING = re.compile(r"[.?!]?$")
MARKUP = r"[^\w\n]{0,20}"
"""What may stand before a heading on its line."""
QUOTE = re.compile(r"'([^'\n]+)'")
TITLE = re.compile(r"<<[^\n<>]*>>")
ANSWERS = ("내 대답은 예입니다", "내 대답은 아니오입니다", "내 대답은 아니요입니다", "내 대답은 아마도입니다",
           "my answer is yes", "my answer is no", "my answer is maybe")  # fmt: skip


def follows(rule: str, response: str, request: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a response keeps a rule. An empty one keeps none. ValueError for a rule that is not in RULES."""
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}; known: {', '.join(sorted(RULES))}")
    text = unicodedata.normalize("NFC", response).strip()
    return bool(text) and RULES[rule](text, unicodedata.normalize("NFC", request), arguments)


def _words(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return holds(hangul.eojeol(text), rule["relation"], rule["num_words"])


def _sentences(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return holds(len(hangul.sentences(text)), rule["relation"], rule["num_sentences"])


def _paragraphs(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    parts = [part.strip() for part in DIVIDER.split(text)]
    inner = parts[1:-1] if len(parts) > 2 else []
    return all(inner) and len([part for part in parts if part]) == int(rule["num_paragraphs"])


def _first_word(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    place = rule["nth_paragraph"]
    if len(parts) != rule["num_paragraphs"] or place > len(parts):
        return False
    first = parts[place - 1].lstrip("\"'“‘*#(").casefold()
    word = unicodedata.normalize("NFC", rule["first_word"]).casefold()
    rest = first[len(word) :]
    # Korean particles follow a word at once, whatever its script; in Latin script another letter makes another word.
    return first.startswith(word) and not (word.isascii() and rest[:1].isascii() and rest[:1].isalpha())


def _present(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return all(_occurrences(text, word) for word in rule["keywords"])


def _absent(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return not any(_occurrences(text, word) for word in rule["forbidden_words"])


def _frequency(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return holds(_occurrences(text, rule["keyword"]), rule["relation"], rule["frequency"])


def _letters(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    """A letter of Hangul is counted inside syllables."""
    letter = unicodedata.normalize("NFC", rule["letter"]).casefold()
    inside = hangul.jamo(text) if "ㄱ" <= letter <= "ㅣ" else list(text.casefold())
    return holds(inside.count(letter), rule["let_relation"], rule["let_frequency"])


def _occurrences(text: str, word: str) -> int:
    """Whole words of Latin script; anywhere in Korean, where particles follow a word without a space."""
    wanted = unicodedata.normalize("NFC", word).casefold()
    edge = r"(?<![A-Za-z]){}(?![A-Za-z])" if wanted.isascii() else "{}"
    return len(re.findall(edge.format(re.escape(wanted)), text.casefold()))


def _no_comma(text: str, _: str, __: Mapping[str, Any]) -> bool:
    return not re.search("[,，、]", text)


def _highlights(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    double = [part for part in re.findall(r"\*\*([^\n*]+)\*\*", text) if part.strip()]
    single = [part for part in re.findall(r"(?<!\*)\*([^\n*]+)\*(?!\*)", text) if part.strip()]
    return len(double) + len(single) >= int(rule["num_highlights"])


def _bullets(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return len(re.findall(r"^\s*(?:\*(?!\*)|[-•·])\s*\S", text, re.MULTILINE)) == int(rule["num_bullets"])


def _placeholders(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return len(re.findall(r"\[[^\[\]\n]+\]", text)) >= int(rule["num_placeholders"])


def _sections(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    marks = re.findall(rf"^{MARKUP}{re.escape(rule['section_spliter'].strip())}\s?[\dXIV]", text, re.MULTILINE)
    return len(marks) >= int(rule["num_sections"])


def _title(text: str, _: str, __: Mapping[str, Any]) -> bool:
    return any(title.strip() for title in re.findall(r"<<([^\n<>]+)>>", text))


def _json(text: str, _: str, __: Mapping[str, Any]) -> bool:
    fenced = FENCE.match(text)
    try:
        json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return False
    return True


def _postscript(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    marker = rule["postscript_marker"].strip().rstrip(".")
    spaced = r"\.?\s?".join(re.escape(part) for part in marker.split("."))
    return re.search(rf"^{MARKUP}{spaced}\b.*\S", text, re.MULTILINE | re.IGNORECASE) is not None


def _quoted(text: str, _: str, __: Mapping[str, Any]) -> bool:
    return len(text) > 2 and text[0] in '"“' and text[-1] in '"”'


def _ending(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    phrase = unicodedata.normalize("NFC", rule["end_phrase"]).strip().casefold()
    return text.strip(" \n\"'“”*").casefold().endswith(phrase.strip(" \"'“”"))


def _constrained(text: str, _: str, __: Mapping[str, Any]) -> bool:
    return text.strip(" \n\"'“”*.").casefold() in ANSWERS


def _two(text: str, _: str, __: Mapping[str, Any]) -> bool:
    parts = [part.strip() for part in text.split("******") if part.strip()]
    return len(parts) == 2 and parts[0] != parts[1]


def _repeat(text: str, request: str, __: Mapping[str, Any]) -> bool:
    """The response begins with the request, up to the sentence that asks for the repetition."""
    wanted = _repeated(request)
    return bool(wanted) and _flat(text).startswith(wanted)


def _repeated(request: str) -> str:
    """What a response has to repeat: all before the sentence that asks for it, but for the last mark."""
    asks = REPEAT.search(request)
    return TRAILING.sub("", _flat(request[: asks.start()] if asks else request))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _own(text: str, request: str) -> str:
    """What a response says of its own: without titles, and without the request where it repeats that first."""
    bare, repeated = _flat(TITLE.sub(" ", text)), _repeated(request)
    return bare[len(repeated) :].lstrip(".?! ") if repeated and bare.startswith(repeated) else TITLE.sub(" ", text)


def _style(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return hangul.speaks(text, rule["style"])


def _no_script(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return not hangul.uses(text, rule["script"])


def _syllables(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return holds(hangul.syllables(text), rule["relation"], rule["num_syllables"])


def _acrostic(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return hangul.acrostic(text, rule["word"])


def _poem(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return hangul.acrostic(text, rule["target_word"])


def _no_particles(text: str, _: str, __: Mapping[str, Any]) -> bool:
    return not hangul.particles(text)


POLITE: Mapping[str, bool] = {"honorific": True, "non-honorific": False}


def _polite(text: str, request: str, rule: Mapping[str, Any]) -> bool:
    """Every sentence in 존댓말 (합쇼체, 해요체), or every one in 반말 (해라체, 해체)."""
    found = [level in ("hapsyo", "haeyo") for level in hangul.levels(_own(text, request))]
    return bool(found) and set(found) == {POLITE[rule["direction_to"]]}


SYSTEMS: Mapping[str, hangul.System] = {"chinese": "sino", "korean": "native"}


def _number_words(text: str, request: str, rule: Mapping[str, Any]) -> bool:
    """The numbers of the quoted sentence, all in words of one system, and no number in words of the other."""
    quoted = QUOTE.search(request)
    wanted = Counter(value for value, _ in hangul.numbers(quoted[1] if quoted else request))
    found = hangul.numbers(_own(text, request))
    right = all(system == SYSTEMS[rule["direction_to"]] for _, system in found)
    return bool(wanted) and right and wanted <= Counter(value for value, _ in found)


def _particle(text: str, _: str, rule: Mapping[str, Any]) -> bool:
    return rule["particle"] not in hangul.particles(text)


RULES: Mapping[str, Rule] = {
    "length_constraints:number_words": _words,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:nth_paragraph_first_word": _first_word,
    "keywords:existence": _present,
    "keywords:forbidden_words": _absent,
    "keywords:frequency": _frequency,
    "keywords:letter_frequency": _letters,
    "punctuation:no_comma": _no_comma,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:title": _title,
    "detectable_format:json_format": _json,
    "detectable_format:constrained_response": _constrained,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "startend:quotation": _quoted,
    "startend:end_checker": _ending,
    "combination:two_responses": _two,
    "combination:repeat_prompt": _repeat,
    "korean:speech_level": _style,
    "korean:forbidden_script": _no_script,
    "korean:number_syllables": _syllables,
    "korean:acrostic": _acrostic,
    "korean:forbidden_particle": _particle,
    "Korean:acrostic_poem": _poem,
    "Korean:postposition_drop": _no_particles,
    "Korean:honorifics": _polite,
    "Korean:numbers": _number_words,
}
