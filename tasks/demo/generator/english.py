"""The English families."""

from __future__ import annotations

from itertools import product

from tasks.demo.generator import english_words as words
from tasks.demo.generator.candidate import Candidate, Family
from tasks.demo.generator.draw import Draw

MANY = 3000
"""Candidates of a family whose items are drawn at random."""


def arithmetic(draw: Draw) -> list[Candidate]:
    """Word problems of two steps."""
    stories = (_buys_and_gives, _boxes, _pages, _bag, _change, _shares)
    return [draw.choice(stories)(draw) for _ in range(MANY)]


def _buys_and_gives(draw: Draw) -> Candidate:
    (one, other), thing = draw.sample(words.NAMES, 2), draw.choice(words.THINGS)
    has, buys = draw.between(3, 12), draw.between(2, 9)
    gives = draw.between(1, has + buys - 1)
    story = f"{one} has {has} {thing}, buys {buys} more and gives {gives} to {other}."
    return Candidate(f"{story} How many {thing} does {one} have now?", str(has + buys - gives), thing, "gives")


def _boxes(draw: Draw) -> Candidate:
    thing, boxes, each = draw.choice(words.THINGS), draw.between(2, 5), draw.between(2, 6)
    sold = draw.between(2, boxes * each - 1)
    story = f"A shop has {boxes} boxes with {each} {thing} in each box. It sells {sold} {thing}."
    return Candidate(f"{story} How many {thing} are left?", str(boxes * each - sold), thing, "boxes")


def _pages(draw: Draw) -> Candidate:
    one, other = draw.sample(words.NAMES, 2)
    monday, tuesday, more = draw.between(2, 9), draw.between(2, 9), draw.between(2, 9)
    story = (
        f"{one} reads {monday} pages on Monday and {tuesday} on Tuesday. {other} reads {more} pages more than {one}."
    )
    return Candidate(f"{story} How many pages does {other} read?", str(monday + tuesday + more), "pages", "pages")


def _bag(draw: Draw) -> Candidate:
    thing, red, blue = draw.choice(words.THINGS), draw.between(2, 12), draw.between(2, 12)
    taken = draw.between(1, red + blue - 1)
    story = f"A bag holds {red} red and {blue} blue {thing}. {taken} of them {'is' if taken == 1 else 'are'} taken out."
    return Candidate(f"{story} How many {thing} are left in the bag?", str(red + blue - taken), thing, "bag")


def _change(draw: Draw) -> Candidate:
    one, thing = draw.choice(words.NAMES), draw.choice(words.THINGS)
    count, price, paid = draw.between(2, 5), draw.between(2, 5), draw.choice((30, 40, 50))
    story = f"{one} buys {count} {thing} for {price} dollars each and pays with {paid} dollars."
    return Candidate(f"{story} How many dollars does {one} get back?", str(paid - count * price), thing, "change")


def _shares(draw: Draw) -> Candidate:
    thing, children, each, more = draw.choice(words.THINGS), draw.between(2, 5), draw.between(2, 6), draw.between(1, 9)
    story = f"{children} children share {children * each} {thing} equally. Then each child gets {more} more."
    return Candidate(f"{story} How many {thing} does each child have?", str(each + more), thing, "shares")


def odd_one_out(draw: Draw) -> list[Candidate]:
    """Three words of one category, and one of another."""
    found = []
    for category, _ in product(words.CATEGORIES, range(MANY // len(words.CATEGORIES))):
        other = draw.choice(_apart(category))
        three = tuple(draw.sample(words.CATEGORIES[category], 3))
        odd = draw.choice(words.CATEGORIES[other])
        found.append(Candidate("Which word does not belong with the others?", odd, category, category, three))
    return found


def categories(draw: Draw) -> list[Candidate]:
    """Which of four words belongs to a category."""
    found = []
    for category, members in words.CATEGORIES.items():
        for member, _ in product(members, range(15)):
            wrong = tuple(draw.choice(words.CATEGORIES[other]) for other in draw.sample(_apart(category), 3))
            article = "an" if category[0] in "aeiou" else "a"
            found.append(Candidate(f"Which of these is {article} {category}?", member, category, category, wrong))
    return found


def _apart(category: str) -> list[str]:
    """Categories none of whose words could pass for the given one's."""
    conflicts = words.CONFLICTS
    barred = conflicts.get(category, frozenset()) | {name for name, others in conflicts.items() if category in others}
    return [name for name in words.CATEGORIES if name != category and name not in barred]


def lists(draw: Draw) -> list[Candidate]:
    """Reversing, counting and picking from a list of words, and letters of a word."""
    kinds = (_reverse, _count, _pick, _letter)
    return [draw.choice(kinds)(draw) for _ in range(MANY)]


def _reverse(draw: Draw) -> Candidate:
    listed = draw.sample(words.LISTED, 3)
    return Candidate(f"Reverse the list: {', '.join(listed)}", ", ".join(reversed(listed)), listed[0], "reverse")


def _count(draw: Draw) -> Candidate:
    listed = draw.sample(words.LISTED, draw.between(2, 7))
    return Candidate(f"How many words are in the list: {', '.join(listed)}", str(len(listed)), listed[0], "count")


def _pick(draw: Draw) -> Candidate:
    listed, place = draw.sample(words.LISTED, 4), draw.below(4)
    name = ("first", "second", "third", "last")[place]
    return Candidate(f"Give the {name} word of the list: {', '.join(listed)}", listed[place], listed[0], "pick")


def _letter(draw: Draw) -> Candidate:
    word, last = draw.choice(words.LISTED), draw.below(2) == 1
    question = f"Give the {'last' if last else 'first'} letter of the word: {word}"
    return Candidate(question, word[-1] if last else word[0], word, "letter")


def calendar(draw: Draw) -> list[Candidate]:
    """Counting days of the week and months, forwards and backwards."""
    found = []
    for event, start, away, back in product(words.EVENTS, range(7), range(1, 6), (False, True)):
        right = (start - away if back else start + away) % 7
        when = f"{away} day{'s' if away > 1 else ''} {'earlier' if back else 'later'}"
        question = f"The {event} is on {words.DAYS[start]}. What day of the week is {when}?"
        found.append(_timed(draw, question, words.DAYS, right, event))
    for event, start, away, back in product(words.EVENTS, range(12), range(1, 6), (False, True)):
        right = (start - away if back else start + away) % 12
        when = f"{away} month{'s' if away > 1 else ''} {'earlier' if back else 'later'}"
        question = f"The {event} is in {words.MONTHS[start]}. Which month is {when}?"
        found.append(_timed(draw, question, words.MONTHS, right, event))
    return found


def _timed(draw: Draw, question: str, names: tuple[str, ...], right: int, event: str) -> Candidate:
    wrong = draw.sample([name for name in names if name != names[right]], 3)
    return Candidate(question, names[right], event, f"{names[0]} {question.endswith('earlier?')}", tuple(wrong))


def sentences(draw: Draw) -> list[Candidate]:
    """One sentence that holds three given words."""
    nouns = [word for category in words.THINGS_SEEN for word in words.CATEGORIES[category]]
    found = []
    sets = {frozenset(chosen): chosen for chosen in (draw.sample(nouns, 3) for _ in range(MANY))}
    for chosen in sets.values():
        example = draw.choice(words.SENTENCES).format(*chosen)
        question = f"Write one short sentence with the words: {', '.join(chosen)}"
        found.append(Candidate(question, example, chosen[0], "", extra={"words": chosen}))
    return found


FAMILIES = (
    Family("demo_en_arithmetic", arithmetic),
    Family("demo_en_odd_one_out", odd_one_out),
    Family("demo_en_category", categories),
    Family("demo_en_lists", lists),
    Family("demo_en_calendar", calendar),
    Family("demo_en_sentence", sentences),
)
